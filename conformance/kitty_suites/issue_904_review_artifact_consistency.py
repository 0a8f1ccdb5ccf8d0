"""#904: an approval that the latest review artifact contradicts does not pass in silence.

FR-014 "I want approved or done work packages to be checked against the latest review artifact verdict so that
stale rejected verdicts cannot coexist silently with release-ready state."
SC-007 "[…] approved/done work-package state cannot silently coexist with a latest review artifact whose
verdict remains rejected."
C-005 "Mission-review and ship readiness MUST NOT silently pass when canonical state and latest review
artifact verdict conflict."

Not in silence means: the command fails because of it, or says of WP01 that a rejection stands against it (see
`rejection_statement`). A refusal for another reason, such as a mission review without pytest, counts as
nothing; one without a reason is compared with the same command on an equal mission that was never rejected.
Whether a refusal says enough (NFR-005) is asked apart, by 904-06.

A contradiction comes about in two ways. `written`: a reviewer leaves the artifact and stalls, as #904 has
it. `recorded`: the CLI itself records the rejection, and the work package is approved without another review.
Malformed are artifacts in which a person still reads the rejection; an artifact without any verdict
contradicts nothing. The other side, a genuine second review, is in `issue_904_second_review`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kitty_conformance.case import Inconclusive, case, combine
from kitty_fixtures.arrangement import command_line, telling_line
from kitty_fixtures.contradiction import (
    approve_by_force,
    approve_by_orchestrator,
    approved_all_the_same,
    nine_then_ten,
    of_the_contradiction,
    overridden,
    refused_over_it,
    rejected_afterwards,
)
from kitty_fixtures.mission import Mission
from kitty_fixtures.naming import shell_names, unnamed
from kitty_fixtures.outcome import Outcome
from kitty_fixtures.promise import Promise
from kitty_fixtures.readiness import REPORT, acceptable
from kitty_fixtures.rejection_statement import SPEAKS, UNREADABLE, in_shell, statements
from kitty_fixtures.review_artifact import Damage
from kitty_fixtures.signoff_surface import SIGNOFF, SignoffSurface
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.stages import Stage
from kitty_fixtures.topology import Shape
from kitty_fixtures.work_package import WorkPackage

AT_DONE = ("orchestrator-accept", "mission-review")
"""Surfaces that older releases open to work packages that are done alone."""
APPROVED = Planned(reached={"WP01": Stage.APPROVED})
MERGED = replace(APPROVED, merged=True)
FINISHED = Planned(reached={"WP01": Stage.DONE})
"""Done by a move: its branches are still there, and some releases accept on the mission's branch alone."""
WRITTEN = {name: (surface, MERGED if name in AT_DONE else APPROVED) for name, surface in SIGNOFF.items()} | {
    "status-json/done": (SIGNOFF["status-json"], MERGED),
    "accept/done": (SIGNOFF["accept"], FINISHED),
    "merge-as-advised": (SIGNOFF["merge"], replace(APPROVED, shape=Shape.OWN)),
}
GATES = {name: WRITTEN[name] for name in ("status-json", "merge", "mission-review")}
MERGE = {"merge": GATES["merge"]}
DAMAGES = {
    "not-yaml": {"damage": Damage.NOT_YAML},
    "unclosed": {"damage": Damage.UNCLOSED},
    "conflict": {"damage": Damage.CONFLICT_MARKERS},
}
UNCOMMON = {
    "not-a-mapping": {"damage": Damage.NOT_A_MAPPING},
    "changes-requested": {"verdict": "changes_requested"},
}
RECORDED = {
    name: SIGNOFF[name] for name in ("status-json", "dry-run", "merge", "orchestrator-merge", "accept")
}

Asked = tuple[SignoffSurface, Planned]
Scene = Callable[[Situations, Promise], Mission]
Refusal = tuple[Scene, SignoffSurface]


def signed_off(situations: Situations, asked: Asked) -> Mission:
    """A mission whose only work package is approved or done, and would be accepted."""
    _, planned = asked
    (mission,) = situations(planned)
    acceptable(mission)
    return mission


def written_mission(situations: Situations, asked: Asked) -> Mission:
    """The same, with an artifact of a reviewer who rejected it and stalled."""
    mission = signed_off(situations, asked)
    rejected_afterwards(mission)
    return mission


def rejected_mission(situations: Situations) -> Mission:
    """A mission whose work package was sent back."""
    (mission,) = situations(Planned(reached={"WP01": Stage.REJECTED}))
    mission.repository.tidy("Keep the rejection")
    return mission


def forced_mission(situations: Situations, promise: Promise) -> Mission:
    """A mission whose work package was rejected, and approved without another review."""
    mission = rejected_mission(situations)
    outcome = approved_all_the_same(mission)
    if mission.lane_of("WP01") != Stage.APPROVED:
        promise.not_applicable("no command approves a rejected work package without another review")
    if overridden(mission, outcome):
        promise.not_applicable("the approval puts an override on record: nothing contradicts it any more")
    acceptable(mission)
    return mission


