"""What a case leaves behind, processes and trees of files, and the end of it."""

from __future__ import annotations

import array
import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil

_GET_FLAGS: Final = 0x80086601
_SET_FLAGS: Final = 0x40086602
_IMMUTABLE_OR_APPEND_ONLY: Final = 0x30


PATIENCE: Final = 5.0
"""Seconds given to killed processes to be gone before they are looked for again."""


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A process that the sandbox had to end because nothing else had."""

    pid: int
    argv: tuple[str, ...]


def end_processes(root: Path) -> tuple[Ended, ...]:
    """End every process whose environment names a folder or whose working folder is below it, but not us."""
    ended: dict[int, Ended] = {}
    while found := list(_processes(root)):
        for process in found:
            with suppress(psutil.Error):
                ended.setdefault(process.pid, Ended(pid=process.pid, argv=tuple(process.cmdline())))
                process.kill()
        patience = time.monotonic() + PATIENCE
        while any(map(lives, found)) and time.monotonic() < patience:
            time.sleep(0.001)
    return tuple(ended.values())


def _processes(root: Path) -> Iterator[psutil.Process]:
    ours = {os.getpid(), *(process.pid for process in psutil.Process().parents())}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid not in ours and lives(process) and _is_of(process, root):
                yield process


def lives(process: psutil.Process) -> bool:
    """Whether it runs; one that has ended may wait long for its parent to take notice."""
    with suppress(psutil.Error):
        # A process whose first thread has ended before the others looks like one that has ended.
        return process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1
    return False


def _is_of(process: psutil.Process, root: Path) -> bool:
    if any(str(root) in value for value in process.environ().values()):
        return True
    return Path(process.cwd()).is_relative_to(root)


def group_lives(number: int) -> bool:
    """Whether a process of this group is still alive.

    One that has ended keeps its place in the group until its parent takes notice. Orphans wait for the first
    process of the system, which in a container may look around every few seconds, or never.
    """
    try:
        os.killpg(number, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return any(_lives_in(number, pid) for pid in psutil.pids())


def _lives_in(group: int, pid: int) -> bool:
    with suppress(OSError, psutil.Error):
        return os.getpgid(pid) == group and lives(psutil.Process(pid))
    return False


def remove_tree(folder: Path) -> None:
    """Remove a tree, whatever modes and attributes its entries have."""
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        return
    for path, folders, files in os.walk(folder):
        _unlock(Path(path))
        for name in (*folders, *files):
            _unlock(Path(path, name))
    shutil.rmtree(folder)


def _unlock(path: Path) -> None:
    """Make one entry removable: open to us, and mutable where the file system has such a thing."""
    if path.is_symlink():
        return
    with suppress(OSError):
        flags: Any = array.array("l", [0])
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            fcntl.ioctl(descriptor, _GET_FLAGS, flags)
            flags[0] &= ~_IMMUTABLE_OR_APPEND_ONLY
            fcntl.ioctl(descriptor, _SET_FLAGS, flags)
        finally:
            os.close(descriptor)
    with suppress(OSError):
        path.chmod(path.stat().st_mode | stat.S_IRWXU)
