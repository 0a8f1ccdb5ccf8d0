"""From a results stream to what a person sees and what the process exits with."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from rich.console import Console

from kitty_conformance.case import Case
from kitty_conformance.errors import ExitCode
from kitty_conformance.results import CaseResult, TargetIdentity
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.signoff.deferral import load
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
    deferrals: Path | None = None,
    signing_off: bool = False,
) -> ExitCode:
    """Write the report into the run's folder, print the summary, return the exit code.

    Raises
    ------
    OutputUnwritableError, DeferralsUnusableError
        Nothing half-written is left.

    """
    report = build(
        results,
        today=today,
        deferrals=load(deferrals) if deferrals else (),
        known={case.id for case in catalogue()},
        needed_runs=needed_runs,
        signing_off=signing_off,
    )
    written = publish(folder, report)
    show(console, report)
    console.print(f"report  {' '.join(str(path) for path in written)}", highlight=False, soft_wrap=True)
    return ExitCode(report.decision.exit_code)


def leave_script(case: Case, result: CaseResult, target: TargetIdentity, folder: Path) -> Path:
    """Write the self-contained script of one violation into the folder and return its path."""
    text = repro_script(case, result, target=target, fault_source=standalone)
    (path,) = write(folder, {f"repro-{case.id.replace('/', '-')}.sh": text.encode()})
    path.chmod(0o755)
    return path
