"""The warm launcher: commands of the target are forked from a process that has done its imports once.

Cold is the reference. Whatever cannot be forked with the same outcome (another program, a target that cannot be
warmed, an environment nobody was warmed for) is started cold, and `reason` says why.
"""

from __future__ import annotations

import array
import configparser
import json
import os
import re
import resource
import secrets
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

from kitty_conformance.errors import HarnessError
from kitty_conformance.target.cold import ColdLauncher, ColdRunning, _Streams
from kitty_conformance.target.launcher import Command, Running
from kitty_conformance.target.plan import INSIDE

START_PATIENCE: Final = 120.0
"""Seconds a server may take to import the target on a loaded machine."""

UMASK: Final = 0o022

FOLDER_VARIABLES: Final = re.compile(r"HOME|PWD|OLDPWD|TMP|TEMP|TMPDIR|.*_HOME|XDG_.*_DIR")
"""Variables that name a folder of one case; imports get a stand-in, forks the folder itself."""

ALWAYS_ASKED: Final = re.compile(r"PYTHON.*|LC_.*|LANG|LANGUAGE|TZ|LD_.*|MALLOC_.*|OPENSSL_.*")
"""Variables that the interpreter, or the C library below it, reads when it starts, unseen by us."""

OURS: Final = re.compile(r"KITTY_INSIDE.*")


class Unwarmable(Exception):  # noqa: N818 - a finding about the target, not an error
    """This target cannot be warmed, for this environment; the message says why."""


class WarmLauncher:
    """Forks commands of one target environment; safe to use from several threads at once.

    Servers belong to the process that made the launcher and die with it, however it dies.

    Parameters
    ----------
    python
        Interpreter of the target environment.
    executable
        Console script of the target; only commands that start it are forked.
    servers
        How many servers may be alive at once, one for each environment as far as imports can tell.
    fast
        End a fork early where its full end could not be noticed.

    """

    name = "warm"

    def __init__(self, python: Path, executable: Path, *, servers: int = 4, fast: bool = True) -> None:
        self._python, self._executable, self._limit, self._fast = python, executable, servers, fast
        self._cold = ColdLauncher()
        self._servers: OrderedDict[int, Server] = OrderedDict()  # the latest used one last
        self._lock = threading.Lock()
        self._refusal = ""
        self._learned: list[str] | None = None
        self.reason = ""
        """Why the latest command that should have been forked was started cold; empty if none was."""
        self.forked = self.cold = 0
        """How many commands of the target were forked, and how many started cold."""

    def start(self, command: Command) -> Running:
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
        if command.argv[0] != str(self._executable):
            return self._cold.start(self._with_warm_hooks(command))
        try:
            running = self._server_for(command).fork(command, fast=self._fast)
        except Unwarmable as refusal:
            self.reason = str(refusal)
            self.cold += 1
            return self._cold.start(command)
        self.forked += 1
        return running

    def close(self) -> None:
        """End every command still running, and every server."""
        self._cold.close()
        with self._lock:
            servers = list(self._servers.values())
            self._servers.clear()
        for server in servers:
            server.close()

    def _server_for(self, command: Command) -> Server:
        with self._lock:
            if server := self._fitting(command):
                return server
            if self._refusal:
                raise Unwarmable(self._refusal)
            try:
                server = Server(self._python, self._executable, command, self._learned)
            except Unwarmable as refusal:
                self._refusal = str(refusal)  # it would be no other next time
                raise
            self._learned = server.found["learned"]
            self._servers[id(server)] = server
            while len(self._servers) > self._limit:
                _, oldest = self._servers.popitem(last=False)
                oldest.retire()
            return server

    def _fitting(self, command: Command) -> Server | None:
        for key, server in reversed(self._servers.items()):
            if server.fits(command):
                self._servers.move_to_end(key)
                return server
        return None

    def _with_warm_hooks(self, command: Command) -> Command:
        """Let hooks that a program (git) starts reach a server, if there is one that fits."""
        with self._lock:
            server = self._fitting(command)
        return server.with_warm_hooks(command, fast=self._fast) if server else command


def entry_module(python: Path, executable: Path) -> str:
    """Module that a console script of an environment imports, from the metadata of its distributions.

    Raises
    ------
    Unwarmable
        No distribution declares that script.

    """
    for file in sorted(python.parent.parent.glob("lib/python3.*/site-packages/*.dist-info/entry_points.txt")):
        points = configparser.ConfigParser(delimiters=("=",), interpolation=None)
        points.optionxform = str  # type: ignore[assignment,method-assign]
        points.read_string(file.read_text("utf-8"))
        if value := points.get("console_scripts", executable.name, fallback=""):
            return value.partition(":")[0].strip()
    raise Unwarmable(f"no distribution beside {executable} declares it as a console script")


