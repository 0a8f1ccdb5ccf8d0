"""#904, the other side: what is no contradiction is not blocked.

US5.2 "[…] warns hard or fails until the contradiction is resolved": a second review that approves resolves
it, and so does an override that the CLI put on record; where no rejection is the latest word there is nothing
to resolve. Later releases blocked all three (upstream #2996, #1817, #4116).

A failure is held against the target if it complains of a rejection, or if the same command works on an equal
mission that was never rejected. An earlier cycle may be told of as what it is, history.
"""

from __future__ import annotations

from collections.abc import Callable

from kitty_conformance.case import Inconclusive, case, combine
from kitty_fixtures.arrangement import StepFailed, arranged, command_line, telling_line
from kitty_fixtures.contradiction import (
    approve_by_force,
    nine_then_ten,
    overridden,
    refused_over_it,
    without_artifacts,
)
from kitty_fixtures.mission import Mission
from kitty_fixtures.outcome import Outcome
from kitty_fixtures.promise import Promise
from kitty_fixtures.readiness import REPORT, acceptable
from kitty_fixtures.rejection_statement import complains_in_shell, complaints
from kitty_fixtures.signoff_surface import SIGNOFF, SignoffSurface
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.stages import Stage

GATES = {name: SIGNOFF[name] for name in ("status-json", "merge", "mission-review")}
SETTLED = GATES | {name: SIGNOFF[name] for name in ("accept", "orchestrator-merge")}
RESOLVED: dict[str, Callable[[Mission], None]] = {
    "ten-cycles": lambda mission: nine_then_ten(mission, ninth="rejected", tenth="approved"),
    "no-artifact": without_artifacts,
}


def resolved_mission(situations: Situations, surface: SignoffSurface) -> Mission:
    """A mission that no review has anything against; merged where a mission review is to be asked."""
    done = surface is SIGNOFF["mission-review"]
    (mission,) = situations(Planned(reached={"WP01": Stage.APPROVED}, merged=done))
    return mission


def asked(surface: SignoffSurface, mission: Mission) -> tuple[Outcome, bool]:
    """Give a command; return what came back, and whether it failed over a rejection of WP01.

    It did if it says so, or if it works on an equal mission without one.

    Raises
    ------
    Inconclusive
        It failed for another reason.

    """
    outcome = surface(mission)
    if outcome.succeeded or complaints(outcome, mission):
        return outcome, not outcome.succeeded
    if refused_over_it(outcome, surface, mission):
        return surface(mission), True  # once more, so that the story ends in what is judged
    if REPORT in outcome.output:
        return outcome, False
    message = f"refused for another reason, without a rejection too: {telling_line(outcome)}"
    raise Inconclusive(message)


def not_called_rejected(surface: SignoffSurface, mission: Mission, promise: Promise) -> None:
    """State that a command neither fails over a rejection of WP01 nor complains of one."""
    outcome, blocked = asked(surface, mission)
    said = complaints(outcome, mission)
    promise.expect(
        f"`{command_line(outcome)}` neither calls WP01 rejected nor fails over it",
        held=not said and not blocked,
        expected="no word of a rejection, and no failure where an equal mission without one has none",
        seen="; ".join(said) or outcome.summary(),
        bash=f"! {{ {complains_in_shell(outcome)}; }}" if said or not blocked else '[ "$EXIT" -eq 0 ]',
    )


@case(
    "904-07",
    requirements=("FR-014",),
    scenario="US5.2",
    also=("edge-8",),
    promise="Where the latest artifact approves, or there is none, nothing is called rejected or blocked.",
    rationale="A gate that takes the ninth cycle for the latest, or none for a rejection, blocks releases.",
    variants=combine(GATES, RESOLVED),
)
def test_what_is_approved_last_is_not_blocked(
    variant: tuple[SignoffSurface, Callable[[Mission], None]], situations: Situations, promise: Promise
) -> None:
    surface, resolve = variant
    mission = resolved_mission(situations, surface)
    resolve(mission)
    not_called_rejected(surface, mission, promise)


def reviewed_again(situations: Situations) -> Mission:
    """A mission whose work package was rejected, mended and taken into review a second time."""
    (mission,) = situations(Planned(reached={"WP01": Stage.REJECTED}))
    mission.repository.tidy("Keep the rejection")
    if mission.lane_of("WP01") == Stage.PLANNED:
        mission.implement("WP01")
    mission.submit("WP01")
    mission.review("WP01")
    mission.repository.tidy("Keep what the review left")
    return mission


def approve_mended(mission: Mission) -> Outcome:
    """Approve what was mended, as a reviewer does."""
    return mission.workbench.run(mission.commands.move("WP01", to="approved", note="Mended"))


@case(
    "904-08",
    requirements=("FR-014",),
    scenario="US5.2",
    promise="A second review can approve what the first one rejected, without force.",
    rationale="If the old artifact blocks the new verdict, every rejection ends in an override.",
)
def test_a_second_review_can_approve(situations: Situations, promise: Promise) -> None:
    mission = reviewed_again(situations)
    outcome, _ = asked(approve_mended, mission)
    lane = mission.lane_of("WP01")
    promise.expect(
        "the second review approves WP01",
        held=outcome.succeeded and lane == Stage.APPROVED,
        expected="exit status 0, WP01 approved",
        seen=f"{outcome.summary()}; WP01 is {lane}",
        bash='[ "$EXIT" -eq 0 ]',
    )


def approved_again(situations: Situations, *, merged: bool) -> Mission:
    """A mission whose work package the second review approved, that would be accepted."""
    mission = reviewed_again(situations)
    try:
        mission.approve("WP01")
        mission.repository.tidy("Keep the approval")
        if merged:
            mission.merge()
    except StepFailed as failure:
        message = f"the second review does not get through (904-08, 904-09/merge): {failure}"
        raise Inconclusive(message) from failure
    acceptable(mission)
    return mission


@case(
    "904-09",
    requirements=("FR-014",),
    scenario="US5.2",
    promise="After a second review has approved, nothing calls the work package rejected or blocks it.",
    rationale="A stale rejection that outlives the review which answered it blocks what is ready.",
    variants=SETTLED,
)
def test_a_second_review_settles_it(
    variant: SignoffSurface, situations: Situations, promise: Promise
) -> None:
    mission = approved_again(situations, merged=variant is SIGNOFF["mission-review"])
    not_called_rejected(variant, mission, promise)


@case(
    "904-10",
    requirements=("FR-014",),
    scenario="US5.2",
    promise="An override that the CLI put on record is not held against the work package at the merge.",
    rationale="The gate must honour what the command that it sends people to has written (upstream #1817).",
)
def test_a_recorded_override_is_honoured(situations: Situations, promise: Promise) -> None:
    (mission,) = situations(Planned(reached={"WP01": Stage.REJECTED}))
    mission.repository.tidy("Keep the rejection")
    outcome = approve_by_force(mission, "--skip-review-artifact-check")
    arranged(outcome, "override the rejection")
    mission.repository.tidy("Keep the override")
    if not overridden(mission, outcome):
        promise.not_applicable("no override is put on record in the review artifacts of this release")
    merged, blocked = asked(SIGNOFF["merge"], mission)
    promise.expect(
        "a rejection that was overridden on record does not block the merge",
        held=not blocked,
        expected="exit status 0",
        seen=merged.summary(),
        bash='[ "$EXIT" -eq 0 ]',
    )
