"""Small Python programs as targets: armed as a target environment is, in a sandbox of their own."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kitty_conformance.target.cold import ColdLauncher
from kitty_conformance.target.launcher import Command, Completed
from kitty_conformance.target.plan import Breach, FaultRule, InsidePlan, count_fired, read_breaches
from kitty_conformance.target.sandbox import Sandbox

# What a target environment does at every start of its interpreter. The name lets coverage see the module.
HOOK = """
import os
if "KITTY_INSIDE" in os.environ:
    with open(os.environ["KITTY_INSIDE"]) as file:
        exec(compile(file.read(), file.name, "exec"), {"__name__": "kitty_conformance.inside.boot"})
"""


@dataclass
class Target:
    """Runs programs in one sandbox, in its work folder, which holds the file `log` with the line `old`."""

    sandbox: Sandbox
    hook: Path

    @property
    def log(self) -> Path:
        """The file that rules are about."""
        return self.sandbox.work / "log"

    def environment(self, plan: InsidePlan | None) -> dict[str, str]:
        """Environment of a program; with a plan it is armed."""
        measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        environment = self.sandbox.environment(Path(sys.executable).parent, plan)
        return {**environment, **measured, "PYTHONPATH": str(self.hook)}

    def start(self, program: str, environment: dict[str, str]) -> Completed:
        """Run a program in an environment."""
        command = Command(
            argv=(sys.executable, "-c", program), cwd=self.sandbox.work, environment=environment
        )
        return ColdLauncher().start(command).wait()

    def run(self, program: str, *rules: FaultRule, guard: bool = True) -> "Outcome":
        """Run a program armed with these rules."""
        plan = self.sandbox.plan(*rules, guard=guard)
        return Outcome(self.start(program, self.environment(plan)), plan)


@dataclass
class Outcome:
    """What came of a program, and what its plan has to say."""

    completed: Completed
    plan: InsidePlan

    @property
    def status(self) -> int:
        """Exit status."""
        return self.completed.exit_status

    @property
    def stdout(self) -> str:
        """Standard output."""
        return self.completed.stdout.decode()

    @property
    def stderr(self) -> str:
        """Standard error."""
        return self.completed.stderr.decode()

    @property
    def breaches(self) -> tuple[Breach, ...]:
        """What reached outside, apart from what measures coverage."""
        return tuple(breach for breach in read_breaches(self.plan) if ".coverage" not in breach.subject)

    @property
    def fired(self) -> tuple[int, ...]:
        """How often each rule fired."""
        return count_fired(self.plan)


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Target]:
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(HOOK)
    with Sandbox.create(tmp_path / "sandboxes") as sandbox:
        target = Target(sandbox, hook)
        target.log.write_text("old\n")
        yield target


@pytest.fixture
def on_log(target: Target) -> Callable[..., FaultRule]:
    """Make a rule about every write to `log`."""

    def rule(action: object, **options: object) -> FaultRule:
        return FaultRule(events=("write",), paths=(str(target.log),), action=action, **options)  # type: ignore[arg-type]

    return rule
