"""#949: a prompt that is not about the requested work never reaches a reviewer.

FR-005 "As a review dispatcher, I want prompt metadata mismatches to block reviewer dispatch so that
wrong-repo or wrong-work-package reviews cannot proceed silently."

What the dispatch step is. No release has a command that is handed a prompt. Two commands write one and send
their reader there: `agent action review` (`cat PATH`), and `next`, whose answer names it (`prompt_file`) when
it hands out a review. An earlier prompt is never read again, by neither of them nor by `agent tasks` or
`orchestrator-api`. From 3.2.0a9 on `agent action review` reads back what it has just written before it sends
anybody there; `next` writes its prompt by itself, and looks whether it is there. So the
dispatch step is the end of either command, and the only time at which a prompt can be wrong is between its
writing and the answer: then it is tampered with. A release that does not look sends its reader to whatever
lies there. That is no missing surface: the reader is dispatched all the same, and FR-005 demands that a
mismatch block it. So it `violates`.
"""

from __future__ import annotations

from collections.abc import Callable

from kitty_conformance.case import case
from kitty_fixtures.diagnostic import missing_from, said
from kitty_fixtures.faults import Faults
from kitty_fixtures.naming import shell_names
from kitty_fixtures.outcome import Outcome
from kitty_fixtures.promise import Promise
from kitty_fixtures.prompt_request import REFUSED, PromptRequest, refused
from kitty_fixtures.runtime_loop import dispatched as handed_out_by_next
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.stages import Stage
from kitty_fixtures.tampering import (
    CLAIMS,
    DAMAGES,
    TEXTS,
    Tampering,
    claiming_another,
    cut_off,
    missing,
    replaced_by,
    tampered,
)
from kitty_fixtures.work_package import WorkPackage

FOR_REVIEW = {"WP01": Stage.FOR_REVIEW}
IN_REVIEW = {"WP01": Stage.IN_REVIEW}
TWO = (WorkPackage(id="WP01"), WorkPackage(id="WP02"))
ANOTHER = {
    "repository": (
        Planned(repository="first", reached=IN_REVIEW),
        Planned(repository="second", reached=FOR_REVIEW),
    ),
    "mission": (Planned(slug="demo", reached=IN_REVIEW), Planned(slug="other", reached=FOR_REVIEW)),
    "work-package": (
        Planned(work_packages=TWO, reached={"WP02": Stage.IN_REVIEW, "WP01": Stage.FOR_REVIEW}),
    ),
}
"""A review of another is under way, whose genuine prompt can be had, when that of the last WP01 is requested;
another work package is in another worktree as well."""


def request_for_review(situations: Situations) -> PromptRequest:
    """A request for the review of WP01, which is ready for it."""
    (mission,) = situations(Planned(reached=FOR_REVIEW))
    return PromptRequest(mission=mission)


def asked_for(request: PromptRequest, tampering: Tampering, faults: Faults) -> Outcome:
    """Request a review whose prompt is tampered with before anybody is sent to it."""
    with tampered(request, tampering, faults):
        return request.make()


Dispatch = Callable[[PromptRequest, Tampering, Faults], Outcome]
CLAIMED = {name: (what, asked_for) for name, what in CLAIMS.items()} | {
    "next-work-package": ("work package", handed_out_by_next)
}
DAMAGED = {name: (damage, asked_for) for name, damage in DAMAGES.items()} | {
    "next-cut-off": (cut_off, handed_out_by_next)
}
"""What befalls the prompt, and which command sends its reader there.

`next` looks whether its prompt is there right after it has written it, and does nothing in between at which
the prompt could be taken away: that it refuses a missing one cannot be seen from outside, so it is not asked.
"""


def fails_closed(outcome: Outcome, tampering: Tampering, promise: Promise) -> None:
    """State that nobody is sent to a prompt like that."""
    promise.expect(
        f"no reviewer is dispatched: {tampering.description}",
        held=refused(outcome),
        expected="a refusal that points at no prompt",
        seen=outcome.summary(),
        bash=REFUSED,
    )


def says(outcome: Outcome, request: PromptRequest, tampering: Tampering, promise: Promise) -> None:
    """State that a refusal names what was requested, that it is about the prompt, and what was found."""
    mission = request.mission
    wanted = {
        "the mission": tuple(filter(None, (mission.slug, mission.mission_id))),
        "the work package": (request.work_package,),
        "the prompt": ("prompt", "Prompt", "PROMPT"),
    }
    silent = (*missing_from(outcome, wanted), *(() if tampering.told(said(outcome)) else ("what was found",)))
    promise.expect(
        "the refusal says what was requested and what was found",
        held=not silent,
        expected=f"{', '.join(wanted)}, what was found",
        seen=f"not said: {', '.join(silent) or 'nothing'}; {outcome.summary()}",
        bash=f"{shell_names(wanted)} && {{ {tampering.shell_told()}; }}",
    )