def refusing(name: str) -> Refusal:
    """A surface, asked about a rejection that was only written."""
    return lambda situations, _: written_mission(situations, WRITTEN[name]), SIGNOFF[name]


REFUSALS: dict[str, Refusal] = {
    "written": refusing("merge"),
    "recorded": (forced_mission, SIGNOFF["merge"]),
    "mission-review": refusing("mission-review"),
    "move-to-done": refusing("move-to-done"),
    "forced-approval": (lambda situations, _: rejected_mission(situations), approve_by_force),
}
"""Commands of some release that refuse, one of each kind."""


def not_in_silence(
    surface: SignoffSurface, mission: Mission, promise: Promise, *, about: str = "WP01", words: str = SPEAKS
) -> None:
    """State that the command speaks of the rejection, or fails because of it."""
    outcome = surface(mission)
    said = statements(outcome, mission, about, words)
    refused = not said and refused_over_it(outcome, surface, mission)
    if not (said or refused or outcome.succeeded or REPORT in outcome.output):
        message = f"refused for another reason, without a rejection too: {telling_line(outcome)}"
        raise Inconclusive(message)
    promise.expect(
        f"`{command_line(outcome)}` does not pass over the rejection of {about} in silence",
        held=bool(said) or refused,
        expected=f"a failure because of {about} and its rejected review artifact, or a warning about it",
        seen="; ".join(said) or f"no word of it: {outcome.summary()}",
        bash="" if refused else in_shell(outcome, about, words),
    )


def is_precise(outcome: Outcome, mission: Mission, promise: Promise) -> None:
    """State that a failure names what NFR-005 asks for."""
    wanted = of_the_contradiction(mission)
    silent = unnamed(wanted, outcome.output)
    promise.expect(
        "the failure names the mission, the work package and the violated invariant",
        held=not silent,
        expected=", ".join(wanted),
        seen=f"not named: {', '.join(silent) or 'nothing'}; {telling_line(outcome)}",
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
    not_in_silence(variant[0], written_mission(situations, variant), promise)


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
    not_in_silence(variant[0], mission, promise)


# FR-014 "checked against the latest review artifact verdict": one that cannot be read has not been checked.
@case(
    "904-03",
    requirements=("FR-014", "C-005"),
    scenario="US5.2",
    also=("edge-8",),
    promise="A latest artifact whose verdict is unreadable, or not to approve, is not taken for an approval.",
    rationale="A damaged rejection is still a rejection to the person who reads it.",
    variants=combine(MERGE | {"mission-review": GATES["mission-review"]}, DAMAGES) | combine(MERGE, UNCOMMON),
)
def test_a_malformed_artifact_is_not_passed_over(
    variant: tuple[Asked, dict[str, Any]], situations: Situations, promise: Promise
) -> None:
    asked, artifact = variant
    mission = signed_off(situations, asked)
    rejected_afterwards(mission, **artifact)
    not_in_silence(asked[0], mission, promise, words=f"{SPEAKS}|{UNREADABLE}")


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
    not_in_silence(variant, rejected_mission(situations), promise)


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
    not_in_silence(variant, forced_mission(situations, promise), promise)


# NFR-005 "Hard-failure diagnostics for […] review-artifact gates MUST name the mission, work package, and
# violated invariant when those identities are known."
@case(
    "904-06",
    requirements=("NFR-005", "FR-014"),
    scenario="US5.2",
    promise="What is refused because of a rejection names mission, work package and violated invariant.",
    rationale="Whoever has to resolve the contradiction must find it, in the right one of several missions.",
    variants=REFUSALS,
)
def test_the_refusal_is_precise(variant: Refusal, situations: Situations, promise: Promise) -> None:
    scene, surface = variant
    mission = scene(situations, promise)
    outcome = surface(mission)
    if outcome.succeeded:
        promise.not_applicable("nothing is refused; whether it is told of is for 904-01, 904-04 and 904-05")
    if not statements(outcome, mission) and not refused_over_it(outcome, surface, mission):
        message = f"refused for another reason, without a rejection too: {telling_line(outcome)}"
        raise Inconclusive(message)
    is_precise(outcome, mission, promise)


# FR-014 "approved or done work packages": every one of them.
@case(
    "904-11",
    requirements=("FR-014", "C-005"),
    scenario="US5.2",
    also=("edge-8",),
    promise="Of two approved work packages the one that its latest artifact rejects is the one named.",
    rationale="A gate that stops at the first work package, or names none, lets the other one through.",
)
def test_the_second_work_package_is_looked_at(situations: Situations, promise: Promise) -> None:
    planned = (WorkPackage(id="WP01"), WorkPackage(id="WP02"))
    (mission,) = situations(
        Planned(work_packages=planned, reached={"WP01": Stage.APPROVED, "WP02": Stage.APPROVED})
    )
    rejected_afterwards(mission, "WP02")
    not_in_silence(SIGNOFF["merge"], mission, promise, about="WP02")
