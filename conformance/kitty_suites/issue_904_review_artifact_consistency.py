"""#904: an approval that the latest review artifact contradicts does not pass in silence.

FR-014 "I want approved or done work packages to be checked against the latest review artifact verdict so that
stale rejected verdicts cannot coexist silently with release-ready state."
SC-007 "[…] approved/done work-package state cannot silently coexist with a latest review artifact whose
verdict remains rejected."
C-005 "Mission-review and ship readiness MUST NOT silently pass when canonical state and latest review
artifact verdict conflict."

Not in silence means: the command says that WP01 and a rejection (the artifact, its verdict) are at odds, and
fails or warns. A refusal for another reason, such as a mission review without pytest, counts as nothing.

A contradiction comes about in two ways. `written`: a reviewer leaves the artifact and stalls, as #904 has
it. `recorded`: the CLI itself records the rejection, and the work package is approved without another review.
Malformed are artifacts in which a person still reads the rejection; an artifact without any verdict
contradicts nothing. The other side, a genuine second review, is in `issue_904_second_review`.
"""

from __future__ import annotations

from kitty_conformance.case import Inconclusive, case, combine
from kitty_fixtures.arrangement import command_line, telling_line
from kitty_fixtures.contradiction import (
    approve_by_force,
    approve_by_orchestrator,
    approved_all_the_same,
    in_shell,
    nine_then_ten,
    of_the_contradiction,
    overridden,
    rejected_afterwards,
    statements,
)
from kitty_fixtures.mission import Mission
from kitty_fixtures.naming import shell_names, unnamed
from kitty_fixtures.outcome import Outcome
from kitty_fixtures.promise import Promise
from kitty_fixtures.readiness import REPORT, acceptable
from kitty_fixtures.review_artifact import Damage
from kitty_fixtures.signoff_surface import SIGNOFF, SignoffSurface
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.stages import Stage

AT_DONE = ("orchestrator-accept", "mission-review")
"""Surfaces that older releases open to work packages that are done alone."""
WRITTEN = {name: (surface, name in AT_DONE) for name, surface in SIGNOFF.items()} | {
    "status-json/done": (SIGNOFF["status-json"], True)
}
GATES = {name: WRITTEN[name] for name in ("status-json", "merge", "mission-review")}
DAMAGES = {"not-yaml": Damage.NOT_YAML, "unclosed": Damage.UNCLOSED, "conflict": Damage.CONFLICT_MARKERS}
RECORDED = {
    name: SIGNOFF[name] for name in ("status-json", "dry-run", "merge", "orchestrator-merge", "accept")
}

Asked = tuple[SignoffSurface, bool]


def signed_off(situations: Situations, asked: Asked) -> Mission:
    """A mission whose only work package is approved, or done by a merge, and would be accepted."""
    _, done = asked
    (mission,) = situations(Planned(reached={"WP01": Stage.APPROVED}, merged=done))
    acceptable(mission)
    return mission


def not_in_silence(outcome: Outcome, mission: Mission, promise: Promise) -> None:
    """State that the command speaks of WP01 and its rejection; a command that got nowhere says nothing."""
    said = statements(outcome, mission)
    if not said and not outcome.succeeded and REPORT not in outcome.output:
        message = f"refused for another reason: {telling_line(outcome)}"
        raise Inconclusive(message)
    promise.expect(
        f"`{command_line(outcome)}` does not pass over the rejection of WP01 in silence",
        held=bool(said),
        expected="a failure or a warning about WP01 and its rejected review artifact",
        seen="; ".join(said) or f"no word of it: {outcome.summary()}",
        bash=in_shell(),
    )


def is_precise(outcome: Outcome, mission: Mission, promise: Promise) -> None:
    """State that a failure names what NFR-005 asks for, and the artifact."""
    wanted = of_the_contradiction(mission)
    silent = () if outcome.succeeded else unnamed(wanted, outcome.output)
    promise.expect(
        "a failure names the mission, the work package, the violated invariant and the artifact",
        held=not silent,
        expected=", ".join(wanted),
        seen=f"not named: {', '.join(silent) or 'nothing'}; {outcome.summary()}",
        bash=f'[ "$EXIT" -eq 0 ] || {{ {shell_names(wanted)}; }}',
    )


# US5.2 "Given a work package is approved or done but its latest review artifact still says verdict: rejected,
# When mission-review or ship signoff runs, Then the workflow warns hard or fails until the contradiction is
# resolved."
# Edge case 8 "The latest review-cycle artifact contradicts the canonical work-package lane."
@case(
    "904-01",
    requirements=("FR-014", "SC-007", "C-005"),
    scenario="US5.2",
    also=("edge-8",),
    promise="No command passes over a latest artifact that rejects an approved or done work package.",
    rationale="A contradictory review artifact invalidates release signoff even when lanes look approved.",
    variants=WRITTEN,
)
def test_a_written_rejection_is_not_passed_over(
    variant: Asked, situations: Situations, promise: Promise
) -> None:
    mission = signed_off(situations, variant)
    rejected_afterwards(mission)
    not_in_silence(variant[0](mission), mission, promise)


