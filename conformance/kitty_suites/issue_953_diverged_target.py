"""#953: a diverged target branch stops a merge before anything is changed.

FR-012 "I want merge or ship preflight to detect local main divergence from origin/main so that unsafe release
work stops before state is reconstructed manually."
SC-006 "Merge/ship preflight tests prove local main divergence is detected before unsafe release continuation
and that a focused PR branch path is presented."

Blocked means: a non-zero exit status, a diagnostic that names branch, mission, violated invariant and a way
out, and nothing changed: no branch, worktree, index entry or file, here or at the origin. What a fetch brings
(remote-tracking refs, FETCH_HEAD) is a refreshed view of the origin, not a change.

Every command that merges is tried on a divergence git here knows of; the states that differ only in what is
known of the origin are tried on `merge` and `merge --push`, which decide for the others; a target that is not
`main` (C-004 "canonical mission […] state"), and one that is not checked out, on `merge`. The way out is in
`issue_953_focused_branch`, what must not be blocked in `issue_953_safe_target`.
"""

from __future__ import annotations

from kitty_conformance.case import Inconclusive, case, combine
from kitty_fixtures.arrangement import command_line, telling_line
from kitty_fixtures.branch_diagnostic import DIVERGED_IN_SHELL, said_in_shell, says_diverged, unsaid
from kitty_fixtures.merge_surface import FORETELLINGS, MERGES, MergeSurface, landed_in_shell, not_landed
from kitty_fixtures.mission import Mission
from kitty_fixtures.origin import Origin
from kitty_fixtures.outcome import Outcome
from kitty_fixtures.promise import Promise
from kitty_fixtures.readiness import READINESS, Readiness, acceptable
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.stages import Stage
from kitty_fixtures.target_state import (
    DEVELOP,
    DIVERGED,
    TargetState,
    back_in_sync,
    develop_diverged,
    diverged_as_advised,
    elsewhere_checked_out,
    published,
    target_of,
)
from kitty_fixtures.topology import Shape
from kitty_fixtures.untouched import Untouched

HOME_SURFACES = {name: MERGES[name] for name in ("merge", "merge-push")}
BLOCKED = {
    **combine(MERGES, {"known": DIVERGED["known"]}),
    **combine(
        HOME_SURFACES, {name: DIVERGED[name] for name in ("not-fetched", "no-upstream", "unreachable")}
    ),
    **combine(
        {"merge": MERGES["merge"]},
        {
            "target-develop": develop_diverged,
            "elsewhere-checked-out": elsewhere_checked_out,
            "as-advised": diverged_as_advised,
        },
    ),
}

Tried = tuple[MergeSurface, TargetState]


def approved_mission(situations: Situations, state: TargetState) -> tuple[Mission, Origin]:
    """A mission that is ready to be merged, and its origin, to which its target stands like this."""
    branch = DEVELOP if state is develop_diverged else ""
    shape = Shape.OWN if state is diverged_as_advised else Shape.FLAT
    (mission,) = situations(Planned(branch=branch, shape=shape, reached={"WP01": Stage.APPROVED}))
    origin = published(mission)
    state(origin)
    return mission, origin


def merges_at_all(surface: MergeSurface, mission: Mission, origin: Origin) -> bool:
    """Whether the command merges the same mission once its target is in sync."""
    back_in_sync(origin)
    return surface.run(mission).succeeded and not not_landed(mission, target_of(origin))


def stays_untouched(before: Untouched, mission: Mission, origin: Origin, promise: Promise) -> None:
    """State that nothing changed, here or at the origin."""
    landed = landed_in_shell(mission, target_of(origin))
    promise.expect(
        "branches, worktrees, index, files and origin are what they were",
        held=not before.changes(),
        expected="nothing changed",
        seen=before.told(),
        bash=f"{before.in_shell()} && ! {{ {landed}; }} 2>/dev/null",
        cwd=before.repository.repository.path,
    )


