"""The command that shows a case again on the target it was found on; a shell takes it as it stands."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from kitty_conformance.results import TargetIdentity


def reproduce_command(target: TargetIdentity, identity: str) -> str:
    """Return the command that shows one case again, on the same target with the same adapters."""
    return _command(identity, target.requested, resolution=target.resolution, adapters=target.adapters)


def reproduce_command_of_release(version: str, identity: str, *, resolution: str) -> str:
    """Return it for a release of which no more is kept than how its dependencies were chosen."""
    return _command(identity, f"pypi:{version}", resolution=resolution)


def _command(identity: str, requested: str, *, resolution: str, adapters: Sequence[str] = ()) -> str:
    target = shlex.quote(requested.removeprefix("pypi:"))
    released = requested.startswith("pypi:")  # what never was has no release day to resolve as of
    today = " --resolve today" if released and resolution == "today" else ""
    on = f" --adapters {','.join(adapters)}" if adapters else ""
    return f"kitty-conformance reproduce {identity} --target {target}{today}{on}"
