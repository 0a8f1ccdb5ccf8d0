"""Target environments: one virtual environment per build, cached per user, complete or absent.

An environment is built in its final place, because console scripts name their interpreter by its path, and
counts as complete from the moment its record, written last, is there.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec
import platformdirs

from kitty_conformance.errors import TargetUnavailableError
from kitty_conformance.results import TargetIdentity
from kitty_conformance.target.installation import HOOK, Installation, Progress, site_packages
from kitty_conformance.target.installer import Installer
from kitty_conformance.target.plan import ADAPTERS
from kitty_conformance.target.recipe import drawn_up
from kitty_conformance.target.specification import TargetSpecification

CACHE_VARIABLE: Final = "KITTY_CONFORMANCE_CACHE"
"""Environment variable that moves the cache elsewhere than the user's cache folder."""

RECORD: Final = "environment.json"


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A complete installation of one build.

    Attributes
    ----------
    root
        Folder of the virtual environment; never written to once it is complete.
    identity
        What exactly is installed in it, and which adapters are on.
    adapters
        The file that tells its interpreters which adapters to apply; `None` if none.

    """

    root: Path
    identity: TargetIdentity
    adapters: Path | None = None

    @property
    def name(self) -> str:
        """Names installation and adapters: what is kept of one is of no use for another."""
        return self.root.name if self.adapters is None else f"{self.root.name}+{self.adapters.stem}"

    @property
    def marks(self) -> tuple[str, ...]:
        """What a stage built with it depends on: the executable, and the adapters that are on."""
        return (str(self.executable), *self.variables.values())

    @property
    def variables(self) -> dict[str, str]:
        """Environment variables every process of the target has to have, beside those of its sandbox."""
        return {} if self.adapters is None else {ADAPTERS: str(self.adapters)}

    @property
    def python(self) -> Path:
        """Interpreter of the target."""
        return self.root / "bin" / "python"

    @property
    def executable(self) -> Path:
        """The `spec-kitty` command of the target."""
        return self.root / "bin" / "spec-kitty"

    @property
    def site_packages(self) -> Path:
        """Where the target and its dependencies are installed."""
        return site_packages(self.root)

    @property
    def inside_hook(self) -> Path:
        """The file that makes the target's interpreter execute what `KITTY_INSIDE` names."""
        return self.site_packages / HOOK

    @classmethod
    def at(cls, root: Path) -> Environment | None:
        """Give the complete environment in a folder, `None` if there is none."""
        try:
            record = msgspec.json.decode((root / RECORD).read_bytes(), type=TargetIdentity)
        except (OSError, msgspec.MsgspecError):
            return None
        found = cls(root=root, identity=record)
        # A vanished base interpreter leaves a dangling link behind.
        return found if found.python.exists() and found.executable.exists() else None


def obtain(
    specification: TargetSpecification,
    *,
    cache: Path | None = None,
    progress: Progress | None = None,
    installer: Installer | None = None,
) -> Environment:
    """Give the environment of a target, built now if the cache has none.

    Any number of processes may ask for the same one at once: one builds, the others wait for it. Nothing is
    asked of the network for a release that has a lock and is in the cache.

    Parameters
    ----------
    specification
        What is wanted.
    cache
        Root of the cache; default `$KITTY_CONFORMANCE_CACHE`, else the user's cache folder.
    progress
        Told in a few words whenever something begins that takes time.
    installer
        Default: one for the package index the user configured.

    Raises
    ------
    UnknownTargetError
        The package index has no such release.
    TargetUnavailableError
        It could not be resolved, downloaded, built, installed or started. Nothing is left in the cache.

    """
    installer = installer or Installer()
    cache = (cache or cache_root()).absolute()
    tell = progress or (lambda _: None)
    if specification.is_newest:
        specification = specification.pinned(installer.index.newest_final().version)
    if specification.kind == "path":
        tell(f"building a wheel of {specification.value}")
    with _writing_to(cache), drawn_up(specification, installer) as recipe:
        root = cache / "environments" / recipe.key
        found = Environment.at(root) or _built(Installation(root, specification, recipe, installer, tell))
    # Two names may lead to the same bytes: the record holds the name of whoever came first.
    return replace(found, identity=msgspec.structs.replace(found.identity, requested=str(specification)))


def cache_root() -> Path:
    """Give the root of the cache of this user."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen).expanduser() if chosen else platformdirs.user_cache_path("kitty-conformance")


@contextmanager
def _writing_to(cache: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TargetUnavailableError(
            f"the environment cannot be written: {error.strerror}: {error.filename or cache}",
            hint=f"{CACHE_VARIABLE} names another folder for the cache",
        ) from error


def _built(installation: Installation) -> Environment:
    root = installation.root
    root.parent.mkdir(parents=True, exist_ok=True)
    with _exclusive(root.with_name(f"{root.name}.lock"), installation.tell) as held:
        if found := Environment.at(root):
            return found
        _remove(root)
        try:
            identity = replace(installation, keep=held).carry_out()
            _write_whole(root / RECORD, msgspec.json.format(msgspec.json.encode(identity)))
        except BaseException:
            _remove(root)
            raise
    return Environment(root=root, identity=identity)


@contextmanager
def _exclusive(lock: Path, tell: Progress) -> Iterator[int]:
    """Hold a lock file for this block; gives its descriptor.

    A process started with that descriptor holds the lock too: if a builder is killed, its installer, which
    goes on writing for a while, keeps the next builder waiting until it has ended.
    """
    with lock.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("waiting for another process that builds the same environment")
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream.fileno()


def _remove(root: Path) -> None:
    # The record goes first: whatever of the rest a kill in the middle leaves is not taken for complete.
    (root / RECORD).unlink(missing_ok=True)
    if root.exists():
        shutil.rmtree(root)


def _write_whole(file: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    Path(stream.name).replace(file)
