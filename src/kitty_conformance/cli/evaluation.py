"""Running the chosen cases against a build, from a command's options to a results stream that is whole."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from kitty_conformance.cli.build_under_test import installed
from kitty_conformance.cli.folder import RESULTS, run_folder
from kitty_conformance.cli.lines import say
from kitty_conformance.cli.options import How
from kitty_conformance.cli.progress import progress
from kitty_conformance.errors import ResultsUnusableError, UsageError
from kitty_conformance.results import Disturbance, Header, TargetIdentity
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.running.disturbance import BOTH, SAMPLE
from kitty_conformance.running.durations import durations_of
from kitty_conformance.running.earlier import EarlierResults
from kitty_conformance.running.estimate import Estimate
from kitty_conformance.running.selection import select
from kitty_conformance.running.session import Session
from kitty_conformance.running.shard import Shard
from kitty_conformance.running.suite_source import whole
from kitty_conformance.stream import Results, read
from kitty_conformance.target.adapters import NONE
from kitty_conformance.target.environment import Environment


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What a command asks for.

    Attributes
    ----------
    selection
        Issues, cases or variants; empty for all.
    several
        Which launchers several runs have, if nobody says.
    reuse
        Whether results of earlier runs are taken where the very same was asked.
    keep
        Whether the sandboxes are left in the run's folder.
    shard
        Which part of the cases is run; `None` for all.

    """

    selection: tuple[str, ...]
    target: str
    runs: int
    how: How
    several: str = BOTH
    reuse: bool = False
    keep: bool = False
    shard: Shard | None = None


class Evaluated(NamedTuple):
    """What a command got: the run's folder, all results, and the `spec-kitty` they are about."""

    folder: Path
    results: Results
    executable: Path


def evaluate(asked: Evaluation, console: Console, *, verbose: bool = False) -> Evaluated:
    """Run the cases asked for and return what was found.

    Raises
    ------
    KittyConformanceError
        Each with its exit code; results recorded so far stay.

    """
    cases = select(asked.selection, catalogue())
    if asked.shard:
        cases = asked.shard.of(cases)
    environment = installed(
        asked.target,
        resolve=asked.how.resolve,
        adapters=asked.how.adapters,
        unverified=asked.how.unverified_adapters,
        console=console,
    )
    folder = run_folder(asked.how.out, environment.identity.version)
    session = Session(
        environment=environment.root,
        identity=environment.identity,
        cases=cases,
        runs=asked.runs,
        workers=min(asked.how.workers, len(cases) * asked.runs),
        command_timeout=asked.how.command_timeout,
        launcher=asked.how.launcher or (asked.several if asked.runs > 1 else "cold"),
        durations=durations_of(environment),
        earlier=_earlier(environment, asked.how),
        reuse=asked.reuse,
        crash_points=asked.how.crash_points,
        results=folder / RESULTS,
        keep=folder / "sandboxes" if asked.keep else None,
        adapters=environment.adapters,
        shard=str(asked.shard or ""),
    )
    return Evaluated(folder, _execute(session, console, verbose=verbose), environment.executable)


def go_on(results: Path, *, how: How, console: Console, verbose: bool = False) -> Evaluated:
    """Continue a results stream that was cut short, with the target and the cases its header names.

    Raises
    ------
    ResultsUnusableError
        It is no results stream, or the build it was recorded on cannot be had any more.

    """
    so_far = read(results, allow_truncated=True)
    header = so_far.header
    _demand_known(header, results)
    sample = header.crash_points or None
    if how.crash_points not in (None, sample):
        raise UsageError(
            f"{results} was not begun with --crash-points {how.crash_points}",
            hint="leave it out: a run goes on as it was begun",
        )
    mode = "today" if header.target.resolution == "today" else "era"
    environment = installed(
        header.target.requested,
        resolve=mode,
        adapters=",".join(header.target.adapters) or NONE,
        unverified=how.unverified_adapters,
        console=console,
    )
    if _installation(environment.identity) != _installation(header.target):
        raise ResultsUnusableError(
            f"{results} was recorded on another build of {header.target.requested} or other dependencies",
            hint="start a new run",
        )
    session = Session(
        environment=environment.root,
        identity=environment.identity,
        cases=header.cases,
        runs=len(header.runs),
        workers=how.workers,
        command_timeout=how.command_timeout,
        launcher=_launcher(header.runs),
        durations=durations_of(environment),
        earlier=_earlier(environment, replace(how, crash_points=sample)),
        crash_points=sample,
        results=results,
        resumed=True,
        adapters=environment.adapters,
    )
    recorded = _execute(session, console, done=so_far.recorded, verbose=verbose)
    return Evaluated(results.parent, recorded, environment.executable)


def _earlier(environment: Environment, how: How) -> EarlierResults:
    return EarlierResults.of(
        environment.identity, command_timeout=how.command_timeout, crash_points=how.crash_points
    )


def _launcher(runs: Sequence[Disturbance]) -> str:
    """Return the choice of launcher that these runs were planned with."""
    chosen = {run.launcher for run in runs}
    if SAMPLE in chosen:
        return SAMPLE
    return chosen.pop() if len(chosen) == 1 else BOTH


def _installation(target: TargetIdentity) -> tuple[object, ...]:
    """Return what must not change between two halves of one stream."""
    return target.sha256, target.python, target.dependencies


def _demand_known(header: Header, results: Path) -> None:
    missing = sorted({case.id for case in header.cases} - {case.id for case in catalogue()})
    if missing:
        raise ResultsUnusableError(
            f"{results} names cases the suites no longer have: {', '.join(missing[:3])}"
        )
    if header.source and header.source != whole():
        raise ResultsUnusableError(
            f"{results} was recorded with other suites, or another version of the harness",
            hint="start a new run",
        )


def _execute(
    session: Session,
    console: Console,
    *,
    done: Collection[tuple[str, int]] = (),
    verbose: bool,
) -> Results:
    cases, runs = session.cases, session.runs
    say(
        console,
        f"run     {len(cases)} cases, {runs} run{'s' if runs > 1 else ''}, "
        f"{session.workers} at a time → {session.results}",
    )
    estimate = Estimate.of(session, done)
    with progress(console, estimate.total, estimate, verbose=verbose) as on_result:
        session.execute(on_result)
    results = read(session.results)
    _tell_reused(results, console)
    _tell_unforked(results, console)
    return results


def _tell_reused(results: Results, console: Console) -> None:
    moments = sorted(result.reused for result in results.results if result.reused)
    if moments:
        share = f"{len(moments)} of {len(results.results)} results"
        since = f"recorded {moments[0]} to {moments[-1]}"
        say(console, f"reused  {share}, {since}, of the very same; --fresh reuses nothing")


def _tell_unforked(results: Results, console: Console) -> None:
    reasons = [result.unforked for result in results.results if result.unforked]
    if reasons:
        told = f"{len(reasons)} results that were to be warm had commands started cold"
        say(console, f"cold    {told}: {', '.join(sorted(set(reasons)))}")
