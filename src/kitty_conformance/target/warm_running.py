"""A command forked by a warm server, supervised like a cold one."""

from __future__ import annotations

import array
import json
import os
import resource
import selectors
import signal
import socket
import struct
import subprocess
import threading
import time
from contextlib import ExitStack
from functools import partial
from io import FileIO
from typing import Any, Final, cast

from kitty_conformance.target.cold import ColdRunning, _Streams
from kitty_conformance.target.launcher import Command

UMASK: Final = 0o022
"""The same as cold commands have."""

LIMITS: Final = tuple(sorted({value for name, value in vars(resource).items() if name.startswith("RLIMIT_")}))


def send(peer: socket.socket, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
    """Send one message: its length together with the descriptors, then JSON."""
    body = json.dumps(message).encode()
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    peer.sendmsg([struct.pack("!I", len(body))], rights)
    peer.sendall(body)


def receive(peer: socket.socket) -> dict[str, Any]:
    """Receive one message.

    Raises
    ------
    EOFError
        The peer is gone.

    """
    (length,) = struct.unpack("!I", _exactly(peer, 4))
    message: dict[str, Any] = json.loads(_exactly(peer, length))
    return message


def _exactly(peer: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        chunk = peer.recv(length - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return bytes(data)


class Fork:
    """A forked process with the face of `subprocess.Popen`, as far as the supervision of commands knows it.

    Attributes
    ----------
    news
        Connection to the server that forked it; readable once the process has ended.
    cpu
        CPU seconds of the process and those it waited for, known once it was reaped.

    """

    def __init__(self, pid: int, news: socket.socket, pipes: tuple[FileIO | None, FileIO, FileIO]) -> None:
        self.pid, self.news = pid, news
        self.stdin, self.stdout, self.stderr = pipes
        self.returncode: int | None = None
        self.cpu = 0.0

    def wait(self) -> int:
        """Wait for the end and have the process reaped; its number may be used again only then."""
        try:
            ended = int(receive(self.news)["ended"])
            self.news.sendall(b"r")
            self.cpu = float(receive(self.news)["cpu"])
        except (EOFError, OSError):
            ended = -signal.SIGKILL  # the server is gone, and has taken the command along
        self.news.close()
        self.returncode = ended
        return ended


def fork(address: str, command: Command, *, fast: bool) -> Fork | str:
    """Have a command forked by the server at an address; gives the reason if the server declines.

    Raises
    ------
    OSError, EOFError
        The server is gone.

    """
    with ExitStack() as ours, ExitStack() as theirs:
        news = ours.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        stdin, read_end = _input(command, ours)
        theirs.callback(os.close, read_end)
        outputs = [_output(ours, theirs) for _ in range(2)]
        news.connect(b"\0" + address.encode())
        send(news, _request(command, fast=fast), (read_end, *(end for _, end in outputs)))
        answer = receive(news)
        if "pid" not in answer:
            return str(answer["declined"])
        ours.pop_all()
        return Fork(answer["pid"], news, (stdin, outputs[0][0], outputs[1][0]))


def _input(command: Command, ours: ExitStack) -> tuple[FileIO | None, int]:
    if command.stdin is None:
        return None, os.open(os.devnull, os.O_RDONLY)
    read_end, write_end = os.pipe()
    return ours.enter_context(FileIO(write_end, "wb")), read_end


def _output(ours: ExitStack, theirs: ExitStack) -> tuple[FileIO, int]:
    read_end, write_end = os.pipe()
    theirs.callback(os.close, write_end)
    return ours.enter_context(FileIO(read_end, "rb")), write_end


def _request(command: Command, *, fast: bool) -> dict[str, Any]:
    return {
        "argv": command.argv,
        "orig": command.argv,
        "cwd": str(command.cwd),
        "environment": command.environment,
        "umask": UMASK,
        "limits": [(each, resource.getrlimit(each)) for each in LIMITS],
        "parent": os.getpid(),
        "fast": fast,
    }


class _WarmStreams(_Streams):
    """The pipes of a forked command; the news of its end comes from its server."""

    def _watch(self, process: subprocess.Popen[bytes], notice: int) -> None:
        forked = cast("Fork", process)
        os.close(notice)
        os.dup2(forked.news.fileno(), self._news, inheritable=False)
        self._selector.register(self._news, selectors.EVENT_READ, self._hear)
        for ours in self._pipes:
            os.set_blocking(ours.fileno(), False)
        for pipe, into in ((forked.stdout, self.stdout), (forked.stderr, self.stderr)):
            self._selector.register(pipe, selectors.EVENT_READ, partial(self._take, into))
        if forked.stdin is not None:
            self._selector.register(forked.stdin, selectors.EVENT_WRITE, self._give)


class WarmRunning(ColdRunning):
    """A forked command under way: its limits and the end of its group are kept as those of a cold one."""

    def __init__(self, command: Command, forked: Fork) -> None:
        self._command = command
        self._process = cast("subprocess.Popen[bytes]", forked)
        self._spend = _told_by_the_server
        self._started = time.monotonic()
        self._seconds = self._cpu = 0.0
        self._timed_out = self._flooded = False
        self._reaping = threading.Lock()
        self._streams = _WarmStreams(self._process, command)
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._supervisor.start()

    def _reap(self) -> float:
        self._process.wait()
        return cast("Fork", self._process).cpu


def _told_by_the_server(_: float) -> None:
    """Add nothing: the server tells of everything it forked, the hooks too."""
