"""#945: a transition is a durable event in the log, or it fails, says so, and leaves nothing of itself.

FR-001 asks for a durable event behind every success, FR-002 for a loud failure where an event cannot be
written or read back. Wrapped are the few functions that all transitions go through:

- `append_event`: a record is written under a lock, on a line of its own, down to the disk, and read back. The
  claim that `implement` makes on its way to in_progress is written together with what it leads to: half of
  such a transition is no success, and must not be left where the other half fails.
- `read_events`: a log that a transition cannot read is named, with the work package and lane asked for.
- `materialize`: not bringing `status.json` up to date with an event just written is no mere warning.
- `safe_commit`: what cannot be committed is taken back. What `merge` recorded stays: the code has arrived.
- `emit_status_transition`: what is refused is named with mission, work package and lane, and ends a command;
  `implement` would go on without an event.
- `_output_error`: what `move-task` itself does not allow is named in the same way.
- `_mark_wp_merged_done`: what a merge records it commits at once. The orchestrator's never does, and 3.1's
  puts the checkout back to what is committed afterwards.

A release that proves its events itself (its store knows `EventPersistenceError`) is left to do so: only what
its commands do not say when they fail is added, see `failed_transition`.

Taken back are the event, `status.json` and what was written into the work package's own file, before as well.
Callers that swallow every error cannot swallow a refusal (see `refusal`). Left alone are the rules of
transitions, records that are no transitions, and what hosted sync has already been told of an event that
cannot be committed.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from kitty_conformance.inside.adapters.asking_git import asked
from kitty_conformance.inside.adapters.failed_transition import annotating, naming, noting, staying
from kitty_conformance.inside.adapters.refusal import command, mission_folder, refuse, requested
from kitty_conformance.inside.adapters.unproven import Unproven, locked, size_of
from kitty_conformance.inside.adapters.wrapping import wrap, wrap_command

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, NoReturn

ISSUE = "945"
REQUIREMENTS = ("FR-001", "FR-002")
WRAPS = {"specify_cli.status.store": ("append_event", "read_events", "_events_path", "StoreError")}
WHERE_THERE = {
    "specify_cli.status.reducer": ("materialize",),
    "specify_cli.status.emit": ("emit_status_transition", "TransitionError"),
    "specify_cli.git.commit_helpers": ("safe_commit",),
    "specify_cli.cli.commands.merge": ("_mark_wp_merged_done", "safe_commit"),
    "specify_cli.coordination.status_transition": ("emit_inner_state_changed_transactional",),
    "specify_cli.cli.commands.implement": ("implement", "_emit_blocked_on_alloc_failure"),
    "specify_cli.cli.commands.agent.workflow": ("implement", "review"),
    "specify_cli.cli.commands.agent.tasks": ("_output_error", "move_task"),
    "specify_cli.cli.commands.agent.status": ("emit",),
    "specify_cli.orchestrator_api.commands": (
        "_fail",
        "app",
        "start_implementation",
        "start_review",
        "transition",
    ),
}

STORE = "specify_cli.status.store"
IN_TWO_STEPS = ("implement", "start-implementation")
"""Commands that claim a work package on their way to in_progress."""
MERGES = ("merge", "merge-mission")
UNDER_WAY: dict[tuple[Path, str], Unproven] = {}
"""Event log and work package → what this process has done to them."""
SEEN: dict[tuple[Path, str], tuple[int, dict[Path, bytes]]] = {}
"""The same → size of the log, and the own file, as a command that asks for a transition first saw them."""
GENUINE: dict[str, Any] = {}
"""The functions that are wrapped."""
FAILED: list[str] = []
"""What has been refused: from then on errors are passed on as they are."""


def apply(module: ModuleType) -> None:
    """Wrap what the module has of the way of a transition."""
    proves = hasattr(sys.modules.get(STORE), "EventPersistenceError")
    for name, make in (NAMING if proves else PROVING).get(module.__name__, {}).items():
        if not hasattr(module, name):
            continue
        put = wrap_command if make is naming and module.__name__ != LATER else wrap
        GENUINE[name] = put(module, name, partial(make, module))


def fail(log: Path, work_package: str, lane: str, why: object) -> NoReturn:
    """Take back what is unproven of a transition, and refuse it with everything known about it."""
    what = f"the transition of {work_package} to {lane} is not proven by the event log {log}: {why}"
    end(log, work_package, "TRANSITION_EVIDENCE_MISSING", what)


def forbid(log: Path, work_package: str, lane: str, why: object) -> NoReturn:
    """Take back what led up to a transition that is not allowed, and refuse it."""
    end(log, work_package, "TRANSITION_NOT_ALLOWED", f"{work_package} to {lane}: {why}")


def end(log: Path, work_package: str, code: str, what: str) -> NoReturn:
    """End the command, with nothing left of what it has not proven."""
    FAILED.append(work_package)
    unproven = UNDER_WAY.pop((log, work_package), None)
    rest = unproven.take_back(GENUINE["materialize"]) if unproven else ""
    size, seen = SEEN.pop((log, work_package), (-1, {}))
    for file, content in seen.items():
        if size == size_of(log) and file.exists() and file.read_bytes() != content:
            file.write_bytes(content)  # if the log has grown, what is in the file is of somebody else
    refuse(code, f"mission {log.parent.name}: {what}{rest}")


def appending(store: ModuleType, _: Any) -> Callable[..., None]:
    """Make an `append_event` that proves what it appended."""

    def append_event(feature_dir: Path, event: Any) -> None:
        log, work_package = store._events_path(feature_dir), event.wp_id  # noqa: SLF001 - where the log is
        unproven = UNDER_WAY.pop((log, work_package), None) or Unproven(log, work_package)
        UNDER_WAY[log, work_package] = unproven  # the last one now
        unproven.add(event)
        if event.to_lane == "claimed" and command()[0] in IN_TWO_STEPS:
            return
        try:
            unproven.write()
        except OSError as error:
            fail(log, work_package, unproven.lane, f"it could not be written and read back: {error}")

    return append_event


def reading(store: ModuleType, original: Any) -> Callable[..., list[Any]]:
    """Make a `read_events` that shows what waits to be written, too, and names a log it cannot read."""

    def read_events(feature_dir: Path) -> list[Any]:
        log, transition = store._events_path(feature_dir), requested()  # noqa: SLF001 - where the log is
        if transition and (log, transition[0]) not in SEEN:
            own = log.parent.glob(f"tasks/{transition[0]}[-_.]*md")
            SEEN[log, transition[0]] = size_of(log), {file: file.read_bytes() for file in own}
        try:
            events = original(feature_dir)
        except (store.StoreError, OSError, ValueError) as error:
            if transition and not FAILED:
                fail(log, *transition, f"the log cannot be read: {error}")
            raise
        return [*events, *(event for key, one in UNDER_WAY.items() if key[0] == log for event in one.waiting)]

    return read_events


def materializing(_: ModuleType, original: Any) -> Callable[..., Any]:
    """Make a `materialize` that must not fail once an event was written."""

    def materialize(feature_dir: Path) -> Any:
        here = [key for key in UNDER_WAY if key[0].parent == feature_dir]
        if any(UNDER_WAY[key].waiting for key in here):
            return None  # the state follows the event
        try:
            with locked(feature_dir):
                return original(feature_dir)
        except Exception as error:
            for key in reversed(here):
                why = f"status.json could not be materialised from it: {error}"
                fail(*key, UNDER_WAY[key].lane, why)
            raise

    return materialize


def committing(_: ModuleType, original: Any) -> Callable[..., bool]:
    """Make a `safe_commit` without which no event stays."""

    def safe_commit(repo_path: Path, files_to_commit: list[Path], *args: Any, **kwargs: Any) -> bool:
        files = [os.path.join(repo_path, file) for file in files_to_commit]
        paths = {os.path.realpath(file) for file in files}
        mine = {key: one for key, one in UNDER_WAY.items() if os.path.realpath(key[0]) in paths}
        why: object = "git refused it"
        try:
            done = bool(original(repo_path, files_to_commit, *args, **kwargs))
        except Exception as error:
            if not mine:
                raise
            done, why = False, error
        for key, one in mine.items():
            if not done and not is_committed(key[0], one):
                asked(repo_path, "reset", "--quiet", "--", *files)
                if command()[0] in MERGES:
                    del UNDER_WAY[key]
                link = "; the log is a symbolic link" if os.path.islink(key[0]) else ""
                fail(*key, one.lane, f"the status could not be committed: {why}{link}")
        for key in mine:
            del UNDER_WAY[key]
            SEEN.pop(key, None)
        return done

    return safe_commit


def is_committed(log: Path, unproven: Unproven) -> bool:
    """Whether the branch holds the events, whatever became of the rest of a commit."""
    return unproven.is_in(asked(log.parent, "show", f"HEAD:./{log.name}").stdout.encode())


def emitting(emit: ModuleType, original: Any) -> Callable[..., Any]:
    """Make an `emit_status_transition` that no command can go on without, and that names what it refuses."""

    def emit_status_transition(*args: Any, **kwargs: Any) -> Any:
        try:
            return original(*args, **kwargs)
        except emit.TransitionError as error:
            transition = requested()
            if transition and not FAILED:
                forbid(mission_folder(args, kwargs) / "status.events.jsonl", *transition, error)
            raise

    return emit_status_transition


def complaining(_: ModuleType, original: Any) -> Callable[..., None]:
    """Make an `_output_error` that tells which transition of which mission it is about."""

    def _output_error(json_mode: Any, error_message: str, *args: Any, **kwargs: Any) -> None:
        transition, mission = requested(), command()[1].get("mission")
        if transition and mission and not FAILED:
            error_message = f"mission {mission}: {' to '.join(transition)}: {error_message}"
        original(json_mode, error_message, *args, **kwargs)

    return _output_error


def recording(merge: ModuleType, original: Any) -> Callable[..., None]:
    """Make a `_mark_wp_merged_done` that leaves nothing uncommitted."""

    def _mark_wp_merged_done(repo_root: Path, mission_slug: str, wp_id: str, target_branch: str) -> None:
        original(repo_root, mission_slug, wp_id, target_branch)
        if UNDER_WAY and command()[0] in MERGES:
            folder = repo_root / "kitty-specs" / mission_slug
            files = [folder / "status.events.jsonl", folder / "status.json"]
            merge.safe_commit(repo_root, files, f"chore({mission_slug}): record {wp_id} as done")

    return _mark_wp_merged_done


PROVING: dict[str, dict[str, Any]] = {
    STORE: {"append_event": appending, "read_events": reading},
    "specify_cli.status.reducer": {"materialize": materializing},
    "specify_cli.status.emit": {"emit_status_transition": emitting},
    "specify_cli.git.commit_helpers": {"safe_commit": committing},
    "specify_cli.cli.commands.merge": {"_mark_wp_merged_done": recording},
    "specify_cli.cli.commands.agent.tasks": {"_output_error": complaining},
}
LATER = "specify_cli.cli.commands.implement"
"""A module whose command is registered by another one, later."""
NAMING: dict[str, dict[str, Any]] = {
    STORE: {"_events_path": noting},
    LATER: {"implement": naming, "_emit_blocked_on_alloc_failure": staying},
    "specify_cli.coordination.status_transition": {"emit_inner_state_changed_transactional": annotating},
    "specify_cli.cli.commands.agent.workflow": {"implement": naming, "review": naming},
    "specify_cli.cli.commands.agent.tasks": {"move_task": naming},
    "specify_cli.cli.commands.agent.status": {"emit": naming},
    "specify_cli.orchestrator_api.commands": {
        "start_implementation": naming,
        "start_review": naming,
        "transition": naming,
    },
}
