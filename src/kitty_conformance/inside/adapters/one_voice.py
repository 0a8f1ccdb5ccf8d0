"""One voice for what is told beside the answer of a command: each distinct thing once, and not as fatal."""

from __future__ import annotations

import logging
import re
import sys
from contextlib import suppress
from types import SimpleNamespace

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

OWN_BUSINESS = (["sync"], ["auth"])
"""Commands for which what sync comes upon is the result: there it is told without its weight."""
IN_THE_BACKGROUND = ["-c"]
"""How the process that synchronises for days is started: it keeps a log, and nothing is left out of that."""
AS_PLANNED = re.compile(
    r"\W*(connected|disconnected|reconnecting|received snapshot|connection closed)\b", re.IGNORECASE
)
"""What is no trouble at all, and not told."""
MARKUP = re.compile(r"\[/?[a-z]+\]")
VARIABLE = re.compile(r"0x[0-9a-f]+|\b[0-9A-HJKMNP-TV-Z]{26}\b|\d+")
"""What differs between two sayings of the same thing: addresses, identities, numbers."""

TOLD: dict[str, object] = {}
"""What has been told; whoever puts it in first tells it: several threads may come upon the same thing."""


def tell(text: str) -> None:
    """Say something on standard error, unless it was said before."""
    said = " ".join(MARKUP.sub("", text).split()).lstrip("❌⚠\ufe0f ")
    if not said or AS_PLANNED.match(said):
        return
    if sys.argv[:1] != IN_THE_BACKGROUND:
        mine = object()
        if TOLD.setdefault(VARIABLE.sub("#", said), mine) is not mine:
            return
        if sys.argv[1:2] not in OWN_BUSINESS:
            said = f"sync_diagnostic severity=warning fatal=false message={said!r}"
    with suppress(AttributeError, OSError, ValueError):  # where there is nobody to tell any more
        sys.stderr.write(f"{said}\n")


class Voice(logging.Handler):
    """Tells what a logger is given."""

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it."""
        tell(record.getMessage())


def voice_of_loggers(package: ModuleType) -> None:
    """Tell what the modules of a package log, as long as it is a warning at least."""
    logger = logging.getLogger(package.__name__)
    logger.handlers[:] = [Voice(logging.WARNING)]
    logger.propagate = False


def voice_of_print(module: ModuleType) -> None:
    """Tell what a module prints."""
    vars(module)["print"] = lambda *words, **_: tell(" ".join(map(str, words)))


def voice_of_console(module: ModuleType) -> None:
    """Tell what a module prints to its console."""
    vars(module)["_console"] = SimpleNamespace(print=lambda text, **_: tell(str(text)))


def telling_failure(genuine: Any) -> Any:
    """Tell an exception that nobody would handle."""

    def method(self: Any) -> None:
        try:
            genuine(self)
        except Exception as error:  # noqa: BLE001 - whatever it is, the command's own result stands
            tell(f"Final sync was left unfinished: {type(error).__name__}: {error}")

    return method


def telling_of_tasks(genuine: Any) -> Any:
    """Tell what becomes of tasks that nobody waits for."""

    def told(_: Any, context: dict[str, Any]) -> None:
        tell(f"Final sync was left unfinished: {context.get('exception') or context['message']}")

    def _ensure_async_loop(self: Any) -> None:
        genuine(self)
        self._async_loop.set_exception_handler(told)

    return _ensure_async_loop
