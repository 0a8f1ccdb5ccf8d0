"""`kitty-conformance reproduce`: one blocker, told as a story, handed over as a script."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import Final, TypeAlias

import click

from kitty_conformance.case import Case, Verdict
from kitty_conformance.cli import comparison, options
from kitty_conformance.cli.evaluation import Evaluated, Evaluation, evaluate
from kitty_conformance.cli.lines import say
from kitty_conformance.cli.telling import Telling, telling_options
from kitty_conformance.cli.verdict import leave_script, tell_machines
from kitty_conformance.errors import ExitCode
from kitty_conformance.results import CaseResult
from kitty_conformance.signoff.report import build, recorded_on
from kitty_conformance.signoff.reproduction import story_text
from kitty_conformance.stream import Results

_Pair: TypeAlias = tuple[Case, CaseResult]
_WORST_FIRST: Final = (Verdict.VIOLATES, Verdict.INCONCLUSIVE, Verdict.CONFORMS, Verdict.NOT_APPLICABLE)


@click.command()
@click.argument("selection", nargs=-1, required=True)
@options.target
@options.adapting
@options.running_cases
@telling_options
def reproduce(selection: tuple[str, ...], target: str, how: options.How, telling: Telling) -> int:
    """Reproduce a blocker by its number: `reproduce 951 --target 3.2.0a8`.

    Tells the story of the first violation and leaves its sandbox and a repro.sh that needs nothing of ours.
    Exit code 1: reproduced; 0: the promise holds; 3: it could not be tried.

    With `--adapters compare` the same is done again with the adapters of these issues on, and the second
    decides the exit code: 0: the promise holds with them.
    """
    before: list[_Pair] = []
    if comparison.is_wanted(how):
        on = comparison.with_adapters(selection, target, how)
        before = _ranked(comparison.without_adapters(selection, target, how, telling))
        how = on
        if before and telling.detail >= 0:
            say(telling.console, f"\nBEFORE  without adapters\n\n{story_text(*before[0])}")
    asked = Evaluation(selection=selection, target=target, runs=1, how=how, keep=True)
    evaluated = evaluate(asked, telling.aside, verbose=telling.verbose)
    folder, results, console = evaluated.folder, evaluated.results, telling.console
    ranked = _ranked(results)
    if not ranked:
        say(console, "no result was recorded")
    elif telling.detail >= 0:
        say(console, _told(before, ranked, results))
    for line in comparison.changes(before, ranked):
        say(console, line)
    left = {
        f"repro {case.id}": leave_script(case, result, results.header.target, folder)
        for case, result in ranked
        if result.verdict is Verdict.VIOLATES
    }
    for path in left.values():
        say(console, f"repro   {path}")
    say(console, f"sandbox {folder / 'sandboxes'}")
    again = _by_hand(left, evaluated)
    if again:
        say(console, f"next: {again}")
    report = build(results, today=recorded_on(results), needed_runs=len(results.header.runs))
    tell_machines(report, telling, {**left, "sandboxes": folder / "sandboxes"}, next_command=again)
    return _exit_code(results)


def _told(before: list[_Pair], ranked: list[_Pair], results: Results) -> str:
    """Return the story to tell: of the first violation; in a comparison of the case that was told before."""
    pair = next((each for each in ranked if before and each[0] == before[0][0]), ranked[0])
    said = ", ".join(f"#{issue}" for issue in results.header.target.adapters)
    return (f"\nAFTER   with adapters of {said}\n\n" if before else "\n") + story_text(*pair)


def _by_hand(scripts: Mapping[str, Path], evaluated: Evaluated) -> str:
    """Return the command that shows the first violation without us; empty if there is none."""
    first = next(iter(scripts.values()), None)
    return f"bash {quote(str(first))} {quote(str(evaluated.executable))}" if first else ""


def _ranked(results: Results) -> list[_Pair]:
    """Return each case with its result, the violations first, in the order of the seed."""
    cases = {case.id: case for case in results.header.cases}
    pairs = [(cases[result.case], result) for result in results.results]
    return sorted(pairs, key=lambda pair: (_WORST_FIRST.index(pair[1].verdict), pair[0].id))


def _exit_code(results: Results) -> ExitCode:
    verdicts = {result.verdict for result in results.results}
    if not verdicts:
        return ExitCode.INCONCLUSIVE
    if Verdict.VIOLATES in verdicts:
        return ExitCode.VIOLATED
    missing = len(results.results) < len(results.header.cases)
    if missing or Verdict.INCONCLUSIVE in verdicts or verdicts == {Verdict.NOT_APPLICABLE}:
        return ExitCode.INCONCLUSIVE
    return ExitCode.OK
