"""Refusal: end a command that cannot do what was asked, so that no caller of it can go on as if it had.

Commands of old releases swallow every `Exception` of a transition and report success. A refusal is a
`SystemExit`, which they cannot swallow, and has spoken before: as the JSON document the command was asked
for, in the envelope of the orchestrator API, or in one line on stderr.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType
    from typing import Any, NoReturn

ORCHESTRATOR = "specify_cli.orchestrator_api.commands"

REQUESTED = {
    "implement": "in_progress",
    "start-implementation": "in_progress",
    "review": "in_review",
    "start-review": "in_review",
}
"""Command → the lane it leads to; what other commands lead to is their option `--to`."""


def command() -> tuple[str, dict[str, Any]]:
    """Name and parameters of the command that is being executed; none outside of any."""
    for name in ("click.globals", "typer._click.globals"):  # one of them is behind the command line
        library = sys.modules.get(name)
        context = library and library.get_current_context(silent=True)
        if context:
            return context.info_name or "", context.params
    return "", {}


def requested() -> tuple[str, str] | None:
    """Work package and lane that the command asks for; None if it asks for no transition."""
    name, parameters = command()
    work_package = parameters.get("task_id") or parameters.get("wp_id") or parameters.get("wp")
    lane = REQUESTED.get(name) or parameters.get("to")
    return (str(work_package).upper(), str(lane)) if work_package and lane else None


def mission_folder(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Path:
    """Give the folder of the mission that `emit_status_transition` is called about, however it is called."""
    asked = kwargs.get("feature_dir") or kwargs.get("mission_dir") or args[0]
    return Path(getattr(asked, "feature_dir", None) or getattr(asked, "mission_dir", None) or asked)


def mission_of(tasks: ModuleType, options: dict[str, Any]) -> Path | None:
    """Give the folder of the mission a command is about; None where it has yet to say what is wrong."""
    root = tasks.locate_project_root()
    if root is None or not options.get("mission"):
        return None
    with suppress(Exception):
        slug = tasks._find_mission_slug(explicit_mission=options["mission"], repo_root=root)  # noqa: SLF001
        return Path(tasks.get_main_repo_root(root), "kitty-specs", slug)
    return None


def tell(line: str) -> None:
    """Say something to the person at the command, beside what it answers."""
    sys.stderr.write(f"{line}\n")


def refuse(code: str, message: str) -> NoReturn:
    """End the process with exit status 1, having said why in the form the command answers in."""
    name, parameters = command()
    orchestrator = sys.modules.get(ORCHESTRATOR)
    if orchestrator and name in {each.name for each in orchestrator.app.registered_commands}:
        with suppress(Exception):  # it ends with one of its own
            orchestrator._fail(name, code, message)  # noqa: SLF001 - the one way to its envelope
    elif parameters.get("json_output"):
        import json

        sys.stdout.write(json.dumps({"error": message, "error_code": code}) + "\n")
    else:
        tell(f"Error: {code}: {message}")
    raise SystemExit(1)
