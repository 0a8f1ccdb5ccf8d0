"""How one command of the target is run: the protocol both launchers keep (cold process, warm fork)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Command:
    """One invocation of an executable, complete: nothing is inherited from our own process.

    Attributes
    ----------
    argv
        Executable first. For the target that is the absolute path of its console script.
    cwd
        Working folder; must exist.
    environment
        The whole environment of the process.
    stdin
        Bytes for standard input; `None` means the null device.
    timeout
        Seconds until the process group is ended and the outcome is `timed_out`.
    output_limit
        Bytes of standard output or error after which the process group is ended and the outcome is `flooded`.

    """

    argv: tuple[str, ...]
    cwd: Path
    environment: dict[str, str] = field(repr=False)
    stdin: bytes | None = None
    timeout: float = 120.0
    output_limit: int = 8 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Completed:
    """What came back. `exit_status` is negative for a signal; meaningless if `timed_out` or `flooded`.

    `cpu` is the CPU seconds of the process and of those it waited for.
    """

    command: Command
    exit_status: int
    stdout: bytes
    stderr: bytes
    seconds: float
    cpu: float = 0.0
    timed_out: bool = False
    flooded: bool = False


class Running(Protocol):
    """A started command: leader of its own session and process group."""

    @property
    def pid(self) -> int:
        """Process id, which is also the process group id."""

    def signal(self, number: int, *, group: bool = True) -> None:
        """Send a signal to the process group, or to the process alone; a process already gone is no error."""

    def wait(self) -> Completed:
        """Wait for the end (or a limit), end what is left of the process group, collect what came back."""


class Launcher(Protocol):
    """Runs commands. Safe to use from several threads at once."""

    name: str
    """`cold` or `warm`."""

    @property
    def cpu(self) -> float:
        """CPU seconds of everything run so far that has ended: commands, and the hooks served for them."""

    def start(self, command: Command) -> Running:
        """Start a command without waiting for it.

        Raises
        ------
        kitty_conformance.errors.TargetUnavailableError
            The executable does not exist or cannot be started.

        """

    def close(self) -> None:
        """End everything the launcher itself started."""
