"""Warm server: an interpreter of the target that has done the imports of its command, and forks per command.

`main` is run by the target's own interpreter; its last argument is the number of an inherited socket whose
other end belongs to the owner. The server dies when that end is closed. What it is to warm
comes through the channel, what it found out goes back. From then on each connection to its listening socket
is one command: the request with three descriptors, answered by the process id, then by the end. The process
is reaped, and its number free again, when the peer has said so.
"""

from __future__ import annotations

import array
import gc
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


HERE = os.path.dirname(os.path.abspath(__file__))
ADAPTERS = "KITTY_INSIDE_ADAPTERS"
"""Variable that names the adapters a command is to have."""
PATIENCE = 10.0
"""Seconds a peer may take to hand over a request, which it has ready."""
STREAMS = 3


def load(name: str) -> ModuleType:
    """Load a neighbour of this file, unseen by the target."""
    loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
    module = type(sys)(f"kitty_conformance.inside.{name.replace('/', '.')}")
    module.__file__ = os.path.join(HERE, f"{name}.py")
    loader(module.__name__, module.__file__).exec_module(module)
    return module


def send(peer: socket.socket, message: dict[str, Any]) -> None:
    """Send one message: its length, then JSON."""
    body = json.dumps(message).encode()
    peer.sendall(struct.pack("!I", len(body)) + body)