# US2.2 "Given a generated prompt names a different repo, mission, work package, or worktree than the
# requested review, When the reviewer dispatch step validates it, Then dispatch fails closed before any review
# begins."
@case(
    "949-10",
    requirements=("FR-005", "NFR-005", "SC-003"),
    scenario="US2.2",
    promise="A prompt that names something else than was requested is refused, and the refusal names both.",
    rationale="A reviewer acting on the wrong prompt can approve or reject unrelated work.",
    variants=CLAIMED,
)
def test_a_prompt_that_claims_something_else_is_refused(
    variant: tuple[str, Dispatch], situations: Situations, faults: Faults, promise: Promise
) -> None:
    what, dispatched = variant
    request = request_for_review(situations)
    tampering = claiming_another(what, request)
    outcome = dispatched(request, tampering, faults)
    fails_closed(outcome, tampering, promise)
    says(outcome, request, tampering, promise)


@case(
    "949-11",
    requirements=("FR-005", "NFR-005"),
    scenario="US2.2",
    promise="A prompt that is missing, cut off or without metadata is refused, naming request and finding.",
    rationale="What cannot be checked is not known to be right.",
    variants=DAMAGED,
)
def test_a_damaged_prompt_is_refused(
    variant: tuple[Callable[[PromptRequest], Tampering], Dispatch],
    situations: Situations,
    faults: Faults,
    promise: Promise,
) -> None:
    damage, dispatched = variant
    request = request_for_review(situations)
    tampering = damage(request)
    outcome = dispatched(request, tampering, faults)
    fails_closed(outcome, tampering, promise)
    says(outcome, request, tampering, promise)


@case(
    "949-12",
    requirements=("FR-005", "NFR-005", "SC-003"),
    scenario="US2.2",
    promise="The genuine prompt of another repository, mission or work package is refused, naming both.",
    rationale="Another's prompt is whole and right in itself: only what was requested tells it apart.",
    variants=ANOTHER,
)
def test_the_prompt_of_another_is_refused(
    variant: tuple[Planned, ...], situations: Situations, faults: Faults, promise: Promise
) -> None:
    missions = situations(*variant)
    other = PromptRequest(mission=missions[0], work_package=next(iter(variant[0].reached)))
    request = PromptRequest(mission=missions[-1])
    tampering = replaced_by(other.answered(), request, other)
    outcome = asked_for(request, tampering, faults)
    fails_closed(outcome, tampering, promise)
    says(outcome, request, tampering, promise)


# US2.2 "[…] Then dispatch fails closed before any review begins." A review has begun when the status event
# log says so: that is the canonical state every later step goes by (FR-001).
@case(
    "949-13",
    requirements=("FR-005",),
    scenario="US2.2",
    promise="A refused dispatch begins no review: the work package stays ready for review.",
    rationale="A review that is recorded as begun has no reviewer: nobody was sent anywhere.",
    variants={"another-worktree": lambda request: claiming_another("worktree", request), "missing": missing},
)
def test_a_refused_dispatch_begins_no_review(
    variant: Callable[[PromptRequest], Tampering], situations: Situations, faults: Faults, promise: Promise
) -> None:
    request = request_for_review(situations)
    mission, tampering = request.mission, variant(request)
    fails_closed(asked_for(request, tampering, faults), tampering, promise)
    lane = mission.lane_of(request.work_package)
    promise.expect(
        "WP01 is still for_review: no review has begun",
        held=lane == Stage.FOR_REVIEW,
        expected=Stage.FOR_REVIEW,
        seen=lane,
        bash=f"! grep -q '\"to_lane\": *\"in_review\"' '{mission.event_log}'",
    )


# US2.2: "a generated prompt names a different […] worktree" also where its text does. Whoever reads it
# follows the text, and can follow nothing where that is gone (#949: prompt or metadata tampered, truncated).
@case(
    "949-14",
    requirements=("FR-005", "NFR-005"),
    scenario="US2.2",
    promise="A prompt whose text is another's or gone is refused though its metadata is right.",
    rationale="The reviewer follows the text, not the metadata.",
    variants=TEXTS,
)
def test_a_prompt_with_another_text_is_refused(
    variant: Callable[[PromptRequest], Tampering], situations: Situations, faults: Faults, promise: Promise
) -> None:
    request = request_for_review(situations)
    tampering = variant(request)
    outcome = asked_for(request, tampering, faults)
    fails_closed(outcome, tampering, promise)
    says(outcome, request, tampering, promise)
