"""#944: an interrupted implement or review action leaves a work package that can be taken up again.

FR-003 "As an operator verifying prior fixes, I want backgrounded, interrupted, or slow implement/review
actions to avoid stranding work packages in claimed so that workflows remain recoverable."

Both actions are ended with SIGKILL before each of their mutating steps (944-01), and at each with SIGINT,
SIGTERM and SIGHUP, which a program may answer (944-02). What a terminal does is tried on a real one, at one
step (944-04, 944-05). `run --crash-points N` takes a sample of the steps.
"""

from __future__ import annotations

from kitty_conformance.case import case, combine
from kitty_conformance.target.plan import Delay, FaultRule
from kitty_fixtures.board import WAYS_ON, WayOn, board_of, lanes_told
from kitty_fixtures.crash_points import Explorer
from kitty_fixtures.faults import Faults
from kitty_fixtures.interruption import ACTIONS, AS_ADVISED, CLAIMED, WORK_PACKAGE, Action, Interruptible
from kitty_fixtures.promise import Promise
from kitty_fixtures.situation import Situations
from kitty_fixtures.terminal import STREAMS, Circumstance, in_background, interrupted
from kitty_fixtures.workbench import Workbench


# US1.3 "Given an implement or review command is backgrounded, interrupted, or slow, When the workflow resumes
# or is inspected, Then work packages are not stranded in claimed without an actionable recovery state."
@case(
    "944-01",
    requirements=("FR-003",),
    scenario="US1.3",
    promise="Killed before any of its mutating steps, an action loses nothing and can be taken up again.",
    rationale="A crash, a time limit or a full machine may end a command anywhere.",
    variants={**ACTIONS, **AS_ADVISED},
    every_step=True,
)
def test_killed_at_any_step(
    variant: Action, situations: Situations, crash_points: Explorer, faults: Faults, promise: Promise
) -> None:
    scene = Interruptible.of(variant, situations)
    explored = crash_points(scene.mission, WORK_PACKAGE, scene.transition)
    explored.end_with("SIGKILL")
    scene.survives(explored, faults, promise)


@case(
    "944-02",
    requirements=("FR-003",),
    scenario="US1.3",
    promise="Interrupted, terminated or hung up at any step, an action can be taken up again.",
    rationale="What a program does about a signal it hears may itself leave things half done.",
    variants=ACTIONS,
    every_step=True,
)
def test_signalled_at_any_step(
    variant: Action, situations: Situations, crash_points: Explorer, faults: Faults, promise: Promise
) -> None:
    scene = Interruptible.of(variant, situations)
    explored = crash_points(scene.mission, WORK_PACKAGE, scene.transition)
    explored.end_with("SIGINT")
    explored.end_with("SIGTERM")
    explored.end_with("SIGHUP")
    scene.survives(explored, faults, promise)


@case(
    "944-03",
    requirements=("FR-003",),
    scenario="US1.3",
    promise="Without standard input or output an action does its work, or can be taken up again.",
    rationale="What is started in the background often has no streams, or loses its reader half-way.",
    variants=combine(ACTIONS, STREAMS),
)
def test_without_streams(
    variant: tuple[Action, Circumstance], situations: Situations, workbench: Workbench, promise: Promise
) -> None:
    scene = Interruptible.of(variant[0], situations)
    outcome = workbench.run(variant[1](scene.command, workbench.executable))
    scene.goes_on(outcome, promise)


@case(
    "944-04",
    requirements=("FR-003",),
    scenario="US1.3",
    promise="As a background job of a terminal an action does its work, or can be taken up again.",
    rationale="A background job that reads from its terminal is stopped, and its work package with it.",
    variants=ACTIONS,
)
def test_in_the_background(
    variant: Action, situations: Situations, workbench: Workbench, promise: Promise
) -> None:
    scene = Interruptible.of(variant, situations)
    outcome = workbench.run(in_background(scene.command, workbench.executable))
    scene.goes_on(outcome, promise)


