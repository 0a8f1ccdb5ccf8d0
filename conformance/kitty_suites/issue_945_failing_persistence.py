"""#945, while it is written: the event, its readback, the materialised state, the commit.

FR-002 "I want missing event persistence or readback to fail the command with a precise diagnostic so that no
caller treats an unproven mutation as successful."
SC-002 "100% of transition commands covered by this mission either write the expected durable event on success
or return non-zero with a diagnostic naming the missing invariant."

A failure that is reported although the event is durable is a violation like a success without an event.
Faults are tried from the root checkout: a place decides which log is found (945-01 to 945-04), not how it is
written.
"""

from __future__ import annotations

from kitty_conformance.case import case, combine
from kitty_fixtures.attempt import Attempt
from kitty_fixtures.commit_faults import HINDRANCES, GitTrace, Hindrance, with_bystanders
from kitty_fixtures.diagnostic import NOT_COMMITTED, NOT_MATERIALISED
from kitty_fixtures.faults import Faults
from kitty_fixtures.log_faults import (
    LogFault,
    WrittenOnce,
    failing_at_close,
    full_after_first_write,
    torn,
    unreadable_after_write,
    unwritable_state,
)
from kitty_fixtures.promise import Promise
from kitty_fixtures.situation import Situations
from kitty_fixtures.transition import FURTHER, PLACES, TRANSITIONS, Transition
from kitty_fixtures.transition_promises import (
    is_committed,
    is_proven_or_refused,
    is_refused,
    leaves_nothing_committed,
    reports_no_success,
)

CUT_SHORT = {"torn": torn, "at-close": failing_at_close}
SOME_FURTHER = {name: FURTHER[name] for name in ("allocate", "orchestrator-start-implementation")}
SOME = {name: TRANSITIONS[name] for name in ("move-task", "implement")}
"""One event, written alone; two events, written together."""


def requested(situations: Situations, transition: Transition) -> Attempt:
    """A transition about to be given from the root checkout."""
    return Attempt.at(situations, transition, PLACES["root"])


# US1.2 "Given an event write […] failure, When the transition command completes, Then it fails loudly, names
# the missing transition evidence, and does not allow callers to treat the mutation as successful."
# Edge case 1 "[…] the event append fails or is unreadable."
@case(
    "945-07",
    requirements=("FR-001", "FR-002", "NFR-005", "SC-002"),
    scenario="US1.2",
    also=("edge-1",),
    promise="A write that is cut short is no success, is named, and leaves no torn line in the log.",
    rationale="A torn line makes the history of every work package unreadable from then on.",
    variants=combine({**TRANSITIONS, **SOME_FURTHER}, {"torn": torn}) | combine(SOME, CUT_SHORT),
)
def test_a_write_cut_short_leaves_no_torn_line(
    variant: tuple[Transition, LogFault], situations: Situations, faults: Faults, promise: Promise
) -> None:
    transition, fault = variant
    attempt = requested(situations, transition)
    with fault(faults, attempt.mission.event_log):
        attempt.give(promise)
    is_refused(attempt, promise)


# US1.2 "Given an event […] readback failure, When the transition command completes, Then it fails loudly".
@case(
    "945-08",
    requirements=("FR-002", "NFR-005", "SC-002"),
    scenario="US1.2",
    also=("edge-1",),
    promise="A transition whose event cannot be read back fails, is named, and leaves no event behind.",
    rationale="A caller told of a failure repeats the transition; an event left behind says it is done.",
    variants={**TRANSITIONS, **SOME_FURTHER},
)
def test_a_failing_readback_is_a_failure(
    variant: Transition, situations: Situations, faults: Faults, promise: Promise
) -> None:
    attempt = requested(situations, variant)
    with unreadable_after_write(faults, attempt.mission.event_log):
        attempt.give(promise)
    is_refused(attempt, promise)


