"""Which releases a history is of, and when they came out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Final

from packaging.version import Version

from kitty_conformance.target.index import Release

OLDEST: Final = Version("3.1")
"""Where the history begins: the first line whose releases walk a mission as later ones do."""


def chosen(releases: Iterable[Release], *, alphas: bool = False) -> tuple[Release, ...]:
    """Return the finals and release candidates a history is of, the oldest version first.

    Withdrawn releases are left out, alphas (and betas) too unless they are asked for.
    """
    return tuple(
        sorted(
            (each for each in releases if each.yanked is None and _wanted(Version(each.version), alphas)),
            key=lambda each: Version(each.version),
        )
    )


def _wanted(version: Version, alphas: bool) -> bool:  # noqa: FBT001 - a rule with two inputs
    if Version(version.base_version) < OLDEST or version.is_devrelease:
        return False
    return version.pre is None or version.pre[0] == "rc" or alphas


def dates(releases: Iterable[Release]) -> dict[str, str]:
    """Return when each release was uploaded (RFC 3339, UTC), where the index says so."""
    return {
        each.version: each.uploaded.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for each in releases
        if each.uploaded
    }
