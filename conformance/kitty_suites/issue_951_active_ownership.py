"""#951: ownership follows the active work package, not one that held the lane before.

FR-007 "As an implementer in a shared lane, I want ownership guards to validate against the active work
package's owned files so that stale lane context cannot block or permit the wrong changes."
SC-004 "[…] prove the guard uses the active work package's owned files after
moving between at least two disjoint work packages."

What the guard says when its context is in the way of that is in `issue_951_guard_context`.

Which guards there are. Key entity "Ownership Context: The active work package id and its owned file set at
the moment an implement, review, or commit guard runs." One guard asks who owns a file: the pre-commit hook of
a lane, which `git commit` meets, and `safe-commit`, by which newer releases tell agents to commit. `agent
action implement` and `agent action review` of 3.2.0a9, 3.2.7 and 4.0.0rc7 compare no change with owned files:
they have no such guard that could go by a stale work package, and FR-007 does not ask for one. (`move-task`
of 3.2.7 has one for `--owned-checkout`, which is no lane.)
"""

from __future__ import annotations

from collections.abc import Callable

from kitty_conformance.case import case, combine
from kitty_fixtures.guard import Committing, GuardMode, commit_change, commit_in_lane
from kitty_fixtures.lane_change import LaneChange, deleted, renamed, written
from kitty_fixtures.mission import Mission
from kitty_fixtures.ownership import (
    NOBODYS,
    WP01,
    WP02,
    WP02_ACTIVE,
    WP04,
    accepted_in_peace,
    named_active,
    reported_foreign,
    shared_lane,
)
from kitty_fixtures.promise import Promise
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.stages import Stage
from kitty_fixtures.topology import Shape
from kitty_fixtures.work_package import WorkPackage

Moved = tuple[WorkPackage, WorkPackage, dict[str, Stage]]
MODES = {"warn": GuardMode.WARN, "block": GuardMode.BLOCK}

ACTIVE = {
    "WP02": (WP02, WP01, WP02_ACTIVE),
    "WP04": (WP04, WP01, {"WP01": Stage.APPROVED, "WP02": Stage.APPROVED, "WP04": Stage.IN_PROGRESS}),
}
"""The lane has moved on to … : the active work package, one that is finished, and how far each has come."""
COMMITTED = {name: (moved, Committing.GIT) for name, moved in ACTIVE.items()} | {
    "safe-commit": (ACTIVE["WP02"], Committing.SAFE_COMMIT)
}
"""And what its implementer commits by."""

OWN = {
    "modify": LaneChange(files=("src/b.py",), writes=("src/b.py",), given=("src/b.py",)),
    "rename": renamed("src/b.py", "src/b/moved.py", given=True),
    "delete": deleted("src/b.py", given=True),
    "by-pattern": written("src/b/deep/new.py"),
    "beyond-ascii": written("src/größe.py"),
}
"""Changes of what WP02 owns, beside the file added in 951-01 and 951-03."""

FOREIGN = {
    "add-later": written("src/d.py"),  # of WP04, which the lane comes to later
    "add-alike": written("src/b.pyx"),  # of nobody, and its name begins like an owned one
    "delete": deleted("src/a.py"),
    "rename": renamed("src/a.py", NOBODYS),
    "rename-into-own": renamed("src/a.py", "src/b/taken.py", about=("src/a.py",)),
    "rename-own-away": renamed("src/b.py", NOBODYS, about=(NOBODYS,), given=True),
    "mixed": written("src/b.py", "src/a.py", about="src/a.py"),
}
"""Changes of what WP02 does not own, beside the file of WP01 modified in 951-02 and 951-04."""


def shared_first(situations: Situations) -> Mission:
    """The lane at its first work package."""
    return shared_lane(situations, {"WP01": Stage.IN_PROGRESS})


def shared_back(situations: Situations) -> Mission:
    """The lane at its second one, which a review has sent back."""
    return shared_lane(situations, {"WP01": Stage.APPROVED, "WP02": Stage.REJECTED})


def alone_as_advised(situations: Situations) -> Mission:
    """The first work package in a mission made as the release advises: its status is in another worktree."""
    planned = Planned(work_packages=(WP01,), reached={"WP01": Stage.IN_PROGRESS}, shape=Shape.OWN)
    (mission,) = situations(planned)
    return mission


Station = tuple[WorkPackage, WorkPackage, Callable[[Situations], Mission]]


# US3.1 "Given a shared lane has completed one work package and started another, When an ownership guard runs,
# Then it validates changed files against the active work package's owned_files."
# Edge case 5 "A shared lane moves from WP01 to WP04 with no overlapping owned files."
@case(
    "951-01",
    requirements=("FR-007", "SC-004"),
    scenario="US3.1",
    also=("edge-5",),
    promise="A file the active work package owns draws no scope warning after the lane has moved on.",
    rationale="A stale owner's rule makes legitimate work look like a violation, and warnings get ignored.",
    variants=ACTIVE,
)
def test_own_file_draws_no_warning(variant: Moved, situations: Situations, promise: Promise) -> None:
    active, _, reached = variant
    mission = shared_lane(situations, reached)
    accepted_in_peace(commit_in_lane(mission, active, active.owned_files[0]), promise, active)


