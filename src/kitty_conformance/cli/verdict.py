"""From a results stream to what a person sees and what the process exits with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from shlex import quote

from kitty_conformance.case import Case
from kitty_conformance.cli.lines import say
from kitty_conformance.cli.telling import Telling, leave_step_summary
from kitty_conformance.errors import ExitCode
from kitty_conformance.results import CaseResult, TargetIdentity
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.signoff import cost, grouping
from kitty_conformance.signoff.annotations import step_summary, workflow_commands
from kitty_conformance.signoff.attestation import MADE, Papers, attest, demand_bare, demand_own_name
from kitty_conformance.signoff.deferral import Deferral
from kitty_conformance.signoff.document import CasePart
from kitty_conformance.signoff.folder import PAGE, documents, write
from kitty_conformance.signoff.report import Report, build, recorded_on
from kitty_conformance.signoff.reproduction import repro_script
from kitty_conformance.signoff.summary import encode
from kitty_conformance.signoff.table import show
from kitty_conformance.stream import Results
from kitty_conformance.target.plan import standalone


def conclude(
    results: Results,
    folder: Path,
    *,
    telling: Telling,
    needed_runs: int,
    as_of: date | None = None,
    deferrals: tuple[Deferral, ...] = (),
    papers: Papers | None = None,
    durations: int | None = None,
) -> ExitCode:
    """Write the report into the run's folder, tell what was found, return the exit code.

    Deferrals are held against the day `as_of`, by default today: they run out while results stay. Without any
    the day is that of the results, so that the same results give the same bytes on any day.

    `papers` make it a sign-off, which decides on a release and can be verified; with adapters on it is no
    release, and nothing is attested.

    Raises
    ------
    OutputUnwritableError
        Nothing half-written is left.
    UsageError
        It is to be signed, and adapters were on.
    ResultsUnusableError
        The results have the name of a document.

    """
    if papers is not None:
        demand_own_name(papers.results)
    if papers is not None and papers.signer is not None:
        demand_bare(results.header.target)
    report = build(
        results,
        today=as_of or (datetime.now(UTC).date() if deferrals else recorded_on(results)),
        deferrals=deferrals,
        known={case.id for case in catalogue()},
        needed_runs=needed_runs,
        signing_off=papers is not None,
    )
    left = documents_of(report, results)
    if papers is not None and report.signing_off:
        left |= attest(report, left, papers, source=results.header.source, folder=folder)
    written = write(folder, left, instead_of=MADE)
    show(telling.console, report, detail=telling.detail, folder=str(folder))
    for line in cost.lines(results.results, durations) if durations is not None else ():
        say(telling.console, line)
    _tell_where(written, telling)
    tell_machines(
        report,
        telling,
        {path.name: path for path in written},
        next_command=grouping.next_command(report, str(folder)),
    )
    return ExitCode(report.decision.exit_code)


def documents_of(report: Report, results: Results) -> dict[str, bytes]:
    """Return every form of a report, each script in it written from the results."""
    return documents(report, _Scripts(results).of)


def tell_machines(report: Report, telling: Telling, files: Mapping[str, Path], *, next_command: str) -> None:
    """Tell what was found to whatever listens: a program, a workflow of GitHub, or neither.

    Raises
    ------
    OutputUnwritableError
        The summary of the step cannot be written.

    """
    telling.annotate(workflow_commands(report))
    telling.document(
        encode(
            report,
            next_command=next_command,
            files={name: str(path) for name, path in files.items()},
        )
    )
    leave_step_summary(step_summary(report))


def _tell_where(written: tuple[Path, ...], telling: Telling) -> None:
    page = next(path for path in written if path.name == PAGE)
    others = [path.name for path in written if path != page]
    say(telling.console, f"report  {quote(str(page))}")
    if telling.detail >= 0:
        say(telling.console, f"        beside it {', '.join(others)}")


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
    (path,) = write(folder, {grouping.script_name(case.id): text.encode()})
    path.chmod(0o755)
    return path
