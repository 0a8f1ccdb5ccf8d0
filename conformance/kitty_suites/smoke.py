"""The whole walk.

SC-001 "A fresh workflow smoke covering init -> specify -> plan -> tasks -> implement/review -> merge -> PR
completes without manual Python status-event emission."
"""

from __future__ import annotations

from kitty_conformance.case import case
from kitty_fixtures.arrangement import StepFailed
from kitty_fixtures.dialect import Dialect
from kitty_fixtures.mission import Mission
from kitty_fixtures.mission_builder import MissionBuilder
from kitty_fixtures.promise import Promise
from kitty_fixtures.repository import Repository
from kitty_fixtures.stages import Stage
from kitty_fixtures.work_package import WorkPackage
from kitty_fixtures.workbench import Workbench

PLANNED = (WorkPackage(id="WP01"), WorkPackage(id="WP02", dependencies=("WP01",)))
PULL_REQUEST = "pull-request"


def walk(builder: MissionBuilder, *, flat: bool) -> Mission:
    """Init → specify → plan → tasks → implement and review each work package → merge, by commands alone."""
    mission = builder.create("demo", PLANNED, flat=flat)
    for work_package in mission.work_packages:
        mission.reach(work_package, Stage.APPROVED)
    mission.merge()
    return mission


def walked(builder: MissionBuilder, promise: Promise, *, flat: bool) -> None:
    """State that the walk completes; if not, which step stopped it."""
    stopped = ""
    try:
        walk(builder, flat=flat)
    except StepFailed as failure:
        stopped = str(failure)
    promise.expect(
        "the walk from init to merge completes, by the commands of the CLI alone",
        held=not stopped,
        expected="every step does what it is for",
        seen=stopped or "so it does",
        bash='[ "$EXIT" -eq 0 ]',
    )


def opens_a_pull_request(repository: Repository, base: str, promise: Promise) -> None:
    """State that a branch with all of the mission's files can be pushed to where the work began."""
    origin = repository.workbench.work / "origin.git"
    repository.git("init", "--quiet", "--bare", str(origin))
    repository.git("remote", "add", "origin", str(origin))
    repository.git("push", "--quiet", "origin", f"{base}:refs/heads/main", f"HEAD:refs/heads/{PULL_REQUEST}")
    wanted = {name for work_package in PLANNED for name in work_package.new_files}
    shown = repository.git("diff", "--name-only", f"{base}...origin/{PULL_REQUEST}")
    missing = sorted(wanted - set(shown.stdout.splitlines()))
    promise.expect(
        "a branch for a pull request holds the files of every work package",
        held=not missing,
        expected=", ".join(sorted(wanted)),
        seen=f"missing: {', '.join(missing)}" if missing else "all there",
        bash=" && ".join(f'grep -qx {name} "$STDOUT"' for name in sorted(wanted)),
    )


@case(
    "smoke-01",
    requirements=("SC-001",),
    scenario="SC-001",
    promise="The walk from init to a pull request completes, in git lane worktrees.",
    rationale="Whoever follows the workflow must get to the end without repairing its state by hand.",
)
def test_the_walk_completes(workbench: Workbench, dialect: Dialect, promise: Promise) -> None:
    repository = Repository.create(workbench)
    base = repository.head()
    # Where topologies are offered, lanes are what the seed describes; where not, its own shape is walked.
    walked(MissionBuilder(repository, dialect), promise, flat=bool(dialect.lanes_topology))
    opens_a_pull_request(repository, base, promise)
