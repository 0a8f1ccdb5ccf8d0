"""From a results stream to what a person sees and what the process exits with."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from rich.console import Console

from kitty_conformance.case import Case
from kitty_conformance.cli.lines import say
from kitty_conformance.errors import ExitCode
from kitty_conformance.results import CaseResult, TargetIdentity
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.signoff import cost
from kitty_conformance.signoff.deferral import Deferral
from kitty_conformance.signoff.document import CasePart
from kitty_conformance.signoff.folder import publish, write
from kitty_conformance.signoff.report import build
from kitty_conformance.signoff.reproduction import repro_script
from kitty_conformance.signoff.table import show
from kitty_conformance.stream import Results
from kitty_conformance.target.plan import standalone


def conclude(
    results: Results,
    folder: Path,
    *,
    console: Console,
    needed_runs: int,
    today: date,
    deferrals: tuple[Deferral, ...] = (),
    signing_off: bool = False,
    durations: int | None = None,
) -> ExitCode:
    """Write the report into the run's folder, print the summary, return the exit code.

    Raises
    ------
    OutputUnwritableError
        Nothing half-written is left.

    """
    report = build(
        results,
        today=today,
        deferrals=deferrals,
        known={case.id for case in catalogue()},
        needed_runs=needed_runs,
        signing_off=signing_off,
    )
    written = publish(folder, report, _Scripts(results).of)
    show(console, report)
    for line in cost.lines(results.results, durations) if durations is not None else ():
        say(console, line)
    say(console, f"report  {' '.join(str(path) for path in written)}")
    return ExitCode(report.decision.exit_code)


class _Scripts:
    """The self-contained scripts of violated cases, each written from its telling run."""

    def __init__(self, results: Results) -> None:
        self._target = results.header.target
        self._results = {(result.case, result.run): result for result in results.results}

    def of(self, part: CasePart) -> str:
        """Return the script of one case; empty if there is no story to write it from."""
        result = self._results.get((part.case.id, part.evidence.run if part.evidence else 0))
        if result is None:
            return ""
        return repro_script(part.case, result, target=self._target, fault_source=standalone)


def leave_script(case: Case, result: CaseResult, target: TargetIdentity, folder: Path) -> Path:
    """Write the self-contained script of one violation into the folder and return its path."""
    text = repro_script(case, result, target=target, fault_source=standalone)
    (path,) = write(folder, {f"repro-{case.id.replace('/', '-')}.sh": text.encode()})
    path.chmod(0o755)
    return path
