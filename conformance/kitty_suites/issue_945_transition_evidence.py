"""#945: every successful transition leaves durable evidence, every missing evidence fails loudly.

FR-001 "I want every successful transition to have a corresponding durable status event so that downstream
workflow state is trustworthy."
FR-002 "I want missing event persistence or readback to fail the command with a precise diagnostic so that no
caller treats an unproven mutation as successful."

Commands are those the issue names and every other one that changes a lane (`transition.FURTHER`); the further
ones are given from the root checkout, where their code differs from the named ones; what differs by place is
how the mission is found, and that is tried with the named ones. `…-as-advised` is for a mission made as the
release advises, where that keeps its status on a branch and in a worktree of its own.
"""

from __future__ import annotations

import errno

from kitty_conformance.case import case, combine
from kitty_fixtures.arrangement import arranged
from kitty_fixtures.attempt import Attempt, cloned
from kitty_fixtures.diagnostic import NOT_ALLOWED
from kitty_fixtures.faults import Faults
from kitty_fixtures.log_faults import LogsFault, refusing
from kitty_fixtures.one_log import event_logs, is_made
from kitty_fixtures.promise import Promise
from kitty_fixtures.situation import Situations
from kitty_fixtures.transition import (
    AS_ADVISED,
    FINALISING,
    FURTHER,
    IN_JSON,
    PLACES,
    ROOT,
    SUBDIRECTORY,
    TRANSITIONS,
    UNDUE,
    UNKNOWN,
    Place,
    Transition,
)
from kitty_fixtures.transition_evidence import TransitionEvidence
from kitty_fixtures.transition_promises import (
    changes_nothing,
    is_committed_if_anything,
    is_in_no_lane,
    is_materialised,
    is_proven_or_refused,
    is_refused,
    is_what_was_printed,
    leaves_exactly_its_events,
    names_what_failed,
    reports_no_success,
    reports_no_success_without_its_event,
)

LACKING = ("missing", "stale", "worktree", "workspace", "lane ", "no longer")
"""What a clone may be said to lack."""
WORKTREE = {"lane-worktree": PLACES["lane-worktree"]}
EIO = {"EIO": refusing(errno.EIO)}
OTHER_ERRORS = {name: refusing(getattr(errno, name)) for name in ("ENOSPC", "EACCES", "EROFS")}
"""Which errno it is decides no more than what the diagnostic quotes: two commands are enough."""

FEW = {name: TRANSITIONS[name] for name in ("move-task", "implement")}
"""One event, written alone; two events, written together."""

IN_LANE_AS_ADVISED = {
    name: transition for name, transition in AS_ADVISED.items() if name != "implement-as-advised"
}
"""All but the one that makes the lane's worktree first, and notes its base in the work package's file."""


# US1.1 "Given a planned work package and a valid transition request, When the transition command reports
# success, Then the expected event is present in the mission status event log and the materialized state
# reflects the new lane."
# Edge case 2 "A command runs from a lane worktree whose relative paths do not resolve to the canonical
# mission directory."
@case(
    "945-01",
    requirements=("FR-001", "SC-002"),
    scenario="US1.1",
    also=("edge-2",),
    promise="A transition that reports success leaves exactly its event in the log, and the lane agrees.",
    rationale="If success can be reported without an event, every later step decides from a false state.",
    variants=combine(TRANSITIONS, {**PLACES, **SUBDIRECTORY})
    | combine({**FURTHER, **FINALISING, **AS_ADVISED}, ROOT),
)
def test_success_leaves_exactly_its_event(
    variant: tuple[Transition, Place], situations: Situations, promise: Promise
) -> None:
    attempt = Attempt.at(situations, *variant)
    is_made(attempt, promise)
    leaves_exactly_its_events(attempt, promise)
    is_materialised(attempt, promise)
    reported = attempt.mission.reported_lanes().get(attempt.work_package)
    promise.expect(
        f"`agent tasks status --json` reports {attempt.work_package} in {attempt.transition.requested}",
        held=reported == attempt.transition.requested,
        expected=attempt.transition.requested,
        seen=reported,
    )


