"""Locks: which files, to the byte, a release is tested with, chosen as of its release day and kept with us.

`python -m kitty_conformance.target.lock VERSION…` (or `nox -s lock -- VERSION…`) writes them.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from kitty_conformance.errors import (
    HarnessError,
    KittyConformanceError,
    OutputUnwritableError,
    TargetUnavailableError,
    UsageError,
)
from kitty_conformance.target.index import PackageIndex, Release
from kitty_conformance.target.installer import Installer
from kitty_conformance.target.specification import DISTRIBUTION

LOCKS: Final = Path(__file__).parent / "locks"
"""The committed locks, one `<version>.txt` per supported release."""

ERA_MARGIN: Final = timedelta(hours=1)
"""How long after a release its dependencies are looked at: its companions are uploaded within the hour."""

OLDEST_PYTHON: Final = "3.11"

_HEADER = re.compile(r"^# (?P<key>[a-z -]+): (?P<value>.*)$", re.MULTILINE)
_REQUIREMENT = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?P<marker>(?: ;[^\\\n]*)?)", re.MULTILINE)
_WITHDRAWN = re.compile(r"Because (?P<requirement>[\w.-]+==[\w.!+]+) was yanked")


@dataclass(frozen=True, kw_only=True)
class Lock:
    """Every file one release is installed from, with hashes.

    Attributes
    ----------
    sha256
        Of the release's own wheel.
    resolved_before
        RFC 3339: files uploaded later were not looked at.
    text
        The lock itself, a requirements file with hashes.

    """

    version: str
    sha256: str
    resolved_before: str
    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a lock back.

        Raises
        ------
        HarnessError
            It is not one of ours.

        """
        header = {found["key"]: found["value"] for found in _HEADER.finditer(text)}
        try:
            return cls(
                version=header["release"],
                sha256=header["wheel"].removeprefix("sha256:"),
                resolved_before=header["resolved before"],
                text=text,
            )
        except KeyError as missing:
            raise HarnessError(f"a lock does not say its {missing.args[0]!r}") from None

    @property
    def constraints(self) -> str:
        """The locked versions of all dependencies without their hashes, for another build of the release."""
        found = (match for match in _REQUIREMENT.finditer(self.text) if match["name"] != DISTRIBUTION)
        return "".join(f"{match['name']}=={match['version']}{match['marker'].rstrip()}\n" for match in found)


def find_lock(version: str, folder: Path = LOCKS) -> Lock | None:
    """Give the lock of a release, `None` if it has none."""
    file = folder / f"{version}.txt"
    return Lock.parse(file.read_text(encoding="utf-8")) if file.is_file() else None


def era_cutoff(release: Release, margin: timedelta = ERA_MARGIN) -> str:
    """Give the moment, RFC 3339, up to which uploads count as known on the release's day.

    Raises
    ------
    TargetUnavailableError
        The index does not say when the release was uploaded.

    """
    if release.uploaded is None:
        raise TargetUnavailableError(
            f"the package index does not say when {release.version} was uploaded",
            hint="--resolve today installs it with the dependencies of today",
        )
    return _rfc3339(release.uploaded + margin)


def write_lock(release: Release, installer: Installer, folder: Path = LOCKS) -> Path:
    """Choose a release's dependencies as of its day and write them down; say where.

    A dependency withdrawn from the index since is kept by naming its version outright, and the lock says so.

    Raises
    ------
    TargetUnavailableError
        The dependencies cannot be resolved, or the index lacks the facts a lock needs.

    """
    if not release.sha256:
        raise TargetUnavailableError(f"the package index gives no sha256 of {release.wheel}")
    cutoff = era_cutoff(release)
    requirements, resolved = _resolve((f"{DISTRIBUTION}=={release.version}",), cutoff, installer)
    file = folder / f"{release.version}.txt"
    try:
        file.write_text(_header(release, cutoff, requirements[1:]) + resolved, encoding="utf-8")
    except OSError as error:
        raise OutputUnwritableError(f"the lock {file} cannot be written: {error.strerror}") from error
    return file


def _resolve(requirements: tuple[str, ...], cutoff: str, installer: Installer) -> tuple[tuple[str, ...], str]:
    """Give the requirements that were resolved, those withdrawn since among them, and the result."""
    try:
        return requirements, _compiled(requirements, cutoff, installer)
    except TargetUnavailableError as error:
        withdrawn = _WITHDRAWN.search(error.message)
        if withdrawn is None or withdrawn["requirement"] in requirements:
            raise
    return _resolve((*requirements, withdrawn["requirement"]), cutoff, installer)


def _compiled(requirements: Sequence[str], cutoff: str, installer: Installer) -> str:
    with tempfile.TemporaryDirectory(prefix="kitty-conformance-") as scratch:
        wanted, locked = Path(scratch, "wanted.in"), Path(scratch, "locked.txt")
        wanted.write_text("".join(f"{requirement}\n" for requirement in requirements), encoding="utf-8")
        options = ["--universal", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
        span = ["--python-version", OLDEST_PYTHON, "--exclude-newer", cutoff]
        installer.run(
            ["pip", "compile", *options, *span, "--output-file", str(locked), str(wanted)],
            doing=f"lock {requirements[0]}",
        )
        return locked.read_text(encoding="utf-8")


def _header(release: Release, cutoff: str, withdrawn: Sequence[str]) -> str:
    facts = {
        "release": release.version,
        "wheel": f"sha256:{release.sha256}",
        "uploaded": _rfc3339(release.uploaded) if release.uploaded else "",
        "resolved before": cutoff,
        "made with": f"nox -s lock -- {release.version}",
    }
    if withdrawn:
        facts["withdrawn since"] = ", ".join(withdrawn)
    lines = "".join(f"# {key}: {value}\n" for key, value in facts.items())
    return (
        f"# All that {DISTRIBUTION} {release.version} is tested with, chosen as of its release day.\n{lines}"
    )


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def main(versions: Sequence[str]) -> int:
    """Write the locks of these releases; give the exit code."""
    try:
        if not versions:
            raise UsageError("no version to lock", hint="python -m kitty_conformance.target.lock VERSION…")
        installer = Installer(PackageIndex.configured())
        for version in versions:
            sys.stdout.write(f"{write_lock(installer.index.release(version), installer)}\n")
    except KittyConformanceError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
