"""A target environment with adapters: the same installation, and a file that says what is applied to it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from kitty_conformance.errors import TargetUnavailableError
from kitty_conformance.target.adapter_order import AdapterOrder, order_text, read_order, tried
from kitty_conformance.target.adapters import FOLDER, Adapter
from kitty_conformance.target.environment import Environment, cache_root
from kitty_conformance.target.verified import Verifications, demand_verified, verifications


def adapted(
    environment: Environment,
    adapters: Sequence[Adapter],
    *,
    unverified: bool = False,
    known: Verifications | None = None,
    folder: Path = FOLDER,
    cache: Path | None = None,
) -> Environment:
    """Return the environment with these adapters on; without any it is as it was.

    Parameters
    ----------
    environment
        The installation, which is not written to.
    adapters
        Those that are to be on.
    unverified
        Whether they are applied also where they were not verified.
    known
        What they were verified on; by default what is recorded.
    folder
        Where they are.
    cache
        Root of the cache, where the order for the inside is kept.

    Raises
    ------
    AdapterRefusedError
        One of them does not apply, or is not verified on what is installed.
    TargetUnavailableError
        The order cannot be written.

    """
    if not adapters:
        return environment
    order, file = _order(environment, adapters, folder, (cache or cache_root()) / "adapters")
    if not unverified:
        demand_verified(order, adapters, verifications() if known is None else known)
    issues = tuple(adapter.issue for adapter in adapters)
    identity = msgspec.structs.replace(environment.identity, adapters=issues)
    return replace(environment, identity=identity, adapters=file)


def _order(
    environment: Environment, adapters: Sequence[Adapter], folder: Path, kept: Path
) -> tuple[AdapterOrder, Path]:
    """Return the order, tried now unless it was before, and the file that holds it."""
    untried = AdapterOrder.of(
        adapters,
        release=environment.identity.version,
        root=environment.site_packages,
        folder=folder,
        advice="start kitty-conformance again",
    )
    name = hashlib.sha256(order_text(untried)).hexdigest()[:16]
    file = kept / f"{environment.root.name}-{name}.json"
    found = read_order(file)
    if found is not None and _still_holds(found):
        return found, file
    order = tried(untried, environment.python)
    try:
        kept.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        draft.write_bytes(order_text(order))
        draft.replace(file)
    except OSError as error:
        raise TargetUnavailableError(f"{file} cannot be written: {error.strerror}") from error
    return order, file


def _still_holds(order: AdapterOrder) -> bool:
    """Whether the files of the target are those that the order was tried on."""
    with suppress(OSError):
        looked = [(Path(order.root, name).stat(), size, at) for name, size, at in order.modules.values()]
        return all((status.st_size, status.st_mtime_ns) == (size, at) for status, size, at in looked)
    return False