# US1.2 "Given an event write or readback failure, When the transition command completes, Then it fails
# loudly, names the missing transition evidence, and does not allow callers to treat the mutation as
# successful."
# Edge case 1 "A transition writes frontmatter or materialized state but the event append fails or is
# unreadable."
@case(
    "945-02",
    requirements=("FR-001", "FR-002", "SC-002"),
    scenario="US1.2",
    also=("edge-1", "edge-2"),
    promise="A transition whose event was lost is not reported as a success.",
    rationale="A caller that is told of success goes on with a work package whose history says otherwise.",
    variants=combine(TRANSITIONS, PLACES),
)
def test_a_lost_event_is_no_success(
    variant: tuple[Transition, Place], situations: Situations, faults: Faults, promise: Promise
) -> None:
    attempt = Attempt.at(situations, *variant)
    with faults.lost(*event_logs(attempt.mission)):
        attempt.give(promise)
        reports_no_success_without_its_event(attempt, promise)


# US1.2, edge case 1, and NFR-005 "Hard-failure diagnostics for transition […] gates MUST name the mission,
# work package, and violated invariant when those identities are known."
@case(
    "945-03",
    requirements=("FR-002", "NFR-005", "SC-002"),
    scenario="US1.2",
    also=("edge-1", "edge-2"),
    promise="A transition whose event was lost fails, leaves nothing of itself, and names what is missing.",
    rationale="A lane in status.json or a front matter without its event is a state that nothing proves.",
    variants=combine(TRANSITIONS, PLACES)
    | combine(FEW, SUBDIRECTORY)
    | combine({**FURTHER, **IN_LANE_AS_ADVISED}, ROOT),
)
def test_a_lost_event_is_named(
    variant: tuple[Transition, Place], situations: Situations, faults: Faults, promise: Promise
) -> None:
    attempt = Attempt.at(situations, *variant)
    with faults.lost(*event_logs(attempt.mission)):
        attempt.give(promise)
        reports_no_success_without_its_event(attempt, promise)
    is_refused(attempt, promise)


@case(
    "945-04",
    requirements=("FR-002", "NFR-005", "SC-002"),
    scenario="US1.2",
    also=("edge-1", "edge-2"),
    promise="A transition whose event cannot be written fails and names mission, work package, lane and log.",
    rationale="A bare errno, or a note beside a reported success, lets the caller guess what is missing.",
    variants=combine(TRANSITIONS, PLACES, EIO)
    | combine(FEW, ROOT, OTHER_ERRORS)
    | combine({name: FURTHER[name] for name in ("allocate", "orchestrator-transition", "merge")}, ROOT, EIO),
)
def test_a_failing_write_fails_loudly(
    variant: tuple[Transition, Place, LogsFault], situations: Situations, faults: Faults, promise: Promise
) -> None:
    transition, place, fault = variant
    attempt = Attempt.at(situations, transition, place)
    with fault(faults, event_logs(attempt.mission)):
        attempt.give(promise)
        reports_no_success_without_its_event(attempt, promise)
    is_refused(attempt, promise)


# US1 "so downstream implement, review, merge, and dashboard flows all agree on the work-package state."
@case(
    "945-05",
    requirements=("FR-001",),
    scenario="US1.1",
    promise="What a successful transition printed and what it committed agree with the event in the log.",
    rationale="Callers read what is printed, other checkouts what is committed; the log alone is right.",
    variants=combine({**TRANSITIONS, **IN_JSON, **FURTHER, **FINALISING, **AS_ADVISED}, ROOT)
    | combine({name: TRANSITIONS[name] for name in ("emit", "implement")}, WORKTREE)
    | combine({name: TRANSITIONS[name] for name in ("move-task", "review")}, SUBDIRECTORY),
)
def test_print_and_commit_agree_with_the_event(
    variant: tuple[Transition, Place], situations: Situations, promise: Promise
) -> None:
    attempt = Attempt.at(situations, *variant)
    arranged(attempt.give(promise), "make a valid transition")
    is_what_was_printed(attempt, promise)
    is_committed_if_anything(attempt, promise)


