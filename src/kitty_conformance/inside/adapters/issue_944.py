"""#944: actions that meet lose and double no event, and a claim that was left can be seen and given back.

FR-003 asks that interrupted, slow and concurrent implement and review actions strand no work package.

- `emit_status_transition`: from reading the lane a work package is in to writing the event that leads it on,
  no other process does the same in this repository; the lock is of a kind the target has, but does not take
  here. Who comes second is told so. `implement` swallows that and would go on; here it ends.
- `safe_commit`: it puts aside what is staged and takes it up again; under the same lock, no event is written
  into a log that is put aside.
- `create_lane_workspace`: of two that make one worktree at once, one fails, and then blocks the work package
  of the other. Under the same lock, the second finds it made.
- `_ensure_target_branch_checked_out`: where an action was ended between its event and the state, the same
  action given again finds nothing to do; before it looks, `status.json` is brought up to date with the log.
- `move_task`: a claim given back to planned by force is no rejection, and needs no review feedback.
- `status`: the board has no column for some lanes; what is in them is told below it, with the way on.

Left alone: what an action does apart from its events, and every other move of a work package.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from kitty_conformance.inside.adapters.refusal import command, mission_folder, mission_of, refuse, requested
from kitty_conformance.inside.adapters.wrapping import wrap, wrap_command

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import ModuleType
    from typing import Any

ISSUE = "944"
REQUIREMENTS = ("FR-003",)
TASKS = "specify_cli.cli.commands.agent.tasks"
WORKFLOW = "specify_cli.cli.commands.agent.workflow"
WRAPS = {
    "specify_cli.status.emit": ("emit_status_transition", "TransitionError"),
    "specify_cli.status.locking": ("feature_status_lock",),
    "specify_cli.status.lane_reader": ("get_all_wp_lanes",),
    "specify_cli.status.reducer": ("materialize",),
    "specify_cli.git.commit_helpers": ("safe_commit",),
    "specify_cli.lanes.implement_support": ("create_lane_workspace",),
    "specify_cli.cli.commands.agent.workflow": ("_ensure_target_branch_checked_out",),
    "specify_cli.cli.commands.agent.tasks": (
        "move_task",
        "status",
        "_persist_review_feedback",
        "_find_mission_slug",
        "locate_project_root",
        "get_main_repo_root",
    ),
}
COLUMNS = ("planned", "in_progress", "for_review", "in_review", "approved", "done")
"""Lanes the board has a place for."""
WAY_ON = {
    "claimed": ", and nobody may be at work on it: take it up with `spec-kitty agent action implement {name} "
    "--agent <name> --mission {mission}`, or give it back with `spec-kitty agent tasks move-task {name} "
    "--to planned --force --note <why> --mission {mission}`"
}
"""What can be done about a work package in a lane the board does not show."""


def apply(module: ModuleType) -> None:
    """Wrap what the module has of it."""
    if module.__name__ == "specify_cli.status.emit":
        wrap(module, "emit_status_transition", lambda original: emitting(original, module))
    elif module.__name__ == "specify_cli.git.commit_helpers":
        wrap(module, "safe_commit", alone_in)
    elif module.__name__ == "specify_cli.lanes.implement_support":
        wrap(module, "create_lane_workspace", alone_in)
    elif module.__name__ == WORKFLOW:
        wrap(module, "_ensure_target_branch_checked_out", catching_up)
    elif module.__name__ == TASKS:
        no_review: list[bool] = []
        wrap_command(module, "move_task", lambda original: giving_back(original, module, no_review))
        wrap(module, "_persist_review_feedback", lambda original: rejecting(original, no_review))
        wrap_command(module, "status", lambda original: showing(original, module))


def alone(folder: Path) -> AbstractContextManager[Any]:
    """Keep every other process from transitions and commits in the repository a folder is in."""
    from specify_cli.status.locking import feature_status_lock

    lock: AbstractContextManager[Any] = feature_status_lock(folder, "transitions-and-commits")
    return lock


def emitting(original: Any, emit: ModuleType) -> Callable[..., Any]:
    """Make an `emit_status_transition` that is alone, and that `implement` cannot go on without."""

    def emit_status_transition(*args: Any, **kwargs: Any) -> Any:
        folder = mission_folder(args, kwargs)
        try:
            with alone(folder):
                return original(*args, **kwargs)
        except emit.TransitionError as error:
            asked = requested()
            if asked and command()[0] == "implement":
                work_package, lane = asked
                where = f"mission {folder.name}, {work_package}"
                refuse(
                    "TRANSITION_REFUSED",
                    f"{where}: it was not moved to {lane}, and nothing is begun: {error}",
                )
            raise

    return emit_status_transition


def alone_in(original: Any) -> Callable[..., Any]:
    """Make a function that is alone in the repository it is given first."""

    def alone_in_it(*args: Any, **kwargs: Any) -> Any:
        with alone(Path(args[0] if args else kwargs.get("repo_path") or kwargs["repo_root"])):
            return original(*args, **kwargs)

    return alone_in_it


def catching_up(original: Any) -> Callable[..., tuple[Path, str]]:
    """Make the first thing an action does one that leaves no state behind the log."""

    def _ensure_target_branch_checked_out(repo_root: Path, mission_slug: str) -> tuple[Path, str]:
        root, branch = original(repo_root, mission_slug)
        folder = Path(root, "kitty-specs", mission_slug)
        from specify_cli.status.reducer import materialize

        with suppress(Exception), alone(folder):  # a log that cannot be read is for the transition to tell of
            materialize(folder)
        return root, branch

    return _ensure_target_branch_checked_out


def giving_back(original: Any, tasks: ModuleType, no_review: list[bool]) -> Callable[..., None]:
    """Make a `move_task` that asks for no review feedback where there was nothing to review."""

    def move_task(**options: Any) -> None:
        back = options["to"] == "planned" and options.get("force") and not options.get("review_feedback_file")
        folder = mission_of(tasks, options) if back else None
        if folder and lanes(folder).get(options["task_id"]) == "claimed":
            no_review.append(True)
            options["review_feedback_file"] = (
                folder / "status.events.jsonl"
            )  # any file will do, nobody reads it
        try:
            original(**options)
        finally:
            no_review.clear()

    return move_task


def rejecting(original: Any, no_review: list[bool]) -> Callable[..., Any]:
    """Make a `_persist_review_feedback` that leaves no rejection when there was no review."""

    def _persist_review_feedback(*args: Any, **kwargs: Any) -> Any:
        return (None, None) if no_review else original(*args, **kwargs)

    return _persist_review_feedback


def showing(original: Any, tasks: ModuleType) -> Callable[..., None]:
    """Make a `status` that tells of every work package."""

    def status(**options: Any) -> None:
        original(**options)
        folder = None if options.get("json_output") else mission_of(tasks, options)
        hidden = {name: lane for name, lane in lanes(folder).items() if lane not in COLUMNS} if folder else {}
        for name, lane in sorted(hidden.items()):
            way_on = WAY_ON.get(lane, "").format(name=name, mission=folder and folder.name)
            sys.stdout.write(f"{name} is {lane}{way_on}\n")

    return status


def lanes(folder: Path) -> dict[str, str]:
    """Give the lane of each work package; none where the log cannot be read."""
    from specify_cli.status.lane_reader import get_all_wp_lanes

    with suppress(Exception):
        return {name: str(lane) for name, lane in get_all_wp_lanes(folder).items()}
    return {}
