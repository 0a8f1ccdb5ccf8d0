"""Events: what a Python process does to files, processes and peers, as its audit hooks see it.

Each audit event that matters becomes pairs of (kind, subject). Kinds are `write` (every way a file's content
may change: opened for writing, replaced, removed, truncated, linked), `read`, `mkdir`, `rmdir`, `metadata`,
`spawn`, `connect`, `thread`, `end` when the interpreter begins to end, and `late-thread` from then on. The
subject is a file's absolute real path, a command line, `host:port`, the name of what a thread is to execute,
or nothing.
"""

from __future__ import annotations

import _thread
import os
import sys
from _thread import _local

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


WRITING = os.O_WRONLY | os.O_RDWR | os.O_TRUNC | os.O_APPEND | os.O_CREAT
NOWHERE = ("/dev/null", "/dev/tty", "/dev/pt", "/proc/")
"""Beginnings of paths that are no files of anybody's."""


def _real(path: Any, folder: int = -1, *, follow: bool = True) -> str:
    """Absolute path without symbolic links; `follow=False` leaves the last component as it is."""
    if isinstance(path, int):
        return os.readlink(f"/proc/self/fd/{path}")
    name = os.fsdecode(path)
    if folder >= 0:
        name = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), name)
    if follow:
        return os.path.realpath(name)
    head, tail = os.path.split(name.rstrip("/"))
    return os.path.join(os.path.realpath(head or "."), tail)


def _at(kind: str) -> Callable[..., list[tuple[str, str]]]:
    return lambda path, *_: [(kind, _real(path))]


def _below(kind: str) -> Callable[..., list[tuple[str, str]]]:
    return lambda path, *rest: [(kind, _real(path, rest[-1]))]


def _entry(kind: str) -> Callable[..., list[tuple[str, str]]]:
    return lambda path, *rest: [(kind, _real(path, rest[-1], follow=False))]


def _opened(path: Any, _mode: object, flags: int) -> list[tuple[str, str]]:
    if isinstance(path, int):
        return []  # a file already open
    real = _real(path)
    writing = flags & WRITING and not os.path.isdir(real)  # a folder: tempfile looks for a name in it
    return [("write" if writing else "read", real)]


def _renamed(source: Any, target: Any, source_folder: int, target_folder: int) -> list[tuple[str, str]]:
    return [*_entry("write")(target, target_folder), *_entry("write")(source, source_folder)]


def _made(path: Any, _mode: int, folder: int) -> list[tuple[str, str]]:
    real = _real(path, folder)
    return [] if os.path.exists(real) else [("mkdir", real)]  # one already there will not be made


def _linked(_source: Any, target: Any, *folders: int) -> list[tuple[str, str]]:
    return _entry("write")(target, folders[-1])


def _database(name: Any) -> list[tuple[str, str]]:
    path, _, options = os.fsdecode(name).removeprefix("file:").partition("?")
    if path in ("", ":memory:") or "mode=memory" in options:
        return []
    return [("read" if "mode=ro" in options else "write", _real(path))]


def _started(_executable: object, arguments: Any, *_: object) -> list[tuple[str, str]]:
    words = [arguments] if isinstance(arguments, (str, bytes, os.PathLike)) else arguments
    return [("spawn", " ".join(map(os.fsdecode, words)))]


def _connected(_socket: object, address: Any, *_: object) -> list[tuple[str, str]]:
    if address is None:
        return []  # a socket already connected
    if isinstance(address, (str, bytes)):
        return [("connect", os.fsdecode(address))]
    return [("connect", f"{address[0]}:{address[1]}")]


def _threaded(function: Any, *_: object) -> list[tuple[str, str]]:
    thread = getattr(function, "__self__", None)  # of a `threading.Thread`, which knows what it is for
    task = getattr(thread, "_target", None) or getattr(thread, "function", None) or function
    name = f"{getattr(task, '__module__', '')}.{getattr(task, '__qualname__', type(task).__qualname__)}"
    late = getattr(sys.modules.get("threading"), "_SHUTTING_DOWN", False)
    return [("thread", name), *([("late-thread", name)] if late else [])]


