"""#953, the other side: what has not diverged is merged, and what cannot be told leaves nothing half done.

FR-012 "I want merge or ship preflight to detect local main divergence from origin/main so that unsafe release
work stops before state is reconstructed manually."

Every command that merges is tried in sync; the other states on `merge` and, where a push makes a difference,
`merge --push`.
"""

from __future__ import annotations

from kitty_conformance.case import case, combine
from kitty_fixtures.merge_surface import MERGES, landed_in_shell, not_landed, not_landed_at
from kitty_fixtures.promise import Promise
from kitty_fixtures.situation import Situations
from kitty_fixtures.target_state import BEHIND, SAFE, TargetState
from kitty_fixtures.untouched import Untouched
from kitty_suites.issue_953_diverged_target import HOME_SURFACES, Tried, approved_mission

SHIPPED = {
    **combine(MERGES, {"in-sync": SAFE["in-sync"]}),
    **combine(HOME_SURFACES, {name: SAFE[name] for name in ("ahead-planning", "no-upstream")}),
    **combine({"merge": MERGES["merge"]}, {name: SAFE[name] for name in ("ahead-unrelated", "no-remote")}),
}
LACKING = {
    **combine(
        {name: MERGES[name] for name in ("merge", "merge-push", "orchestrator-push")},
        {"known": BEHIND["known"]},
    ),
    **combine(HOME_SURFACES, {"not-fetched": BEHIND["not-fetched"]}),
}
UNREACHABLE: dict[str, TargetState] = {"unreachable": lambda origin: origin.unreachable()}


# US5.1 blocks a main that "has diverged"; one that is in sync or merely ahead has not. C-003 "Specify, plan,
# and tasks artifacts MUST be created from the spec-kitty repository root checkout": every mission puts its
# own planning on local main, so that a main that is ahead is the normal case.
# Edge case 7 "Local main contains unrelated commits": without missing origin commits it has not diverged, and
# merging here keeps what can be shipped; whether it may be pushed as it is, the seed does not say.
# The seed speaks of origin/main, not of an upstream: a branch without upstream, or without any remote, has
# not diverged either.
@case(
    "953-04",
    requirements=("FR-012",),
    scenario="US5.1",
    also=("edge-7",),
    promise="A mission is merged into a target that is in sync with the origin or merely ahead of it.",
    rationale="A preflight that blocks what is safe stops every mission, or is switched off.",
    variants=SHIPPED,
)
def test_a_target_that_has_not_diverged_is_merged(
    variant: Tried, situations: Situations, promise: Promise
) -> None:
    surface, state = variant
    mission, origin = approved_mission(situations, state)
    outcome = surface.run(mission)
    promise.expect(
        f"`{surface.typed(mission)}` merges: the target branch has not diverged",
        held=outcome.succeeded and not not_landed(mission),
        expected="exit status 0, every work package's files on the target branch",
        seen=outcome.summary(),
        bash=f'[ "$EXIT" -eq 0 ] && {landed_in_shell(mission)}',
        cwd=mission.repository.path,
    )
    if surface.publishes:
        missing = not_landed_at(origin, mission)
        promise.expect(
            "the origin's target branch has the files of every work package",
            held=not missing,
            expected="all of them",
            seen=f"missing at the origin: {', '.join(missing) or 'nothing'}",
            bash=f"git fetch -q origin && {landed_in_shell(mission, 'origin/main')}",
            cwd=mission.repository.path,
        )


# FR-012 "detect local main divergence from origin/main so that unsafe release work stops before state is
# reconstructed manually", and edge case 7 "Local main contains […] missing origin commits": a merge into a
# branch that lacks origin's commits is what makes it diverge. It may be blocked, or the commits brought in
# first; what it may not do is leave a diverged branch behind.
@case(
    "953-05",
    requirements=("FR-012",),
    scenario="edge-7",
    promise="A merge does not turn a target that misses commits of the origin into a diverged one.",
    rationale="The merge seems to succeed, and what it made cannot be pushed.",
    variants=LACKING,
)
def test_missing_origin_commits_do_not_become_a_divergence(
    variant: Tried, situations: Situations, promise: Promise
) -> None:
    surface, state = variant
    mission, origin = approved_mission(situations, state)
    before = Untouched.of(origin)
    outcome = surface.run(mission)
    tip = origin.bare.refs()["refs/heads/main"]
    joined = not mission.workbench.git(
        "merge-base", "--is-ancestor", tip, "main", cwd=mission.repository.path
    ).exit_status
    untouched = not before.changes()
    promise.expect(
        f"after `{surface.typed(mission)}` the target branch has not diverged from the origin's",
        held=(outcome.succeeded and joined) or (not outcome.succeeded and untouched),
        expected="blocked with nothing changed, or merged together with the origin's commits",
        seen=f"{outcome.summary()}; {before.told()}",
        bash="git fetch -q origin && { git merge-base --is-ancestor origin/main main || "
        "git merge-base --is-ancestor main origin/main; }",
        cwd=mission.repository.path,
    )


# FR-012 "so that unsafe release work stops before state is reconstructed manually".
@case(
    "953-06",
    requirements=("FR-012",),
    scenario="US5.1",
    promise="Where the origin cannot be asked, a merge is made whole or not begun; with a push, not begun.",
    rationale="A push that fails after the merge leaves branches and state that somebody has to put right.",
    variants=combine(
        {name: MERGES[name] for name in ("merge", "merge-push", "agent-merge-push", "orchestrator-push")},
        UNREACHABLE,
    ),
)
def test_an_unreachable_origin_leaves_nothing_half_done(
    variant: Tried, situations: Situations, promise: Promise
) -> None:
    surface, state = variant
    mission, origin = approved_mission(situations, state)
    before = Untouched.of(origin)
    outcome = surface.run(mission)
    whole = outcome.succeeded and not not_landed(mission) and not surface.publishes
    untouched = not before.changes()
    promise.expect(
        f"`{surface.typed(mission)}` has merged, or changed nothing",
        held=whole or (not outcome.succeeded and untouched),
        expected="merged" if not surface.publishes else "a non-zero exit status, and nothing changed",
        seen=f"{outcome.summary()}; {before.told()}",
        bash=f'[ "$EXIT" -eq 0 ] || {{ {before.in_shell()}; }}',
        cwd=mission.repository.path,
    )
