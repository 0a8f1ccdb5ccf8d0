"""#953, the way out: the printed path leads to a branch with the mission's change and nothing else.

FR-013 "I want a deterministic focused PR branch synthesis path when local main is not shippable so that
mission-owned work can still be prepared safely."

What the refusal of `merge --push` prints is executed word for word, in the repository root: whatever ends a
line as a command, except what a line warns against. `merge --push` is the command that every release with a
preflight blocks. Deterministic is said of content: the same path from the same state gives the same tree.
Commits carry the time they were made at; their ids need not be equal.
"""

from __future__ import annotations

from kitty_conformance.case import Inconclusive, case
from kitty_fixtures.merge_surface import MERGES
from kitty_fixtures.mission import Mission
from kitty_fixtures.origin import Origin
from kitty_fixtures.outcome import Outcome
from kitty_fixtures.promise import Promise
from kitty_fixtures.pull_request_branch import PullRequestBranch, branches, owned
from kitty_fixtures.remediation import commands, follow, offers_branch
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.stages import Stage
from kitty_fixtures.target_state import TargetState, begun_there, planned_here, published

SHIPPING = MERGES["merge-push"]
BASES: dict[str, TargetState] = {
    "planned-at-origin": lambda _: None,
    "planned-here": planned_here,
    "unrelated-before": begun_there,
}
"""What the origin had of local main when the mission began; on top of it, each side has one more commit."""


def stranded_mission(situations: Situations, base: TargetState) -> tuple[Mission, Origin]:
    """An approved mission whose target has diverged by commits that have nothing to do with it."""
    (mission,) = situations(Planned(reached={"WP01": Stage.APPROVED}))
    origin = published(mission)
    base(origin)
    origin.diverged()
    return mission, origin


def shown_path(mission: Mission, promise: Promise) -> tuple[str, ...]:
    """Ask for a merge that must be refused; state that the refusal shows a path, and return its commands."""
    outcome = SHIPPING.run(mission)
    told = commands(outcome)
    promise.expect(
        "the refusal shows commands that make a branch",
        held=not outcome.succeeded and offers_branch(told),
        expected="a command such as `git switch -c …`",
        seen="; ".join(told) or outcome.summary(),
        bash='grep -qE "git (switch -c|checkout -b|branch |worktree add)" "$STDOUT" "$STDERR"',
    )
    return told


def branch_along(
    told: tuple[str, ...], mission: Mission, origin: Origin, promise: Promise
) -> PullRequestBranch:
    """Follow the path; state that every command of it works and return the branch it made."""
    target, before = mission.repository.branch(), branches(origin)
    ended: tuple[Outcome, ...] = follow(mission.repository, told)
    promise.expect(
        "every command of the path works",
        held=all(outcome.succeeded for outcome in ended),
        expected="exit status 0",
        seen="; ".join(outcome.summary() for outcome in ended if not outcome.succeeded) or "so it does",
        bash='[ "$EXIT" -eq 0 ]',
    )
    made = PullRequestBranch.made(origin, before, target)
    if made is None:
        message = f"the path made no branch: {'; '.join(told)}"
        raise Inconclusive(message)
    return made


# US5.1 "[…] and provides a deterministic path to a focused PR branch based on mission-owned changes."
@case(
    "953-07",
    requirements=("FR-013", "SC-006"),
    scenario="US5.1",
    also=("edge-7",),
    promise="The path a blocked merge shows leads to a branch with all of the mission's change.",
    rationale="Whoever opens the pull request they were told to open ships a mission without its code.",
    variants=BASES,
)
def test_the_branch_holds_all_of_the_missions_change(
    variant: TargetState, situations: Situations, promise: Promise
) -> None:
    mission, origin = stranded_mission(situations, variant)
    branch = branch_along(shown_path(mission, promise), mission, origin, promise)
    missing = branch.lacks(mission, origin, "main")
    promise.expect(
        "the branch holds every file of the mission's work packages, as approved, and its documents",
        held=not missing,
        expected=", ".join(sorted(owned(mission))),
        seen=f"missing on {branch.name}: {', '.join(missing) or 'nothing'}",
        bash=" && ".join(f'git cat-file -e "{branch.name}:{name}"' for name in sorted(owned(mission))),
        cwd=mission.repository.path,
    )


@case(
    "953-08",
    requirements=("FR-013",),
    scenario="US5.1",
    also=("edge-7",),
    promise="The branch shows nothing against the origin's target that is not the mission's.",
    rationale="Unrelated commits that ride along are shipped without anybody having decided so.",
    variants={name: BASES[name] for name in ("planned-here", "unrelated-before")},
)
def test_the_branch_holds_nothing_else(
    variant: TargetState, situations: Situations, promise: Promise
) -> None:
    mission, origin = stranded_mission(situations, variant)
    branch = branch_along(shown_path(mission, promise), mission, origin, promise)
    if not branch.shown:
        message = f"{branch.name} shows no change at all against the origin's target"
        raise Inconclusive(message)
    foreign = branch.foreign(mission)
    promise.expect(
        "the branch shows files of the mission alone",
        held=not foreign,
        expected=f"files of its work packages, and of kitty-specs/{mission.slug}",
        seen=", ".join(foreign) or "so it does",
        bash=f'[ -z "$(git diff --name-only "origin/main...{branch.name}" '
        f"| grep -v -e '^kitty-specs/{mission.slug}/' -e '^src/wp')\" ]",
        cwd=mission.repository.path,
    )


@case(
    "953-09",
    requirements=("FR-013",),
    scenario="US5.1",
    promise="The same path from the same state is shown again and gives the same content.",
    rationale="A path that leads elsewhere the next time cannot be reviewed, repeated or automated.",
)
def test_the_path_is_deterministic(situations: Situations, promise: Promise) -> None:
    mission, origin = stranded_mission(situations, planned_here)
    first = shown_path(mission, promise)
    once = branch_along(first, mission, origin, promise)
    taken_back(once, mission, origin)
    second = shown_path(mission, promise)
    again = branch_along(second, mission, origin, promise)
    promise.expect(
        "the same commands are shown, and they give the same tree",
        held=first == second and once.tree == again.tree,
        expected="equal commands, equal trees",
        seen="equal" if first == second and once.tree == again.tree else f"{'; '.join(second)}: {again.tree}",
    )


def taken_back(branch: PullRequestBranch, mission: Mission, origin: Origin) -> None:
    """Go back to the state before the path was followed: the branch is gone, here and at the origin."""
    mission.repository.git("switch", "--quiet", "main")
    mission.repository.git("branch", "--quiet", "--delete", "--force", branch.name)
    if branch.name in {name.removeprefix("refs/heads/") for name in origin.bare.refs()}:
        mission.repository.git("push", "--quiet", "origin", "--delete", branch.name)