# US1 "Independent Test: […] run a transition command from the repository root and from a worktree/subagent
# context, then verify that each successful response has a corresponding status event".
@case(
    "945-06",
    requirements=("FR-001", "FR-002", "SC-002"),
    scenario="US1.1",
    promise="In a second clone a transition is proven by that clone's log, or changes nothing and says why.",
    rationale="A clone lacks lane worktrees and local state; what it cannot do it must not half do.",
    variants=TRANSITIONS,
)
def test_a_second_clone_keeps_its_own_evidence(
    variant: Transition, situations: Situations, promise: Promise
) -> None:
    first = Attempt.at(situations, variant, PLACES["root"])
    mission = cloned(first.mission)
    attempt = Attempt(mission, variant, mission.repository.path)
    succeeded = attempt.give(promise).succeeded
    is_proven_or_refused(attempt, promise, (*NOT_ALLOWED, *LACKING), log=False)
    if succeeded:
        is_what_was_printed(attempt, promise)
        is_committed_if_anything(attempt, promise)
    elsewhere = TransitionEvidence.of(first.mission).changes_since(first.before, first.work_package)
    promise.expect(
        "the log of the first clone is as it was",
        held=not elsewhere,
        expected="no change",
        seen="; ".join(elsewhere) or "no change",
    )


# SC-002 "100% of transition commands covered by this mission either write the expected durable event on
# success or return non-zero with a diagnostic naming the missing invariant"; NFR-005 "Hard-failure
# diagnostics for transition […] gates MUST name the mission, work package, and violated invariant when those
# identities are known." With nothing wrong but the request.
@case(
    "945-17",
    requirements=("FR-001", "FR-002", "NFR-005", "SC-002"),
    scenario="US1.2",
    promise="A transition that is not allowed is refused by name, and changes nothing.",
    rationale="`Illegal transition` alone does not tell an agent with several missions which one to look at.",
    variants={**UNDUE, **UNKNOWN},
)
def test_a_transition_that_is_not_allowed_is_named(
    variant: Transition, situations: Situations, promise: Promise
) -> None:
    attempt = Attempt.at(situations, variant, PLACES["root"])
    if attempt.give(promise).succeeded:
        is_proven_or_refused(attempt, promise)
    else:
        changes_nothing(attempt, promise)
        names_what_failed(attempt, promise, NOT_ALLOWED, log=False, lane=variant in UNDUE.values())


# US1.2 and edge case 1, of the command that brings every work package into its first lane. It completes the
# work packages' own files before, which is no transition: only lanes are judged.
@case(
    "945-18",
    requirements=("FR-001", "FR-002", "NFR-005", "SC-002"),
    scenario="US1.2",
    also=("edge-1",),
    promise="Tasks whose first events are lost or cannot be written are not finalised, and it is said why.",
    rationale="A work package without its first event has no history to go on from.",
    variants=combine(FINALISING, {"lost": lambda faults, logs: faults.lost(*logs), **EIO}),
)
def test_tasks_without_events_are_not_finalised(
    variant: tuple[Transition, LogsFault], situations: Situations, faults: Faults, promise: Promise
) -> None:
    transition, fault = variant
    attempt = Attempt.at(situations, transition, PLACES["root"])
    with fault(faults, event_logs(attempt.mission)):
        attempt.give(promise)
        reports_no_success_without_its_event(attempt, promise)
    reports_no_success(attempt, promise)
    is_in_no_lane(attempt, promise)
    names_what_failed(attempt, promise, lane=False)
