"""Unproven: the events of one work package that this process has written and nothing has proven yet.

They are written as one piece, read back, and can be taken back until they are committed: byte for byte, if
nobody else has written meanwhile; without touching what others have written, if somebody has.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager, suppress
from pathlib import Path

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


HELD: set[Path] = set()
"""Folders this process has locked."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes that lock it, too, from the event log and the state in a folder."""
    if folder in HELD or not folder.is_dir():
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        HELD.add(folder)
        yield
    finally:
        HELD.discard(folder)
        os.close(descriptor)


def size_of(log: Path) -> int:
    """Size of a log in bytes; none where there is no log."""
    return log.stat().st_size if log.exists() else 0


class Unproven:
    """Events of one work package in one log.

    Attributes
    ----------
    waiting
        To be written together with the next one.
    written
        Size of the log before, and the bytes that were added to it.
    lane
        The lane they lead to in the end.

    """

    def __init__(self, log: Path, work_package: str) -> None:
        self.log = log
        self.files = [log.with_name("status.json"), *log.parent.glob(f"tasks/{work_package}[-_.]*md")]
        self.waiting: list[Any] = []
        self.written: list[tuple[int, bytes]] = []
        self.lane = ""
        self.kept: dict[Path, bytes] = {}

    def add(self, event: Any) -> None:
        """Have an event wait to be written."""
        self.waiting.append(event)
        self.lane = str(event.to_lane)

    def write(self) -> None:
        """Write what is waiting, on lines of its own, and read it back; leave nothing of it if that fails.

        Raises
        ------
        OSError
            It cannot be written or read, or is not there when read.

        """
        lines = "".join(json.dumps(event.to_dict(), sort_keys=True) + "\n" for event in self.waiting).encode()
        self.waiting.clear()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.log.parent):
            before = self.log.read_bytes() if os.path.lexists(self.log) else b""
            if not self.written:
                self.kept = {file: file.read_bytes() for file in self.files if file.exists()}
            text = lines if before[-1:] in (b"", b"\n") else b"\n" + lines
            earlier = list(self.written)
            self.written.append((len(before), text))
            try:
                self.append(text)
                self.read_back(text, len(before))
            except OSError:
                with suppress(OSError):  # what cannot be opened was not changed
                    self.remove()
                if self.written and size_of(self.log) == len(before):
                    self.written = earlier
                raise

    def append(self, text: bytes) -> None:
        """Append to the log, down to the disk."""
        with self.log.open("ab") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    def read_back(self, text: bytes, start: int) -> None:
        """Look whether the log holds what was written to its end.

        Raises
        ------
        OSError
            It does not, or cannot be read.

        """
        if text not in self.log.read_bytes()[start:]:
            raise OSError("it was written and did not reach the log")

    def remove(self) -> None:
        """Remove from the log what was written, if cut short, too; what others wrote meanwhile stays."""
        for start, text in reversed(self.written):
            with self.log.open("r+b") as file:
                found = file.read()
                place = found.find(text)  # earlier than it was written, where others have removed something
                if place < 0 and text.startswith(found[start:]):
                    place = start
                if 0 <= place < len(found):
                    file.seek(place)
                    file.write(found[place + len(text) :])
                    file.truncate()
        self.written.clear()

    def take_back(self, materialize: Callable[[Path], Any]) -> str:
        """Let log, state and the work package's own file be as they were; gives why that cannot be done."""
        try:
            with locked(self.log.parent):
                if self.written:
                    self.remove()
                kept = list(self.kept.items())
                with suppress(Exception):  # not to be had: it is put back below
                    materialize(self.log.parent)
                    kept = [(file, content) for file, content in kept if file != self.files[0]]
                for file, content in kept:
                    if file.read_bytes() != content:
                        file.write_bytes(content)
        except OSError as error:
            return f"; it could not be taken back: {error}"
        return ""

    def is_in(self, log: bytes) -> bool:
        """Whether a log holds everything that was written."""
        return all(text.strip() in log for _, text in self.written)
