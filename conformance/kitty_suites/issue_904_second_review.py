"""#904, the other side: what is no contradiction is not blocked.

US5.2 "[…] warns hard or fails until the contradiction is resolved": a second review that approves resolves
it, and so does an override that the CLI put on record; where no rejection is the latest word there is nothing
to resolve. Later releases blocked all three (upstream #2996, #1817, #4116).
"""

from __future__ import annotations

from collections.abc import Callable

from kitty_conformance.case import Inconclusive, case, combine
from kitty_fixtures.arrangement import StepFailed, arranged, command_line, telling_line
from kitty_fixtures.contradiction import (
    approve_by_force,
    complaints,
    in_shell,
    nine_then_ten,
    overridden,
    without_artifacts,
)
from kitty_fixtures.mission import Mission
from kitty_fixtures.outcome import Outcome
from kitty_fixtures.promise import Promise
from kitty_fixtures.readiness import REPORT
from kitty_fixtures.signoff_surface import SIGNOFF, SignoffSurface
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.stages import Stage

GATES = {name: SIGNOFF[name] for name in ("status-json", "merge", "mission-review")}
RESOLVED: dict[str, Callable[[Mission], None]] = {
    "ten-cycles": lambda mission: nine_then_ten(mission, ninth="rejected", tenth="approved"),
    "no-artifact": without_artifacts,
}


def resolved_mission(situations: Situations, surface: SignoffSurface) -> Mission:
    """A mission that no review has anything against; merged where a mission review is to be asked."""
    done = surface is SIGNOFF["mission-review"]
    (mission,) = situations(Planned(reached={"WP01": Stage.APPROVED}, merged=done))
    return mission


def not_called_rejected(outcome: Outcome, mission: Mission, promise: Promise) -> None:
    """State that a command neither fails over nor complains of a rejection of WP01."""
    said = complaints(outcome, mission)
    if not said and not outcome.succeeded and REPORT not in outcome.output:
        message = f"refused for another reason: {telling_line(outcome)}"
        raise Inconclusive(message)
    promise.expect(
        f"`{command_line(outcome)}` does not call WP01 rejected",
        held=not said,
        expected="no word of a rejection",
        seen="; ".join(said) or outcome.summary(),
        bash=f"! {{ {in_shell('rejected|changes_requested')}; }}",
    )


@case(
    "904-07",
    requirements=("FR-014",),
    scenario="US5.2",
    also=("edge-8",),
    promise="Where the latest artifact approves, or there is none, nothing is called rejected.",
    rationale="A gate that takes the ninth cycle for the latest, or none for a rejection, blocks releases.",
    variants=combine(GATES, RESOLVED),
)
def test_what_is_approved_last_is_not_blocked(
    variant: tuple[SignoffSurface, Callable[[Mission], None]], situations: Situations, promise: Promise
) -> None:
    surface, resolve = variant
    mission = resolved_mission(situations, surface)
    resolve(mission)
    not_called_rejected(surface(mission), mission, promise)


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


@case(
    "904-08",
    requirements=("FR-014",),
    scenario="US5.2",
    promise="A second review can approve what the first one rejected, without force.",
    rationale="If the old artifact blocks the new verdict, every rejection ends in an override.",
)
def test_a_second_review_can_approve(situations: Situations, promise: Promise) -> None:
    mission = reviewed_again(situations)
    outcome = mission.workbench.run(mission.commands.move("WP01", to="approved", note="Mended"))
    lane = mission.lane_of("WP01")
    promise.expect(
        "the second review approves WP01",
        held=outcome.succeeded and lane == Stage.APPROVED,
        expected="exit status 0, WP01 approved",
        seen=f"{outcome.summary()}; WP01 is {lane}",
        bash='[ "$EXIT" -eq 0 ]',
    )


@case(
    "904-09",
    requirements=("FR-014",),
    scenario="US5.2",
    promise="After a second review has approved, nothing calls the work package rejected.",
    rationale="A stale rejection that outlives the review which answered it blocks what is ready.",
    variants={name: GATES[name] for name in ("status-json", "merge")},
)
def test_a_second_review_settles_it(
    variant: SignoffSurface, situations: Situations, promise: Promise
) -> None:
    mission = reviewed_again(situations)
    try:
        mission.approve("WP01")
    except StepFailed as failure:
        message = f"the second review cannot approve (904-08): {failure}"
        raise Inconclusive(message) from failure
    mission.repository.tidy("Keep the approval")
    not_called_rejected(variant(mission), mission, promise)


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
    merged = SIGNOFF["merge"](mission)
    promise.expect(
        "a rejection that was overridden on record does not block the merge",
        held=merged.succeeded,
        expected="exit status 0",
        seen=merged.summary(),
        bash='[ "$EXIT" -eq 0 ]',
    )
