"""The whole walk.

SC-001 "A fresh workflow smoke covering init -> specify -> plan -> tasks -> implement/review -> merge -> PR
completes without manual Python status-event emission."

No status event is written by hand anywhere in it; each step is read back. Where the walk stops, the verdict
names the step, and the evidence says why. smoke-03 and smoke-04 ask of every stage that a case may want to
start from; one that cannot be reached makes them inconclusive, as it does that case.
"""

from __future__ import annotations

from kitty_conformance.case import case
from kitty_fixtures.arrangement import StepFailed
from kitty_fixtures.dialect import Dialect
from kitty_fixtures.lanes import Lanes
from kitty_fixtures.mission_builder import MissionBuilder
from kitty_fixtures.planning_stage import Planning
from kitty_fixtures.promise import Promise
from kitty_fixtures.repository import Repository
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.stages import Stage
from kitty_fixtures.topology import Shape
from kitty_fixtures.work_package import WorkPackage
from kitty_fixtures.workbench import Workbench

PLANNED = (WorkPackage(id="WP01"), WorkPackage(id="WP02", dependencies=("WP01",)))
PULL_REQUEST = "pull-request"
ALL_DONE = " && ".join(
    ['[ "$EXIT" -eq 0 ]']
    + [f'grep -q \'"to_lane": *"done".*{wp.id}\' kitty-specs/*/status.events.jsonl' for wp in PLANNED]
)
"""A bash test: the merge succeeded, and the event log calls each work package done."""
WALK = "the walk from init to merge completes, by the commands of the CLI alone"

STAGES = {stage.value: Planned(reached={"WP01": stage}) for stage in Stage}
STAGES["merged"] = Planned(reached={"WP01": Stage.APPROVED}, merged=True)
"""A mission of one work package at each stage."""
PLANNING = {
    "created": (Planning.CREATED, "meta.json"),
    "specified": (Planning.SPECIFIED, "spec.md"),
    "planned": (Planning.PLANNED, "plan.md"),
    "tasks-finalised": (Planning.TASKS_FINALISED, "tasks.md"),
}
"""Each stage of planning, and the document it leaves."""


def walk(builder: MissionBuilder, shape: Shape) -> None:
    """Init → specify → plan → tasks → implement and review each work package → merge, by commands alone."""
    mission = builder.create("demo", PLANNED, shape=shape)
    for work_package in mission.work_packages:
        mission.reach(work_package, Stage.APPROVED)
    mission.merge()


def walked(builder: MissionBuilder, shape: Shape, promise: Promise) -> None:
    """State that the walk completes; if not, which step stopped it, and why."""
    builder.repository.workbench.story.scene_is_set()
    stop = None
    try:
        walk(builder, shape)
    except StepFailed as failure:
        stop = failure
    promise.expect(
        f"{WALK} (it stops where it is to {stop.step})" if stop else WALK,
        held=stop is None,
        expected="every step does what it is for",
        seen=stop or "so it does",
        bash='[ "$EXIT" -eq 0 ]' if stop and stop.refused else ALL_DONE,
        cwd=builder.repository.path,
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
    # Where there are topologies to choose from, lanes are what the seed describes; elsewhere there is one.
    shape = Shape.FLAT if dialect.lanes_topology else Shape.OWN
    walked(MissionBuilder(repository, dialect), shape, promise)
    opens_a_pull_request(repository, base, promise)


# Advised is how a mission is made: its topology, and the branch for a pull request. Documents and work, and
# what the tools leave behind, are committed by git, as in the other walk.
@case(
    "smoke-02",
    requirements=("SC-001",),
    scenario="SC-001",
    promise="The walk from init to a pull request completes in a mission made as the release advises.",
    rationale="A fresh user chooses nothing, and must get to the end all the same.",
)
def test_the_walk_completes_in_the_topology_advised(
    workbench: Workbench, dialect: Dialect, promise: Promise
) -> None:
    if not dialect.lanes_topology:
        promise.not_applicable("there is no topology to choose: smoke-01 walks the only one")
    repository = Repository.create(workbench)
    base = repository.head()
    walked(MissionBuilder(repository, dialect), Shape.OWN, promise)
    opens_a_pull_request(repository, base, promise)


# US1 "every successful transition command to leave an observable, durable event so downstream implement,
# review, merge, and dashboard flows all agree on the work-package state."
@case(
    "smoke-03",
    requirements=("FR-001", "SC-001"),
    scenario="US1.1",
    promise="At every stage the event log and whatever else tells the lane of a work package agree.",
    rationale="A stage that is one thing to the event log and another to the board cannot be worked from.",
    variants=STAGES,
)
def test_a_stage_is_the_same_to_everyone(variant: Planned, situations: Situations, promise: Promise) -> None:
    (mission,) = situations(variant)
    lanes = Lanes.of(mission)
    promise.observe("lane", lanes.event_log.get("WP01", Stage.PLANNED.value))
    disagreements = lanes.disagreements()
    promise.expect(
        "event log, `agent tasks status --json`, status.json and front matter agree on the lane of WP01",
        held=not disagreements,
        expected="one lane",
        seen="; ".join(disagreements) or lanes.event_log.get("WP01", Stage.PLANNED.value),
    )


# C-003 "Specify, plan, and tasks artifacts MUST be created from the spec-kitty repository root checkout, not
# a worktree."
@case(
    "smoke-04",
    requirements=("C-003", "SC-001"),
    scenario="C-003",
    promise="What planning leaves is committed in the repository root checkout, stage by stage.",
    rationale="A document that lies in a worktree alone is missed by whoever plans or works from the root.",
    variants=PLANNING,
)
def test_planning_is_at_the_root(
    variant: tuple[Planning, str], situations: Situations, promise: Promise
) -> None:
    stage, document = variant
    (mission,) = situations(Planned(until=stage))
    name = f"kitty-specs/{mission.slug}/{document}"
    held = name in mission.repository.tree()
    promise.expect(
        f"{document} is committed in the repository root checkout",
        held=held,
        expected=name,
        seen=name if held else f"{mission.directory / document}, not committed there",
        bash=f"git ls-tree --name-only HEAD -- {name} | grep -q .",
        cwd=mission.repository.path,
    )
