"""The warm launcher: commands of the target are forked from a process that has done its imports once.

Cold is the reference. Whatever cannot be forked with the same outcome (another program, a target that cannot
be warmed, an environment it was not warmed for) is started cold, and `reason` says why.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from kitty_conformance.errors import HarnessError
from kitty_conformance.target.cold import ColdLauncher
from kitty_conformance.target.launcher import Command, Running
from kitty_conformance.target.warm_server import Unwarmable, WarmServer, is_of_one_case


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
        How many servers may wait for commands at once, one for each environment as far as imports can tell.
    fast
        Spare the end of a fork where it could not be noticed.

    Attributes
    ----------
    forked, cold
        How many commands of the target were forked, and how many started cold.
    reason
        Why the latest command of the target that was not forked was not; empty if all were.

    """

    name = "warm"

    def __init__(self, python: Path, executable: Path, *, servers: int = 4, fast: bool = True) -> None:
        self._python, self._executable, self._limit, self._fast = python, executable, servers, fast
        self._cold = ColdLauncher()
        self._servers: OrderedDict[WarmServer, None] = OrderedDict()  # the latest used one last
        self._retired: list[WarmServer] = []
        self._refusals: dict[frozenset[tuple[str, str]], str] = {}
        self._learned: list[str] | None = None
        self._lock = threading.Lock()
        self._gone = 0.0  # CPU seconds of servers that have ended
        self.reason = ""
        self.forked = self.cold = 0

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
            running = self._forked(command)
        except Unwarmable as refusal:
            self._count(cold=1, reason=str(refusal))
            return self._cold.start(command)
        self._count(forked=1)
        return running

    @property
    def servers(self) -> tuple[int, ...]:
        """Process ids of the servers that wait for commands."""
        with self._lock:
            return tuple(server.pid for server in self._servers)

    @property
    def cpu(self) -> float:
        """CPU seconds of everything run so far that has ended: commands, and the hooks served for them."""
        with self._lock:
            servers = [*self._servers, *self._retired]
            return self._gone + self._cold.cpu + sum(server.cpu() for server in servers)

    def close(self) -> None:
        """End every command still running, and every server."""
        self._cold.close()
        with self._lock:
            servers = [*self._servers, *self._retired]
            self._servers.clear()
            self._retired.clear()
        for server in servers:
            self._end(server)

    def _end(self, server: WarmServer) -> None:
        self._gone += server.cpu()
        server.close()

    def _count(self, *, forked: int = 0, cold: int = 0, reason: str = "") -> None:
        with self._lock:
            self.forked += forked
            self.cold += cold
            self.reason = reason or self.reason

    def _forked(self, command: Command) -> Running:
        server = self._server_for(command)
        try:
            return server.fork(command, fast=self._fast)
        except Unwarmable:
            if server.is_gone:
                with self._lock:
                    self._servers.pop(server, None)
                self._end(server)
            raise

    def _server_for(self, command: Command) -> WarmServer:
        with self._lock:
            server = self._fitting(command) or self._new_server(command)
            self._servers[server] = None
            self._servers.move_to_end(server)
            while len(self._servers) > self._limit:
                oldest, _ = self._servers.popitem(last=False)
                oldest.retire()
                self._retired.append(oldest)
            return server

    def _fitting(self, command: Command) -> WarmServer | None:
        return next((server for server in reversed(self._servers) if server.fits(command.environment)), None)

    def _new_server(self, command: Command) -> WarmServer:
        alike = frozenset(item for item in command.environment.items() if not is_of_one_case(item[0]))
        if alike in self._refusals:
            raise Unwarmable(self._refusals[alike])  # it would be no other next time
        try:
            server = WarmServer(self._python, self._executable, command.environment, learned=self._learned)
        except Unwarmable as refusal:
            self._refusals[alike] = str(refusal)
            raise
        self._learned = server.learned
        return server

    def _with_warm_hooks(self, command: Command) -> Command:
        """Let hooks that a program (git) starts reach a server, if there is one that fits."""
        with self._lock:
            server = self._fitting(command)
        return server.with_warm_hooks(command, fast=self._fast) if server else command