class Server:
    """One warm process: an interpreter that has imported the target in an environment like that of a command.

    Raises
    ------
    Unwarmable
        The target cannot be imported once for many commands; the message says why.

    """

    def __init__(
        self, python: Path, executable: Path, command: Command, learned: list[str] | None = None
    ) -> None:
        self._address = f"kitty-conformance-{os.getpid()}-{secrets.token_hex(16)}"
        self._root = Path(os.path.realpath(tempfile.mkdtemp(prefix="kitty-warm-")))
        try:
            self._warm_up(python, executable, command, learned)
        finally:
            shutil.rmtree(self._root, ignore_errors=True)

    def _warm_up(
        self, python: Path, executable: Path, command: Command, learned: list[str] | None
    ) -> None:
        order = self._order(entry_module(python, executable), executable, command, learned)
        environment = {
            name: order["folders"].get(name, value)
            for name, value in command.environment.items()
            if not OURS.fullmatch(name)
        }
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [python, str(INSIDE / "warm_server.py"), str(theirs.fileno())],
                cwd="/",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                umask=UMASK,
            )
        try:
            send(self._channel, order)
            found = self._findings()
        except BaseException:
            self.close()
            raise
        self._always = {n: v for n, v in environment.items() if ALWAYS_ASKED.fullmatch(n)}
        self._folders = set(order["folders"])
        self.found = found
        self._asked: dict[str, str | None] = found["asked"]

    def _order(
        self, module: str, executable: Path, command: Command, learned: list[str] | None
    ) -> dict[str, Any]:
        names = [
            name
            for name, value in command.environment.items()
            if FOLDER_VARIABLES.fullmatch(name) and value.startswith("/")
        ]
        folders = {name: str(self._root / f"{name}-folder") for name in (*names, ".")}
        folders["."] = str(self._root / "working-folder")
        for folder in folders.values():
            Path(folder).mkdir()
        return {
            "address": self._address,
            "module": module,
            "script": str(executable),
            "folders": folders,
            "root": str(self._root),
            "learned": learned,
        }

    def _findings(self) -> dict[str, Any]:
        """Wait for what the server found out; whatever its imports print makes it useless."""
        printed = bytearray()
        deadline = time.monotonic() + START_PATIENCE
        with selectors.DefaultSelector() as selector:
            for stream in (self._channel, self._process.stdout, self._process.stderr):
                assert stream is not None  # noqa: S101 - all are pipes
                selector.register(stream, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select(deadline - time.monotonic())]
                if not ready:
                    raise Unwarmable(f"it was not imported within {START_PATIENCE:.0f} seconds")
                for stream in ready:
                    if stream is self._channel:
                        continue
                    chunk = os.read(stream.fileno(), 65536)  # type: ignore[union-attr]
                    printed += chunk
                    if not chunk:
                        selector.unregister(stream)
                if self._channel in ready:
                    return self._judged(printed)

    def _judged(self, printed: bytearray) -> dict[str, Any]:
        try:
            found = receive(self._channel)
        except EOFError:
            said = (self._process.communicate()[1] or bytes(printed)).decode("utf-8", "replace").strip()
            raise Unwarmable(f"it does not import: {said.splitlines()[-1] if said else 'no message'}") from None
        if "refused" in found:
            raise Unwarmable(found["refused"])
        if printed:
            raise Unwarmable(f"its imports print {bytes(printed[:80])!r}")
        return found

    def fits(self, command: Command) -> bool:
        """Whether the imports would have seen the same in this command's environment."""
        environment = command.environment
        always = {name: value for name, value in environment.items() if ALWAYS_ASKED.fullmatch(name)}
        return always == self._always and all(
            value == environment.get(name)
            or (name in self._folders and value is not None and environment.get(name, "").startswith("/"))
            for name, value in self._asked.items()
        )

    def with_warm_hooks(self, command: Command, *, fast: bool) -> Command:
        """Return the command with an environment by which hooks find this server."""
        environment = dict(command.environment)
        environment["KITTY_INSIDE_WARM"] = self._address
        environment["KITTY_INSIDE_FAST"] = "1" if fast else "0"
        if inside := environment.get("KITTY_INSIDE"):
            environment["KITTY_INSIDE_THEN"] = inside
        environment["KITTY_INSIDE"] = str(INSIDE / "warm_hook.py")
        return Command(
            argv=command.argv,
            cwd=command.cwd,
            environment=environment,
            stdin=command.stdin,
            timeout=command.timeout,
            output_limit=command.output_limit,
        )

    def fork(self, command: Command, *, fast: bool) -> WarmRunning:
        """Start a command in a fork of this server.

        Raises
        ------
        Unwarmable
            The server declines it, or is gone.

        """
        try:
            return WarmRunning(command, _Fork(self._address, self.with_warm_hooks(command, fast=fast), fast=fast))
        except (OSError, EOFError) as error:
            raise Unwarmable(f"the warm server is gone: {error!r}") from error

    def retire(self) -> None:
        """End the server once no command of it is running."""
        self.close()

    def close(self) -> None:
        """End the server and what it forked."""
        self._channel.close()
        self._process.wait()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()


