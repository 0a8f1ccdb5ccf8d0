"""`kitty-conformance reproduce`: one blocker, told as a story, handed over as a script."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from kitty_conformance.case import Case, Verdict
from kitty_conformance.cli import options
from kitty_conformance.cli.build_under_test import installed
from kitty_conformance.cli.evaluation import Evaluation, evaluate
from kitty_conformance.cli.lines import say
from kitty_conformance.cli.verdict import leave_script
from kitty_conformance.errors import ExitCode
from kitty_conformance.results import CaseResult
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.running.selection import select
from kitty_conformance.signoff.reproduction import story_text
from kitty_conformance.stream import Results
from kitty_conformance.target.adapters import ALL, NONE, known_adapters

COMPARE: Final = "compare"
"""Said instead of adapters: without any, then with those of the issues that are reproduced."""

_WORST_FIRST: Final = (Verdict.VIOLATES, Verdict.INCONCLUSIVE, Verdict.CONFORMS, Verdict.NOT_APPLICABLE)


@click.command()
@click.argument("selection", nargs=-1, required=True)
@options.target
@options.running_cases
def reproduce(selection: tuple[str, ...], target: str, how: options.How) -> int:
    """Reproduce a blocker by its number: `reproduce 951 --target 3.2.0a8`.

    Tells the story of the first violation and leaves its sandbox and a repro.sh that needs nothing of ours.
    Exit code 1: reproduced; 0: the promise holds; 3: it could not be tried.

    With `--adapters compare` the same is done again with the adapters of these issues on, and the second
    decides the exit code: 0: the promise holds with them.
    """
    console = Console()
    if how.adapters.strip().lower() == COMPARE:
        return _compare(selection, target, how, console)
    folder, results = _evaluated(selection, target, how, console)
    ranked = _ranked(results)
    if not ranked:
        say(console, "no result was recorded")
        return ExitCode.INCONCLUSIVE
    case, told = ranked[0]
    say(console, "\n" + story_text(case, told))
    _leave(ranked, results, folder, console)
    return _exit_code(results)


def _evaluated(
    selection: tuple[str, ...], target: str, how: options.How, console: Console
) -> tuple[Path, Results]:
    return evaluate(Evaluation(selection=selection, target=target, runs=1, how=how, keep=True), console)


def _leave(ranked: list[tuple[Case, CaseResult]], results: Results, folder: Path, console: Console) -> None:
    """Leave a script for each violation, and say where the sandboxes are."""
    for violated, result in ranked:
        if result.verdict is Verdict.VIOLATES:
            path = leave_script(violated, result, results.header.target, folder)
            say(console, f"repro   {path}")
    say(console, f"sandbox {folder / 'sandboxes'}")


def _compare(selection: tuple[str, ...], target: str, how: options.How, console: Console) -> int:
    """Tell the first violation before, and the same case after; what the adapters leave decides."""
    on = replace(how, adapters=_adapters_of(selection))
    # Refused now or never: nobody is to wait for the first half of a comparison that has no second.
    installed(
        target,
        resolve=how.resolve,
        adapters=on.adapters,
        unverified=how.unverified_adapters,
        console=Console(quiet=True),
    )
    before_folder, before = _evaluated(selection, target, replace(how, adapters=NONE), console)
    after_folder, after = _evaluated(selection, target, on, console)
    ranked, results = _ranked(before), {result.case: result for result in after.results}
    if not ranked or not results:
        say(console, "no result was recorded")
        return ExitCode.INCONCLUSIVE
    case, told = ranked[0]
    say(console, f"\nBEFORE  without adapters\n\n{story_text(case, told)}")
    if case.id in results:
        said = ", ".join(f"#{issue}" for issue in after.header.target.adapters)
        say(console, f"\nAFTER   with adapters of {said}\n\n{story_text(case, results[case.id])}")
    for each, result in sorted(ranked, key=lambda pair: pair[0].id):
        now = results[each.id].verdict if each.id in results else "no result"
        say(console, f"{each.id}  {result.verdict} → {now}")
    _leave(ranked, before, before_folder, console)
    _leave(_ranked(after), after, after_folder, console)
    return _exit_code(after)


def _adapters_of(selection: tuple[str, ...]) -> str:
    """Return the adapters of the issues that the chosen cases are about; all, if there are none of them."""
    suites = {case.suite for case in select(selection, catalogue())}
    issues = [adapter.issue for adapter in known_adapters() if adapter.issue in suites]
    return ",".join(issues) or ALL


def _ranked(results: Results) -> list[tuple[Case, CaseResult]]:
    """Return each case with its result, the violations first, in the order of the seed."""
    cases = {case.id: case for case in results.header.cases}
    pairs = [(cases[result.case], result) for result in results.results]
    return sorted(pairs, key=lambda pair: (_WORST_FIRST.index(pair[1].verdict), pair[0].id))


def _exit_code(results: Results) -> ExitCode:
    verdicts = {result.verdict for result in results.results}
    if Verdict.VIOLATES in verdicts:
        return ExitCode.VIOLATED
    missing = len(results.results) < len(results.header.cases)
    if missing or Verdict.INCONCLUSIVE in verdicts or verdicts == {Verdict.NOT_APPLICABLE}:
        return ExitCode.INCONCLUSIVE
    return ExitCode.OK
