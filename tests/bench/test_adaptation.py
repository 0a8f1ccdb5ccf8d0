"""What adapters cost is measured in turns; the first turn does not count."""

from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from kitty_conformance.bench import adaptation


class Counting:
    """A launcher whose commands cost 2 s, 3 s with adapters, and 100 s more the first time."""

    def __init__(self, name):
        self.name, self.cpu, self.seen = name, 0.0, set()

    def start(self, command):
        """Spend the time."""
        kind = (command.argv, "KITTY_INSIDE_ADAPTERS" in command.environment)
        self.cpu += (3.0 if kind[1] else 2.0) + (0.0 if kind in self.seen else 100.0)
        self.seen.add(kind)
        return SimpleNamespace(wait=lambda: None)


@pytest.fixture
def scene(monkeypatch, tmp_path):
    identity = SimpleNamespace(version="9.9", adapters=("950",))
    target = SimpleNamespace(
        identity=identity, variables={"KITTY_INSIDE_ADAPTERS": "order"}, marks=("spec-kitty",)
    )
    bench = SimpleNamespace(
        executable=Path("spec-kitty"), work=tmp_path, environment={"HOME": "/"}, timeout=1.0
    )
    mission = SimpleNamespace(
        slug="alpha",
        repository=SimpleNamespace(path=tmp_path),
        worktree=lambda _: SimpleNamespace(path=tmp_path),
    )

    @contextmanager
    def workbench(_launcher):
        yield bench, None

    monkeypatch.setattr(adaptation, "adapted", lambda *_, **__: target)
    monkeypatch.setattr(adaptation, "Situations", lambda *_: lambda _: [mission])
    return SimpleNamespace(
        target=target,
        cold=Counting("cold"),
        warm=Counting("warm"),
        workbench=workbench,
        dialect=lambda: None,
    )


def test_each_command_is_run_either_way_and_the_first_turn_does_not_count(scene, tmp_path):
    cost = adaptation.measure(scene, tmp_path, turns=4)
    assert (cost.release, cost.adapters, cost.turns) == ("9.9", ("950",), 4)
    assert [(each.command, each.launcher) for each in cost.paid] == [
        (command, launcher)
        for launcher in ("cold", "warm")
        for command in ("--version", "agent tasks status", "git commit")
    ]
    assert {(each.without, each.all_on) for each in cost.paid} == {(2.0, 3.0)}
