"""A target environment with adapters: the same installation, and a file that says what is applied to it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from kitty_conformance.errors import TargetUnavailableError
from kitty_conformance.target.adapters import FOLDER, Adapter, source_of
from kitty_conformance.target.environment import Environment, cache_root


class AdapterOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What the inside reads; see `kitty_conformance.inside.adapters.applying`."""

    release: str
    folder: str
    root: str
    wanted: dict[str, list[str]]
    files: dict[str, tuple[int, int]]
    functions: dict[str, dict[str, str]]
    source: str


def adapted(
    environment: Environment, adapters: Sequence[Adapter], *, folder: Path = FOLDER, cache: Path | None = None
) -> Environment:
    """Return the environment with these adapters on; without any it is as it was.

    Raises
    ------
    TargetUnavailableError
        The file for the inside cannot be written.

    """
    if not adapters:
        return environment
    wanted: dict[str, list[str]] = {}
    for adapter in adapters:
        for module in adapter.wraps:
            wanted.setdefault(module, []).append(adapter.issue)
    order = AdapterOrder(
        release=environment.identity.version,
        folder=str(folder),
        root=str(environment.site_packages),
        wanted=wanted,
        files={},
        functions={},
        source=source_of(adapters, folder),
    )
    body = msgspec.json.encode(order, order="sorted")
    name = f"{environment.root.name}-{hashlib.sha256(body).hexdigest()[:16]}.json"
    file = (cache or cache_root()) / "adapters" / name
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        draft.write_bytes(body)
        draft.replace(file)
    except OSError as error:
        raise TargetUnavailableError(f"{file} cannot be written: {error.strerror}") from error
    identity = msgspec.structs.replace(
        environment.identity, adapters=tuple(adapter.issue for adapter in adapters)
    )
    return replace(environment, identity=identity, adapters=file)
