"""#952: what final sync comes upon is told once, as not fatal, on standard error, and nowhere else.

FR-009 asks that a local success stays one when final sync fails, FR-010 that what a command answers stays
parseable, FR-011 that repeated diagnostics collapse. All that hosted sync has to say passes through few
hands: the loggers of the packages `sync` and `auth`, the `print` of the modules that speak of connections
and of the queue, the console of the emitter. They are given one voice, which says each distinct thing once
in a process, whatever attempt it counts, in one line that bears its weight.

The threads of sync outlive the command for a moment: what they come upon while the interpreter ends is told
by the same voice, where a traceback would be shown (`BackgroundSyncService`, `SyncRuntime`).

`agent decision open` says which id it is about to use before it answers, which makes two documents of its
answer, and `move-task` notes unrelated files before its own; both go to standard error.

Left alone: when and how often sync is tried, how long it is waited for, what is queued; and the commands
whose own business it is (`sync`, `auth`) bear no mark.
"""

from __future__ import annotations

from types import ModuleType

from kitty_conformance.inside.adapters.one_voice import (
    telling_failure,
    telling_of_tasks,
    voice_of_console,
    voice_of_loggers,
    voice_of_print,
)
from kitty_conformance.inside.adapters.wrapping import wrap

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from typing import Any

ISSUE = "952"
REQUIREMENTS = ("FR-009", "FR-010", "FR-011")
WRAPS = {
    "specify_cli.sync": ("__all__",),
    "specify_cli.auth": ("__all__",),
    "specify_cli.sync.client": ("WebSocketClient",),
    "specify_cli.sync.queue": ("OfflineQueue",),
    "specify_cli.sync.emitter": ("_console",),
    "specify_cli.sync.background": ("BackgroundSyncService",),
    "specify_cli.sync.runtime": ("SyncRuntime",),
    "specify_cli.cli.commands.decision": ("cmd_open", "typer"),
    "specify_cli.cli.commands.agent.tasks": ("console", "_validate_ready_for_review"),
}


def apply(module: ModuleType) -> None:
    """Give what speaks of final sync one voice, and what is no answer another way."""
    APPLIED[module.__name__.removeprefix("specify_cli.")](module)


def quiet_service(module: ModuleType) -> None:
    """Let the thread of the service, and its end, tell what they fail at."""
    for name in ("_on_timer", "stop"):
        wrap(module, f"BackgroundSyncService.{name}", telling_failure)


def quiet_runtime(module: ModuleType) -> None:
    """Let the loop that connects, and its end, tell what they fail at."""
    wrap(module, "SyncRuntime.stop", telling_failure)
    wrap(module, "SyncRuntime._ensure_async_loop", telling_of_tasks)


def id_aside(module: ModuleType) -> None:
    """Let the id of a decision that is about to be opened go to standard error."""
    genuine = module.typer
    aside = ModuleType(genuine.__name__)
    vars(aside).update(vars(genuine))

    def echo(message: str, err: bool = False) -> None:  # noqa: FBT001, FBT002 - as typer has it
        genuine.echo(message, err=err or '"phase": "minted"' in message)

    vars(aside)["echo"] = echo
    vars(module)["typer"] = aside


def note_aside(module: ModuleType) -> None:
    """Let the note on unrelated files go to standard error."""

    def noting(genuine: Any) -> Any:
        def _validate_ready_for_review(*arguments: Any, **options: Any) -> Any:
            console = module.console
            vars(module)["console"] = type(console)(stderr=True)
            try:
                return genuine(*arguments, **options)
            finally:
                vars(module)["console"] = console

        return _validate_ready_for_review

    wrap(module, "_validate_ready_for_review", noting)


APPLIED = {
    "sync": voice_of_loggers,
    "auth": voice_of_loggers,
    "sync.client": voice_of_print,
    "sync.queue": voice_of_print,
    "sync.emitter": voice_of_console,
    "sync.background": quiet_service,
    "sync.runtime": quiet_runtime,
    "cli.commands.decision": id_aside,
    "cli.commands.agent.tasks": note_aside,
}
