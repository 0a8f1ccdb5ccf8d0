"""One warm process: an interpreter that has imported the target in an environment like that of a command."""

from __future__ import annotations

import configparser
import os
import re
import secrets
import selectors
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from kitty_conformance.target.launcher import Command
from kitty_conformance.target.plan import ADAPTERS, INSIDE
from kitty_conformance.target.warm_running import UMASK, WarmRunning, fork, receive, send

START_PATIENCE: Final = 120.0
"""Seconds a server may take to import the target on a loaded machine."""

ENTRY: Final = """
import sys
sys.path[0] = sys.argv[2]
from importlib.machinery import SourceFileLoader
server = type(sys)("kitty_conformance.inside.warm_server")
server.__file__ = sys.argv[1]
SourceFileLoader(server.__name__, server.__file__).exec_module(server)
server.main()
"""
"""What the server runs as its main module: next to nothing, for that is to be the target's.

The first place that imports look at is, from the beginning, the folder of the console script.
"""

ENVIRONMENT_ROOM: Final = 16384
"""Bytes kept free for forks to show their environment to other processes."""

FOLDER_VARIABLES: Final = re.compile(r"HOME|PWD|OLDPWD|TMP|TEMP|TMPDIR|.*_HOME|XDG_.*_DIR")
"""Variables that name a folder of one case; imports get a stand-in, forks the folder itself."""

ALWAYS_ASKED: Final = re.compile(r"PYTHON.*|LC_.*|LANG|LANGUAGE|TZ|LD_.*|MALLOC_.*|OPENSSL_.*")
"""Variables that the interpreter, or the C library below it, reads when it starts, unseen by us."""

OURS: Final = re.compile(r"KITTY_INSIDE.*")


class Unwarmable(Exception):  # noqa: N818 - a finding about the target, not an error
    """Something cannot be forked with the outcome of a cold start; the message says why."""


