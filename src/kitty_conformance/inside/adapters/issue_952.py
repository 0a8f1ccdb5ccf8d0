"""#952: what final sync comes upon is told once, as not fatal, on standard error, and nowhere else.

FR-009 asks that a local success stays one when final sync fails, FR-010 that what a command answers stays
parseable, FR-011 that repeated diagnostics collapse. Everything hosted sync has to say passes through few
hands: the loggers below `specify_cli.sync`, the `print` of the modules that speak of connections and of the
queue, and the console of the emitter. All of them are given one voice instead, which says each distinct thing
once in a process, whatever attempt it counts, in one line that bears its weight. What happens as planned
(connected, disconnected) is no diagnostic.

The threads of sync outlive the command for a moment: what they come upon while the interpreter ends is told
by the same voice, where the interpreter would show a traceback (`_on_timer`, `stop`, the loop's handler).

`agent decision open` says which id it is about to use before it answers; with that on standard output there
are two documents. It goes to standard error. So does the note of `move-task` on unrelated files.

Left alone: when and how often sync is tried, how long it is waited for, what is queued, and the commands
whose own business sync is (`sync`, `auth`).
"""

from __future__ import annotations

import logging
import re
import sys
from contextlib import suppress
from types import ModuleType, SimpleNamespace

from kitty_conformance.inside.adapters.wrapping import wrap

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from typing import Any

ISSUE = "952"
REQUIREMENTS = ("FR-009", "FR-010", "FR-011")
WRAPS = {
    "specify_cli.sync": ("__all__",),
    "specify_cli.sync.client": ("WebSocketClient",),
    "specify_cli.sync.queue": ("OfflineQueue",),
    "specify_cli.sync.emitter": ("_console",),
    "specify_cli.sync.background": ("BackgroundSyncService",),
    "specify_cli.sync.runtime": ("SyncRuntime",),
    "specify_cli.cli.commands.decision": ("cmd_open", "typer"),
    "specify_cli.cli.commands.agent.tasks": ("console", "_validate_ready_for_review"),
}
OWN_BUSINESS = (["sync"], ["auth"])
"""Commands for which what sync comes upon is the result."""
AS_PLANNED = re.compile(
    r"\W*(connected|disconnected|reconnecting|received snapshot|connection closed)\b", re.IGNORECASE
)
VARIABLE = re.compile(r"0x[0-9a-f]+|\b[0-9A-HJKMNP-TV-Z]{26}\b|\d+")
"""What differs between two sayings of the same thing: addresses, identities, numbers."""

TOLD: set[str] = set()


def tell(text: str) -> None:
    """Say something of final sync, unless it was said before."""
    said = " ".join(re.sub(r"\[/?\w+\]", "", text).split()).lstrip("❌⚠\ufe0f ")
    meaning = VARIABLE.sub("#", said)
    if not said or meaning in TOLD or AS_PLANNED.match(said):
        return
    TOLD.add(meaning)
    if sys.argv[1:2] not in OWN_BUSINESS:
        said = f"sync_diagnostic severity=warning fatal=false message={said!r}"
    with suppress(AttributeError, OSError, ValueError):  # where there is nobody to tell any more
        sys.stderr.write(f"{said}\n")


class Voice(logging.Handler):
    """Tells what a logger is given."""

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it."""
        tell(record.getMessage())


def apply(module: ModuleType) -> None:
    """Give everything that speaks of final sync one voice."""
    APPLIED[module.__name__.removeprefix("specify_cli.")](module)


def voice_of_loggers(package: ModuleType) -> None:
    """Tell what the modules of sync log, as long as it is a warning at least."""
    logger = logging.getLogger(package.__name__)
    logger.handlers[:] = [Voice(logging.WARNING)]
    logger.propagate = False


def voice_of_print(module: ModuleType) -> None:
    """Tell what a module prints."""
    vars(module)["print"] = lambda *words, **_: tell(" ".join(map(str, words)))


def voice_of_console(module: ModuleType) -> None:
    """Tell what a module prints to its console."""
    vars(module)["_console"] = SimpleNamespace(print=lambda text, **_: tell(str(text)))


def quiet_service(module: ModuleType) -> None:
    """Let the thread of the service, and its end, say what is in their way instead of failing at it."""
    for name in ("_on_timer", "stop"):
        wrap(module, f"BackgroundSyncService.{name}", telling_failure)


def quiet_runtime(module: ModuleType) -> None:
    """Let the loop that connects, and its end, say what is in their way instead of failing at it."""
    wrap(module, "SyncRuntime.stop", telling_failure)
    wrap(module, "SyncRuntime._ensure_async_loop", telling_of_tasks)


def telling_failure(genuine: Any) -> Any:
    """Tell an exception that nobody would handle."""

    def method(self: Any) -> None:
        try:
            genuine(self)
        except Exception as error:  # noqa: BLE001 - whatever it is, the command has succeeded or failed before
            tell(f"Final sync was left unfinished: {type(error).__name__}: {error}")

    return method


def telling_of_tasks(genuine: Any) -> Any:
    """Tell what becomes of tasks that nobody waits for."""

    def _ensure_async_loop(self: Any) -> None:
        genuine(self)
        self._async_loop.set_exception_handler(
            lambda _, context: tell(
                f"Final sync was left unfinished: {context.get('exception') or context['message']}"
            )
        )

    return _ensure_async_loop


def id_aside(module: ModuleType) -> None:
    """Let the id of a decision that is about to be opened go to standard error."""
    genuine = module.typer
    aside = ModuleType(genuine.__name__)
    vars(aside).update(vars(genuine))
    vars(aside)["echo"] = lambda message, err=False: genuine.echo(
        message, err=err or '"phase": "minted"' in message
    )
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
    "sync.client": voice_of_print,
    "sync.queue": voice_of_print,
    "sync.emitter": voice_of_console,
    "sync.background": quiet_service,
    "sync.runtime": quiet_runtime,
    "cli.commands.decision": id_aside,
    "cli.commands.agent.tasks": note_aside,
}