def _nothing(*_: object) -> list[tuple[str, str]]:
    return []


EVENTS: dict[str, Callable[..., list[tuple[str, str]]]] = {
    "open": _opened,
    "os.rename": _renamed,  # os.replace too
    "os.remove": _entry("write"),
    "os.truncate": _at("write"),
    "os.link": _linked,
    "os.symlink": _linked,
    "sqlite3.connect": _database,
    "os.mkdir": _made,
    "os.rmdir": _entry("rmdir"),
    "os.chmod": _below("metadata"),
    "os.chown": _below("metadata"),
    "os.utime": _below("metadata"),
    "os.setxattr": _at("metadata"),
    "os.removexattr": _at("metadata"),
    "subprocess.Popen": _started,
    "os.exec": _started,
    "os.posix_spawn": _started,
    "os.spawn": lambda _mode, *rest: _started(*rest),
    "os.system": lambda command: _started(None, command),
    "os.fork": _nothing,
    "thread.start": _threaded,  # ours, see `announce_threads`
    "interpreter.end": lambda: [("end", "")],  # ours, see `announce_end`
    "socket.connect": _connected,
    "socket.sendto": _connected,
    "socket.sendmsg": _connected,
    "socket.getaddrinfo": _nothing,
    "socket.gethostbyname": _nothing,
    "socket.gethostbyaddr": _nothing,
}
"""The audit events that matter, and how each is read."""


def happenings(event: str, arguments: tuple[Any, ...]) -> list[tuple[str, str]]:
    """Say what an audit event does; nothing, when it concerns no file by name and no peer."""
    try:
        pairs = EVENTS[event](*arguments)
    except (OSError, ValueError, TypeError):
        return []  # malformed: the call itself is about to say so
    return [pair for pair in pairs if not pair[1].startswith(NOWHERE)]


def watch(*watchers: Any) -> None:
    """Show each watcher in turn every event that matters, before it happens: `see(event, arguments, pairs)`.

    What a watcher does itself is no event; what it raises, the event's caller gets. Files opened for reading
    are shown while a watcher `wants_reads`: there are thousands. Threads are if one `wants_threads`, the end
    of the interpreter if one `wants_end`. For the rest of this process's life.
    """
    thread = _local()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in EVENTS or hasattr(thread, "busy"):
            return
        if event == "open" and not arguments[2] & WRITING and not any(one.wants_reads for one in watchers):
            return
        thread.busy = True
        try:
            pairs = happenings(event, arguments)
            for watcher in watchers:
                watcher.see(event, arguments, pairs)
        finally:
            del thread.busy

    hook.__cantrace__ = True  # type: ignore[attr-defined]  # a debugger may look inside
    sys.addaudithook(hook)
    if any(one.wants_threads for one in watchers):
        announce_threads(hook)
    if any(one.wants_end for one in watchers):
        announce_end(hook)


def announce_threads(hook: Callable[[str, tuple[Any, ...]], None]) -> None:
    """Tell a hook of every thread before it is started: there is no audit event for it in Python 3.11."""

    def announced(genuine: Any) -> Any:
        def start(function: Any, *rest: Any, **options: Any) -> Any:
            hook("thread.start", (function,))
            return genuine(function, *rest, **options)

        return start

    places = [(_thread, ""), (sys.modules.get("threading"), "_")]
    for module, prefix in places:
        for name in ("start_new_thread", "start_joinable_thread"):  # the latter since Python 3.13
            if genuine := getattr(module, prefix + name, None):
                setattr(module, prefix + name, announced(genuine))


def announce_end(hook: Callable[[str, tuple[Any, ...]], None]) -> None:
    """Tell a hook that the interpreter begins to end: before it waits for threads, and before `atexit`."""
    import threading  # noqa: PLC0415 - few plans need it

    register = threading._register_atexit  # type: ignore[attr-defined]  # noqa: SLF001 - none is as early
    register(lambda: hook("interpreter.end", ()))
