"""`kitty-conformance matrix`: what several runs found, case by release."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from kitty_conformance.cli import options
from kitty_conformance.cli.given_results import results_file
from kitty_conformance.cli.lines import say
from kitty_conformance.errors import ExitCode
from kitty_conformance.signoff.matrix import document, matrix
from kitty_conformance.stream import read


@click.command("matrix")
@click.argument("results", nargs=-1, required=True)
@options.quiet
def matrix_command(results: tuple[str, ...], *, quiet: bool) -> int:
    """Put the RESULTS of several runs side by side, as a Markdown table: case by release.

    They are results files, or the report folders these are in.

    It says for each case where it was seen red and where green; one without both is named on standard error.
    Of several runs of one release each case counts from the last file that has it. Results with adapters on
    have a column of their own.
    """
    rows = matrix([read(results_file(each) or Path(each)) for each in results])
    click.echo(document(rows), nl=False)
    unproven = [row.case for row in rows if not row.proven]
    if unproven and not quiet:
        say(Console(stderr=True), f"not seen both red and green: {', '.join(unproven)}")
    return ExitCode.OK
