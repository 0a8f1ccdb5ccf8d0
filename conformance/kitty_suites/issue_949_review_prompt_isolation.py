"""#949: a prompt is about the work it was requested for, has a place of its own, and says what it is about.

FR-004 "As a reviewer, I want review prompts to be collision-proof and self-identifying across repo, mission,
work package, worktree, branch, base ref, and invocation so that I review the intended work."

What else may lie where a prompt is to go, and requests that meet in git, are in `issue_949_prompt_location`;
what a dispatch step makes of a prompt that is about something else (FR-005), in `issue_949_dispatch`.
Prompts to implement are held to the same wherever the target writes them (#949).
"""

from __future__ import annotations

from collections.abc import Sequence

from kitty_conformance.case import case
from kitty_fixtures.promise import Promise
from kitty_fixtures.prompt import Prompt
from kitty_fixtures.prompt_request import (
    Action,
    Folders,
    PromptRequest,
    as_many_prompts,
    in_folders_of_their_own,
    in_one_folder,
    some_prompt_says,
    together,
)
from kitty_fixtures.runtime_loop import handed_out
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.stages import Stage
from kitty_fixtures.topology import Shape
from kitty_fixtures.work_package import WorkPackage

FOR_REVIEW = {"WP01": Stage.FOR_REVIEW}
STARTED = {"WP01": Stage.IN_PROGRESS}
TWO_WORK_PACKAGES = Planned(
    work_packages=(WorkPackage(id="WP01"), WorkPackage(id="WP02")),
    reached={"WP01": Stage.FOR_REVIEW, "WP02": Stage.FOR_REVIEW},
)
CONCURRENT = {
    "two-repositories": (
        Planned(repository="first", reached=FOR_REVIEW),
        Planned(repository="second", reached=FOR_REVIEW),
    ),
    "two-missions": (Planned(slug="demo", reached=FOR_REVIEW), Planned(slug="other", reached=FOR_REVIEW)),
}
"""Same work package, one shared folder for temporary files; in two repositories, or two missions of one."""
REVIEWED = CONCURRENT | {
    "two-work-packages": (TWO_WORK_PACKAGES,),
    "same-work-package": (Planned(reached=FOR_REVIEW),),
}
IMPLEMENTED = {
    "two-repositories": (
        Planned(repository="first", reached=STARTED),
        Planned(repository="second", reached=STARTED),
    ),
    "two-missions": (Planned(slug="demo", reached=STARTED), Planned(slug="other", reached=STARTED)),
    "same-work-package": (Planned(reached=STARTED),),
}
"""Work under way, whose prompt is asked for again."""


def requests_for(
    planned: tuple[Planned, ...], situations: Situations, action: Action = Action.REVIEW
) -> list[PromptRequest]:
    """One request for each work package that has left `planned`; where that is one alone, the same twice."""
    made = [
        PromptRequest(mission=mission, work_package=work_package, action=action)
        for mission, of in zip(situations(*planned), planned, strict=True)
        for work_package in of.reached
    ]
    return made if len(made) > 1 else made * 2


def each_about_its_own_work(requests: Sequence[PromptRequest], promise: Promise, action: Action) -> None:
    """Make the requests and state that each prompt is about what it was requested for."""
    answers = zip(requests, together(requests), strict=True)
    wrong = [fault for request, prompt in answers for fault in request.mistaken(prompt, requests)]
    promise.expect(
        "each prompt names its own worktree, mission and work package, and no other worktree",
        held=not wrong,
        expected=f"{len(requests)} prompts, each about its own work",
        seen="; ".join(wrong) or "so it is",
        bash=" && ".join(some_prompt_says(str(request.worktree), of=action) for request in requests),
    )


def each_in_a_place_of_its_own(requests: Sequence[PromptRequest], promise: Promise, action: Action) -> None:
    """Make the requests one after the other and state that each answer points at another place."""
    paths = {request.answered().path for request in requests}
    promise.expect(
        f"two {action} requests are pointed at two different prompts",
        held=len(paths) == len(requests),
        expected=f"{len(requests)} locations",
        seen=", ".join(sorted(map(str, paths))),
        bash=as_many_prompts(len(requests), of=action),
    )


# US2.1 "Given two concurrent missions or repos request reviews, When prompts are generated, Then each prompt
# has a unique per-repo, per-mission, per-work-package, per-invocation location."
# Edge case 3 "Two review prompts are created in the same second for different repositories or work packages."
@case(
    "949-01",
    requirements=("FR-004", "SC-003"),
    scenario="US2.1",
    promise="Of two reviews under way at once, each command points at a prompt about its own work.",
    rationale="A reviewer acting on the wrong prompt can approve or reject unrelated work.",
    also=("edge-3",),
    variants={name: (planned, in_one_folder) for name, planned in CONCURRENT.items()}
    | {"separate-tmpdirs": (CONCURRENT["two-repositories"], in_folders_of_their_own)},
)
def test_each_prompt_is_about_its_own_work(
    variant: tuple[tuple[Planned, ...], Folders], situations: Situations, promise: Promise
) -> None:
    planned, folders = variant
    each_about_its_own_work(folders(requests_for(planned, situations)), promise, Action.REVIEW)


@case(
    "949-02",
    requirements=("FR-004", "SC-003"),
    scenario="US2.1",
    promise="Two review requests get two prompts at two locations.",
    rationale="With one location the later request overwrites what the earlier reviewer is about to read.",
    also=("edge-3",),
    variants=REVIEWED,
)
def test_each_prompt_has_a_location_of_its_own(
    variant: tuple[Planned, ...], situations: Situations, promise: Promise
) -> None:
    each_in_a_place_of_its_own(requests_for(variant, situations), promise, Action.REVIEW)


