"""Executed when an interpreter of the target starts below a warm command: hands git hooks to the warm server.

A hook is a second whole interpreter per commit. The process that git started stays, waits, and ends as the
fork did. Whatever else starts, and whatever the server declines, goes on as if nothing had been.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from typing import Any

# ruff: noqa: PLC0415 - this text is executed at the start of each interpreter, and few of them are hooks


HEAD = 4
"""Bytes that tell the length of a message."""
LOST = 70
"""Exit status when the fork that does our work got lost."""


def is_hook(words: list[str]) -> bool:
    """Whether this interpreter was started by git to run a module."""
    import os

    return "KITTY_INSIDE_WARM" in os.environ and "GIT_INDEX_FILE" in os.environ and words[1:2] == ["-m"]


def request(words: list[str]) -> dict[str, Any]:
    """What a fork needs to be this process."""
    import os
    import resource

    umask = os.umask(0o022)
    os.umask(umask)
    limits = {value for name, value in vars(resource).items() if name.startswith("RLIMIT_")}
    return {
        "argv": words[2:],
        "orig": words[1:],
        "module": words[2],
        "cwd": os.getcwd(),
        "environment": dict(os.environ),
        "umask": umask,
        "limits": [(each, resource.getrlimit(each)) for each in sorted(limits)],
        "parent": os.getppid(),
        "fast": os.environ.get("KITTY_INSIDE_FAST") == "1",
    }


class Connection:
    """A conversation with the warm server."""

    def __init__(self, address: str) -> None:
        import _socket  # a quarter of the time that `socket` takes

        self.socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        self.socket.connect(b"\0" + address.encode())
        self.rights = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS)
        self.data = b""

    def ask(self, message: dict[str, Any]) -> None:
        """Send a message together with our standard streams."""
        import json
        from array import array

        body = json.dumps(message).encode()
        streams = array("i", [0, 1, 2])
        self.socket.sendmsg([len(body).to_bytes(HEAD, "big")], [(*self.rights, streams)])
        self.socket.sendall(body)

    def answer(self) -> Any:
        """Wait for a message.

        Raises
        ------
        OSError
            The server is gone.

        """
        import json

        while len(self.data) < HEAD or len(self.data) < HEAD + int.from_bytes(self.data[:HEAD], "big"):
            chunk = self.socket.recv(65536)
            if not chunk:
                raise ConnectionError
            self.data += chunk
        end = HEAD + int.from_bytes(self.data[:HEAD], "big")
        body, self.data = self.data[HEAD:end], self.data[end:]
        return json.loads(body)


def hand_over(words: list[str]) -> None:
    """End this process as a fork does that takes its place; returns if the server declines."""
    import os
    import signal

    try:
        server = Connection(os.environ["KITTY_INSIDE_WARM"])
        server.ask(request(words))
        if "pid" not in server.answer():
            return
    except OSError:
        return  # no server any more
    try:
        status = server.answer()["ended"]
        server.socket.sendall(b"r")
    except OSError:
        os._exit(LOST)
    if status < 0:
        if -status not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


def boot() -> None:
    """Hand a hook over, or go on with what would have been executed without us."""
    import os
    import sys

    if is_hook(sys.orig_argv):
        hand_over(sys.orig_argv)
    path = os.environ.get("KITTY_INSIDE_THEN")
    if path is not None:
        loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
        code = loader("kitty_inside", path).get_code("kitty_inside")
        exec(code, {"__name__": "kitty_inside", "__file__": path})  # noqa: S102 - that is its purpose


boot()