# "latest review artifact": of ten cycles, the tenth.
@case(
    "904-02",
    requirements=("FR-014", "SC-007"),
    scenario="US5.2",
    also=("edge-8",),
    promise="Of ten review cycles the tenth is the latest: its rejection is not passed over.",
    rationale="Sorted by name, the ninth cycle is the last, and every later verdict is lost.",
    variants=GATES,
)
def test_the_tenth_cycle_is_later_than_the_ninth(
    variant: Asked, situations: Situations, promise: Promise
) -> None:
    mission = signed_off(situations, variant)
    nine_then_ten(mission, ninth="approved", tenth="rejected")
    not_in_silence(variant[0](mission), mission, promise)


# FR-014 "checked against the latest review artifact verdict": one that cannot be read has not been checked.
@case(
    "904-03",
    requirements=("FR-014", "C-005"),
    scenario="US5.2",
    also=("edge-8",),
    promise="A latest artifact whose verdict cannot be read is not taken for an approval in silence.",
    rationale="A damaged rejection is still a rejection to the person who reads it.",
    variants=combine({name: GATES[name] for name in ("merge", "mission-review")}, DAMAGES),
)
def test_a_malformed_artifact_is_not_passed_over(
    variant: tuple[Asked, Damage], situations: Situations, promise: Promise
) -> None:
    asked, damage = variant
    mission = signed_off(situations, asked)
    rejected_afterwards(mission, damage=damage)
    not_in_silence(asked[0](mission), mission, promise)


# US5.2 "warns hard or fails until the contradiction is resolved": approving by force creates it.
@case(
    "904-04",
    requirements=("FR-014",),
    scenario="US5.2",
    promise="Approving a rejected work package by force is refused, or says what it overrides.",
    rationale="Whoever forces an approval has to learn that the latest review said no.",
    variants={"move-task": approve_by_force, "orchestrator": approve_by_orchestrator},
)
def test_a_forced_approval_is_not_silent(
    variant: SignoffSurface, situations: Situations, promise: Promise
) -> None:
    (mission,) = situations(Planned(reached={"WP01": Stage.REJECTED}))
    mission.repository.tidy("Keep the rejection")
    not_in_silence(variant(mission), mission, promise)


@case(
    "904-05",
    requirements=("FR-014", "SC-007", "C-005"),
    scenario="US5.2",
    also=("edge-8",),
    promise="A rejection that the CLI recorded and no second review answered is not passed over.",
    rationale="An approval without a second review leaves the rejection as the last word of a reviewer.",
    variants=RECORDED,
)
def test_a_recorded_rejection_is_not_passed_over(
    variant: SignoffSurface, situations: Situations, promise: Promise
) -> None:
    mission = forced_mission(situations, promise)
    not_in_silence(variant(mission), mission, promise)


# NFR-005 "Hard-failure diagnostics for […] review-artifact gates MUST name the mission, work package, and
# violated invariant when those identities are known."
@case(
    "904-06",
    requirements=("NFR-005", "FR-014"),
    scenario="US5.2",
    promise="A merge that fails because of a rejection names mission, work package, invariant and artifact.",
    rationale="Whoever has to resolve the contradiction must find the artifact.",
    variants={"written": False, "recorded": True},
)
def test_the_failure_names_the_artifact(variant: bool, situations: Situations, promise: Promise) -> None:  # noqa: FBT001 - a variant
    if variant:
        mission = forced_mission(situations, promise)
    else:
        mission = signed_off(situations, GATES["merge"])
        rejected_afterwards(mission)
    outcome = SIGNOFF["merge"](mission)
    if outcome.succeeded or not statements(outcome, mission):
        message = f"the merge does not fail because of the rejection: {telling_line(outcome)}"
        raise Inconclusive(message)
    is_precise(outcome, mission, promise)


def forced_mission(situations: Situations, promise: Promise) -> Mission:
    """A mission whose work package was rejected, and approved without another review."""
    (mission,) = situations(Planned(reached={"WP01": Stage.REJECTED}))
    mission.repository.tidy("Keep the rejection")
    outcome = approved_all_the_same(mission)
    if mission.lane_of("WP01") != Stage.APPROVED:
        promise.not_applicable("no command approves a rejected work package without another review")
    if overridden(mission, outcome):
        promise.not_applicable("the approval puts an override on record: nothing contradicts it any more")
    acceptable(mission)
    return mission