# US5.1 "Given local main has diverged from origin/main, When merge or ship preflight runs, Then the workflow
# blocks unsafe continuation and provides a deterministic path to a focused PR branch based on mission-owned
# changes."
# Edge case 7 "Local main contains unrelated commits, missing origin commits, or both."
@case(
    "953-01",
    requirements=("FR-012", "NFR-005", "SC-006"),
    scenario="US5.1",
    also=("edge-7",),
    promise="A mission is not merged into a diverged target: it is blocked, said why, and nothing changes.",
    rationale="What is merged on top of a diverged branch has to be taken apart by hand before it can ship.",
    variants=BLOCKED,
)
def test_a_diverged_target_blocks_the_merge(variant: Tried, situations: Situations, promise: Promise) -> None:
    surface, state = variant
    mission, origin = approved_mission(situations, state)
    before = Untouched.of(origin)
    outcome = surface.run(mission)
    promise.expect(
        f"`{surface.typed(mission)}` does not go ahead on a diverged target branch",
        held=not outcome.succeeded,
        expected="a non-zero exit status",
        seen=outcome.summary(),
        bash='[ "$EXIT" -ne 0 ]',
    )
    stays_untouched(before, mission, origin, promise)
    branch, names = target_of(origin), tuple(filter(None, (mission.slug, mission.mission_id)))
    silent = unsaid(outcome, branch, names)
    merges = not silent or merges_at_all(surface, mission, origin)
    if not merges and state is elsewhere_checked_out:
        promise.not_applicable(
            f"`{surface.typed(mission)}` wants the target checked out: {outcome.summary()}"
        )
    if not merges:
        message = f"`{surface.typed(mission)}` does not merge in sync either: {outcome.summary()}"
        raise Inconclusive(message)
    promise.expect(
        "the refusal names the branch, the mission, the violated invariant and a way out",
        held=not silent,
        expected=f"the branch {branch}, the mission, that the branch has diverged, what to do about it",
        seen=f"not named: {', '.join(silent) or 'nothing'}; {outcome.summary()}",
        bash=said_in_shell(branch, names),
    )


@case(
    "953-02",
    requirements=("FR-012", "SC-006"),
    scenario="US5.1",
    promise="A dry run on a diverged target says so, and changes nothing.",
    rationale="A preflight that promises a merge which is going to be blocked, or should be, misleads.",
    variants=FORETELLINGS,
)
def test_a_dry_run_tells_of_the_divergence(
    variant: MergeSurface, situations: Situations, promise: Promise
) -> None:
    mission, origin = approved_mission(situations, DIVERGED["known"])
    before = Untouched.of(origin)
    outcome = variant.run(mission)
    if not outcome.succeeded and not says_diverged(outcome):
        back_in_sync(origin)
        if not variant.run(mission).succeeded:
            message = f"`{variant.typed(mission)}` fails in sync too: {outcome.summary()}"
            raise Inconclusive(message)
    tells_of_divergence(variant.typed(mission), outcome, promise)
    stays_untouched(before, mission, origin, promise)


def tells_of_divergence(command: str, outcome: Outcome, promise: Promise) -> None:
    """State that a command did not answer as if the target branch were sound."""
    promise.expect(
        f"`{command}` tells of the divergence",
        held=says_diverged(outcome),
        expected="diverged, not synchronized, behind and ahead, or the like",
        seen=outcome.summary(),
        bash=DIVERGED_IN_SHELL,
    )


# US5 "A release operator needs merge, mission-review, and ship workflows to detect unsafe local branch state
# […] before claiming a mission is ready for release."
@case(
    "953-03",
    requirements=("FR-012",),
    scenario="US5.1",
    promise="No command calls a mission accepted or passed on a diverged target without a word about it.",
    rationale="A diverged main can invalidate release signoff even when every work package looks approved.",
    variants=READINESS,
)
def test_readiness_is_not_claimed_on_a_diverged_target(
    variant: Readiness, situations: Situations, promise: Promise
) -> None:
    merged = variant not in (READINESS["accept"], READINESS["agent-accept"])
    (mission,) = situations(Planned(reached={"WP01": Stage.APPROVED}, merged=merged))
    acceptable(mission)
    origin = published(mission)
    origin.diverged()
    outcome = variant(mission)
    if not outcome.succeeded and not says_diverged(outcome):
        message = f"not ready for another reason: {telling_line(outcome)}"
        raise Inconclusive(message)
    tells_of_divergence(command_line(outcome), outcome, promise)