@case(
    "951-02",
    requirements=("FR-007", "SC-004", "NFR-005"),
    scenario="US3.1",
    also=("edge-5",),
    promise="A file of the finished work package draws a scope warning that names the active work package.",
    rationale="Silence lets changes outside the current work package's scope into the lane.",
    variants=COMMITTED,
)
def test_foreign_file_draws_a_warning(
    variant: tuple[Moved, Committing], situations: Situations, promise: Promise
) -> None:
    (active, finished, reached), by = variant
    mission = shared_lane(situations, reached)
    commit = commit_in_lane(mission, active, finished.owned_files[0], by=by)
    reported_foreign(commit, promise, active, GuardMode.WARN)
    named_active(commit, promise, active)


@case(
    "951-03",
    requirements=("FR-007", "SC-004"),
    scenario="US3.1",
    also=("edge-5",),
    promise="In block mode a file the active work package owns can be committed after the lane has moved on.",
    rationale="Stale ownership that blocks legitimate work stops the implementer.",
    variants=ACTIVE,
)
def test_own_file_is_not_blocked(variant: Moved, situations: Situations, promise: Promise) -> None:
    active, _, reached = variant
    mission = shared_lane(situations, reached)
    commit = commit_in_lane(mission, active, active.owned_files[0], mode=GuardMode.BLOCK)
    accepted_in_peace(commit, promise, active)


@case(
    "951-04",
    requirements=("FR-007", "SC-004", "NFR-005"),
    scenario="US3.1",
    also=("edge-5",),
    promise="In block mode a file of the finished work package is refused, naming the active work package.",
    rationale="What a stale owner permits lands in a work package that nobody reviews for it.",
    variants=COMMITTED,
)
def test_foreign_file_is_blocked(
    variant: tuple[Moved, Committing], situations: Situations, promise: Promise
) -> None:
    (active, finished, reached), by = variant
    mission = shared_lane(situations, reached)
    commit = commit_in_lane(mission, active, finished.owned_files[0], mode=GuardMode.BLOCK, by=by)
    reported_foreign(commit, promise, active, GuardMode.BLOCK)
    named_active(commit, promise, active)


# FR-007 "[…] so that stale lane context cannot block […] the wrong changes": whatever is done to an own file.
@case(
    "951-05",
    requirements=("FR-007", "SC-004"),
    scenario="US3.1",
    promise="Whatever is done to a file the active work package owns, the guard lets it pass without a word.",
    rationale="An implementer renames and deletes too; a guard that knows only additions is switched off.",
    variants=combine(MODES, OWN),
)
def test_any_change_of_an_own_file_passes(
    variant: tuple[GuardMode, LaneChange], situations: Situations, promise: Promise
) -> None:
    mode, change = variant
    mission = shared_lane(situations, WP02_ACTIVE)
    accepted_in_peace(commit_change(mission, WP02, change, mode=mode), promise, WP02)


# FR-007 "[…] so that stale lane context cannot […] permit the wrong changes": whatever is done to a foreign
# file, and whatever is committed with it.
@case(
    "951-06",
    requirements=("FR-007", "SC-004"),
    scenario="US3.1",
    promise="Whatever is done to a file the active work package does not own is reported, and blocked.",
    rationale="A deletion hidden in a rename takes another work package's file away, reviewed by nobody.",
    variants=combine(MODES, FOREIGN),
)
def test_any_change_of_a_foreign_file_is_reported(
    variant: tuple[GuardMode, LaneChange], situations: Situations, promise: Promise
) -> None:
    mode, change = variant
    mission = shared_lane(situations, WP02_ACTIVE)
    reported_foreign(commit_change(mission, WP02, change, mode=mode), promise, WP02, mode)


# FR-007 at the lane's other stations: before it has moved, and when a review has sent its work back.
@case(
    "951-07",
    requirements=("FR-007", "SC-004"),
    scenario="US3.1",
    promise="Before the lane moves on, and back from review, the guard goes by the work package in progress.",
    rationale="Work that a review sends back is changed most; a guard that lost it there helps nobody.",
    variants=combine(
        MODES,
        {
            "first": (WP01, WP02, shared_first),
            "back-from-review": (WP02, WP01, shared_back),
            "as-advised": (WP01, WP02, alone_as_advised),
        },
    ),
)
def test_the_guard_follows_the_lane_to_and_fro(
    variant: tuple[GuardMode, Station], situations: Situations, promise: Promise
) -> None:
    mode, (active, other, scene) = variant
    mission = scene(situations)
    mission.reach(active.id, Stage.IN_PROGRESS)
    accepted_in_peace(commit_in_lane(mission, active, active.owned_files[0], mode=mode), promise, active)
    foreign = commit_in_lane(mission, active, other.owned_files[0], mode=mode)
    reported_foreign(foreign, promise, active, mode)