# US2 "Independent Test: […] assert that prompt paths are collision-proof, prompt metadata self-identifies
# the requested work".
@case(
    "949-03",
    requirements=("FR-004", "SC-003"),
    scenario="US2.1",
    promise="A prompt's metadata names repo, mission, work package, worktree, branch, base and invocation.",
    rationale="A prompt that does not say what it is about cannot be checked before the review begins.",
)
def test_a_prompt_identifies_itself(situations: Situations, promise: Promise) -> None:
    (mission,) = situations(Planned(reached=FOR_REVIEW))
    request = PromptRequest(mission=mission)
    identified(request, request.answered(), promise)


@case(
    "949-18",
    requirements=("FR-004", "SC-003"),
    scenario="US2.1",
    promise="In a mission made as the release advises, prompts name the work as in any other.",
    rationale="With its status on a branch of its own, a mission has one more checkout to be mistaken for.",
    variants={"implement": (Action.IMPLEMENT, STARTED), "review": (Action.REVIEW, FOR_REVIEW)},
)
def test_a_prompt_identifies_itself_in_a_mission_as_advised(
    variant: tuple[Action, dict[str, Stage]], situations: Situations, promise: Promise
) -> None:
    action, reached = variant
    (mission,) = situations(Planned(reached=reached, shape=Shape.OWN))
    request = PromptRequest(mission=mission, action=action)
    identified(request, request.answered(), promise)


def identified(request: PromptRequest, prompt: Prompt, promise: Promise) -> None:
    """State that the metadata of a prompt identifies everything it was requested for."""
    missing = prompt.unidentified(request.identity())
    promise.expect(
        f"the metadata of the {request.action} prompt identifies everything it was requested for",
        held=not missing,
        expected=", ".join(request.identity()),
        seen=f"not identified: {', '.join(missing) or 'nothing'} ({len(prompt.metadata)} metadata fields)",
        bash=some_prompt_says("^[[:space:]]*[a-z_]*invocation[a-z_]*:", of=request.action, pattern=True),
    )


@case(
    "949-04",
    requirements=("FR-004", "SC-003"),
    scenario="US2.1",
    promise="Of two implementations under way at once, each command points at a prompt about its own work.",
    rationale="What is implemented from another's prompt is written into another's worktree.",
    variants={name: planned for name, planned in IMPLEMENTED.items() if name != "same-work-package"},
)
def test_each_prompt_to_implement_is_about_its_own_work(
    variant: tuple[Planned, ...], situations: Situations, promise: Promise
) -> None:
    requests = requests_for(variant, situations, Action.IMPLEMENT)
    each_about_its_own_work(requests, promise, Action.IMPLEMENT)


@case(
    "949-05",
    requirements=("FR-004",),
    scenario="US2.1",
    promise="Two requests to implement get two prompts at two locations.",
    rationale="With one location the later request overwrites what the earlier implementer is working from.",
    variants=IMPLEMENTED,
)
def test_each_prompt_to_implement_has_a_location_of_its_own(
    variant: tuple[Planned, ...], situations: Situations, promise: Promise
) -> None:
    each_in_a_place_of_its_own(requests_for(variant, situations, Action.IMPLEMENT), promise, Action.IMPLEMENT)


@case(
    "949-06",
    requirements=("FR-004",),
    scenario="US2.1",
    promise="The metadata of a prompt to implement names the work as that of a prompt to review does.",
    rationale="An implementer handed another's prompt has nothing to tell it by.",
)
def test_a_prompt_to_implement_identifies_itself(situations: Situations, promise: Promise) -> None:
    (mission,) = situations(Planned(reached=STARTED))
    request = PromptRequest(mission=mission, action=Action.IMPLEMENT)
    identified(request, request.answered(), promise)


# Domain Language "Review prompt: The generated reviewer instruction artifact for a specific repo, mission,
# work package, worktree, and invocation." The loop of `next` hands such artifacts out as well.
@case(
    "949-15",
    requirements=("FR-004", "SC-003"),
    scenario="US2.1",
    promise="The metadata of a review prompt that `next` hands out names the work as any other does.",
    rationale="Agents that are driven by `next` review from that prompt, and from no other.",
)
def test_a_prompt_handed_out_by_next_identifies_itself(situations: Situations, promise: Promise) -> None:
    (mission,) = situations(Planned(reached=FOR_REVIEW))
    prompt = Prompt.pointed_at(handed_out(mission, "review"))
    identified(PromptRequest(mission=mission), prompt, promise)


# What is handed out to be begun names the worktree that the lane then gets: which one is computed before.
@case(
    "949-17",
    requirements=("FR-004",),
    scenario="US2.1",
    promise="The metadata of a prompt to implement that `next` hands out names the work as any other does.",
    rationale="Agents that are driven by `next` implement from that prompt, and from no other.",
)
def test_a_prompt_to_implement_handed_out_by_next_identifies_itself(
    situations: Situations, promise: Promise
) -> None:
    (mission,) = situations(Planned())
    prompt = Prompt.pointed_at(handed_out(mission, "implement"))
    mission.reach("WP01", Stage.IN_PROGRESS)
    identified(PromptRequest(mission=mission, action=Action.IMPLEMENT), prompt, promise)
