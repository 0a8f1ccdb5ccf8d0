"""The build under test as a person names it: `3.2.0a8`, `path:DIR`, `wheel:FILE`, `newest`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, Self, cast, get_args

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from kitty_conformance.errors import UnknownTargetError

DISTRIBUTION: Final = "spec-kitty-cli"
"""The distribution every target is a build of."""

NEWEST: Final = "newest"
"""Stands for the newest final release until the index has been asked."""

FORMS: Final = "a target is a version such as 3.2.0a8, pypi:VERSION, path:DIR, wheel:FILE or newest"

Kind = Literal["pypi", "path", "wheel"]
Resolve = Literal["era", "today"]


@dataclass(frozen=True, kw_only=True)
class TargetSpecification:
    """One build of spec-kitty and the way its dependencies are chosen.

    Attributes
    ----------
    kind
        `pypi` (a release of the package index), `path` (a checkout) or `wheel` (a file).
    value
        The normalised version or `newest`; the absolute path of the folder or file.
    resolve
        `era`: dependencies as of the release day; `today`: as the index has them now.

    """

    kind: Kind
    value: str
    resolve: Resolve = "era"

    @classmethod
    def parse(cls, text: str, *, resolve: str = "era", base: Path | None = None) -> Self:
        """Understand what a person typed; relative paths start at `base` (default: the working folder).

        Asks no network: whether the index has a version shows when the environment is obtained.

        Raises
        ------
        UnknownTargetError
            The text has no known form, or the folder or file is not there or is not of spec-kitty.

        """
        if resolve not in get_args(Resolve):
            raise UnknownTargetError(f"unknown resolution {resolve!r}", hint="it is either era or today")
        kind, colon, value = text.strip().partition(":")
        if not colon:
            kind, value = "pypi", kind
        if kind not in _READINGS:
            raise UnknownTargetError(f"unknown target {text!r}", hint=FORMS)
        return cls(
            kind=cast("Kind", kind),
            value=_READINGS[kind](value.strip(), base or Path.cwd()),
            resolve=cast("Resolve", resolve),
        )

    @property
    def is_newest(self) -> bool:
        """The index has yet to say which release this is."""
        return self.kind == "pypi" and self.value == NEWEST

    def pinned(self, version: str) -> Self:
        """Name the release that `newest` turned out to be."""
        return replace(self, value=version)

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


def _release(value: str, _base: Path) -> str:
    if value in {"", NEWEST}:
        return NEWEST
    try:
        return str(Version(value))
    except InvalidVersion:
        raise UnknownTargetError(f"{value!r} is no version", hint=FORMS) from None


def _checkout(value: str, base: Path) -> str:
    folder = _located(value, base, "path:DIR")
    if not folder.is_dir():
        raise UnknownTargetError(f"no folder {folder}", hint=f"path: wants a checkout of {DISTRIBUTION}")
    if canonicalize_name(str(_project(folder / "pyproject.toml").get("name", ""))) != DISTRIBUTION:
        raise UnknownTargetError(
            f"{folder} is no checkout of {DISTRIBUTION}", hint="its pyproject.toml has to name that project"
        )
    return str(folder)


def _project(pyproject: Path) -> dict[str, Any]:
    try:
        project = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("project", {})
    except (OSError, ValueError):
        return {}
    return project if isinstance(project, dict) else {}


def _wheel(value: str, base: Path) -> str:
    file = _located(value, base, "wheel:FILE")
    if not file.is_file():
        raise UnknownTargetError(f"no file {file}", hint=f"wheel: wants a wheel of {DISTRIBUTION}")
    try:
        name = parse_wheel_filename(file.name)[0]
    except InvalidWheelFilename:
        name = None
    if name != DISTRIBUTION:
        raise UnknownTargetError(
            f"{file} is no wheel of {DISTRIBUTION}",
            hint="its file name has to be that of a wheel, like spec_kitty_cli-VERSION-py3-none-any.whl",
        )
    return str(file)


def _located(value: str, base: Path, form: str) -> Path:
    if not value:
        raise UnknownTargetError(f"{form} lacks its path", hint=FORMS)
    try:
        return (base / Path(value).expanduser()).resolve()
    except (RuntimeError, ValueError, OSError) as error:
        raise UnknownTargetError(f"{value!r} cannot be a path: {error}", hint=FORMS) from None


_READINGS: Final = {"pypi": _release, "path": _checkout, "wheel": _wheel}
