"""`kitty-conformance adapters verify`: from results with adapters on to the record of where they fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click
from rich.console import Console

from kitty_conformance.cli.build_under_test import installed
from kitty_conformance.cli.lines import say
from kitty_conformance.errors import ExitCode, HarnessError
from kitty_conformance.results import TargetIdentity
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.signoff.aggregate import Outcome, aggregate
from kitty_conformance.stream import read
from kitty_conformance.target.adapter_order import AdapterOrder, read_order
from kitty_conformance.target.adapters import known_adapters
from kitty_conformance.target.verified import Verification, record, verifications

_GOOD = (Outcome.CONFORMS, Outcome.NOT_APPLICABLE)

Found = dict[str, Outcome]
"""What each case came to, by its id."""


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
def verify(results: tuple[Path, ...]) -> int:
    """Record from RESULTS of runs with adapters on which releases these are verified on. For developers.

    An adapter is verified on a release where every case of its suite conforms or does not apply with it on.
    Of several files for the same release and adapters, each case counts from the last that has it.
    Exit code 3: one is not.
    """
    console, known = Console(), verifications()
    failed = False
    for target, found in _by_target(results):
        order = _order(target, console)
        for adapter in known_adapters():
            if adapter.issue not in target.adapters:
                continue
            outcomes = {case: outcome for case, outcome in found.items() if case.startswith(adapter.issue)}
            said = f"on {target.version}"
            if short := _shortfall(adapter.issue, outcomes):
                failed = True
                say(console, f"#{adapter.issue} is not verified {said}: {short}")
                continue
            counts = dict(Counter(str(outcome) for outcome in outcomes.values()))
            before = known.get(adapter.issue, Verification())
            known[adapter.issue] = before.with_release(target.version, order.only(adapter.functions), counts)
            say(console, f"#{adapter.issue} is verified {said}: {counts}")
    record(known)
    return ExitCode.INCONCLUSIVE if failed else ExitCode.OK


def _by_target(results: Iterable[Path]) -> list[tuple[TargetIdentity, Found]]:
    """Return what was found on each build with its adapters, all files together."""
    found: dict[TargetIdentity, Found] = {}
    for file in results:
        stream = read(file)
        found.setdefault(stream.header.target, {}).update(
            {each.case.id: each.outcome for each in aggregate(stream)}
        )
    return list(found.items())


def _shortfall(issue: str, outcomes: Found) -> str:
    """Say why these results do not verify an adapter; empty if they do."""
    bad = sorted(case for case, outcome in outcomes.items() if outcome not in _GOOD)
    if bad:
        return f"{len(bad)} cases do not conform: {', '.join(bad[:5])}"
    missing = [case.id for case in catalogue() if case.suite == issue and case.id not in outcomes]
    if missing:
        return f"{len(missing)} cases have no result: {', '.join(missing[:5])}"
    return "" if Outcome.CONFORMS in outcomes.values() else "no case conforms"


def _order(target: TargetIdentity, console: Console) -> AdapterOrder:
    """Have the target again, with the same adapters: what their functions are there is looked up.

    Raises
    ------
    HarnessError
        There were none.

    """
    environment = installed(
        target.requested,
        resolve="today" if target.resolution == "today" else "era",
        adapters=",".join(target.adapters) or "none",
        unverified=True,
        console=console,
    )
    order = read_order(environment.adapters) if environment.adapters else None
    if order is None:
        raise HarnessError("the results are of a run without adapters")
    return order
