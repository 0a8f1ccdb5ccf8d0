"""`kitty-conformance report`: the report of results recorded earlier; same results, same bytes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from kitty_conformance.cli import options
from kitty_conformance.cli.telling import Telling, telling_options
from kitty_conformance.cli.verdict import conclude
from kitty_conformance.signoff.attestation import Papers
from kitty_conformance.signoff.decision import SIGNOFF_RUNS
from kitty_conformance.signoff.deferral import load
from kitty_conformance.signoff.envelope import signing_key
from kitty_conformance.stream import read


@click.command()
@click.argument("results", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Default: beside RESULTS."
)
@click.option(
    "--deferrals", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="TOML file."
)
@options.sign
@telling_options
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day the deferrals are held against. Default: today; without deferrals, the day the results are of.",
)
def report(
    results: Path,
    out: Path | None,
    deferrals: Path | None,
    as_of: datetime | None,
    sign: Path | None,
    telling: Telling,
) -> int:
    """Write the sign-off report of a RESULTS file and tell the decision again."""
    signer = signing_key(sign) if sign else None
    recorded = read(results)
    return conclude(
        recorded,
        out or results.parent,
        telling=telling,
        needed_runs=SIGNOFF_RUNS,
        as_of=as_of.date() if as_of else None,
        deferrals=load(deferrals) if deferrals else (),
        papers=Papers(results=results, deferrals=deferrals, signer=signer),
    )
