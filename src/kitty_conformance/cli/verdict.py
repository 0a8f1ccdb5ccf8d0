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
from kitty_conformance.signoff.deferral import Deferral
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
    written = publish(folder, report)
    show(console, report)
    say(console, f"report  {' '.join(str(path) for path in written)}")
    return ExitCode(report.decision.exit_code)


def leave_script(case: Case, result: CaseResult, target: TargetIdentity, folder: Path) -> Path:
    """Write the self-contained script of one violation into the folder and return its path."""
    text = repro_script(case, result, target=target, fault_source=standalone)
    (path,) = write(folder, {f"repro-{case.id.replace('/', '-')}.sh": text.encode()})
    path.chmod(0o755)
    return path