@case(
    "944-05",
    requirements=("FR-003",),
    scenario="US1.3",
    promise="After ctrl-C on its terminal, its first event just written, an action can be taken up again.",
    rationale="Ctrl-C reaches the command and everything it has started, at the same moment.",
    variants=ACTIONS,
)
def test_ctrl_c(
    variant: Action, situations: Situations, workbench: Workbench, faults: Faults, promise: Promise
) -> None:
    scene = Interruptible.of(variant, situations)
    held_up = scene.after_first_event(seconds=30)
    with faults.armed("the action is held up after its first event, until ctrl-C", *held_up) as plan:
        outcome = workbench.run(interrupted(scene.command, workbench.executable, plan))
    scene.goes_on(outcome, promise)


@case(
    "944-06",
    requirements=("FR-003",),
    scenario="US1.3",
    promise="On a slow disk an action does its work, and the mission can be inspected meanwhile.",
    rationale="Who looks at a mission while a slow command is at work must not see it half written.",
    variants=ACTIONS,
)
def test_on_a_slow_disk(
    variant: Action, situations: Situations, workbench: Workbench, faults: Faults, promise: Promise
) -> None:
    scene = Interruptible.of(variant, situations)
    slow = FaultRule(events=("mutate",), process="main", action=Delay(seconds=0.05))
    with faults.armed("every change to a file takes 50 ms longer", slow):
        look, outcome = workbench.together([scene.mission.commands.status(), scene.command])
    promise.expect(
        f"`agent tasks status --json`, asked meanwhile, tells the lane of {WORK_PACKAGE}",
        held=WORK_PACKAGE in lanes_told(look),
        expected=f"a JSON document with {WORK_PACKAGE}",
        seen=look.summary(),
        bash=f'[ "$EXIT_1" -eq 0 ] && grep -q {WORK_PACKAGE} "$STDOUT_1"',
    )
    scene.goes_on(outcome, promise)


# US1.3 "When the workflow resumes or is inspected"
@case(
    "944-07",
    requirements=("FR-003",),
    scenario="US1.3",
    promise="A work package that was left in claimed is shown by `agent tasks status`, in either form.",
    rationale="What an inspection does not show, nobody will take up again.",
)
def test_what_is_claimed_is_shown(situations: Situations, workbench: Workbench, promise: Promise) -> None:
    scene = Interruptible.of(CLAIMED, situations)
    told = lanes_told(workbench.run(scene.mission.commands.status()))
    promise.expect(
        f"`agent tasks status --json` reports {WORK_PACKAGE} in claimed",
        held=told.get(WORK_PACKAGE) == "claimed",
        expected="claimed",
        seen=told.get(WORK_PACKAGE),
        bash='grep -q \'"lane": *"claimed"\' "$STDOUT"',
    )
    board = workbench.run(board_of(scene.mission))
    promise.expect(
        f"the board of `agent tasks status` shows {WORK_PACKAGE}",
        held=board.succeeded and WORK_PACKAGE in board.stdout,
        expected=f"{WORK_PACKAGE} in one of its columns, or below them",
        seen=board.summary() if WORK_PACKAGE not in board.stdout else "so it is",
        bash=f'grep -q {WORK_PACKAGE} "$STDOUT"',
    )


@case(
    "944-08",
    requirements=("FR-003",),
    scenario="US1.3",
    promise="A work package that was left in claimed can be taken up, or given back and taken by another.",
    rationale="A claim whose holder is gone must not be the end of the work package.",
    variants=WAYS_ON,
)
def test_what_is_claimed_goes_on(variant: WayOn, situations: Situations, promise: Promise) -> None:
    scene = Interruptible.of(CLAIMED, situations)
    for command, lane in variant(scene.mission):
        scene.leads_to(lane, command, promise)


# US1.1 "When the transition command reports success, Then the expected event is present in the mission status
# event log and the materialized state reflects the new lane."
@case(
    "944-11",
    requirements=("FR-001", "FR-003"),
    scenario="US1.1",
    promise="Taken up again after it was killed right behind its last event, an action leaves one state.",
    rationale="A state that stays behind the log shows another agent a work package that is free to take.",
    variants={**ACTIONS, **AS_ADVISED},
)
def test_the_state_follows(
    variant: Action, situations: Situations, crash_points: Explorer, faults: Faults, promise: Promise
) -> None:
    scene = Interruptible.of(variant, situations)
    explored = crash_points(scene.mission, WORK_PACKAGE, scene.transition)
    explored.end_with("SIGKILL", [explored.after_last_event()])
    explored.tell(explored.endings[0], faults)
    scene.state_follows(promise)
