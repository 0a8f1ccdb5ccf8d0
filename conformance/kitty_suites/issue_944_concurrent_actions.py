"""#944: actions of several agents at the same moment leave no work package stranded and no event lost.

FR-003 "As an operator verifying prior fixes, I want backgrounded, interrupted, or slow implement/review
actions to avoid stranding work packages in claimed so that workflows remain recoverable."
US1 "An agent executing a work-package transition needs every successful transition command to leave an
observable, durable event".

Which of several commands wins is chance. Three or four processes at once are tried with the one command that
does nothing but write an event, the first to write held up until another comes (944-09); of the actions two
meet, the first held up right before each step at which they can meet (944-10). So no verdict is chance.
"""

from __future__ import annotations

from collections.abc import Sequence

from kitty_conformance.case import case
from kitty_conformance.target.sandbox import Sandbox
from kitty_fixtures.faults import Faults
from kitty_fixtures.meetings import Meeting, Meetings, at_once
from kitty_fixtures.promise import Promise
from kitty_fixtures.race import AT_ONCE, PAIRS, Race
from kitty_fixtures.situation import Situations


def said_of(meetings: Sequence[Meeting], promise: Promise, bash: str = "") -> None:
    """Put to the test what must be true of commands that met, whoever won."""
    torn = [each for meeting in meetings for each in meeting.damage]
    promise.expect(
        "the event log is whole and has every event it had",
        held=not torn,
        expected="every event of before, no damaged line",
        seen=in_a_word(torn),
    )
    untrue = [each for meeting in meetings for each in meeting.untrue]
    promise.expect(
        "each success that was reported has exactly its events in the log, and nothing came after them",
        held=not untrue,
        expected="one event for each lane of each work package",
        seen=in_a_word(untrue),
        bash=bash if untrue else "",
    )
    silent = [each for meeting in meetings for each in meeting.silent]
    promise.expect(
        "a command that is refused says so",
        held=not silent,
        expected="a diagnostic",
        seen=in_a_word(silent),
    )


def in_a_word(findings: Sequence[str]) -> str:
    """Return the first finding, and how many more there are."""
    more = len(findings) - 1
    return (findings[0] if findings else "so it is") + (f" (and {more} more)" if more > 0 else "")


# US1.1 "When the transition command reports success, Then the expected event is present in the mission status
# event log and the materialized state reflects the new lane." US1.3 "Given an implement or review command is
# backgrounded, interrupted, or slow, […] Then work packages are not stranded in claimed".
@case(
    "944-09",
    requirements=("FR-001", "FR-003"),
    scenario="US1.1",
    promise="Of events emitted at the same moment none is lost or doubled, and who is refused is told so.",
    rationale="Agents that work side by side share one event log.",
    variants=AT_ONCE,
)
def test_events_at_once(variant: Race, situations: Situations, faults: Faults, promise: Promise) -> None:
    mission = variant.mission(situations)
    said_of([at_once(variant, mission, faults)], promise)


@case(
    "944-10",
    requirements=("FR-001", "FR-003"),
    scenario="US1.3",
    promise="An action that runs while another is held up loses and doubles no event of either.",
    rationale="A slow command is overtaken by a fast one; what either reports must be true afterwards.",
    variants=PAIRS,
    every_step=True,
)
def test_actions_that_meet(
    variant: Race, situations: Situations, sandbox: Sandbox, faults: Faults, promise: Promise
) -> None:
    mission = variant.mission(situations)
    meetings = Meetings(variant, mission, sandbox)
    met = meetings.all()
    for meeting in [each for each in met if each.damage or each.untrue or each.silent][:1]:
        meetings.tell(meeting, faults)
    said_of(met, promise, bash=variant.each_success_has_its_event(mission))
