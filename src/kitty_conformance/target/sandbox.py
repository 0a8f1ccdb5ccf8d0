"""The sandbox of one case: every folder, variable and process of it, and the end of all of them.

Nothing is inherited from the process that makes it. A file beside the sandbox's folder names the owner, so
that a later run can sweep up what an owner that was killed could not.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec
import psutil

from kitty_conformance.errors import HarnessError
from kitty_conformance.surroundings import environment, git_config
from kitty_conformance.target.plan import FaultRule, InsidePlan
from kitty_conformance.target.remains import Ended, end_processes, lives, remove_tree

SCRATCH_VARIABLE: Final = "KITTY_CONFORMANCE_SCRATCH"
"""Environment variable that moves the sandboxes elsewhere."""

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - folders of ours in it are for us alone
"""Where Linux keeps files in memory: what is made and thrown away by the thousand need not reach a disk."""

ROOM: Final = 2 * 1024**3
"""Bytes that must be free in memory for sandboxes to be there; one takes 5 to 15 MB."""

FOLDERS: Final = ("home", "tmp", "work", "logs")


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """The process a sandbox belongs to; its start tells it from a later one with the same number.

    Attributes
    ----------
    started
        Clock ticks from the start of the system to that of the process. A time of day would not do: once the
        clock is set, a process that is alive seems to have started at another time.

    """

    pid: int
    started: float

    @classmethod
    def current(cls) -> Owner:
        """Return this process."""
        return cls(pid=os.getpid(), started=_ticks_at_start(os.getpid()))

    def is_alive(self) -> bool:
        """Whether that very process is still there; one that has ended owns nothing, reaped or not."""
        try:
            return _ticks_at_start(self.pid) == self.started and lives(psutil.Process(self.pid))
        except (OSError, psutil.Error):
            return False


def _ticks_at_start(pid: int) -> float:
    """Read from the `stat` of a process when it started: the 22nd field, after its name in brackets."""
    return float(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19])


class Sandbox:
    """Folders, environment and processes of one case. Made by `create`; a context manager that closes it.

    Attributes
    ----------
    root
        Real path of the folder that holds everything.
    home, tmp, work, logs
        HOME, TMPDIR, the folder for repositories, and the folder for what the harness writes down.

    """

    def __init__(self, base: Path, root: Path, *, hash_seed: int, time_zone: str) -> None:
        self._base = base
        self._hash_seed = hash_seed
        self._time_zone = time_zone
        self._owner = Owner.current()
        self._plans = 0
        self._open = True
        self.root = root
        self.home, self.tmp, self.work, self.logs = (root / name for name in FOLDERS)

    @classmethod
    def create(cls, parent: Path, *, hash_seed: int = 0, time_zone: str = "UTC", padding: int = 0) -> Sandbox:
        """Make a sandbox below `parent`, its path lengthened by `padding` characters.

        Raises
        ------
        HarnessError
            The folder cannot be made.

        """
        try:
            base = _claimed_folder(parent)
            sandbox = cls(base, _padded(base, padding), hash_seed=hash_seed, time_zone=time_zone)
            atexit.register(sandbox._close_at_exit)
            sandbox._furnish()
        except OSError as error:
            raise HarnessError(f"no sandbox can be made in {parent}: {error.strerror}") from error
        return sandbox

    def _furnish(self) -> None:
        for folder in (self.home, self.tmp, self.work, self.logs):
            folder.mkdir(parents=True)
        template = self.home / ".git-template"
        (template / "hooks").mkdir(parents=True)
        (template / "info").mkdir()
        (template / "info" / "exclude").touch()
        (self.home / ".gitconfig").write_text(git_config(self.root), "utf-8")

    def plan(self, *rules: FaultRule, guard: bool = True) -> InsidePlan:
        """Return a new plan with a folder of its own; the target may write to this sandbox alone."""
        self._plans += 1
        folder = self.logs / f"plan-{self._plans}"
        return InsidePlan(folder=str(folder), rules=rules, writable=(str(self.root),), guard=guard)

    def environment(self, executable_dir: Path, inside: InsidePlan | None = None) -> dict[str, str]:
        """Return the whole environment of a process in this sandbox; a plan is written for it to read."""
        if inside is not None:
            inside.write()
        tools = (str(executable_dir), *_folders_of("git", "sh"))
        return {
            "PATH": os.pathsep.join(dict.fromkeys(tools)),
            **environment(self.root),
            "TZ": self._time_zone,
            "PYTHONHASHSEED": str(self._hash_seed),
            **(inside.environment() if inside is not None else {}),
        }

    def close(self, *, keep: bool = False) -> tuple[Ended, ...]:
        """End every process of the sandbox and remove its folder; with `keep` the folder stays, ownerless.

        Returns what had to be ended. Closing again does nothing.
        """
        if not self._open:
            return ()
        ended = end_processes(self.root)
        if not keep:
            remove_tree(self._base)
        _marker(self._base).unlink(missing_ok=True)
        self._open = False
        atexit.unregister(self._close_at_exit)
        return ended

    def _close_at_exit(self) -> None:
        if self._owner.pid == os.getpid():  # a fork of the owner leaves it alone
            self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def scratch_folder() -> Path:
    """Return the folder of all sandboxes of this user.

    It is below what `KITTY_CONFORMANCE_SCRATCH` names, else what TMPDIR names, else in memory where there is
    room, else in the system's folder for temporary files.
    """
    chosen = os.environ.get(SCRATCH_VARIABLE) or os.environ.get("TMPDIR")
    if chosen:
        return _of_this_user(Path(chosen))
    return _of_this_user(MEMORY if _has_room(MEMORY) else Path(tempfile.gettempdir()))


def scratch_folders() -> tuple[Path, ...]:
    """Return every folder that sandboxes of this user may be in, the one to be used now first."""
    usual = (_of_this_user(MEMORY), _of_this_user(Path(tempfile.gettempdir())))
    return tuple(dict.fromkeys((scratch_folder(), *usual)))


def _of_this_user(folder: Path) -> Path:
    return folder / f"kitty-conformance-{os.getuid()}"


def _has_room(memory: Path) -> bool:
    """Whether sandboxes can be in a file system in memory: there is room, and what is in it can be run."""
    try:
        system = os.statvfs(memory)
    except OSError:
        return False
    free = min(system.f_bavail * system.f_frsize, psutil.virtual_memory().available)
    return free >= ROOM and not system.f_flag & os.ST_NOEXEC and os.access(memory, os.W_OK)


@contextmanager
def owned_folder(parent: Path) -> Iterator[Path]:
    """Make a folder that is removed at the end, or by the next `sweep` if this process is killed before.

    Raises
    ------
    HarnessError
        The folder cannot be made.

    """
    try:
        base = _claimed_folder(parent)
    except OSError as error:
        raise HarnessError(f"no folder can be made in {parent}: {error.strerror}") from error
    try:
        yield base
    finally:
        remove_tree(base)
        _marker(base).unlink(missing_ok=True)


def sweep(parent: Path) -> tuple[Path, ...]:
    """End and remove every sandbox below `parent` whose owner is gone; return their folders."""
    swept = []
    for marker in sorted(parent.resolve().glob("*.owner")):
        base = marker.with_suffix("")
        try:
            owner = msgspec.json.decode(marker.read_bytes(), type=Owner)
        except (OSError, msgspec.MsgspecError):
            continue  # swept by another process meanwhile, or not ours
        if not owner.is_alive():
            end_processes(base)
            remove_tree(base)
            marker.unlink(missing_ok=True)
            swept.append(base)
    return tuple(swept)


def _marker(base: Path) -> Path:
    return base.with_name(f"{base.name}.owner")


def _claimed_folder(parent: Path) -> Path:
    """Make a folder below `parent`, its owner known before it exists: no sweep takes it for an orphan."""
    parent.mkdir(parents=True, exist_ok=True)
    while True:
        with tempfile.NamedTemporaryFile(dir=parent.resolve(), prefix="case-", suffix=".draft") as draft:
            draft.write(msgspec.json.encode(Owner.current()))
            draft.flush()
            base = Path(draft.name.removesuffix(".draft"))
            with suppress(FileExistsError):
                os.link(draft.name, _marker(base))
                base.mkdir(mode=0o700)
                return base


def _padded(base: Path, padding: int) -> Path:
    """Lengthen a path by exactly so many characters, in folders of names a file system allows."""
    root = base
    while padding > 1:
        length = min(padding - 1, 200)
        length -= padding - 1 - length == 1  # leave no rest of one character: it could not be a folder
        root /= "p" * length
        padding -= length + 1
    return root


def _folders_of(*tools: str) -> tuple[str, ...]:
    found = [shutil.which(tool) for tool in tools]
    return tuple(str(Path(path).parent) for path in found if path is not None)
