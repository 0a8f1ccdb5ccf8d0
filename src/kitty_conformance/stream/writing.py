"""Writing a results stream: append only, each line there whole or not at all."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from kitty_conformance.contract import breach
from kitty_conformance.errors import HarnessError, OutputUnwritableError, ResultsUnusableError
from kitty_conformance.results import CaseResult, Footer, Header, Line
from kitty_conformance.stream.order import Sequence
from kitty_conformance.stream.reading import BEGINNING, content, not_ours, ordered, split


class ResultsWriter:
    """Appends to a results stream; each line is one durable write, there whole or not at all.

    One writer at a time: the file stays locked until `close`.

    Parameters
    ----------
    path
        The stream; folders on the way are created.
    resume
        Go on with what is there: a torn last line and a footer are cut off first. Otherwise the file must not
        exist or be empty.

    Attributes
    ----------
    begun
        The header already recorded, `None` in a new stream.
    recorded
        Every (case, run) that has a result.

    Raises
    ------
    OutputUnwritableError
        The file cannot be written, another run is writing it, or it holds something and `resume` is off.
    ResultsUnusableError
        There is nothing to resume, or what is there is not a results stream.

    """

    def __init__(self, path: Path, *, resume: bool = False) -> None:
        self._path = path
        self._file = _open(path, create=not resume)
        self._sequence = Sequence()
        try:
            self._lock()
            if resume:
                self._continue()
            else:
                self._refuse_to_overwrite()
        except BaseException:
            self.close()
            raise

    @property
    def begun(self) -> Header | None:
        """The header already recorded, if any."""
        return self._sequence.header

    @property
    def recorded(self) -> frozenset[tuple[str, int]]:
        """Every (case, run) that has a result."""
        return frozenset(self._sequence.results)

    def header(self, header: Header) -> None:
        """Write the first line."""
        self._append(header)

    def result(self, result: CaseResult) -> None:
        """Append one result."""
        self._append(result)

    def footer(self, footer: Footer) -> None:
        """Write the last line: the stream is whole."""
        self._append(footer)

    def close(self) -> None:
        """Let go of the file; closing twice is no error."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _append(self, line: Line) -> None:
        data = _encode(line)
        objection = self._sequence.take(line)
        if objection:
            raise HarnessError(f"refused to record into {self._path}: {objection}")
        end = os.fstat(self._file).st_size
        try:
            written = os.write(self._file, data)
            os.fsync(self._file)
        except OSError as error:
            self._cut(end)
            raise _unwritable(self._path, error) from error
        if written != len(data):
            self._cut(end)
            raise OutputUnwritableError(f"{self._path} takes no more: only part of a line could be written")

    def _cut(self, end: int) -> None:
        with suppress(OSError):  # a device or a dead disk; the line is refused either way
            os.ftruncate(self._file, end)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputUnwritableError(
                f"another run is writing {self._path}", hint="wait for it, or choose another file"
            ) from error
        except OSError:  # a file system without locks: appending still works
            return

    def _refuse_to_overwrite(self) -> None:
        if os.fstat(self._file).st_size:
            raise OutputUnwritableError(
                f"{self._path} already holds something", hint="go on with --resume, or choose another file"
            )

    def _continue(self) -> None:
        lines, torn = split(content(self._path))
        if not lines and not BEGINNING.startswith(torn[: len(BEGINNING)]):
            raise not_ours(self._path, "its first line is no header")
        self._sequence = ordered(self._path, lines)
        keep = sum(map(len, lines))
        if self._sequence.footer is not None:
            keep -= len(lines[-1])
            self._sequence.footer = None
        try:
            os.ftruncate(self._file, keep)
        except OSError as error:
            raise _unwritable(self._path, error) from error


def resume(path: Path) -> frozenset[tuple[str, int]]:
    """Make a stream ready to be continued and return every (case, run) already recorded.

    Raises
    ------
    OutputUnwritableError, ResultsUnusableError
        As `ResultsWriter`.

    """
    with ResultsWriter(path, resume=True) as writer:
        return writer.recorded


def _encode(line: Line) -> bytes:
    try:
        data = msgspec.json.encode(line)
    except UnicodeEncodeError as error:
        raise HarnessError(f"refused to record text that is no Unicode: {error.reason}") from error
    departure = breach("results", msgspec.json.decode(data))
    if departure:
        raise HarnessError(f"refused to record what breaks the results schema: {departure}")
    return data + b"\n"


def _open(path: Path, *, create: bool) -> int:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
    try:
        if not create:
            return os.open(path, flags)
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags | os.O_CREAT, 0o644)
    except FileNotFoundError as error:
        raise ResultsUnusableError(f"there is no results file {path}") from error
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> OutputUnwritableError:
    return OutputUnwritableError(f"{path} cannot be written: {error.strerror}")
