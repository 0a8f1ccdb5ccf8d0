"""#951: a guard whose context is stale, lost or ambiguous goes by the event log, or says that it cannot.

FR-008 "As an operator diagnosing guard output, I want stale or ambiguous guard context to be reported
separately from true scope violations so that remediation is clear."

Key entity "Ownership Context: The active work package id and its owned file set at the moment an implement,
review, or commit guard runs." The event log proves which work package is active (C-004 "Workflow logic MUST
prefer canonical mission, lane, and status state"); the workspace context of a lane is a note beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kitty_conformance.case import case
from kitty_fixtures import work_package_file
from kitty_fixtures.guard import GuardMode, commit_in_lane
from kitty_fixtures.mission import Mission
from kitty_fixtures.ownership import (
    NOBODYS,
    WP01,
    WP02,
    WP02_ACTIVE,
    accepted_in_peace,
    not_in_silence,
    refused_with_names,
    reported_foreign,
    shared_lane,
    told_apart,
    within_scope,
)
from kitty_fixtures.promise import Promise
from kitty_fixtures.situation import Situations
from kitty_fixtures.unproven import (
    ELSEWHERE,
    Unproven,
    context_of_another_mission,
    none_active,
    two_active,
    two_missions,
    while_wp02_is_active,
)
from kitty_fixtures.workspace_context import WorkspaceContext

MODES = {"warn": GuardMode.WARN, "block": GuardMode.BLOCK}

STALE: Mapping[str, Callable[[Mission], object]] = {
    "names-a-later-one": lambda mission: WorkspaceContext(mission).change(current_wp="WP04"),
    "names-an-unknown-one": lambda mission: WorkspaceContext(mission).change(wp_id="WP99", current_wp="WP99"),
    "names-none": lambda mission: WorkspaceContext(mission).change(current_wp=None),
    "knows-a-shorter-lane": lambda mission: WorkspaceContext(mission).change(lane_wp_ids=["WP01"]),
}
"""What a context may say that is not so (any more). That it names the finished one is 951-01 to 951-04: the
releases themselves leave it so when the lane moves on."""

LOST = {
    "missing": while_wp02_is_active(lambda mission: WorkspaceContext(mission).delete_folder()),
    "deleted": while_wp02_is_active(lambda mission: WorkspaceContext(mission).delete()),
    "corrupt": while_wp02_is_active(lambda mission: WorkspaceContext(mission).cut_short()),
    "empty": while_wp02_is_active(lambda mission: WorkspaceContext(mission).empty()),
    "says-nothing": while_wp02_is_active(lambda mission: WorkspaceContext(mission).forget()),
    "of-another-mission": Unproven(
        scene=context_of_another_mission, worked_on=WP01, foreign=ELSEWHERE.owned_files[0], provable=WP01
    ),
}
AMBIGUOUS = {
    "two-contexts": while_wp02_is_active(lambda mission: WorkspaceContext(mission).double()),
    "two-contexts-apart": while_wp02_is_active(
        lambda mission: WorkspaceContext(mission).double(
            lane_id="lane-b", wp_id="WP04", current_wp="WP04", lane_wp_ids=["WP04"]
        )
    ),
    "two-active": Unproven(scene=two_active, provable=None),
    "none-active": Unproven(scene=none_active, provable=None),
}
UNOWNED = {
    "work-package-file-missing": while_wp02_is_active(
        lambda mission: work_package_file.remove(mission, "WP02")
    ),
    "work-package-file-corrupt": while_wp02_is_active(
        lambda mission: work_package_file.spoil(mission, "WP02")
    ),
    "no-owned-files": while_wp02_is_active(
        lambda mission: work_package_file.forget(mission, "WP02", "owned_files")
    ),
}
"""WP02 is active, and what it owns cannot be read."""

UNPROVEN = {**LOST, **AMBIGUOUS, **UNOWNED}
HOW = {
    **{f"block/{name}": (GuardMode.BLOCK, unproven) for name, unproven in UNPROVEN.items()},
    # A few of each family: the two modes part only after the guard has made up its mind.
    **{
        f"warn/{name}": (GuardMode.WARN, UNPROVEN[name])
        for name in ("deleted", "two-contexts", "none-active", "no-owned-files")
    },
}

REFUSED = {
    "out-of-scope": (while_wp02_is_active(lambda _: None), ("WP02",)),
    "two-contexts": (UNPROVEN["two-contexts"], ()),
    "two-active": (UNPROVEN["two-active"], ("WP01", "WP02")),
    "none-active": (UNPROVEN["none-active"], ()),
    "work-package-file-missing": (UNPROVEN["work-package-file-missing"], ("WP02",)),
    "no-owned-files": (UNPROVEN["no-owned-files"], ("WP02",)),
}
"""Refusals, and the work packages whose identity the guard knows."""

INVARIANT = ("owned_files", "scope", "SCOPE", "CONTEXT", "active", "Active", "ACTIVE")
"""Words, one of which it takes to say what is wrong: with a file's scope, or with the guard's context."""


# FR-007 "stale lane context cannot block or permit the wrong changes."
@case(
    "951-08",
    requirements=("FR-007", "FR-008"),
    scenario="US3.1",
    promise="Whatever a stale context says, the guard goes by what the event log proves to be active.",
    rationale="The context is written when a lane begins, and outlives what it says.",
    variants=STALE,
)
def test_a_stale_context_decides_nothing(
    variant: Callable[[Mission], object], situations: Situations, promise: Promise
) -> None:
    mission = shared_lane(situations, WP02_ACTIVE)
    variant(mission)
    own = commit_in_lane(mission, WP02, WP02.owned_files[0], mode=GuardMode.BLOCK)
    accepted_in_peace(own, promise, WP02)
    foreign = commit_in_lane(mission, WP02, WP01.owned_files[0], mode=GuardMode.BLOCK)
    reported_foreign(foreign, promise, WP02, GuardMode.BLOCK)


# US3.2 "Given guard context is stale or ambiguous, When the guard cannot prove the active work package, Then
# it reports a guard-context problem distinct from a true scope violation."
# A guard that proves it all the same, by the event log, reports a true violation of a true scope.
@case(
    "951-09",
    requirements=("FR-007", "FR-008"),
    scenario="US3.2",
    promise="A guard that cannot prove the active work package says so; no foreign file passes in silence.",
    rationale="A guard that gives up in silence looks exactly like one that has nothing to object to.",
    variants=HOW,
)
def test_what_cannot_be_proven_is_said(
    variant: tuple[GuardMode, Unproven], situations: Situations, promise: Promise
) -> None:
    mode, unproven = variant
    mission = unproven.scene(situations)
    commit = commit_in_lane(mission, unproven.worked_on, unproven.foreign, mode=mode)
    not_in_silence(commit, promise, mode)
    told_apart(commit, promise, unproven.provable)


# FR-008 "[…] reported separately from true scope violations so that remediation is clear." It may block.
@case(
    "951-10",
    requirements=("FR-007", "FR-008"),
    scenario="US3.2",
    promise="A guard that cannot prove the active work package calls no file of it out of scope.",
    rationale="A scope violation sends the implementer to mend the change, when the context is broken.",
    variants=UNPROVEN,
)
def test_what_cannot_be_proven_is_no_scope_violation(
    variant: Unproven, situations: Situations, promise: Promise
) -> None:
    mission = variant.scene(situations)
    commit = commit_in_lane(mission, variant.worked_on, variant.own, mode=GuardMode.BLOCK)
    within_scope(commit, promise, variant.worked_on)


# C-004 "Workflow logic MUST prefer canonical mission, lane, and status state over reconstructed slug or path
# conventions": `lane-a` and `WP01` are there once in each mission.
@case(
    "951-11",
    requirements=("FR-007", "C-004"),
    scenario="US3.1",
    promise="The lane of the same name of another mission neither lends nor takes ownership.",
    rationale="Lanes and work packages are numbered alike in every mission.",
    variants=MODES,
)
def test_the_lane_of_another_mission_is_another_lane(
    variant: GuardMode, situations: Situations, promise: Promise
) -> None:
    mission, _ = two_missions(situations)
    accepted_in_peace(commit_in_lane(mission, WP01, WP01.owned_files[0], mode=variant), promise, WP01)
    foreign = commit_in_lane(mission, WP01, ELSEWHERE.owned_files[0], mode=variant)
    reported_foreign(foreign, promise, WP01, variant)


# NFR-005 "Hard-failure diagnostics for […] ownership […] gates MUST name the mission, work package, and
# violated invariant when those identities are known."
@case(
    "951-12",
    requirements=("NFR-005", "FR-008"),
    scenario="NFR-005",
    promise="A refused commit is told mission, work package and invariant, as far as they are known.",
    rationale="One implementer works in lanes of several missions; each has its WP02 and its lane-a.",
    variants=REFUSED,
)
def test_a_refusal_names_what_it_is_about(
    variant: tuple[Unproven, tuple[str, ...]], situations: Situations, promise: Promise
) -> None:
    unproven, known = variant
    mission = unproven.scene(situations)
    commit = commit_in_lane(mission, unproven.worked_on, NOBODYS, mode=GuardMode.BLOCK)
    wanted = {
        "the mission": (mission.slug, mission.mission_id or mission.slug),
        **{f"the work package {name}": (name,) for name in known},
        "the invariant": INVARIANT,
    }
    refused_with_names(commit, promise, wanted)
