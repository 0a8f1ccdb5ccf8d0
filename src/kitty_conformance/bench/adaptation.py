"""What it costs to have all adapters on: the same commands with and without them, in turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from kitty_conformance.bench.scene import Scene
from kitty_conformance.target.adapted import adapted
from kitty_conformance.target.adapters import known_adapters
from kitty_conformance.target.launcher import Command, Launcher
from kitty_fixtures.mission import Mission
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.snapshot import Snapshots
from kitty_fixtures.stages import Stage
from kitty_fixtures.workbench import Workbench

TURNS: Final = 20
"""How often each command is run, with and without."""


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """One command, in CPU seconds (mean): without adapters, and with all of them."""

    command: str
    launcher: str
    without: float
    all_on: float


class AdaptationCost(msgspec.Struct, frozen=True, kw_only=True):
    """What having adapters on costs on one release.

    Attributes
    ----------
    adapters
        The issues of those that are on.
    turns
        How often each command was run, either way.

    """

    release: str
    adapters: tuple[str, ...]
    turns: int
    paid: tuple[Paid, ...]


def measure(scene: Scene, store: Path, *, turns: int = TURNS) -> AdaptationCost:
    """Run each command cold and warm, without and with all adapters in turns; snapshots go to `store`."""
    target = adapted(scene.target, known_adapters(), unverified=True)
    paid: list[Paid] = []
    with scene.workbench(scene.warm) as (bench, _):
        situations = Situations(bench, scene.dialect(), Snapshots(store), scene.target.marks)
        (mission,) = situations(Planned(reached={"WP01": Stage.IN_PROGRESS}))
        for launcher in (scene.cold, scene.warm):
            for name, command in _commands(bench, mission).items():
                paid.append(_paid(name, launcher, command, target.variables, turns))
    return AdaptationCost(
        release=target.identity.version, adapters=target.identity.adapters, turns=turns, paid=tuple(paid)
    )


def _commands(bench: Workbench, mission: Mission) -> dict[str, Command]:
    """Return commands of which every turn does the same; the commit starts the guard, a hook."""
    status = ("agent", "tasks", "status", "--json", "--mission", mission.slug)
    commit = ("git", "commit", "--allow-empty", "--quiet", "--message", "Nothing")
    lane = mission.worktree("WP01").path
    return {
        "--version": _command(bench, (str(bench.executable), "--version"), bench.work),
        "agent tasks status": _command(bench, (str(bench.executable), *status), mission.repository.path),
        "git commit": _command(bench, commit, lane),
    }


def _command(bench: Workbench, argv: tuple[str, ...], cwd: Path) -> Command:
    return Command(argv=argv, cwd=cwd, environment=bench.environment, timeout=bench.timeout)


def _paid(name: str, launcher: Launcher, command: Command, variables: Mapping[str, str], turns: int) -> Paid:
    ways: tuple[Mapping[str, str], ...] = ({}, variables)
    spent = [0.0, 0.0]
    for turn in range(-1, turns):  # the first is not counted: caches, and the start of a warm server
        for way, more in enumerate(ways):
            before = launcher.cpu
            launcher.start(replace(command, environment={**command.environment, **more})).wait()
            spent[way] += launcher.cpu - before if turn >= 0 else 0.0
    return Paid(command=name, launcher=launcher.name, without=spent[0] / turns, all_on=spent[1] / turns)
