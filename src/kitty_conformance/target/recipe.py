"""What decides the bytes of a target environment: the wheel, the choice of dependencies, the interpreter."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.parser import HeaderParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from packaging.utils import canonicalize_name

from kitty_conformance.errors import TargetUnavailableError
from kitty_conformance.target.installer import Installer
from kitty_conformance.target.lock import Lock, era_cutoff, find_lock
from kitty_conformance.target.specification import DISTRIBUTION, TargetSpecification

FORMAT: Final = 1
"""Raised whenever environments are built differently, so that none built the old way is used."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that has to be known to build one environment, and to know it again.

    Attributes
    ----------
    sha256
        Of the target's wheel.
    resolution, resolved_before
        As in `kitty_conformance.results.TargetIdentity`.
    requirements
        What is installed, as a requirements file.
    constraints
        Versions of dependencies for builds that have no lock of their own; may be empty.
    day
        Of a resolution as of today (such an environment is good for a day), else empty.

    """

    version: str
    sha256: str
    resolution: str
    requirements: str
    resolved_before: str = ""
    constraints: str = ""
    day: str = ""

    @property
    def options(self) -> tuple[str, ...]:
        """Options of `uv pip install` that make it choose the files this recipe means."""
        # A source archive of the target has another hash than its wheel, and would have to be built.
        chosen = ["--only-binary", DISTRIBUTION]
        if self.resolution == "locked":
            chosen += ["--require-hashes"]
        elif self.resolved_before and not self.constraints:
            chosen += ["--exclude-newer", self.resolved_before]
        return tuple(chosen)

    @property
    def key(self) -> str:
        """Name of the environment's folder: the version for people, a digest of everything else for us."""
        decisive = {
            "format": FORMAT,
            "python": [platform.python_version(), sys.implementation.cache_tag, sys.base_prefix],
            "platform": sysconfig.get_platform(),
            "wheel": self.sha256,
            "resolution": [self.resolution, self.resolved_before, self.day],
            "dependencies": self.requirements if self.resolution == "locked" else self.constraints,
        }
        digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
        return f"{self.version}-{digest[:16]}"


@contextmanager
def drawn_up(specification: TargetSpecification, installer: Installer) -> Iterator[Recipe]:
    """Give the recipe of a target; a wheel built for it exists until the end of the block.

    Asks the package index only about a release that has no lock, and about `newest`.

    Raises
    ------
    UnknownTargetError
        The index has no such release.
    TargetUnavailableError
        The index cannot be asked, the checkout cannot be built, the wheel cannot be read.

    """
    if specification.kind == "pypi":
        yield _of_release(specification, installer)
    elif specification.kind == "wheel":
        yield _of_wheel(Path(specification.value), specification)
    else:
        with TemporaryDirectory(prefix="kitty-conformance-") as scratch:
            yield _of_wheel(installer.build_wheel(Path(specification.value), Path(scratch)), specification)


def _of_release(specification: TargetSpecification, installer: Installer) -> Recipe:
    lock = find_lock(specification.value) if specification.resolve == "era" else None
    if lock is not None:
        return _locked(lock)
    release = installer.index.release(specification.value)
    era = specification.resolve == "era"
    digest = f" --hash=sha256:{release.sha256}" if release.sha256 else ""
    return Recipe(
        version=release.version,
        sha256=release.sha256,
        resolution=specification.resolve,
        requirements=f"{DISTRIBUTION}=={release.version}{digest}\n",
        resolved_before=era_cutoff(release) if era else "",
        day="" if era else _today(),
    )


def _locked(lock: Lock) -> Recipe:
    return Recipe(
        version=lock.version,
        sha256=lock.sha256,
        resolution="locked",
        requirements=lock.text,
        resolved_before=lock.resolved_before,
    )


def _of_wheel(file: Path, specification: TargetSpecification) -> Recipe:
    version, sha256 = _version(file), _digest(file)
    lock = find_lock(version) if specification.resolve == "era" else None
    return Recipe(
        version=version,
        sha256=sha256,
        resolution="era" if lock else "today",
        requirements=f"{DISTRIBUTION} @ {file.as_uri()} --hash=sha256:{sha256}\n",
        resolved_before=lock.resolved_before if lock else "",
        constraints=lock.constraints if lock else "",
        day="" if lock else _today(),
    )


def _version(wheel: Path) -> str:
    try:
        with zipfile.ZipFile(wheel) as archive:
            described = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            metadata = HeaderParser().parsestr(archive.read(described).decode("utf-8"))
    except (OSError, ValueError, StopIteration, zipfile.BadZipFile) as error:
        reason = str(error) or "it has no metadata"
        raise TargetUnavailableError(f"{wheel} cannot be read as a wheel: {reason}") from None
    if canonicalize_name(metadata.get("Name", "")) != DISTRIBUTION or not metadata.get("Version"):
        raise TargetUnavailableError(f"{wheel} says in its metadata that it is no build of {DISTRIBUTION}")
    return str(metadata["Version"])


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
