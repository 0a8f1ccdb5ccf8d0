"""The pytest process of a session: it never outlives us, however we end."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, Final, Self

from kitty_conformance.running.catalogue import own_settings

PATIENCE: Final = 20.0
"""Seconds pytest is given to tear the cases in flight down before it is killed."""


class PytestProcess:
    """One pytest with its workers, a process group of its own, so that ctrl-C reaches us alone.

    It holds one end of a pipe, the lifeline, and stops as on ctrl-C when our end is closed: by us, or by the
    system because we were killed. A context manager: at its end the whole group is gone.

    Attributes
    ----------
    status
        Its exit status, negative for a signal; `None` while it runs.

    """

    def __init__(self, argv: Sequence[str], output: BinaryIO) -> None:
        theirs, self._lifeline = os.pipe()
        try:
            self._process = subprocess.Popen(
                [*argv, "--kitty-lifeline", str(theirs)],
                env=own_settings(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(theirs,),
                start_new_session=True,
            )
        finally:
            os.close(theirs)

    @property
    def status(self) -> int | None:
        """Its exit status, if it has ended."""
        return self._process.poll()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.close(self._lifeline)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            pass
        finally:  # also when the person presses ctrl-C again
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
