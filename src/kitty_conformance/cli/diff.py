"""`kitty-conformance diff`: what is broken and what is mended between two results or two builds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from kitty_conformance.cli import options
from kitty_conformance.cli.evaluation import Evaluation
from kitty_conformance.cli.given_results import results_file, results_of
from kitty_conformance.cli.lines import say
from kitty_conformance.cli.telling import Telling, telling_options
from kitty_conformance.signoff import difference_table
from kitty_conformance.signoff.annotations import commands_of_difference
from kitty_conformance.signoff.difference import difference, encode
from kitty_conformance.stream import Results, read


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@options.running_cases
@options.reuse
@click.option("--only", multiple=True, metavar="CASES", help="Issues, cases or variants; all by default.")
@click.option("--control", is_flag=True, help="Run A (and B) twice: what differs there too is unsteady.")
@click.option(
    "--control-results",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    metavar="RESULTS",
    help="Results of the same build as A or B, recorded another time: a control without running anything.",
)
@telling_options
def diff(
    before: str,
    after: str,
    only: tuple[str, ...],
    control_results: tuple[Path, ...],
    how: options.How,
    telling: Telling,
    *,
    reuse: bool,
    control: bool,
) -> int:
    """Compare A and B: results files, report folders, or builds (3.2.0a8, path:DIR) that are run now.

    Exit code 0: nothing regressed; 1: a promise regressed or is flaky; 3: one could not be compared.
    """
    asked = Evaluation(selection=only, target="", runs=1, how=how, reuse=reuse)
    old, new = (results_of(text, asked, telling) for text in (before, after))
    controls = [_recorded(path, old, new) for path in control_results]
    if control:
        controls += [_again(text, one, asked, telling) for text, one in ((before, old), (after, new))]
    found = difference(old, new, controls)
    difference_table.show(telling.console, found, detail=telling.detail)
    telling.document(encode(found))
    telling.annotate(commands_of_difference(found))
    return found.exit_code


def _again(text: str, once: Results, asked: Evaluation, telling: Telling) -> tuple[Results, Results]:
    """Run a build that was just run once more, afresh; what was read from a file cannot be."""
    if results_file(text) is not None:
        raise click.UsageError(f"--control runs builds; for {text} name a second one with --control-results")
    say(telling.aside, f"control {text}, run once more")
    return once, results_of(text, replace(asked, reuse=False), telling)


def _recorded(path: Path, old: Results, new: Results) -> tuple[Results, Results]:
    other = read(results_file(str(path)) or path)
    for one in (old, new):
        if _build(one) == _build(other):
            return one, other
    raise click.UsageError(f"{path} is of {other.header.target.name}, neither A nor B")


def _build(results: Results) -> tuple[object, ...]:
    target = results.header.target
    return target.sha256, target.adapters
