"""The command that shows a case again on the target it was found on; a shell takes it as it stands."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from kitty_conformance.results import TargetIdentity

_FAR: Final = "../.."
"""What is no nearer than this is easier found by its absolute path."""


def reproduce_command(target: TargetIdentity, identity: str, *, here: Path | None = None) -> str:
    """Return the command that shows one case again, on the same target with the same adapters.

    Where it is to be typed on another machine, a checkout or a wheel is named as it is seen from `here`, the
    folder that both machines have.
    """
    requested = _seen_from(here, target.requested) if here else target.requested
    return _command(identity, requested, resolution=target.resolution, adapters=target.adapters)


def _seen_from(here: Path, requested: str) -> str:
    """Return a target with its path relative to a folder, unless it is far from there."""
    kind, _, value = requested.partition(":")
    if kind == "pypi":
        return requested
    relative = os.path.relpath(value, here)
    return requested if relative.startswith(_FAR) else f"{kind}:{relative}"


def reproduce_command_of_release(version: str, identity: str, *, resolution: str) -> str:
    """Return it for a release of which no more is kept than how its dependencies were chosen."""
    return _command(identity, f"pypi:{version}", resolution=resolution)


def signoff_command(target: TargetIdentity) -> str:
    """Return the command that signs off the same target."""
    return (
        f"kitty-conformance signoff {_named(target.requested)}{_today(target.requested, target.resolution)}"
    )


def verify_command(folder: str) -> str:
    """Return the command that verifies the report in a folder."""
    return f"kitty-conformance verify {shlex.quote(folder)}"


def _named(requested: str) -> str:
    return shlex.quote(requested.removeprefix("pypi:"))


def _today(requested: str, resolution: str) -> str:
    released = requested.startswith("pypi:")  # what never was has no release day to resolve as of
    return " --resolve today" if released and resolution == "today" else ""


def _command(identity: str, requested: str, *, resolution: str, adapters: Sequence[str] = ()) -> str:
    on = f" --adapters {','.join(adapters)}" if adapters else ""
    target = f"{_named(requested)}{_today(requested, resolution)}"
    return f"kitty-conformance reproduce {identity} --target {target}{on}"
