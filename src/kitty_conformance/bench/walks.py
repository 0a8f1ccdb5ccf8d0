"""A whole walk, cold and warm in turns: what each command costs, and whether both say the same."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec
import psutil

from kitty_conformance.bench.scene import Scene, taking_turns
from kitty_conformance.bench.turns import Spent, TurnTaking, named
from kitty_conformance.story import Ran, Story
from kitty_fixtures.mission_builder import MissionBuilder
from kitty_fixtures.repository import Repository
from kitty_fixtures.topology import Shape
from kitty_suites.smoke import walk

_CHANCE: Final = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*(Z|[+-]\d\d:\d\d)?|\b[0-9A-HJKMNP-TV-Z]{26}\b|\b[0-9a-f]{7,64}\b"
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b\d+(\.\d+)?\s?(ms|s)\b|[0-9]{5,}|\b\d\d:\d\d:\d\d\b"
)
"""What differs between any two walks: times, identifiers, hashes, process numbers."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One command, cold and warm, in CPU seconds; `count` of them added up."""

    command: str
    count: int
    cold: float
    warm: float


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """One walk of two work packages from init to merge.

    Attributes
    ----------
    cold, warm
        CPU seconds of the target's commands, and of the git commands around them, hooks included.
    pairs
        By command.
    compared, differing
        How many outputs were compared, and the commands whose outputs differ in more than times and names.
    overhead
        CPU seconds of ours for each command: launcher, recording, fixtures, and the warm server's own.
    launcher_memory
        Bytes of the warm server alone (PSS) after the walk.

    """

    release: str
    cold: float
    warm: float
    pairs: tuple[Pair, ...]
    compared: int
    differing: tuple[str, ...]
    overhead: float
    launcher_memory: int


def measure(scene: Scene) -> Walk:
    """Walk cold and warm, command by command in turns; the server that forks is there already."""
    cold, warm = taking_turns(scene)
    before = time.process_time() + _serving(scene)
    with ThreadPoolExecutor(2) as threads:
        stories = list(threads.map(lambda launcher: _walked(scene, launcher), (cold, warm)))
    ours = time.process_time() + _serving(scene) - before
    said = [_outputs(story) for story in stories]
    return Walk(
        release=scene.target.identity.version,
        cold=sum(each.cpu for each in cold.spent),
        warm=sum(each.cpu for each in warm.spent),
        pairs=_pairs(cold.spent, warm.spent),
        compared=min(map(len, said)),
        differing=tuple(name for (name, one), (_, other) in zip(*said, strict=False) if one != other),
        overhead=ours / (len(cold.spent) + len(warm.spent)),
        launcher_memory=max(psutil.Process(pid).memory_full_info().pss for pid in scene.warm.servers),
    )


def _walked(scene: Scene, launcher: TurnTaking) -> Story:
    try:
        with scene.workbench(launcher) as (bench, _):
            dialect = scene.dialect()
            builder = MissionBuilder(Repository.create(bench), dialect)
            walk(builder, Shape.FLAT if dialect.lanes_topology else Shape.OWN)
            return bench.story.story()
    finally:
        launcher.close()


def _serving(scene: Scene) -> float:
    """Return the CPU seconds the servers took themselves so far: imports, and forking since."""
    times = [psutil.Process(pid).cpu_times() for pid in scene.warm.servers]
    return sum(each.user + each.system for each in times)


def _pairs(cold: Sequence[Spent], warm: Sequence[Spent]) -> tuple[Pair, ...]:
    names = dict.fromkeys(each.command for each in cold)
    return tuple(
        Pair(
            command=name,
            count=sum(each.command == name for each in cold),
            cold=sum(each.cpu for each in cold if each.command == name),
            warm=sum(each.cpu for each in warm if each.command == name),
        )
        for name in names
    )


def _outputs(story: Story) -> list[tuple[str, str]]:
    """Return what each command of the target said, without times, identifiers and numbers of chance."""
    ran = [step for step in story.steps if isinstance(step, Ran) and step.argv[0] == "@{SPEC_KITTY}"]
    return [
        (named(step.argv), _CHANCE.sub("…", f"{step.exit_status}\n{step.stdout}\n{step.stderr}"))
        for step in ran
    ]
