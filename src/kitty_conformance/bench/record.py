"""Everything measured, as it is committed: one JSON file, each part replaced when it is measured again."""

from __future__ import annotations

from pathlib import Path

import msgspec

from kitty_conformance.bench.adaptation import AdaptationCost
from kitty_conformance.bench.growth import Growth
from kitty_conformance.bench.machine import Machine
from kitty_conformance.bench.stages import StageCost
from kitty_conformance.bench.walks import Walk
from kitty_conformance.bench.whole import SignOffCost


class Record(msgspec.Struct, kw_only=True):
    """What was measured, and on which machine each part was."""

    machines: dict[str, Machine] = {}
    walks: dict[str, Walk] = {}
    stages: dict[str, StageCost] = {}
    growth: dict[str, Growth] = {}
    signoffs: dict[str, SignOffCost] = {}
    adapters: dict[str, AdaptationCost] = {}

    @classmethod
    def load(cls, file: Path) -> Record:
        """Read what was measured before, if anything."""
        return msgspec.json.decode(file.read_bytes(), type=cls) if file.exists() else cls()

    def save(self, file: Path) -> None:
        """Write it down, numbers rounded."""
        file.parent.mkdir(parents=True, exist_ok=True)
        document = _rounded(msgspec.to_builtins(self))
        file.write_bytes(msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=1) + b"\n")


def _rounded(thing: object) -> object:
    if isinstance(thing, dict):
        return {key: _rounded(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [_rounded(value) for value in thing]
    return round(thing, 4) if isinstance(thing, float) else thing
