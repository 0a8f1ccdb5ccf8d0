"""Guard: nothing is written outside the sandbox and no connection leaves this machine, or it is reported.

A write outside is reported and happens; a connection beyond loopback is reported and refused, as it would be
on a machine without a network. Each breach is one line of `breaches.jsonl` in the plan's folder.
"""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


CHANGES = ("write", "mkdir", "rmdir", "metadata")
CONNECTIONS = ("socket.connect", "socket.sendto", "socket.sendmsg")
LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
THIS_MACHINE = ("", "localhost", "ip6-localhost", "::", "::1", "0.0.0.0")  # noqa: S104 - nothing is bound to it


class Guard:
    """Watches one process; `log(path, **record)` writes down what it sees."""

    wants_reads = False
    wants_threads = False
    wants_end = False

    def __init__(self, plan: dict[str, Any], log: Callable[..., None]) -> None:
        self.roots = tuple(os.path.join(os.path.realpath(root), "") for root in plan["writable"])
        self.breaches = os.path.join(os.path.realpath(plan["folder"]), "breaches.jsonl")
        self.log = log
        self.reported: set[tuple[str, str]] = set()

    def see(self, event: str, arguments: tuple[Any, ...], pairs: list[tuple[str, str]]) -> None:
        """Report an event that reaches outside, and refuse it if it would leave this machine."""
        if event in LOOKUPS and not is_loopback(arguments[0]):
            self.report("resolve", str(arguments[0]))
            socket = sys.modules["_socket"]
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        for kind, subject in pairs:
            if kind in CHANGES and not self.is_inside(subject):
                self.report(kind, subject)
            elif event in CONNECTIONS and not self.is_near(arguments[1]):
                self.report(kind, subject)
                raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))

    def is_inside(self, path: str) -> bool:
        """Whether a path lies in a folder the target may write to."""
        return os.path.join(path, "").startswith(self.roots)

    def is_near(self, address: Any) -> bool:
        """Whether an address is loopback, no internet address, or a socket file of the sandbox."""
        if isinstance(address, (str, bytes)):
            name = os.fsdecode(address)  # with a null character in front it is no file
            return not name.startswith("\0") and self.is_inside(os.path.realpath(name))
        return not isinstance(address[0], (str, bytes)) or is_loopback(address[0])

    def report(self, kind: str, subject: str) -> None:
        """Write down a breach, once per process."""
        if (kind, subject) not in self.reported:
            self.reported.add((kind, subject))
            self.log(self.breaches, event=kind, subject=subject, argv=sys.orig_argv)


def is_loopback(host: str | bytes | None) -> bool:
    """Whether the host of a look-up or a connection is this machine."""
    name = "" if host is None else os.fsdecode(host)
    return name in THIS_MACHINE or name.startswith("127.") or name == os.uname().nodename