def receive(peer: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Receive one message and the descriptors that came with its length.

    Raises
    ------
    EOFError
        The peer is gone.

    """
    descriptors = array.array("i")
    data, ancillary, _, _ = peer.recvmsg(4, socket.CMSG_SPACE(STREAMS * descriptors.itemsize))
    for _, _, content in ancillary:
        descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
    (length,) = struct.unpack("!I", data + _exactly(peer, 4 - len(data)))
    return json.loads(_exactly(peer, length)), list(descriptors)


def _exactly(peer: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        chunk = peer.recv(length - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return bytes(data)


class Fork:
    """One command under way: its process, and the connection of whoever asked for it."""

    def __init__(self, pid: int, peer: socket.socket) -> None:
        self.pid, self.peer = pid, peer
        self.news = os.pidfd_open(pid)
        self.ended = False

    def tell_end(self) -> None:
        """Tell how the process ended; unreaped, it keeps its number taken while its group is ended."""
        outcome = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        if outcome is not None:  # it never is, without WNOHANG
            exited = outcome.si_code == os.CLD_EXITED
            self.ended = True
            with suppress(OSError):  # a peer that is gone is noticed by the loop
                send(self.peer, {"ended": outcome.si_status if exited else -outcome.si_status})

    def close(self, *, kill: bool) -> None:
        """Reap the process; with `kill` end its group first."""
        if kill:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)  # it may not have its own group yet
                os.killpg(self.pid, signal.SIGKILL)
        _, status, usage = os.wait4(self.pid, 0)
        with suppress(OSError):
            if not self.ended:
                send(self.peer, {"ended": os.waitstatus_to_exitcode(status)})
            send(self.peer, {"cpu": usage.ru_utime + usage.ru_stime})
        os.close(self.news)
        self.peer.close()


class Server:
    """Serves commands until the owner is gone, or has told it to retire and no command is left."""

    def __init__(
        self, channel: socket.socket, listener: socket.socket, imports: Any, child: Any, adapters: str = ""
    ) -> None:
        self.channel, self.listener, self.imports, self.child = channel, listener, imports, child
        self.adapters = adapters
        self.pid = os.getpid()
        self.retiring = False
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.before = used.ru_utime + used.ru_stime  # what the imports took
        self.forks: dict[int, Fork] = {}  # by the descriptors that have news of them
        self.poll = select.poll()
        for each in (channel, listener):
            self.poll.register(each, select.POLLIN)

    def serve(self) -> None:
        """Serve; in a fork this ends with the command instead."""
        while not (self.retiring and not self.forks):
            for descriptor, _ in self.poll.poll():
                if descriptor == self.channel.fileno():
                    if not self.heed(self.channel.recv(1)):
                        return
                elif descriptor == self.listener.fileno():
                    self.accept()
                elif descriptor in self.forks:
                    self.hear(descriptor)

    def heed(self, word: bytes) -> bool:
        """Heed the owner: retire (`q`), tell what was used (`u`); false when the owner is gone."""
        if word == b"u":
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            with suppress(OSError):  # an owner that is gone is noticed by the loop
                send(self.channel, {"forks": used.ru_utime + used.ru_stime - self.before})
        self.retiring |= word == b"q"
        return bool(word)

    def hear(self, descriptor: int) -> None:
        """Learn that a fork has ended; or that it may be reaped, or has nobody any more."""
        fork = self.forks[descriptor]
        if descriptor == fork.news:
            self._forget(fork.news)
            fork.tell_end()
            return
        told = b""
        with suppress(OSError):
            told = fork.peer.recv(1)
        for each in (fork.peer.fileno(), fork.news):
            self._forget(each)
        fork.close(kill=not (told and fork.ended))

    def _forget(self, descriptor: int) -> None:
        if self.forks.pop(descriptor, None):
            self.poll.unregister(descriptor)

    def accept(self) -> None:
        """Take one request: fork for it, or say why not."""
        peer, _ = self.listener.accept()
        peer.settimeout(PATIENCE)
        streams: list[int] = []
        try:
            request, streams = receive(peer)
            if reason := self.objection(request):
                send(peer, {"declined": reason})
                peer.close()
            else:
                self.fork(request, streams, peer)
        except (OSError, EOFError, ValueError, struct.error):
            peer.close()  # it went away, or is none of ours
        finally:
            for stream in streams:
                os.close(stream)

    def objection(self, request: dict[str, Any]) -> str:
        """Why a fork would not do what a new process does; empty if it would."""
        if name := self.imports.differs(request["environment"]):
            return f"the imports saw another {name}"
        if request["environment"].get(ADAPTERS, "") != self.adapters:
            return "the imports had other adapters applied to them"
        if request.get("module") and (name := shadow(request["cwd"])):
            return f"{name} in the working folder would be imported"
        return ""

    def fork(self, request: dict[str, Any], streams: list[int], peer: socket.socket) -> None:
        """Start the command in a fork."""
        pid = os.fork()
        if pid == 0:
            os.setsid()
            send(peer, {"pid": os.getpid()})  # not before there is a group that bears this number
            for each in (self.channel, self.listener, peer, *(fork.peer for fork in self.forks.values())):
                each.detach()  # or the end of these objects would close what bears their numbers by then
            inherited = streams.copy()
            streams.clear()
            self.child.run(request, inherited, self.imports)
        fork = Fork(pid, peer)
        for descriptor in (fork.news, peer.fileno()):
            self.forks[descriptor] = fork
            self.poll.register(descriptor, select.POLLIN)

    def close(self) -> None:
        """End every fork, unless we are one."""
        if os.getpid() == self.pid:
            for fork in set(self.forks.values()):
                fork.close(kill=True)


def shadow(folder: str) -> str:
    """Something in a folder that `python -m` would import from there, and that is imported already."""
    tops = {name.partition(".")[0] for name in sys.modules}
    for name in sorted(os.listdir(folder)):
        is_module = name.endswith((".py", ".so")) or os.path.isdir(os.path.join(folder, name))
        if is_module and name.partition(".")[0] in tops:
            return name
    return ""


def added_variables() -> dict[str, str]:
    """Variables that the interpreter itself has set: with no locale to speak of it sets one (PEP 538)."""
    with open("/proc/self/environ", "rb") as file:
        given = {entry.partition(b"=")[0] for entry in file.read().split(b"\0")}
    return {name: value for name, value in os.environ.items() if os.fsencode(name) not in given}


def main() -> None:
    """Warm up, report, serve."""
    channel = socket.socket(fileno=int(sys.argv[-1]))
    order, _ = receive(channel)
    added = added_variables()
    os.environ.clear()
    os.environ.update({**added, **order["environment"]})
    os.chdir(order["folders"]["."])
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(b"\0" + order["address"].encode())
    listener.listen(64)
    loaded = {name: load(f"warm_{name}") for name in ("imports", "watch", "traces", "child")}
    kind = loaded.pop("imports")
    if adapters := order["adapters"]:
        applying = load("adapters/applying")
        sys.modules[applying.__name__] = applying  # where a fork finds that they are applied already
        applying.put_on(adapters)
    try:
        imports = kind.Imports(order, added, **loaded)
    except kind.Refused as refusal:
        send(channel, {"refused": str(refusal)})
        return
    gc.collect()
    imports.loud = sorted(set(loaded["child"].loud_kinds(channel, listener)))
    os.chdir("/")
    gc.freeze()
    server = Server(channel, listener, imports, loaded["child"], adapters)
    send(channel, imports.answer())
    try:
        server.serve()
    finally:
        server.close()
