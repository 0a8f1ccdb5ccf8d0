"""Failed transitions: what a release that proves its events itself leaves unsaid when a command fails.

Such a release ends the command, and undoes what it did; but some of its errors are passed on as they came:
a bare errno, words of git, a rule that names two lanes and no mission. Then the command says in one more line
which transition of which mission it was, and what the event log has of it.

Two of its failures say the opposite of what happened, and are mended: a note that cannot be kept beside a
durable event of `move-task` is no failure of the move, and an event that cannot be written leaves the work
package where it was, not in `blocked`.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from kitty_conformance.inside.adapters.recorded import records
from kitty_conformance.inside.adapters.refusal import command, requested, tell

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

ASKED_FOR: list[Path] = []
"""The event logs that were asked for, the latest last."""
TOLD: list[str] = []
"""What was said of a failure: a command that calls another one fails once."""


def noting(_: ModuleType, original: Any) -> Callable[..., Path]:
    """Make an `_events_path` that remembers which logs were asked for."""

    def _events_path(*args: Any, **kwargs: Any) -> Path:
        path: Path = original(*args, **kwargs)
        ASKED_FOR.append(path)
        return path

    return _events_path


def naming(_: ModuleType, original: Any) -> Callable[..., Any]:
    """Make a command that does not fail without naming its transition."""

    def transition(*args: Any, **kwargs: Any) -> Any:
        try:
            return original(*args, **kwargs)
        except (Exception, SystemExit) as error:
            asked = requested()
            if asked and status_of(error) and not TOLD:
                TOLD.append(sentence(*asked))
                tell(TOLD[0])
            raise

    return transition


def annotating(_: ModuleType, original: Any) -> Callable[..., Any]:
    """Make an `emit_inner_state_changed_transactional` that does not make a move fail which is in the log."""

    def emit_inner_state_changed_transactional(*args: Any, **kwargs: Any) -> Any:
        try:
            return original(*args, **kwargs)
        except Exception as error:
            asked = requested()
            if command()[0] != "move-task" or not asked or not ASKED_FOR or not is_in(ASKED_FOR[-1], *asked):
                raise
            tell(f"Warning: {asked[0]} is in {asked[1]}, but what was to be noted beside it is lost: {error}")
            return None

    return emit_inner_state_changed_transactional


def staying(_: ModuleType, original: Any) -> Callable[..., None]:
    """Make an `_emit_blocked_on_alloc_failure` that is not for events that could not be written."""

    def _emit_blocked_on_alloc_failure(*args: Any, **kwargs: Any) -> None:
        store = sys.modules["specify_cli.status.store"]
        if not any(isinstance(each, store.StoreError) for each in (*args, *kwargs.values())):
            original(*args, **kwargs)

    return _emit_blocked_on_alloc_failure


def status_of(error: BaseException) -> Any:
    """Exit status of a command that ends with an error; None or 0 if it is none."""
    return getattr(error, "exit_code", getattr(error, "code", 1))


def sentence(work_package: str, lane: str) -> str:
    """Say which transition of which mission failed, and what the event log has of it."""
    mission = command()[1].get("mission")
    of_it = [log for log in ASKED_FOR if log.parent.name == mission] or ASKED_FOR
    name = of_it[-1].parent.name if of_it else mission
    found = found_in(of_it[-1], work_package, lane) if of_it else "it is not proven by any event log"
    return f"Error: mission {name}: the transition of {work_package} to {lane} failed: {found}"


def lanes_in(log: Path, work_package: str) -> list[Any]:
    """Give the lanes an event log brings a work package to, in order.

    Raises
    ------
    OSError, ValueError
        It cannot be read.

    """
    return [
        each["to_lane"] for each in records(log) if each.get("wp_id") == work_package and "to_lane" in each
    ]


def is_in(log: Path, work_package: str, lane: str) -> bool:
    """Whether a work package is in a lane, by an event log that can be read."""
    with suppress(OSError, ValueError):
        return lanes_in(log, work_package)[-1:] == [lane]
    return False


def found_in(log: Path, work_package: str, lane: str) -> str:
    """Say what an event log has of a transition."""
    try:
        lanes = lanes_in(log, work_package)
    except (OSError, ValueError) as error:
        return f"it is not proven, the event log {log} cannot be read: {error}"
    if lanes[-1:] == [lane]:
        return f"its event is in the event log {log}, what should have followed is not done"
    return f"it is not proven by the event log {log}, where {work_package} is in {(lanes or ['no lane'])[-1]}"