def send(peer: socket.socket, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
    """Send one message: its length, with the descriptors, then JSON."""
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


class _Fork:
    """A forked command with the face of `subprocess.Popen`, as the supervision of cold commands knows it."""

    def __init__(self, address: str, command: Command, *, fast: bool) -> None:
        self.args = command.argv
        self.returncode: int | None = None
        self.cpu = 0.0
        """CPU seconds of the process and of those it waited for, known once it was reaped."""
        self.news = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        theirs: list[int] = []
        self.stdin, self.stdout, self.stderr = None, None, None
        try:
            theirs.append(self._open_input(command))
            for name in ("stdout", "stderr"):
                ours, end = os.pipe()
                theirs.append(end)
                setattr(self, name, open(ours, "rb", buffering=0))  # noqa: SIM115, PTH123 - closed with the streams
            self.news.connect(b"\0" + address.encode())
            send(self.news, self._request(command, fast=fast), tuple(theirs))
            answer = receive(self.news)
        except BaseException:
            self._abandon()
            raise
        finally:
            for end in theirs:
                os.close(end)
        if "pid" not in answer:
            self._abandon()
            raise Unwarmable(str(answer.get("declined")))
        self.pid: int = answer["pid"]

    def _open_input(self, command: Command) -> int:
        if command.stdin is None:
            return os.open(os.devnull, os.O_RDONLY)
        end, ours = os.pipe()
        self.stdin = open(ours, "wb", buffering=0)  # noqa: SIM115, PTH123 - closed with the streams
        return end

    def _request(self, command: Command, *, fast: bool) -> dict[str, Any]:
        return {
            "argv": list(command.argv),
            "orig": list(command.argv),
            "cwd": str(command.cwd),
            "environment": command.environment,
            "umask": UMASK,
            "limits": [(each, resource.getrlimit(each)) for each in _LIMITS],
            "parent": os.getpid(),
            "fast": fast,
        }

    def _abandon(self) -> None:
        self.news.close()
        for pipe in (self.stdin, self.stdout, self.stderr):
            if pipe is not None:
                pipe.close()

    def hear(self) -> None:
        """Take the news of the end, which is there."""
        try:
            self.ended = receive(self.news)["ended"]
        except (EOFError, OSError):
            self.ended = -signal.SIGKILL  # the server is gone, and took the command with it

    def wait(self) -> int:
        """Wait for the end and let the server reap it."""
        if not hasattr(self, "ended"):
            self.hear()
        with suppress(OSError, EOFError):
            self.news.sendall(b"r")
            self.cpu = receive(self.news)["cpu"]
        self.news.close()
        self.returncode = self.ended
        return self.ended


_LIMITS: Final = tuple(sorted({value for name, value in vars(resource).items() if name.startswith("RLIMIT_")}))


class _WarmStreams(_Streams):
    """The pipes of a forked command; news of its end comes through the connection to its server."""

    def _watch(self, process: Any, notice: int) -> None:
        os.close(notice)
        os.close(self._news)
        self._news = os.dup(process.news.fileno())
        self._selector.register(self._news, selectors.EVENT_READ, self._hear)
        for ours in self._pipes:
            os.set_blocking(ours.fileno(), False)
        for pipe, into in ((process.stdout, self.stdout), (process.stderr, self.stderr)):
            self._selector.register(pipe, selectors.EVENT_READ, partial(self._take, into))
        if process.stdin is not None:
            self._selector.register(process.stdin, selectors.EVENT_WRITE, self._give)


class WarmRunning(ColdRunning):
    """A forked command under way: limits, flood and the end of its group are those of a cold one."""

    def __init__(self, command: Command, fork: _Fork) -> None:
        self._command = command
        self._process: Any = fork
        self._started = time.monotonic()
        self._seconds = 0.0
        self._timed_out = self._flooded = False
        self._reaping = threading.Lock()
        self._streams = _WarmStreams(self._process, command)
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._supervisor.start()

    @property
    def cpu(self) -> float:
        """CPU seconds of the command and of the processes it waited for; known after `wait`."""
        return float(self._process.cpu)
