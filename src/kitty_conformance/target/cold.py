"""The cold launcher: every command is a process of its own, as a person would start it. The reference."""

from __future__ import annotations

import math
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final, Self
from weakref import WeakSet

from kitty_conformance.errors import HarnessError, TargetUnavailableError
from kitty_conformance.target.launcher import Command, Completed
from kitty_conformance.target.remains import group_lives

CHUNK: Final = 65536
GROUP_GRACE: Final = 2.0
"""Seconds given to the killed members of a process group to be gone."""


class ColdLauncher:
    """Starts each command as a fresh process, leader of a session of its own."""

    name = "cold"

    def __init__(self) -> None:
        self._started: WeakSet[ColdRunning] = WeakSet()
        self._lock = threading.Lock()
        self._spent = 0.0

    def start(self, command: Command) -> ColdRunning:
        """Start a command without waiting for it.

        Raises
        ------
        TargetUnavailableError
            The executable does not exist or cannot be started.
        HarnessError
            The working folder does not exist.

        """
        if not command.cwd.is_dir():
            raise HarnessError(f"working folder {command.cwd} does not exist")
        try:
            running = ColdRunning(command, _spawn(command), spend=self._spend)
        except OSError as error:
            raise TargetUnavailableError(f"{command.argv[0]} cannot be started: {error.strerror}") from error
        with self._lock:
            self._started.add(running)
        return running

    @property
    def cpu(self) -> float:
        """CPU seconds of every command that has ended, and of those it waited for."""
        return self._spent

    def _spend(self, seconds: float) -> None:
        with self._lock:
            self._spent += seconds

    def close(self) -> None:
        """End every command still running."""
        with self._lock:
            started = list(self._started)
        for running in started:
            running.signal(signal.SIGKILL)
            running.wait()


def _spawn(command: Command) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command.argv,
        cwd=command.cwd,
        env=command.environment,
        stdin=subprocess.DEVNULL if command.stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
        umask=0o022,
    )


class ColdRunning:
    """A command under way. Its output is taken in and its limits are kept whether or not anybody waits."""

    def __init__(
        self, command: Command, process: subprocess.Popen[bytes], *, spend: Callable[[float], None]
    ) -> None:
        self._command = command
        self._process = process
        self._spend = spend
        self._started = time.monotonic()
        self._seconds = self._cpu = 0.0
        self._timed_out = self._flooded = False
        self._reaping = threading.Lock()
        self._streams = _Streams(process, command)
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._supervisor.start()

    @property
    def pid(self) -> int:
        """Process id, which is also the process group id."""
        return self._process.pid

    def signal(self, number: int, *, group: bool = True) -> None:
        """Send a signal to the process group, or to the process alone; a process already gone is no error."""
        with self._reaping, suppress(ProcessLookupError):
            if self._process.returncode is None:
                (os.killpg if group else os.kill)(self.pid, number)

    def wait(self) -> Completed:
        """Wait for the end (or a limit), end what is left of the process group, collect what came back."""
        self._supervisor.join()
        return Completed(
            command=self._command,
            exit_status=self._process.returncode,
            stdout=bytes(self._streams.stdout),
            stderr=bytes(self._streams.stderr),
            seconds=self._seconds,
            cpu=self._cpu,
            timed_out=self._timed_out,
            flooded=self._flooded,
        )

    def _supervise(self) -> None:
        """Move data until the leader is gone, end the group, then take what is left in the pipes.

        It does not wait for the pipes to close: a descendant that left the group may hold them for ever.
        """
        deadline = self._started + self._command.timeout
        with self._streams as streams:
            while not streams.have_ended():
                streams.move(patience=deadline - time.monotonic())
                late = time.monotonic() >= deadline and not (streams.have_ended() or streams.flooded)
                self._timed_out |= late
                if late or streams.flooded:
                    self.signal(signal.SIGKILL)
                    deadline = math.inf
            self._end_group()
            self._seconds = time.monotonic() - self._started
            while streams.move(patience=0):
                pass
            self._flooded = streams.flooded

    def _end_group(self) -> None:
        """Kill the group while its leader, not yet reaped, still keeps the number from being used again."""
        self.signal(signal.SIGKILL)
        with self._reaping:
            self._cpu = self._reap()
        self._spend(self._cpu)
        patience = time.monotonic() + GROUP_GRACE
        while group_lives(self.pid) and time.monotonic() < patience:
            time.sleep(0.001)

    def _reap(self) -> float:
        """Let go of the leader, which has ended; gives the CPU seconds of it and of those it waited for."""
        try:
            _, status, usage = os.wait4(self.pid, 0)
        except ChildProcessError:  # pragma: no cover - reaped already, where there is no waitid
            self._process.wait()
            return 0.0
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return usage.ru_utime + usage.ru_stime


class _Streams:
    """The ends of the pipes that are ours, and the news that the leader is gone."""

    def __init__(self, process: subprocess.Popen[bytes], command: Command) -> None:
        self.stdout, self.stderr = bytearray(), bytearray()
        self.flooded = self._ended = False
        self._limit = command.output_limit
        self._input = memoryview(command.stdin or b"")
        self._pipes = [pipe for pipe in (process.stdin, process.stdout, process.stderr) if pipe is not None]
        self._selector = selectors.DefaultSelector()
        self._news, notice = os.pipe()
        self._watch(process, notice)

    def _watch(self, process: subprocess.Popen[bytes], notice: int) -> None:
        for ours in self._pipes:
            os.set_blocking(ours.fileno(), False)
        self._selector.register(self._news, selectors.EVENT_READ, self._hear)
        for pipe, into in ((process.stdout, self.stdout), (process.stderr, self.stderr)):
            if pipe is not None:
                self._selector.register(pipe, selectors.EVENT_READ, partial(self._take, into))
        if process.stdin is not None:
            self._selector.register(process.stdin, selectors.EVENT_WRITE, self._give)
        threading.Thread(target=_await_leader, args=(process, notice), daemon=True).start()

    def have_ended(self) -> bool:
        """Whether the leader is gone."""
        return self._ended

    def move(self, patience: float) -> bool:
        """Move what can be moved, waiting so many seconds for the first of it; whether anything was."""
        ready = self._selector.select(None if patience == math.inf else max(0.0, patience))
        for key, _ in ready:
            key.data(key.fd)
        return bool(ready)

    def _hear(self, news: int) -> None:
        self._ended = True
        self._selector.unregister(news)

    def _take(self, into: bytearray, pipe: int) -> None:
        chunk = os.read(pipe, CHUNK)
        room = self._limit - len(into)
        into += chunk[:room]
        if len(chunk) > room:
            self.flooded = True
        if not chunk or self.flooded:
            self._selector.unregister(pipe)

    def _give(self, pipe: int) -> None:
        try:
            self._input = self._input[os.write(pipe, self._input[:CHUNK]) :]
        except BrokenPipeError:
            self._input = self._input[:0]  # it does not want to read
        if not self._input:
            self._selector.unregister(pipe)
            self._pipes.pop(0).close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for pipe in self._pipes:
            pipe.close()
        os.close(self._news)


def _await_leader(process: subprocess.Popen[bytes], notice: int) -> None:
    """Wait for the leader without reaping it, then close the notice."""
    try:
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        else:  # pragma: no cover - some systems have no waitid; there the number may be used again early
            process.wait()
    finally:
        os.close(notice)
