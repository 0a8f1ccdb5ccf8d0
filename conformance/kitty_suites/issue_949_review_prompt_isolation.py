"""#949: a review prompt is about the work it was requested for, and says so.

FR-004 "As a reviewer, I want review prompts to be collision-proof and self-identifying across repo, mission,
work package, worktree, branch, base ref, and invocation so that I review the intended work."
"""

from __future__ import annotations

from kitty_conformance.case import case
from kitty_fixtures.arrangement import arranged
from kitty_fixtures.mission import Mission
from kitty_fixtures.outcome import Outcome
from kitty_fixtures.promise import Promise
from kitty_fixtures.prompt import Prompt
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.stages import Stage
from kitty_fixtures.workbench import Workbench

FOR_REVIEW = {"WP01": Stage.FOR_REVIEW}
CONCURRENT = {
    "two-repositories": (
        Planned(repository="first", reached=FOR_REVIEW),
        Planned(repository="second", reached=FOR_REVIEW),
    ),
    "two-missions": (Planned(slug="demo", reached=FOR_REVIEW), Planned(slug="other", reached=FOR_REVIEW)),
}
"""Same work package, one shared folder for temporary files; in two repositories, or two missions of one."""


def reviewed(missions: tuple[Mission, ...], workbench: Workbench) -> list[Outcome]:
    """Request a review of each, at the same moment where they are in repositories of their own.

    Missions of one repository commit to the same branch: which of two requests at the same moment is refused
    is a race that git decides, so theirs are made one after the other, and both prompts are read afterwards.
    """
    requests = [mission.commands.review("WP01") for mission in missions]
    if len({mission.repository.path for mission in missions}) == len(missions):
        outcomes = workbench.together(requests)
    else:
        outcomes = tuple(workbench.run(request) for request in requests)
    return [arranged(outcome, "request a review") for outcome in outcomes]


def review_prompt_with(text: str, *, fixed: bool = True) -> str:
    """Return a bash test: some review prompt among the temporary files holds this text, or pattern."""
    how = "-qF" if fixed else "-q"
    search = f"find \"$TMPDIR\" -path '*review*' -name '*.md' -exec grep {how} -- '{text}' {{}} \\; -print"
    return f'[ -n "$({search})" ]'


def mistaken(mission: Mission, prompt: Prompt, missions: tuple[Mission, ...]) -> list[str]:
    """What is wrong with a prompt that a command of this mission pointed at."""
    of, own = f"the prompt for {mission.slug}", str(mission.worktree("WP01").path)
    others = [str(other.worktree("WP01").path) for other in missions if other is not mission]
    silent = prompt.silent_about(own, mission.slug, "WP01")
    foreign = [path for path in others if path in prompt.text]
    return [f"{of} does not name {word}" for word in silent] + [f"{of} names {path}" for path in foreign]


# US2.1 "Given two concurrent missions or repos request reviews, When prompts are generated, Then each prompt
# has a unique per-repo, per-mission, per-work-package, per-invocation location."
# Edge case 3 "Two review prompts are created in the same second for different repositories or work packages."
@case(
    "949-01",
    requirements=("FR-004", "SC-003"),
    scenario="US2.1",
    promise="Of two reviews under way at once, each command points at a prompt about its own work.",
    rationale="A reviewer acting on the wrong prompt can approve or reject unrelated work.",
    variants=CONCURRENT,
)
def test_each_prompt_is_about_its_own_work(
    variant: tuple[Planned, ...], situations: Situations, workbench: Workbench, promise: Promise
) -> None:
    missions = situations(*variant)
    prompts = [Prompt.pointed_at(outcome) for outcome in reviewed(missions, workbench)]
    wrong = [fault for pair in zip(missions, prompts, strict=True) for fault in mistaken(*pair, missions)]
    promise.expect(
        "each prompt names its own worktree, mission and work package, and no other worktree",
        held=not wrong,
        expected="two prompts, each about its own work",
        seen="; ".join(wrong) or "so it is",
        bash=" && ".join(review_prompt_with(str(mission.worktree("WP01").path)) for mission in missions),
    )


@case(
    "949-02",
    requirements=("FR-004", "SC-003"),
    scenario="US2.1",
    promise="Two review requests get two prompts at two locations.",
    rationale="With one location the later request overwrites what the earlier reviewer is about to read.",
    variants=CONCURRENT,
)
def test_each_prompt_has_a_location_of_its_own(
    variant: tuple[Planned, ...], situations: Situations, workbench: Workbench, promise: Promise
) -> None:
    missions = situations(*variant)
    paths = {arranged_prompt(mission, workbench).path for mission in missions}
    promise.expect(
        "two review requests are pointed at two different prompts",
        held=len(paths) == len(missions),
        expected=f"{len(missions)} locations",
        seen=", ".join(sorted(map(str, paths))),
        bash=f'[ "$(find "$TMPDIR" -path "*review*" -name "*.md" | wc -l)" -ge {len(missions)} ]',
    )


def arranged_prompt(mission: Mission, workbench: Workbench) -> Prompt:
    """Request one review that must work, and read the prompt it points at."""
    return Prompt.pointed_at(arranged(workbench.run(mission.commands.review("WP01")), "request a review"))


# US2 "Independent Test: […] assert that prompt paths are collision-proof, prompt metadata self-identifies
# the requested work".
@case(
    "949-03",
    requirements=("FR-004", "SC-003"),
    scenario="US2.1",
    promise="A prompt's metadata names repo, mission, work package, worktree, branch, base and invocation.",
    rationale="A prompt that does not say what it is about cannot be checked before the review begins.",
)
def test_a_prompt_identifies_itself(situations: Situations, workbench: Workbench, promise: Promise) -> None:
    (mission,) = situations(Planned(reached=FOR_REVIEW))
    prompt, lane = arranged_prompt(mission, workbench), mission.worktree("WP01")
    missing = prompt.unidentified(
        repository=(str(mission.repository.path),),
        mission=(mission.slug, mission.mission_id),
        work_package=("WP01",),
        worktree=(str(lane.path),),
        branch=(lane.branch(),),
        base=("main", f"kitty/mission-{mission.slug}"),
        invocation=(),
    )
    promise.expect(
        "the prompt's metadata identifies everything the review was requested for",
        held=not missing,
        expected="repo, mission, work package, worktree, branch, base ref and invocation",
        seen=f"not identified: {', '.join(missing) or 'nothing'} ({len(prompt.metadata)} metadata fields)",
        bash=review_prompt_with("^[[:space:]]*[a-z_]*invocation[a-z_]*:", fixed=False),
    )
