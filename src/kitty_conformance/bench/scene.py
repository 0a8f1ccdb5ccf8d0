"""What a benchmark works with: one target, both launchers, sandboxes with a workbench in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kitty_conformance.bench.turns import Turns, TurnTaking
from kitty_conformance.target.cold import ColdLauncher
from kitty_conformance.target.environment import Environment, obtain
from kitty_conformance.target.launcher import Launcher
from kitty_conformance.target.sandbox import Sandbox, scratch_folder
from kitty_conformance.target.specification import TargetSpecification
from kitty_conformance.target.warm import WarmLauncher
from kitty_fixtures.dialect import Dialect
from kitty_fixtures.recording import StoryRecorder
from kitty_fixtures.workbench import Workbench


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One target and both ways to run its commands; `dialect` is asked for once."""

    target: Environment
    cold: ColdLauncher
    warm: WarmLauncher
    surface: dict[str, tuple[str, ...]]

    def dialect(self) -> Dialect:
        """Return how the target is spoken to, with nothing learnt yet."""
        return Dialect(surface=self.surface, learnt=set())

    @contextmanager
    def workbench(self, launcher: Launcher) -> Iterator[tuple[Workbench, Sandbox]]:
        """Give a workbench in a new sandbox, guarded as in a case."""
        with Sandbox.create(scratch_folder()) as sandbox:
            yield bench_of(sandbox, self.target, launcher), sandbox


@contextmanager
def scene(release: str) -> Iterator[Scene]:
    """Set the scene for one release."""
    target = obtain(TargetSpecification.parse(release))
    cold, warm = ColdLauncher(), WarmLauncher(target.python, target.executable)
    try:
        with Sandbox.create(scratch_folder()) as sandbox:
            asking = bench_of(sandbox, target, warm)
            dialect = Dialect.ask(lambda arguments: asking.kitty(*arguments, cwd=sandbox.work))
        yield Scene(target=target, cold=cold, warm=warm, surface=dialect.surface)
    finally:
        warm.close()
        cold.close()


def bench_of(sandbox: Sandbox, target: Environment, launcher: Launcher) -> Workbench:
    """Return a workbench in a sandbox."""
    return Workbench(
        root=sandbox.root,
        work=sandbox.work,
        executable=target.executable,
        environment=sandbox.environment(target.executable.parent, sandbox.plan()),
        launcher=launcher,
        story=StoryRecorder(sandbox.root, target.executable),
        timeout=600.0,
    )


def taking_turns(scene: Scene) -> tuple[TurnTaking, TurnTaking]:
    """Return both launchers, cold first, taking turns."""
    turns = Turns()
    return TurnTaking(scene.cold, turns, 0), TurnTaking(scene.warm, turns, 1)
