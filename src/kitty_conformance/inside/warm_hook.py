"""Executed when an interpreter of the target starts below a warm command: hands a git hook over to the warm server.

A hook is a second whole interpreter per commit. The process that git started stays, waits, and ends as the fork
did. Whatever else starts, and whatever the server declines, goes on here as if nothing had been.
"""

from __future__ import annotations


def hand_over() -> None:
    """End this process with the outcome of the fork, or return."""
    import os  # noqa: PLC0415 - this text is executed without globals of its own
    import sys  # noqa: PLC0415 - same

    words = sys.orig_argv
    address = os.environ.get("KITTY_INSIDE_WARM", "")
    if not address or "GIT_INDEX_FILE" not in os.environ or words[1:2] != ["-m"] or len(words) < 3:  # noqa: PLR2004
        return
    import array  # noqa: PLC0415 - needed here alone
    import json  # noqa: PLC0415 - same
    import resource  # noqa: PLC0415 - same
    import signal  # noqa: PLC0415 - same
    import _socket  # noqa: PLC0415 - a quarter of the time `socket` takes

    umask = os.umask(0o022)
    os.umask(umask)
    limits = [(each, resource.getrlimit(each)) for each in range(resource.RLIM_NLIMITS if hasattr(resource, "RLIM_NLIMITS") else 16)]
    request = {
        "argv": [words[2], *words[3:]], "orig": words[1:], "module": words[2], "cwd": os.getcwd(),
        "environment": dict(os.environ), "umask": umask, "limits": limits, "parent": os.getppid(), "fast": os.environ.get("KITTY_INSIDE_FAST") == "1",
    }
    body = json.dumps(request).encode()

    def take(peer: object) -> dict[str, int]:
        data, wanted = b"", 4
        while len(data) < wanted:
            chunk = peer.recv(65536)  # type: ignore[attr-defined]
            if not chunk:
                raise OSError
            data += chunk
            if len(data) >= 4:  # noqa: PLR2004
                wanted = 4 + int.from_bytes(data[:4], "big")
        rest.append(data[wanted:])
        return json.loads(data[4:wanted])

    rest: list[bytes] = []
    peer = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        peer.connect(b"\0" + address.encode())
        rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))]
        peer.sendmsg([len(body).to_bytes(4, "big")], rights)
        peer.sendall(body)
        answer = take(peer)
    except OSError:
        return
    if "pid" not in answer:
        return
    try:
        data = rest.pop()
        while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:4], "big"):
            chunk = peer.recv(65536)
            if not chunk:
                os._exit(70)
            data += chunk
        status = json.loads(data[4:])["ended"]
        peer.sendall(b"r")
    except OSError:
        os._exit(70)
    if status < 0:
        signal.signal(-status, signal.SIG_DFL) if -status != signal.SIGKILL else None
        os.kill(os.getpid(), -status)
    os._exit(status)
