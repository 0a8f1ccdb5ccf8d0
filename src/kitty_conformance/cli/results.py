"""`kitty-conformance results`: what can be done with results files themselves."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from kitty_conformance.cli import options
from kitty_conformance.cli.given_results import results_file
from kitty_conformance.cli.lines import say
from kitty_conformance.errors import ExitCode, ResultsUnusableError
from kitty_conformance.signoff.attestation import demand_own_name
from kitty_conformance.signoff.merging import absent_shards, together, write
from kitty_conformance.stream import read


@click.group()
def results() -> None:
    """Work with results files."""


@results.command()
@click.argument("parts", nargs=-1, required=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help="Where the merged results go.",
)
@click.option("--partial", is_flag=True, help="Some shards may be missing; the merged file says so.")
@options.quiet
def merge(parts: tuple[str, ...], out: Path, *, partial: bool, quiet: bool) -> int:
    """Put the PARTS of one run together: results files or report folders, of shards that ran elsewhere.

    What does not belong together is refused: other builds, suites or disturbances, contradicting results, a
    missing shard. `kitty-conformance report` writes the report of the merged file.
    """
    demand_own_name(out)
    streams = [read(results_file(part) or Path(part)) for part in parts]
    absent = absent_shards(streams)
    if absent and not partial:
        raise ResultsUnusableError(
            f"shard {', '.join(absent)} is missing", hint="--partial merges what there is"
        )
    merged = together(streams)
    write(out, merged)
    say(Console(quiet=quiet), f"merged  {len(parts)} files, {len(merged.results)} results → {out}")
    if absent:
        say(Console(quiet=quiet), f"partial shard {', '.join(absent)} is missing, and {out} says so")
    return ExitCode.OK
