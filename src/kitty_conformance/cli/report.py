"""`kitty-conformance report`: the report of results recorded earlier; same results, same bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from kitty_conformance.cli.verdict import conclude
from kitty_conformance.signoff.decision import SIGNOFF_RUNS
from kitty_conformance.signoff.deferral import load
from kitty_conformance.stream import read


@click.command()
@click.argument("results", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Default: beside RESULTS."
)
@click.option(
    "--deferrals", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="TOML file."
)
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day the deferrals are held against; default today."
)
def report(results: Path, out: Path | None, deferrals: Path | None, as_of: datetime | None) -> int:
    """Write the sign-off report of a RESULTS file and tell the decision again."""
    recorded = read(results)
    return conclude(
        recorded,
        out or results.parent,
        console=Console(),
        needed_runs=SIGNOFF_RUNS,
        today=(as_of or datetime.now(UTC)).date(),
        deferrals=load(deferrals) if deferrals else (),
        signing_off=True,
    )
