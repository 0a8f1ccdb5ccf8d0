"""A stage of a mission: built through the CLI, against copied from a snapshot."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec

from kitty_conformance.bench.scene import Scene
from kitty_conformance.target.launcher import Launcher
from kitty_conformance.target.sandbox import scratch_folder
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.snapshot import Snapshots
from kitty_fixtures.stages import Stage
from kitty_fixtures.work_package import WorkPackage

LATE: Final = Planned(
    work_packages=(WorkPackage(id="WP01"), WorkPackage(id="WP02", dependencies=("WP01",))),
    reached={"WP01": Stage.APPROVED, "WP02": Stage.APPROVED},
)
"""Two work packages, both approved: what stands before a merge."""
COPIES: Final = 20


class StageCost(msgspec.Struct, frozen=True, kw_only=True):
    """One stage in CPU seconds of everything: built cold, built warm, copied (mean of so many)."""

    release: str
    built_cold: float
    built_warm: float
    copied: float
    copies: int


def measure(scene: Scene, *, copies: int = COPIES) -> StageCost:
    """Build the stage either way, then copy it into fresh sandboxes."""
    with tempfile.TemporaryDirectory(dir=scratch_folder().parent) as folder:
        cold = _set(scene, scene.cold, Path(folder, "cold"))
        warm = _set(scene, scene.warm, Path(folder, "warm"))
        copied = [_set(scene, scene.warm, Path(folder, "cold")) for _ in range(copies)]
    return StageCost(
        release=scene.target.identity.version,
        built_cold=cold,
        built_warm=warm,
        copied=sum(copied) / copies,
        copies=copies,
    )


def _set(scene: Scene, launcher: Launcher, store: Path) -> float:
    """Set the stage in a new sandbox; returns the CPU seconds that took, of the target and ours."""
    with scene.workbench(launcher) as (bench, _):
        situations = Situations(bench, scene.dialect(), Snapshots(store), (str(scene.target.executable),))
        before, commands = _ours(), launcher.cpu
        situations(LATE)
        spent = launcher.cpu - commands
        # What the cold launcher has reaped is among what we waited for; count it once.
        return _ours() - before + (spent if launcher is scene.warm else 0.0)


def _ours() -> float:
    times = os.times()
    return time.process_time() + times.children_user + times.children_system