class WarmServer:
    """A process that forks commands of a target; it dies with us.

    Parameters
    ----------
    python
        Interpreter of the target environment.
    executable
        Console script of the target.
    environment
        Of the command that is to be served first: imports see what they would see there.
    learned
        What an earlier server of this target found to be imported late; `None` to find out.

    Raises
    ------
    Unwarmable
        The target cannot be imported once for many commands.

    """

    def __init__(
        self,
        python: Path,
        executable: Path,
        environment: Mapping[str, str],
        *,
        learned: list[str] | None = None,
    ) -> None:
        self._address = f"kitty-conformance-{os.getpid()}-{secrets.token_hex(16)}"
        theirs = {name: value for name, value in environment.items() if not OURS.fullmatch(name)}
        self._always = _always_asked(theirs)
        self._adapters = environment.get(ADAPTERS, "")
        root = Path(tempfile.mkdtemp(prefix="kitty-warm-")).resolve()
        try:
            folders = _stand_ins(root, theirs)
            order = {
                "address": self._address,
                "module": entry_module(python, executable),
                "script": str(executable),
                "root": str(root),
                "folders": folders,
                "environment": {**theirs, **{name: folders[name] for name in folders.keys() & theirs.keys()}},
                "learned": learned,
                "adapters": self._adapters,
            }
            self._start(python, order)
        finally:
            shutil.rmtree(root, ignore_errors=True)
        self._folders = folders.keys()

        self._asking = threading.Lock()
        self._spent = 0.0

    def _start(self, python: Path, order: dict[str, Any]) -> None:
        self._channel, theirs = socket.socketpair()
        scripts = Path(order["script"]).parent
        with theirs:
            self._process = subprocess.Popen(
                [python, "-c", ENTRY, INSIDE / "warm_server.py", scripts, str(theirs.fileno())],
                cwd="/",
                # No more than this: whoever ends what a case left behind goes by what an environment names.
                env={**self._always, "KITTY_INSIDE_ROOM": "." * ENVIRONMENT_ROOM},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                umask=UMASK,
            )
        try:
            found = self._findings(order)
        except BaseException:
            self.close()
            raise
        self.asked: dict[str, str | None] = found["asked"]
        """Variables the imports read, with what they got."""
        self.again: list[str] = found["again"]
        """Modules whose body is executed again in each fork: it depends on the folder or the arguments."""
        self.loud: list[str] = found["loud"]
        """Kinds of objects for whose sake each fork is ended the long way."""
        self.learned: list[str] = found["learned"]

    def _findings(self, order: dict[str, Any]) -> dict[str, Any]:
        """Wait for what the server found out. A target whose imports print cannot be warmed."""
        printed = bytearray()
        with suppress(BrokenPipeError):  # it says why on its standard error
            send(self._channel, order)
        deadline = time.monotonic() + START_PATIENCE
        with selectors.DefaultSelector() as selector:
            for stream in (self._process.stdout, self._process.stderr, self._channel):
                selector.register(stream, selectors.EVENT_READ)  # type: ignore[arg-type] # both are pipes
            while ready := selector.select(deadline - time.monotonic()):
                for key, _ in ready:
                    if key.fileobj is self._channel:
                        return self._judged(bytes(printed))
                    chunk = os.read(key.fd, 65536)
                    printed += chunk
                    if not chunk:
                        selector.unregister(key.fileobj)
        raise Unwarmable(f"it was not imported within {START_PATIENCE:.0f} seconds")

    def _judged(self, printed: bytes) -> dict[str, Any]:
        try:
            found = receive(self._channel)
        except (EOFError, ConnectionError):
            said = (printed + self._process.communicate()[1]).decode("utf-8", "replace").split("\n")
            last = next((line for line in reversed(said) if line.strip()), "no message")
            raise Unwarmable(f"it does not import: {last}") from None
        if "refused" in found:
            raise Unwarmable(found["refused"])
        if printed:
            raise Unwarmable(f"its imports print {printed[:80]!r}")
        return found

    def fits(self, environment: Mapping[str, str]) -> bool:
        """Whether the imports would have seen the same in this environment."""
        alike = _always_asked(environment) == self._always and environment.get(ADAPTERS, "") == self._adapters
        return alike and all(
            (seen is not None and name in environment)
            if name in self._folders
            else seen == environment.get(name)
            for name, seen in self.asked.items()
        )

    def with_warm_hooks(self, command: Command, *, fast: bool) -> Command:
        """Return the command with an environment by which git hooks of the target find this server."""
        found = {
            "KITTY_INSIDE": str(INSIDE / "warm_hook.py"),
            "KITTY_INSIDE_WARM": self._address,
            "KITTY_INSIDE_FAST": str(int(fast)),
        }
        if inside := command.environment.get("KITTY_INSIDE"):
            found["KITTY_INSIDE_THEN"] = inside
        return replace(command, environment={**command.environment, **found})

    def fork(self, command: Command, *, fast: bool) -> WarmRunning:
        """Start a command in a fork of this server.

        Raises
        ------
        Unwarmable
            The server declines it, or is gone.

        """
        try:
            started = fork(self._address, self.with_warm_hooks(command, fast=fast), fast=fast)
        except (OSError, EOFError) as error:
            raise Unwarmable(f"the warm server is gone: {error!r}") from error
        if isinstance(started, str):
            raise Unwarmable(started)
        return WarmRunning(command, started)

    def cpu(self) -> float:
        """CPU seconds of everything it forked that has ended: commands and hooks."""
        with self._asking, suppress(OSError, EOFError):
            self._channel.sendall(b"u")
            self._spent = float(receive(self._channel)["forks"])
        return self._spent

    @property
    def is_gone(self) -> bool:
        """Whether the server has ended."""
        return self._process.poll() is not None

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

    def retire(self) -> None:
        """Let the server end as soon as no command of it is running."""
        with suppress(OSError):
            self._channel.send(b"q")

    def close(self) -> None:
        """End the server and what it forked."""
        self._channel.close()
        self._process.wait()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()


def entry_module(python: Path, executable: Path) -> str:
    """Module that a console script of an environment imports, as the metadata of its distribution says.

    Raises
    ------
    Unwarmable
        No distribution declares that script.

    """
    metadata = python.parent.parent.glob("lib/python3.*/site-packages/*.dist-info/entry_points.txt")
    for file in sorted(metadata):
        points = configparser.RawConfigParser(delimiters=("=",))
        points.optionxform = str  # type: ignore[assignment,method-assign] # names keep their capitals
        points.read_string(file.read_text("utf-8"))
        if value := points.get("console_scripts", executable.name, fallback=""):
            return value.partition(":")[0].strip()
    raise Unwarmable(f"no distribution of the environment declares the console script {executable.name}")


def is_of_one_case(name: str) -> bool:
    """Whether a variable names a folder of one case, or is ours: servers are not chosen by its value."""
    return bool(FOLDER_VARIABLES.fullmatch(name) or (OURS.fullmatch(name) and name != ADAPTERS))


def _always_asked(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if ALWAYS_ASKED.fullmatch(name)}


def _stand_ins(root: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Make what imports see in the place of each folder of a case; `.` is the working folder."""
    names = [
        name for name, value in environment.items() if FOLDER_VARIABLES.fullmatch(name) and value[:1] == "/"
    ]
    folders = {name: str(root / f"{name}-folder") for name in names}
    folders["."] = str(root / "working-folder")
    for folder in folders.values():
        Path(folder).mkdir()
    return folders
