"""How long each case took on one target, kept in the cache: the next run begins with the longest."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from kitty_conformance.results import CaseResult
from kitty_conformance.target.environment import Environment, cache_root

Seconds = Mapping[str, Mapping[str, float]]
"""Launcher → case → seconds it took the last time."""


def durations_of(environment: Environment) -> Path:
    """Return the file that holds the durations of cases on a target."""
    return cache_root() / "durations" / f"{environment.root.name}.json"


def known(file: Path) -> Seconds:
    """Return what is known; nothing, if there is no such file or it is damaged."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, dict[str, float]])
    except (OSError, msgspec.MsgspecError):
        return {}


def learn(file: Path, results: Iterable[CaseResult]) -> None:
    """Write down how long these took; what else is known stays. A cache that takes nothing is no error."""
    seconds = {launcher: dict(cases) for launcher, cases in known(file).items()}
    for result in (each for each in results if not each.reused):
        seconds.setdefault(result.launcher, {})[result.case] = result.seconds
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as draft:
            draft.write(msgspec.json.encode(seconds, order="sorted"))
        Path(draft.name).replace(file)
