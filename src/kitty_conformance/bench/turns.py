"""Two launchers taking turns: what one does cold the other does warm right after, on the same machine."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import msgspec

from kitty_conformance.target.launcher import Command, Completed, Launcher

PATIENCE = 600.0
"""Seconds one party waits for the other before it goes on alone."""


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """One command: CPU seconds of it, of git, and of the hooks they started; seconds it took."""

    command: str
    cpu: float
    seconds: float


@dataclass(frozen=True)
class _Ended:
    """A command that has run to its end already."""

    completed: Completed
    pid: int = 0

    def signal(self, number: int, *, group: bool = True) -> None:
        """Nothing is left to be signalled."""

    def wait(self) -> Completed:
        """Return what it came back with."""
        return self.completed


class Turns:
    """Whose turn it is: party 0, then party 1, and so on, until one has left."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._whose = 0
        self._left: set[int] = set()

    def take(self, party: int) -> None:
        """Wait for the turn."""
        with self._changed:
            self._changed.wait_for(lambda: self._whose == party or self._left, PATIENCE)

    def pass_on(self, party: int) -> None:
        """Let the other party have its turn."""
        with self._changed:
            self._whose = 1 - party
            self._changed.notify_all()

    def leave(self, party: int) -> None:
        """Take part no longer; the other goes on alone."""
        with self._changed:
            self._left.add(party)
            self._changed.notify_all()


class TurnTaking:
    """A launcher that runs each command whole, in its turn, and notes what it spent.

    Attributes
    ----------
    spent
        Every command so far.

    """

    def __init__(self, launcher: Launcher, turns: Turns, party: int) -> None:
        self._launcher, self._turns, self._party = launcher, turns, party
        self.name = launcher.name
        self.spent: list[Spent] = []

    @property
    def cpu(self) -> float:
        """CPU seconds of everything run so far."""
        return self._launcher.cpu

    def start(self, command: Command) -> _Ended:
        """Run a command to its end."""
        self._turns.take(self._party)
        try:
            before = self._launcher.cpu
            completed = self._launcher.start(command).wait()
            cpu = self._launcher.cpu - before
        finally:
            self._turns.pass_on(self._party)
        self.spent.append(Spent(command=named(command.argv), cpu=cpu, seconds=completed.seconds))
        return _Ended(completed)

    def close(self) -> None:
        """Leave the turns; the launcher itself belongs to whoever made it."""
        self._turns.leave(self._party)


def named(argv: tuple[str, ...]) -> str:
    """Return the words of a command that say what it does: `agent tasks move-task`, `git`."""
    program = argv[0].rpartition("/")[2]
    if program != "spec-kitty" and argv[0] != "@{SPEC_KITTY}":
        return program
    words = []
    for word in argv[1:4]:
        if not word.replace("-", "").isalpha() or word.startswith("-") or word.isupper():
            break
        words.append(word)
    if words[:2] == ["agent", "mission"] or words[:1] == ["agent"]:
        return " ".join(words[:3])
    return words[0] if words else " ".join(argv[1:2]) or "spec-kitty"
