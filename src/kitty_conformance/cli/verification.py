"""`kitty-conformance adapters verify`: from results with adapters on to the record of where they fit."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click
from rich.console import Console

from kitty_conformance.cli.build_under_test import installed
from kitty_conformance.cli.lines import say
from kitty_conformance.errors import ExitCode, HarnessError
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.signoff.aggregate import Outcome, aggregate
from kitty_conformance.stream import Results, read
from kitty_conformance.target.adapter_order import AdapterOrder, read_order
from kitty_conformance.target.adapters import known_adapters
from kitty_conformance.target.verified import Verification, record, verifications

_GOOD = (Outcome.CONFORMS, Outcome.NOT_APPLICABLE)


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
def verify(results: tuple[Path, ...]) -> int:
    """Record from RESULTS of runs with adapters on which releases these are verified on. For developers.

    An adapter is verified on a release where every case of its suite conforms or does not apply with it on.
    Exit code 3: one is not.
    """
    console, found = Console(), verifications()
    failed = False
    for file in results:
        stream = read(file)
        release, order = stream.header.target.version, _order(stream, console)
        for adapter in known_adapters():
            if adapter.issue not in stream.header.target.adapters:
                continue
            outcomes = _outcomes(stream, adapter.issue)
            short = _shortfall(stream, adapter.issue, outcomes)
            if short:
                failed = True
                say(console, f"#{adapter.issue} is not verified on {release}: {short}")
                continue
            own = order.only(adapter.functions)
            before = found.get(adapter.issue, Verification())
            found[adapter.issue] = before.with_release(release, own, outcomes)
            say(console, f"#{adapter.issue} is verified on {release}: {outcomes}")
    record(found)
    return ExitCode.INCONCLUSIVE if failed else ExitCode.OK


def _outcomes(stream: Results, issue: str) -> dict[str, int]:
    return dict(Counter(str(each.outcome) for each in aggregate(stream) if each.case.suite == issue))


def _shortfall(stream: Results, issue: str, outcomes: dict[str, int]) -> str:
    """Say why these results do not verify an adapter; empty if they do."""
    bad = [
        each.case.id for each in aggregate(stream) if each.case.suite == issue and each.outcome not in _GOOD
    ]
    if bad:
        return f"{len(bad)} cases do not conform: {', '.join(bad[:5])}"
    missing = sum(case.suite == issue for case in catalogue()) - sum(outcomes.values())
    if missing:
        return f"{missing} cases have no result"
    return "" if outcomes.get(Outcome.CONFORMS) else "no case conforms"


def _order(stream: Results, console: Console) -> AdapterOrder:
    """Have the target again, with the same adapters: what their functions are there is looked up."""
    target = stream.header.target
    mode = "today" if target.resolution == "today" else "era"
    environment = installed(
        target.requested,
        resolve=mode,
        adapters=",".join(target.adapters) or "none",
        unverified=True,
        console=console,
    )
    order = read_order(environment.adapters) if environment.adapters else None
    if order is None:
        raise HarnessError("the results are of a run without adapters")
    return order
