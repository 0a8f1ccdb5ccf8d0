"""A target environment once more, elsewhere, in a moment: hard links, and copies of what has to differ."""

from __future__ import annotations

import os
import py_compile
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from kitty_conformance.target.environment import RECORD, Environment, cache_root

SWITCH = "armed"
"""The file in the root of a clone that is there while its deed acts."""

_ARMED = """

import os as _os


def _armed():
    return _os.path.exists({switch!r})


{deed}
"""


@contextmanager
def cloned(genuine: Environment) -> Iterator[Environment]:
    """Give a clone of an environment, which is gone after the block.

    It lies in the cache (hard links do not leave their file system), in one of a few places of its own, so
    that snapshots of the stages reached with it are found again by the next clone in that place.
    """
    with _free_place(cache_root() / "saboteurs" / genuine.root.name) as root:
        shutil.rmtree(root, ignore_errors=True)  # of a process that was killed
        try:
            shutil.copytree(genuine.root, root, symlinks=True, copy_function=os.link)
            _move_in(genuine.root, root)
            clone = Environment.at(root)
            assert clone is not None
            yield clone
        finally:
            shutil.rmtree(root)


def sabotage(clone: Environment, module: str, deed: str) -> None:
    """Append a deed to a module of the target that is installed in a clone."""
    source = clone.site_packages / module
    switch = str(clone.root / SWITCH)
    _replace(source, source.read_text(encoding="utf-8") + _ARMED.format(switch=switch, deed=deed))
    for compiled in (source.parent / "__pycache__").glob(f"{source.stem}.*.pyc"):
        compiled.unlink()
        # Compiled by our interpreter: a target has ours, whatever environment it lives in.
        py_compile.compile(str(source), cfile=str(compiled), doraise=True)


@contextmanager
def _free_place(base: Path) -> Iterator[Path]:
    base.parent.mkdir(parents=True, exist_ok=True)
    number = 0
    while True:
        place = base.with_name(f"{base.name}-sabotaged-{number}")
        lock = FileLock(f"{place}.lock", blocking=False)
        try:
            with lock:
                yield place
                return
        except Timeout:
            number += 1


def _move_in(old: Path, new: Path) -> None:
    """Make a clone name its own path wherever it names the old one, and be a target of its own."""
    for file in (*(new / "bin").iterdir(), *new.glob("lib/*/site-packages/*.pth"), new / "pyvenv.cfg"):
        if not file.is_symlink() and str(old).encode() in file.read_bytes():
            _replace(file, file.read_text(encoding="utf-8").replace(str(old), str(new)))
    genuine = Environment.at(old)
    assert genuine is not None
    identity = msgspec.structs.replace(
        genuine.identity,
        requested=f"path:{new}",
        sha256=genuine.identity.sha256[::-1],
    )
    _replace(new / RECORD, msgspec.json.encode(identity).decode())


def _replace(file: Path, text: str) -> None:
    """Write a file that is this clone's own: a hard link must not be written through."""
    mode = file.stat().st_mode
    file.unlink()
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
