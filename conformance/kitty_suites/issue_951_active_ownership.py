"""#951: ownership follows the active work package, not one that held the lane before.

FR-007 "As an implementer in a shared lane, I want ownership guards to validate against the active work
package's owned files so that stale lane context cannot block or permit the wrong changes."
FR-008 "I want stale or ambiguous guard context to be reported separately from true scope violations so that
remediation is clear."
"""

from __future__ import annotations

from kitty_conformance.case import case
from kitty_fixtures.guard import Commit, GuardMode, commit_in_lane
from kitty_fixtures.mission import Mission
from kitty_fixtures.promise import Promise
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.stages import Stage
from kitty_fixtures.work_package import WorkPackage

WP01 = WorkPackage(id="WP01", owned_files=("src/a.py",))
WP02 = WorkPackage(id="WP02", owned_files=("src/b.py",), dependencies=("WP01",))
WP04 = WorkPackage(id="WP04", owned_files=("src/d.py",), dependencies=("WP02",))

ACTIVE = {
    "WP02": (WP02, WP01, {"WP01": Stage.APPROVED, "WP02": Stage.IN_PROGRESS}),
    "WP04": (WP04, WP01, {"WP01": Stage.APPROVED, "WP02": Stage.APPROVED, "WP04": Stage.IN_PROGRESS}),
}
"""The lane has moved on to … : the active work package, one that is finished, and how far each has come."""

Moved = tuple[WorkPackage, WorkPackage, dict[str, Stage]]


def shared_lane(situations: Situations, moved: Moved) -> Mission:
    """One lane that moves from WP01 to WP02 to WP04, with no overlapping owned files (edge case 5)."""
    (mission,) = situations(Planned(work_packages=(WP01, WP02, WP04), reached=moved[2], one_lane=True))
    return mission


def undisturbed(commit: Commit, promise: Promise, active: WorkPackage) -> None:
    """A commit of what the active work package owns goes through, without a word of scope."""
    promise.expect(
        f"a commit of {commit.file}, which {active.id} owns, is accepted",
        held=commit.accepted,
        expected="the commit is made",
        seen=commit.summary,
        bash='[ "$EXIT" -eq 0 ]',
    )
    promise.expect(
        f"no scope warning is drawn by {commit.file}, which the active {active.id} owns",
        held=not commit.scope_complaints,
        expected="no scope warning",
        seen="; ".join(commit.scope_complaints) or "none",
        bash=commit.no_scope_complaint,
    )


# US3.1 "Given a shared lane has completed one work package and started another, When an ownership guard runs,
# Then it validates changed files against the active work package's owned_files."
@case(
    "951-01",
    requirements=("FR-007", "SC-004"),
    scenario="US3.1",
    promise="A file the active work package owns draws no scope warning after the lane has moved on.",
    rationale="A stale owner's rule makes legitimate work look like a violation, and warnings get ignored.",
    variants=ACTIVE,
)
def test_own_file_draws_no_warning(variant: Moved, situations: Situations, promise: Promise) -> None:
    mission, active = shared_lane(situations, variant), variant[0]
    undisturbed(commit_in_lane(mission, active, active.owned_files[0]), promise, active)


@case(
    "951-02",
    requirements=("FR-007", "SC-004", "NFR-005"),
    scenario="US3.1",
    promise="A file of the finished work package draws a scope warning that names the active work package.",
    rationale="Silence lets changes outside the current work package's scope into the lane.",
    variants=ACTIVE,
)
def test_foreign_file_draws_a_warning(variant: Moved, situations: Situations, promise: Promise) -> None:
    mission, (active, finished, _) = shared_lane(situations, variant), variant
    commit = commit_in_lane(mission, active, finished.owned_files[0])
    promise.expect(
        f"a scope warning is drawn by {commit.file}, which the finished {finished.id} owns",
        held=bool(commit.scope_complaints),
        expected="a scope warning",
        seen="; ".join(commit.scope_complaints) or f"silence: {commit.summary}",
        bash=commit.scope_complaint,
    )
    named = [line for line in commit.scope_complaints if active.id in line]
    promise.expect(
        f"the warning names the active work package {active.id}",
        held=bool(named),
        expected=active.id,
        seen="; ".join(commit.scope_complaints),
        bash=f'grep -q {active.id} "$STDERR"',
    )


@case(
    "951-03",
    requirements=("FR-007", "SC-004"),
    scenario="US3.1",
    promise="In block mode a file the active work package owns can be committed after the lane has moved on.",
    rationale="Stale ownership that blocks legitimate work stops the implementer.",
    variants=ACTIVE,
)
def test_own_file_is_not_blocked(variant: Moved, situations: Situations, promise: Promise) -> None:
    mission, active = shared_lane(situations, variant), variant[0]
    commit = commit_in_lane(mission, active, active.owned_files[0], mode=GuardMode.BLOCK)
    undisturbed(commit, promise, active)


@case(
    "951-04",
    requirements=("FR-007", "SC-004", "NFR-005"),
    scenario="US3.1",
    promise="In block mode a file of the finished work package is refused, naming the active work package.",
    rationale="What a stale owner permits lands in a work package that nobody reviews for it.",
    variants=ACTIVE,
)
def test_foreign_file_is_blocked(variant: Moved, situations: Situations, promise: Promise) -> None:
    mission, (active, finished, _) = shared_lane(situations, variant), variant
    commit = commit_in_lane(mission, active, finished.owned_files[0], mode=GuardMode.BLOCK)
    promise.expect(
        f"a commit of {commit.file}, which the finished {finished.id} owns, is refused",
        held=not commit.accepted,
        expected="refused",
        seen=commit.summary,
        bash='[ "$EXIT" -ne 0 ]',
    )
    promise.expect(
        f"the refusal names {commit.file} and the active work package {active.id}",
        held=any(active.id in line for line in commit.scope_complaints),
        expected=f"a scope violation naming {commit.file} and {active.id}",
        seen="; ".join(commit.scope_complaints) or commit.summary,
        bash=f'grep -q {active.id} "$STDERR"',
    )
