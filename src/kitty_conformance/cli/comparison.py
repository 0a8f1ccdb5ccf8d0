"""`--adapters compare`: what a build does without adapters, told before what it does with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from rich.console import Console

from kitty_conformance.case import Case
from kitty_conformance.cli import options
from kitty_conformance.cli.build_under_test import installed
from kitty_conformance.cli.evaluation import Evaluation, evaluate
from kitty_conformance.cli.telling import Telling
from kitty_conformance.results import CaseResult
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.running.selection import select
from kitty_conformance.stream import Results
from kitty_conformance.target.adapters import ALL, NONE, known_adapters

COMPARE: Final = "compare"
"""Said instead of adapters: without any, then with those of the issues that are reproduced."""


Pairs: TypeAlias = Sequence[tuple[Case, CaseResult]]


def is_wanted(how: options.How) -> bool:
    """Whether a comparison was asked for."""
    return how.adapters.strip().lower() == COMPARE


def with_adapters(selection: tuple[str, ...], target: str, how: options.How) -> options.How:
    """Return how the second half is run: with the adapters of the cases' issues, or all if there are none.

    Raises
    ------
    AdapterRefusedError
        Now, not when the first half is over: nobody is to wait for a comparison that has no second.

    """
    suites = {case.suite for case in select(selection, catalogue())}
    issues = [adapter.issue for adapter in known_adapters() if adapter.issue in suites]
    on = replace(how, adapters=",".join(issues) or ALL)
    installed(
        target,
        resolve=how.resolve,
        adapters=on.adapters,
        unverified=how.unverified_adapters,
        console=Console(quiet=True),
    )
    return on


def without_adapters(selection: tuple[str, ...], target: str, how: options.How, telling: Telling) -> Results:
    """Run the first half."""
    asked = Evaluation(selection=selection, target=target, runs=1, how=replace(how, adapters=NONE), keep=True)
    return evaluate(asked, telling.aside, verbose=telling.verbose).results


def changes(before: Pairs, now: Pairs) -> Iterator[str]:
    """Yield what each case came to, before and now."""
    verdicts = {case.id: result.verdict for case, result in now}
    for result in sorted((result for _, result in before), key=lambda each: each.case):
        yield f"{result.case}  {result.verdict} → {verdicts.get(result.case, 'no result')}"
