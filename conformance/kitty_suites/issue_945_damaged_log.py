"""#945, on a log that is damaged before the command is given.

Edge case 1 "A transition writes frontmatter or materialized state but the event append fails or is
unreadable."
What the seed promises of such a log is no more than of any other: success with exactly the expected event,
readable at the place of the log and all earlier ones with it, or a failure that changes nothing and names
what is wrong. Whether a release mends the log, or follows a symbolic link, is its own affair.
"""

from __future__ import annotations

from kitty_conformance.case import case, combine
from kitty_fixtures.attempt import Attempt, mission_for
from kitty_fixtures.diagnostic import LOG_UNREADABLE
from kitty_fixtures.log_damage import DAMAGED, Damage
from kitty_fixtures.promise import Promise
from kitty_fixtures.situation import Situations
from kitty_fixtures.transition import FURTHER, TRANSITIONS, Transition
from kitty_fixtures.transition_promises import is_proven_or_refused, is_refused

UNENDED = {"no-final-newline": DAMAGED["no-final-newline"]}
UNREADABLE = {name: DAMAGED[name] for name in ("torn-line", "torn-tail", "directory")}
LINKED = {"symlink": DAMAGED["symlink"]}
SOME = {name: TRANSITIONS[name] for name in ("emit", "implement")}
"""One that reads the log and writes it; one that first looks for the work package."""


def damaged(situations: Situations, transition: Transition, damage: Damage) -> Attempt:
    """A transition about to be given from the root checkout, after the damage was done."""
    mission = mission_for(transition, situations)
    damage(mission)
    return Attempt(mission, transition, mission.repository.path)


@case(
    "945-14",
    requirements=("FR-001", "FR-002", "NFR-005", "SC-002"),
    scenario="US1.1",
    also=("edge-1", "US1.2"),
    promise="An event added to a log without final newline is a record of its own, and no record is lost.",
    rationale="Two records on one line are two events lost, one of them another work package's.",
    variants=combine({**TRANSITIONS, "orchestrator-transition": FURTHER["orchestrator-transition"]}, UNENDED),
)
def test_a_log_without_final_newline_loses_no_event(
    variant: tuple[Transition, Damage], situations: Situations, promise: Promise
) -> None:
    attempt = damaged(situations, *variant)
    attempt.give(promise)
    is_proven_or_refused(attempt, promise, LOG_UNREADABLE)


@case(
    "945-15",
    requirements=("FR-001", "FR-002", "NFR-005", "SC-002"),
    scenario="US1.2",
    also=("edge-1",),
    promise="A log that cannot be read is named by the transition it stops, with mission and work package.",
    rationale="`Invalid JSON on line 2` does not tell which log of which mission has to be mended.",
    variants=combine(TRANSITIONS, {"torn-line": DAMAGED["torn-line"]}) | combine(SOME, UNREADABLE),
)
def test_an_unreadable_log_is_named(
    variant: tuple[Transition, Damage], situations: Situations, promise: Promise
) -> None:
    transition, damage = variant
    attempt = damaged(situations, transition, damage)
    attempt.give(promise)
    if damage is DAMAGED["directory"]:
        is_refused(attempt, promise, LOG_UNREADABLE)
    else:
        is_proven_or_refused(attempt, promise, LOG_UNREADABLE)


@case(
    "945-16",
    requirements=("FR-001", "FR-002", "NFR-005", "SC-002"),
    scenario="US1.1",
    also=("edge-1", "US1.2"),
    promise="A log that is a symbolic link holds the event where the log is looked for, or is refused.",
    rationale="An event written to one end of a link and read at the other is no evidence.",
    variants=combine(SOME, LINKED),
)
def test_a_linked_log_holds_the_event_or_is_refused(
    variant: tuple[Transition, Damage], situations: Situations, promise: Promise
) -> None:
    attempt = damaged(situations, *variant)
    attempt.give(promise)
    is_proven_or_refused(attempt, promise, LOG_UNREADABLE)
