"""Standard output and standard error, which whoever reads them may leave, and which may run out of room.

What cannot be written there ends the command as any other error does. Left to themselves, the libraries that
print for us end it with exit code 1, which is a verdict.
"""

from __future__ import annotations

import io
from typing import Any, TextIO

from kitty_conformance.errors import OutputClosedError, OutputUnwritableError


def guarded(stream: TextIO, called: str) -> TextIO:
    """Return a stream to the same place that tells in words of ours why it takes no more.

    What is no file of the system, and what is not there at all, stays as it is.
    """
    try:
        descriptor = stream.fileno()
    except (AttributeError, OSError):
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(_Outlet(descriptor, called)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=bool(stream.line_buffering),
    )


class _Outlet(io.FileIO):
    """Writes to a descriptor that is not its own; once that has failed, nobody is told again."""

    def __init__(self, descriptor: int, called: str) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self._called, self._gone = called, False

    def write(self, data: Any) -> int:
        if self._gone:
            return len(data)
        try:
            return super().write(data)
        except BrokenPipeError as error:
            self._gone = True
            raise OutputClosedError(f"nobody reads {self._called} any more") from error
        except OSError as error:
            self._gone = True
            raise OutputUnwritableError(f"{self._called} cannot be written: {error.strerror}") from error