# FR-001 "every successful transition [has] a corresponding durable status event": and a durable event belongs
# to a transition that was successful.
@case(
    "945-09",
    requirements=("FR-001", "FR-002", "SC-002"),
    scenario="US1.2",
    promise="When the log can be written only once, a transition succeeds with its event or leaves none.",
    rationale="Failing over a further record when the event is durable contradicts the log.",
    variants=TRANSITIONS,
)
def test_a_durable_event_is_a_success(
    variant: Transition, situations: Situations, faults: Faults, promise: Promise
) -> None:
    attempt = requested(situations, variant)
    try:
        with full_after_first_write(faults, attempt.mission.event_log, attempt.mission.workbench.story):
            attempt.give(promise)
    except WrittenOnce:
        promise.not_applicable("the command changes the log once: there is no later write to fail")
    is_proven_or_refused(attempt, promise)


# Edge case 1 "A transition writes frontmatter or materialized state but the event append fails […]", the
# other way round; and US1.1 "[…] the materialized state reflects the new lane."
@case(
    "945-10",
    requirements=("FR-001", "FR-002", "NFR-005", "SC-002"),
    scenario="US1.1",
    also=("US1.2",),
    promise="When status.json cannot be written, success is not reported for a lane it does not show.",
    rationale="Whoever reads the materialised state decides from a lane the event log has left.",
    variants={**TRANSITIONS, **SOME_FURTHER},
)
def test_a_lane_that_cannot_be_materialised_is_no_success(
    variant: Transition, situations: Situations, faults: Faults, promise: Promise
) -> None:
    attempt = requested(situations, variant)
    with unwritable_state(faults, attempt.mission.event_log):
        attempt.give(promise)
    is_proven_or_refused(attempt, promise, NOT_MATERIALISED, log=False)


# US1 "so downstream implement, review, merge, and dashboard flows all agree on the work-package state": what
# is not committed, other checkouts do not see.
@case(
    "945-11",
    requirements=("FR-001", "FR-002", "NFR-005", "SC-002"),
    scenario="US1.1",
    also=("US1.2",),
    promise="When the status cannot be committed, a transition is no success, and leaves no event behind.",
    rationale="An event that no branch holds is lost with the checkout, and review elsewhere never sees it.",
    variants=combine(TRANSITIONS, {"hook": HINDRANCES["hook"]}) | combine(SOME, HINDRANCES),
)
def test_a_commit_that_fails_is_no_success(
    variant: tuple[Transition, Hindrance], situations: Situations, promise: Promise
) -> None:
    transition, hinder = variant
    attempt = requested(situations, transition)
    hinder(attempt.mission.repository)
    trace = GitTrace(attempt.mission.workbench.root)
    succeeded = attempt.give(promise, environment=trace.environment).succeeded
    if not trace.committed:
        promise.not_applicable("the command commits no status")
    is_proven_or_refused(attempt, promise, NOT_COMMITTED, log=False)
    if succeeded:
        is_committed(attempt, promise)


# FR-002 "[…] so that no caller treats an unproven mutation as successful." A merge is left out: that its code
# has arrived when the event fails is for #953.
@case(
    "945-12",
    requirements=("FR-001", "FR-002"),
    scenario="US1.2",
    promise="A transition whose event was lost leaves nothing of it on the branch.",
    rationale="A commit that tells of an approval or a start outlives the failure that was reported.",
    variants={name: TRANSITIONS[name] for name in ("move-task", "implement", "review")},
)
def test_a_lost_event_is_not_committed(
    variant: Transition, situations: Situations, faults: Faults, promise: Promise
) -> None:
    attempt = requested(situations, variant)
    with faults.lost(attempt.mission.event_log):
        attempt.give(promise)
    reports_no_success(attempt, promise)
    leaves_nothing_committed(attempt, promise)


# US1.1, with files in the checkout that no work package owns: untracked, staged, changed.
@case(
    "945-13",
    requirements=("FR-001", "FR-002", "SC-002"),
    scenario="US1.1",
    promise="With files about that nobody owns, a transition is proven by its event, or refused and named.",
    rationale="A checkout is seldom clean; what lies about must not decide whether evidence is written.",
    variants=TRANSITIONS,
)
def test_dirty_files_do_not_cost_the_evidence(
    variant: Transition, situations: Situations, promise: Promise
) -> None:
    attempt = requested(situations, variant)
    with_bystanders(attempt.mission.repository)
    succeeded = attempt.give(promise).succeeded
    is_proven_or_refused(attempt, promise, ("uncommitted", "dirty", "clean", "untracked"), log=False)
    if succeeded and attempt.after.head != attempt.before.head:
        is_committed(attempt, promise)
