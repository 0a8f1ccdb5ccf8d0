"""`kitty-conformance run`: verdicts, without the ceremony of a sign-off."""

from __future__ import annotations

import click

from kitty_conformance.cli import options
from kitty_conformance.cli.evaluation import Evaluation, evaluate
from kitty_conformance.cli.telling import Telling, telling_options
from kitty_conformance.cli.verdict import conclude
from kitty_conformance.running.disturbance import BOTH, SAMPLE
from kitty_conformance.running.shard import Shard


@click.command()
@click.argument("selection", nargs=-1)
@options.target
@options.adapting
@options.running_cases
@options.durations
@options.reuse
@options.shard
@telling_options
@click.option(
    "--runs", type=click.IntRange(1, 20), default=1, show_default=True, help="Disturbed runs of each case."
)
def run(
    selection: tuple[str, ...],
    target: str,
    runs: int,
    durations: int | None,
    how: options.How,
    shard: Shard | None,
    telling: Telling,
    *,
    reuse: bool,
) -> int:
    """Run cases and tell the verdicts. SELECTION: issues (951), cases (951-02) or variants; all by default.

    Exit code 0: every promise asked about holds; 1: one is broken or flaky; 3: one could not be tested.
    """
    runs = max(runs, 2) if how.launcher in (BOTH, SAMPLE) else runs
    asked = Evaluation(selection=selection, target=target, runs=runs, how=how, reuse=reuse, shard=shard)
    evaluated = evaluate(asked, telling.aside, verbose=telling.verbose)
    return conclude(
        evaluated.results,
        evaluated.folder,
        telling=telling,
        needed_runs=runs,
        durations=durations,
    )
