"""Warm server: an interpreter of the target that has done the imports of its command once, and forks per command.

Run by the target's own interpreter: `python warm_server.py CHANNEL`, CHANNEL being the number of an inherited
socket whose other end belongs to the owner; the server dies when that end is closed. What it is to warm comes
through the channel, what it found out goes back, and from then on each connection to its listening socket is
one command: the request with three descriptors, answered by the process id, then the end, then the reaping.
"""

from __future__ import annotations

import array
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
from importlib import import_module
from types import FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# ruff: noqa: PTH118, PTH120, PTH123 - pathlib is the target's to import first

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 10.0
"""Seconds a peer may take to hand over a request, which it has ready."""

STREAMS = 3
SIGNATURES_WANTED = 2


def load(name: str) -> Any:
    """Load a neighbour of this file under a name that nobody else uses."""
    loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
    module = type(sys)(f"kitty_inside_{name}")
    loader(module.__name__, os.path.join(HERE, f"{name}.py")).exec_module(module)
    return module


def send(peer: socket.socket, message: dict[str, Any]) -> None:
    """Send one message: its length, then JSON."""
    body = json.dumps(message).encode()
    peer.sendall(struct.pack("!I", len(body)) + body)


def receive(peer: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Receive one message and the descriptors that came with its first byte.

    Raises
    ------
    EOFError
        The peer is gone.

    """
    room = socket.CMSG_SPACE(STREAMS * array.array("i").itemsize)
    data, ancillary, _, _ = peer.recvmsg(4, room)
    descriptors = array.array("i")
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


class Refused(Exception):  # noqa: N818 - a finding about the target, not an error
    """The target cannot be warmed; the message says why."""


class Warmth:
    """What was imported, and what has to be put right in each fork.

    Attributes
    ----------
    asked
        Variables the imports read, with what they got; a fork serves only an environment that agrees.
    folders
        Stand-in of each folder variable and of the working folder.
    patches
        Where text below the stand-ins ended up.
    again
        Modules whose body is executed again in each fork.

    """

    def __init__(self, order: dict[str, Any]) -> None:
        self.script, self.folders = order["script"], order["folders"]
        sys.argv = [self.script]
        sys.path[0] = os.path.dirname(self.script)
        with open(self.script, "rb") as file:
            self.code = compile(file.read(), self.script, "exec")
        threads = len(sys._current_frames())  # noqa: SLF001 - counts also those that Python did not start
        descriptors = _descriptors()
        environment = dict(os.environ)
        temporary = tuple(self.folders[name] for name in ("TMPDIR", "TEMP", "TMP") if name in self.folders)
        watch = load("warm_watch").Watch(order["root"], temporary)
        with watch:
            import_module(order["module"])
            self.learned = order["learned"]
            if self.learned is None:
                self.learned = learned(self.code, self.script)
            for name in self.learned:
                import_module(name)
        self.again = sorted(watch.volatile() & set(sys.modules), key=list(sys.modules).index)
        undone = dict(os.environ) == environment or bool(self.again)
        self._refuse_unless(undone, "its imports change the environment")
        self._refuse_unless(not watch.started, f"its imports start processes ({', '.join(watch.started)})")
        self._refuse_unless(len(sys._current_frames()) == threads, "its imports start threads")  # noqa: SLF001
        self._refuse_unless(_descriptors() == descriptors, "its imports keep files open")
        for name in self.again:
            self._refuse_unless(not _classes_of(name), f"{name} depends on where it is imported and defines classes")
        self.asked = {name: environment.get(name) for name in sorted(watch.variables())}
        lay_in_signatures()
        self.patches = self._traces(load("warm_traces"), order["root"])
        self.loud: list[str] = []

    def _traces(self, traces: Any, root: str) -> list[Callable[..., None]]:
        self.rewriting = traces.rewriting
        spared = {id(vars(self)), id(self.folders), id(globals()), id(self.asked), id(os.environ.__dict__)}
        try:
            found: list[Callable[..., None]] = traces.find(root, spared)
        except traces.Unpatchable as error:
            raise Refused(f"its imports keep what cannot be replaced: {error}") from None
        return found

    def _refuse_unless(self, held: bool, reason: str) -> None:  # noqa: FBT001 - reads as a sentence
        if not held:
            raise Refused(reason)

    def answer(self) -> dict[str, Any]:
        """What the owner has to know to choose the commands that this server can serve."""
        return {
            "asked": self.asked,
            "again": self.again,
            "patched": len(self.patches),
            "learned": self.learned,
            "loud": self.loud,
        }

    def differs(self, request: dict[str, Any]) -> str:
        """Name a variable that the imports read and that this command has otherwise; empty if there is none."""
        environment = request["environment"]
        for name, value in self.asked.items():
            mine, its = value, environment.get(name)
            if name in self.folders and mine is not None and its is not None:
                continue
            if mine != its:
                return name
        return ""

    def put_right(self, request: dict[str, Any]) -> None:
        """Make what the imports left behind fit the command (in the fork, which has its environment by now)."""
        real = {name: request["environment"].get(name, stand_in) for name, stand_in in self.folders.items()}
        real["."] = request["cwd"]
        rewrite = self.rewriting({stand_in: real[name] for name, stand_in in self.folders.items()})
        for patch in self.patches:
            patch(rewrite)
        from importlib import reload  # noqa: PLC0415

        for name in self.again:
            reload(sys.modules[name])


def _descriptors() -> set[str]:
    return {f"{name} {os.readlink(f'/proc/self/fd/{name}')}" for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")}


def _classes_of(name: str) -> list[str]:
    return [key for key, value in vars(sys.modules[name]).items() if isinstance(value, type) and value.__module__ == name]


def lay_in_signatures() -> None:
    """Have ready what typer finds out about the functions behind commands; the answer is the same in each fork.

    It asks twice for each command, and wants an answer of its own each time.
    """
    typer = sys.modules.get("typer.utils")
    find_out = getattr(typer, "get_params_from_function", None)
    if find_out is None:
        return  # another typer; it will take its time
    infos = [each for each in gc.get_objects() if type(each).__module__ == "typer.models" and type(each).__name__.endswith("Info")]
    store: dict[Any, list[Any]] = {}
    for function in {each.callback for each in infos if isinstance(getattr(each, "callback", None), FunctionType)}:
        try:
            store[function] = [find_out(function) for _ in range(SIGNATURES_WANTED)]
        except Exception:  # noqa: BLE001, S112 - then it is typer's to say so, in the fork
            continue

    def get_params_from_function(func: Any) -> Any:
        ready = store.get(func)
        return ready.pop() if ready else find_out(func)

    for module in list(sys.modules.values()):
        if getattr(module, "get_params_from_function", None) is find_out:
            module.get_params_from_function = get_params_from_function  # type: ignore[attr-defined]


def learned(code: Any, script: str) -> list[str]:
    """Names of modules that the command imports only when it runs: asked of a fork that shows its help."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _show_help(code, script, writing)
    os.close(writing)
    with open(reading, "rb") as pipe:
        names = pipe.read().decode().split()
    os.waitpid(child, 0)
    return [name for name in names if name not in sys.modules]


def _show_help(code: Any, script: str, writing: int) -> None:
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for number in range(STREAMS):
            os.dup2(null, number)
        sys.argv = [script, "--help"]
        known = set(sys.modules)
        try:
            load("warm_child").execute_script(script, code)
        except SystemExit:
            with open(writing, "wb") as pipe:
                pipe.write("\n".join(name for name in sys.modules if name not in known and name != "__main__").encode())
    finally:
        os._exit(0)


class Fork:
    """One command under way: its process, and the connection of whoever asked for it."""

    def __init__(self, pid: int, peer: socket.socket) -> None:
        self.pid, self.peer = pid, peer
        self.watch = os.pidfd_open(pid)
        self.ended = False

    def tell_end(self) -> None:
        """Tell how the process ended, leaving it unreaped: its number stays taken while the group is ended."""
        outcome = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        assert outcome is not None  # noqa: S101 - without WNOHANG there always is one
        status = outcome.si_status if outcome.si_code == os.CLD_EXITED else -outcome.si_status
        self.ended = True
        try:
            send(self.peer, {"ended": status})
        except OSError:
            pass  # its peer is gone, which the loop is about to see

    def close(self, *, kill: bool) -> None:
        """Reap the process; if its peer has gone away first, end its group."""
        if kill:
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        _, _, usage = os.wait4(self.pid, 0)
        if not kill:
            try:
                send(self.peer, {"cpu": usage.ru_utime + usage.ru_stime})
            except OSError:
                pass
        os.close(self.watch)
        self.peer.close()


class Server:
    """Serves commands until the owner is gone."""

    def __init__(self, channel: socket.socket, listener: socket.socket, warmth: Warmth, child: Any) -> None:
        self.channel, self.listener, self.warmth, self.child = channel, listener, warmth, child
        self.forks: dict[int, Fork] = {}  # by the descriptor that has news of it
        self.poll = select.poll()
        for each in (channel, listener):
            self.poll.register(each, select.POLLIN)

    def serve(self) -> None:
        """Until the owner is gone; in a fork it ends with the command instead."""
        while True:
            for descriptor, _ in self.poll.poll():
                if descriptor == self.channel.fileno():
                    return
                if descriptor == self.listener.fileno():
                    self.accept()
                elif descriptor in self.forks:
                    self.hear(descriptor)

    def hear(self, descriptor: int) -> None:
        """A fork has ended, or its peer has something to say: that it may be reaped, or nothing any more."""
        fork = self.forks[descriptor]
        if descriptor == fork.watch:
            self._forget(fork.watch)
            fork.tell_end()
            return
        try:
            told = fork.peer.recv(1)
        except OSError:
            told = b""
        for each in (fork.peer.fileno(), fork.watch):
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
            if name := self.warmth.differs(request):
                send(peer, {"declined": f"{name} differs"})
            elif shadowed := _shadowed(request):
                send(peer, {"declined": f"{shadowed} in the working folder"})
            else:
                self.fork(request, streams, peer)
                return
        except (OSError, EOFError, ValueError, struct.error):
            pass  # it went away, or is none of ours
        finally:
            for stream in streams:
                os.close(stream)
        peer.close()

    def fork(self, request: dict[str, Any], streams: list[int], peer: socket.socket) -> None:
        """Start the command in a fork."""
        pid = os.fork()
        if pid == 0:
            for each in (self.channel, self.listener, peer, *(fork.peer for fork in self.forks.values())):
                each.detach()  # so that no later end of these objects closes what bears their number then
            inherited = streams.copy()
            streams.clear()
            self.run(request, inherited)
        fork = Fork(pid, peer)
        for descriptor in (fork.watch, peer.fileno()):
            self.forks[descriptor] = fork
            self.poll.register(descriptor, select.POLLIN)
        send(peer, {"pid": pid})

    def run(self, request: dict[str, Any], streams: list[int]) -> None:
        """Be the command (in the fork)."""
        child, script, error = self.child, request["argv"][0], None
        child.become(request, streams)
        child.arm()
        gc.enable()
        try:
            self.warmth.put_right(request)
            if request.get("module"):
                child.execute_module(request["module"])
            else:
                child.execute_script(script, self.warmth.code)
        except BaseException as caught:  # noqa: BLE001 - the interpreter, too, ends with whatever it is
            error = caught
        status = child.status_of(error, script)
        interrupted = isinstance(error, KeyboardInterrupt)
        del error
        child.end(status, interrupted=interrupted, loud=self.warmth.loud, fast=request["fast"])
        raise SystemExit(status)

    def close(self) -> None:
        """End every fork."""
        for fork in set(self.forks.values()):
            fork.close(kill=True)


def _shadowed(request: dict[str, Any]) -> str:
    """Name something in the working folder that `python -m` would import instead of what is imported here."""
    if not request.get("module"):
        return ""
    tops = {name.partition(".")[0] for name in sys.modules}
    for name in os.listdir(request["cwd"]):
        if name.partition(".")[0] in tops and (name.endswith(".py") or os.path.isdir(os.path.join(request["cwd"], name))):
            return name
    return ""


def main() -> None:
    """Warm up, report, serve."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    order, _ = receive(channel)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(b"\0" + order["address"].encode())
    listener.listen(64)
    os.chdir(order["folders"]["."])
    try:
        warmth = Warmth(order)
    except Refused as refusal:
        send(channel, {"refused": str(refusal)})
        return
    os.chdir("/")
    gc.collect()
    child = load("warm_child")
    ours = (channel, listener)
    kinds = {type(each).__qualname__ for each in gc.get_objects() if child.is_loud(each) and each not in ours}
    warmth.loud = sorted(kinds)
    gc.freeze()
    server = Server(channel, listener, warmth, child)
    send(channel, warmth.answer())
    try:
        server.serve()
    finally:
        if os.getpid() == server_pid:
            server.close()


server_pid = os.getpid()
if __name__ == "__main__":
    main()
