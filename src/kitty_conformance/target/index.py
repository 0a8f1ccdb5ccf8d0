"""The package index: which releases of spec-kitty exist, which files they are, when they were uploaded."""

from __future__ import annotations

import difflib
import os
import re
from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final, Self

from packaging.version import InvalidVersion, Version

from kitty_conformance.errors import TargetUnavailableError, UnknownTargetError
from kitty_conformance.target.specification import DISTRIBUTION

if TYPE_CHECKING:
    from pypi_simple import DistributionPackage

CONFIGURED_BY: Final = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
"""Environment variables that name the user's package index; the first that is set wins."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """One release as the index describes its wheel.

    Attributes
    ----------
    sha256
        Of the wheel, 64 hexadecimal digits; empty if the index does not say.
    uploaded
        When the wheel was uploaded, UTC; `None` if the index does not say.
    yanked
        Why the release was withdrawn (empty if no reason was given); `None` while it stands.

    """

    version: str
    wheel: str
    url: str
    sha256: str
    uploaded: datetime | None
    yanked: str | None = None

    @property
    def is_final(self) -> bool:
        """Neither a pre-release nor withdrawn."""
        return self.yanked is None and not Version(self.version).is_prerelease


@dataclass(frozen=True)
class PackageIndex:
    """One package index; its list of releases is fetched once, when first needed.

    Attributes
    ----------
    url
        Address of its simple API; empty for the public one.

    """

    url: str = ""

    @classmethod
    def configured(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Give the index the user configured for uv or pip, else the public one."""
        chosen = next((environment[name] for name in CONFIGURED_BY if environment.get(name)), "")
        # An index may carry a name (`internal=https://…`), which plays no part here.
        return cls(re.sub(r"^[\w.-]+=(?=\w+://)", "", chosen))

    def newest_final(self) -> Release:
        """Give the highest final release that was not withdrawn (misnumbered ones were).

        Raises
        ------
        TargetUnavailableError
            The index cannot be asked, or has no final release.

        """
        final = [release for release in self._releases.values() if release.is_final]
        if not final:
            raise TargetUnavailableError(f"the package index has no final release of {DISTRIBUTION}")
        return max(final, key=lambda release: Version(release.version))

    def release(self, version: str) -> Release:
        """Give one release by its version, however spelt, withdrawn or not.

        Raises
        ------
        UnknownTargetError
            The index has no wheel of that version.
        TargetUnavailableError
            The index cannot be asked.

        """
        wanted = _canonical(version) or version
        if wanted not in self._releases:
            near = ", ".join(self._near(wanted))
            hint = f"near it are {near}" if near else "see `newest` for the newest final release"
            raise UnknownTargetError(f"{DISTRIBUTION} has no release {wanted}", hint=hint)
        return self._releases[wanted]

    def _near(self, version: str) -> list[str]:
        """Give two releases before a version and one after it; of what is no version, those spelt alike."""
        if _canonical(version) is None:
            return difflib.get_close_matches(version, self._releases, n=3)
        known = sorted(self._releases, key=Version)
        place = bisect(known, Version(version), key=Version)
        return known[max(0, place - 2) : place + 1]

    def releases(self) -> tuple[Release, ...]:
        """Give every release there is a wheel of, withdrawn ones too, in the order of their versions.

        Raises
        ------
        TargetUnavailableError
            The index cannot be asked.

        """
        return tuple(sorted(self._releases.values(), key=lambda release: Version(release.version)))

    @cached_property
    def _releases(self) -> dict[str, Release]:
        # Half a second of imports, which nobody waits for whose locked release is in the cache.
        from kitty_conformance.target.simple_api import wheels  # noqa: PLC0415 - see above

        known = ((_canonical(wheel.version or ""), wheel) for wheel in wheels(self.url))
        return {version: _described(version, wheel) for version, wheel in known if version is not None}


def _described(version: str, wheel: DistributionPackage) -> Release:
    return Release(
        version=version,
        wheel=wheel.filename,
        url=wheel.url,
        sha256=wheel.digests.get("sha256", ""),
        uploaded=wheel.upload_time,
        yanked=(wheel.yanked_reason or "") if wheel.is_yanked else None,
    )


def _canonical(version: str) -> str | None:
    try:
        return str(Version(version))
    except InvalidVersion:
        return None
