"""`kitty-conformance adapters verify`: from results with adapters on to the record of where they fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click
import msgspec
from rich.console import Console

from kitty_conformance.cli.build_under_test import installed
from kitty_conformance.cli.lines import say
from kitty_conformance.errors import ExitCode, HarnessError, ResultsUnusableError
from kitty_conformance.results import TargetIdentity
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.signoff.aggregate import Outcome, aggregate
from kitty_conformance.stream import read
from kitty_conformance.target.adapter_order import AdapterOrder, read_order
from kitty_conformance.target.verified import Verification, record, verifications

_GOOD = (Outcome.CONFORMS, Outcome.NOT_APPLICABLE)

Found = dict[str, Outcome]
"""What each case came to, by its id."""


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
def verify(results: tuple[Path, ...]) -> int:
    """Record from RESULTS of runs with adapters on which releases these are verified on. For developers.

    An adapter is verified on a release where every case of its suite conforms or does not apply with it on,
    whichever others are on beside it. Of several files for one build each case counts from the last that
    has it. Exit code 3: one is not.
    """
    console, known = Console(), verifications()
    failed = False
    for (build, issue), outcomes in _by_build(results).items():
        if short := _shortfall(issue, outcomes):
            failed = True
            say(console, f"#{issue} is not verified on {build.version}: {short}")
            continue
        counts = dict(Counter(str(outcome) for outcome in outcomes.values()))
        before = known.get(issue, Verification())
        known[issue] = before.with_release(build.version, _order(build, issue, console), counts)
        say(console, f"#{issue} is verified on {build.version}: {counts}")
    record(known)
    return ExitCode.INCONCLUSIVE if failed else ExitCode.OK


def _by_build(results: Iterable[Path]) -> dict[tuple[TargetIdentity, str], Found]:
    """Return what the suite of each adapter that was on came to on each build, all files together.

    Raises
    ------
    ResultsUnusableError
        A file is no results stream, or of a run without adapters.

    """
    found: dict[tuple[TargetIdentity, str], Found] = {}
    for file in results:
        stream = read(file)
        target = stream.header.target
        if not target.adapters:
            raise ResultsUnusableError(f"{file} is of a run without adapters", hint="run with --adapters")
        build, outcomes = msgspec.structs.replace(target, adapters=()), aggregate(stream)
        for issue in target.adapters:
            suite = {each.case.id: each.outcome for each in outcomes if each.case.suite == issue}
            if suite:
                found.setdefault((build, issue), {}).update(suite)
    return found


def _shortfall(issue: str, outcomes: Found) -> str:
    """Say why these results do not verify an adapter; empty if they do."""
    bad = sorted(case for case, outcome in outcomes.items() if outcome not in _GOOD)
    if bad:
        return f"{len(bad)} cases do not conform: {', '.join(bad[:5])}"
    missing = [case.id for case in catalogue() if case.suite == issue and case.id not in outcomes]
    if missing:
        return f"{len(missing)} cases have no result: {', '.join(missing[:5])}"
    return "" if Outcome.CONFORMS in outcomes.values() else "no case conforms"


def _order(build: TargetIdentity, issue: str, console: Console) -> AdapterOrder:
    """Have the build again, with the adapter: what its functions are there is looked up.

    Raises
    ------
    HarnessError
        What was drawn up a moment ago is gone.

    """
    environment = installed(
        build.requested,
        resolve="today" if build.resolution == "today" else "era",
        adapters=issue,
        unverified=True,
        console=console,
    )
    order = read_order(environment.adapters) if environment.adapters else None
    if order is None:
        raise HarnessError(f"the order of the adapter of #{issue} on {build.version} cannot be read")
    return order
