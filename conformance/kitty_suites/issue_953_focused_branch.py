"""#953, the way out: the printed path leads to a branch with the mission's change and nothing else.

FR-013 "I want a deterministic focused PR branch synthesis path when local main is not shippable so that
mission-owned work can still be prepared safely."

What a refusal prints is executed word for word, in the repository root: whatever ends a line as a command,
except what a line warns against. `merge --push` is the command that every release with a preflight blocks;
a plain `merge` and the orchestrator are followed too where they are blocked. Deterministic is said of
content: the same path, taken twice from equal states (everything is put back), gives the same branch and
tree. Commits carry the time they were made at; their ids need not be equal.
"""

from __future__ import annotations

from dataclasses import dataclass

from kitty_conformance.case import Inconclusive, case
from kitty_conformance.target.sandbox import Sandbox
from kitty_fixtures.checkpoint import Checkpoint
from kitty_fixtures.merge_surface import MERGES, MergeSurface
from kitty_fixtures.mission import Mission
from kitty_fixtures.origin import Origin
from kitty_fixtures.outcome import Outcome
from kitty_fixtures.promise import Promise
from kitty_fixtures.pull_request_branch import PullRequestBranch, branches, owned
from kitty_fixtures.remediation import commands, follow, offers_branch
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.stages import Stage
from kitty_fixtures.target_state import TargetState, begun_there, planned_here, published
from kitty_fixtures.work_package import WorkPackage

SHIPPING = MERGES["merge-push"]
TWO = (WorkPackage(id="WP01"), WorkPackage(id="WP02"))


@dataclass(frozen=True, kw_only=True)
class Stranded:
    """A mission that cannot be merged, and the command that is to show the way out.

    Attributes
    ----------
    base
        What the origin had of local main when the mission began; on top of it, each side has one more commit.
    surface
        The command that is given.
    work_packages
        What the mission consists of; without dependencies, each has a lane of its own.

    """

    base: TargetState = planned_here
    surface: MergeSurface = SHIPPING
    work_packages: tuple[WorkPackage, ...] = TWO[:1]


AT_ORIGIN = Stranded(base=lambda _: None)
PLANNED_HERE = Stranded()
UNRELATED = Stranded(base=begun_there)
PATHS = {
    "planned-at-origin": AT_ORIGIN,
    "planned-here": PLANNED_HERE,
    "unrelated-before": UNRELATED,
    "two-lanes": Stranded(work_packages=TWO),
    "merge": Stranded(surface=MERGES["merge"]),
    "orchestrator": Stranded(surface=MERGES["orchestrator"]),
}


def stranded_mission(situations: Situations, stranded: Stranded) -> tuple[Mission, Origin]:
    """An approved mission whose target has diverged by commits that have nothing to do with it."""
    reached = {work_package.id: Stage.APPROVED for work_package in stranded.work_packages}
    (mission,) = situations(Planned(work_packages=stranded.work_packages, reached=reached))
    origin = published(mission)
    stranded.base(origin)
    origin.diverged()
    return mission, origin


def shown_path(mission: Mission, promise: Promise, surface: MergeSurface = SHIPPING) -> tuple[str, ...]:
    """Ask for a merge that must be refused; state that the refusal shows a path, and return its commands."""
    outcome = surface.run(mission)
    told = commands(outcome)
    if surface is not SHIPPING and outcome.succeeded:
        promise.not_applicable(
            f"`{surface.typed(mission)}` shows no path: it goes ahead (953-01 asks about that)"
        )
    if surface is MERGES["orchestrator"] and not offers_branch(told):
        promise.not_applicable(f"`{surface.typed(mission)}` shows no path: {outcome.summary()}")
    promise.expect(
        "the refusal shows commands that make a branch",
        held=not outcome.succeeded and offers_branch(told),
        expected="a command such as `git switch -c …`",
        seen="; ".join(told) or outcome.summary(),
        bash='grep -qE "git (switch -c|checkout -b|branch |worktree add|push)" "$STDOUT" "$STDERR"',
    )
    return told


def branch_along(
    told: tuple[str, ...], mission: Mission, origin: Origin, promise: Promise
) -> PullRequestBranch:
    """Follow the path; state that every command of it works, and that it made a branch, which is returned."""
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
    known = len({*before.there, *before.here})
    promise.expect(
        "the path made a branch",
        held=bool(made),
        expected="a branch, here or at the origin, that was not there before",
        seen=made[0].name if made else f"none: {'; '.join(told)}",
        bash=f'[ "$({{ git for-each-ref --format="%(refname:short)" refs/heads; '
        f"git ls-remote -q --heads origin | sed 's#.*refs/heads/##'; }} | sort -u | wc -l)\" -gt {known} ]",
        cwd=mission.repository.path,
    )
    return made[0]


# US5.1 "[…] and provides a deterministic path to a focused PR branch based on mission-owned changes."
@case(
    "953-07",
    requirements=("FR-013", "SC-006"),
    scenario="US5.1",
    also=("edge-7",),
    promise="The path a blocked merge shows leads to a branch with all of the mission's change.",
    rationale="Whoever opens the pull request they were told to open ships a mission without its code.",
    variants=PATHS,
)
def test_the_branch_holds_all_of_the_missions_change(
    variant: Stranded, situations: Situations, promise: Promise
) -> None:
    mission, origin = stranded_mission(situations, variant)
    change = owned(mission)
    branch = branch_along(shown_path(mission, promise, variant.surface), mission, origin, promise)
    missing = branch.lacks(change, origin, "main")
    promise.expect(
        "the branch holds every file of the mission's work packages, as approved, and its documents",
        held=not missing,
        expected=", ".join(sorted(change)),
        seen=f"missing on {branch.name}: {', '.join(missing) or 'nothing'}",
        bash=" && ".join(f'git cat-file -e "{branch.name}:{name}"' for name in sorted(change)),
        cwd=mission.repository.path,
    )


@case(
    "953-08",
    requirements=("FR-013",),
    scenario="US5.1",
    also=("edge-7",),
    promise="The branch shows nothing against the origin's target that is not the mission's.",
    rationale="Unrelated commits that ride along are shipped without anybody having decided so.",
    variants={"planned-here": PLANNED_HERE, "unrelated-before": UNRELATED},
)
def test_the_branch_holds_nothing_else(variant: Stranded, situations: Situations, promise: Promise) -> None:
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
def test_the_path_is_deterministic(situations: Situations, sandbox: Sandbox, promise: Promise) -> None:
    mission, origin = stranded_mission(situations, PLANNED_HERE)
    start, story = Checkpoint(sandbox.root), mission.workbench.story
    first = shown_path(mission, promise)
    once = branch_along(first, mission, origin, promise)
    start.put_back()
    story.note("Everything is put back to what it was before the path was asked for; then the same is done.")
    with story.muted():
        second = shown_path(mission, promise)
        again = branch_along(second, mission, origin, promise)
    equal = first == second and (once.name, once.tree) == (again.name, again.tree)
    promise.expect(
        "the same commands are shown, and they give a branch of the same name and tree",
        held=equal,
        expected="equal commands, equal names, equal trees",
        seen="equal" if equal else f"{'; '.join(second)}: {again.name} {again.tree}",
    )
