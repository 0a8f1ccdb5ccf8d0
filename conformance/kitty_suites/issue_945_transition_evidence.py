"""#945: every successful transition leaves durable evidence, every missing evidence fails loudly.

FR-001 "I want every successful transition to have a corresponding durable status event so that downstream
workflow state is trustworthy."
FR-002 "I want missing event persistence or readback to fail the command with a precise diagnostic so that no
caller treats an unproven mutation as successful."
"""

from __future__ import annotations

import errno

from kitty_conformance.case import case, combine
from kitty_fixtures.arrangement import arranged
from kitty_fixtures.faults import Faults
from kitty_fixtures.mission import Mission
from kitty_fixtures.naming import names_of, shell_names, unnamed
from kitty_fixtures.outcome import Outcome
from kitty_fixtures.promise import Promise
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.stages import Stage
from kitty_fixtures.transition import PLACES, TRANSITIONS, Place, Transition
from kitty_fixtures.work_package import WorkPackage
from kitty_fixtures.workbench import Workbench

ERRORS = {"EIO": (errno.EIO, "EIO"), "ENOSPC": (errno.ENOSPC, "ENOSPC")}


def mission_with_wp02_at(stage: Stage, situations: Situations) -> Mission:
    """One lane, WP01 approved, WP02 at the stage: every command can be given from the lane worktree too."""
    work_packages = (WorkPackage(id="WP01"), WorkPackage(id="WP02", dependencies=("WP01",)))
    reached = {"WP01": Stage.APPROVED} | ({} if stage is Stage.PLANNED else {"WP02": stage})
    (mission,) = situations(Planned(work_packages=work_packages, reached=reached, one_lane=True))
    return mission


def event_in_log(mission: Mission, transition: Transition) -> str:
    """A bash test: the log holds an event that brings WP02 to the lane requested."""
    pattern = f'"to_lane": *"{transition.requested}".*"wp_id": *"WP02"'
    return f"grep -q '{pattern}' '{mission.event_log}'"


# US1.1 "Given a planned work package and a valid transition request, When the transition command reports
# success, Then the expected event is present in the mission status event log and the materialized state
# reflects the new lane."
@case(
    "945-01",
    requirements=("FR-001", "SC-002"),
    scenario="US1.1",
    promise="A transition that reports success leaves exactly its event in the log, and the lane agrees.",
    rationale="If success can be reported without an event, every later step decides from a false state.",
    variants=combine(TRANSITIONS, PLACES),
)
def test_success_leaves_exactly_its_event(
    variant: tuple[Transition, Place], situations: Situations, workbench: Workbench, promise: Promise
) -> None:
    transition, place = variant
    mission = mission_with_wp02_at(transition.start, situations)
    before = mission.events()
    arranged(workbench.run(transition.invoke(mission, "WP02", place(mission))), "make a valid transition")
    lanes = tuple(event.to_lane for event in mission.events().since(before) if event.work_package == "WP02")
    promise.expect(
        f"WP02 has exactly the event {' → '.join(transition.lanes)} in the log",
        held=lanes == transition.lanes and not mission.events().damaged,
        expected=transition.lanes,
        seen=lanes,
        bash=event_in_log(mission, transition),
    )
    reported = mission.reported_lanes().get("WP02")
    promise.expect(
        f"`agent tasks status --json` reports WP02 in {transition.requested}",
        held=reported == transition.requested,
        expected=transition.requested,
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
    promise="A transition whose event was lost is not reported as a success.",
    rationale="A caller that is told of success goes on with a work package whose history says otherwise.",
    variants=combine(TRANSITIONS, PLACES),
)
def test_a_lost_event_is_no_success(
    variant: tuple[Transition, Place],
    situations: Situations,
    workbench: Workbench,
    faults: Faults,
    promise: Promise,
) -> None:
    transition, place = variant
    mission = mission_with_wp02_at(transition.start, situations)
    before = mission.events()
    with faults.lost(mission.event_log):
        outcome = workbench.run(transition.invoke(mission, "WP02", place(mission)))
    events = [event for event in mission.events().since(before) if event.work_package == "WP02"]
    promise.expect(
        "the command does not report success for WP02 without an event in the log",
        held=not (outcome.succeeded and not events),
        expected="non-zero exit status, or the event in the log",
        seen=f"exit status {outcome.exit_status}, {len(events)} new events of WP02",
        bash=f'[ "$EXIT" -ne 0 ] || {event_in_log(mission, transition)}',
    )


# US1.2, and NFR-005 "Hard-failure diagnostics for transition […] gates MUST name the mission, work package,
# and violated invariant when those identities are known."
@case(
    "945-03",
    requirements=("FR-002", "NFR-005", "SC-002"),
    scenario="US1.2",
    promise="A transition whose event was lost fails and names mission, work package, lane and event log.",
    rationale="A caller that learns only of an exit status cannot tell which evidence is missing.",
    variants=combine(TRANSITIONS, PLACES),
)
def test_a_lost_event_is_named(
    variant: tuple[Transition, Place],
    situations: Situations,
    workbench: Workbench,
    faults: Faults,
    promise: Promise,
) -> None:
    transition, place = variant
    mission = mission_with_wp02_at(transition.start, situations)
    with faults.lost(mission.event_log):
        outcome = workbench.run(transition.invoke(mission, "WP02", place(mission)))
    fails_loudly(outcome, mission, transition, promise)


@case(
    "945-04",
    requirements=("FR-002", "NFR-005", "SC-002"),
    scenario="US1.2",
    promise="A transition whose event cannot be written fails and names mission, work package, lane and log.",
    rationale="A bare errno, or a note beside a reported success, lets the caller guess what is missing.",
    variants=combine(TRANSITIONS, PLACES, ERRORS),
)
def test_a_failing_write_fails_loudly(
    variant: tuple[Transition, Place, tuple[int, str]],
    situations: Situations,
    workbench: Workbench,
    faults: Faults,
    promise: Promise,
) -> None:
    transition, place, error = variant
    mission = mission_with_wp02_at(transition.start, situations)
    with faults.failing(mission.event_log, *error):
        outcome = workbench.run(transition.invoke(mission, "WP02", place(mission)))
    fails_loudly(outcome, mission, transition, promise)
    lane = mission.reported_lanes().get("WP02")
    promise.expect(
        f"WP02 is still where it was, in {transition.start}",
        held=lane == transition.start,
        expected=transition.start,
        seen=lane,
    )


def fails_loudly(outcome: Outcome, mission: Mission, transition: Transition, promise: Promise) -> None:
    """The two halves of FR-002: a non-zero exit status, and a diagnostic that names what is missing."""
    promise.expect(
        "the command does not report success for WP02",
        held=not outcome.succeeded,
        expected="a non-zero exit status",
        seen=outcome.summary(),
        bash='[ "$EXIT" -ne 0 ]',
    )
    wanted = names_of(mission, "WP02", *transition.lanes)
    promise.expect(
        "the diagnostic names the mission, the work package, the lane and the event log",
        held=not unnamed(wanted, outcome.output),
        expected=", ".join(wanted),
        seen=f"not named: {', '.join(unnamed(wanted, outcome.output)) or 'nothing'}; {outcome.summary()}",
        bash=shell_names(wanted),
    )
