"""`kitty-conformance trace`: requirement by case, so that no promise goes untested unnoticed."""

from __future__ import annotations

from typing import Final

import click
from rich.console import Console
from rich.table import Table

from kitty_conformance.cli.lines import say
from kitty_conformance.errors import ExitCode
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.signoff.trace import Traced, asked_by, document, encode, holes, issues, trace

_TABLE: Final = "table"
_MARKDOWN: Final = "markdown"
_JSON: Final = "json"


@click.command("trace")
@click.option(
    "--format",
    "form",
    type=click.Choice([_TABLE, _MARKDOWN, _JSON]),
    default=_TABLE,
    show_default=True,
    help="markdown is the page kept in docs/trace.md.",
)
def trace_command(form: str) -> int:
    """Show which cases put which requirement, scenario and edge case of the specification to the test.

    Exit code 0: each has a case or a written reason; 1: one has neither.
    """
    console = Console(highlight=False)
    traced = trace(catalogue())
    if form == _MARKDOWN:
        click.echo(document(traced), nl=False)
    elif form == _JSON:
        click.echo(encode(traced), nl=False)
    else:
        console.print(_table(traced))
    unexplained = holes(traced)
    if unexplained and form == _TABLE:
        say(console, f"neither case nor reason: {', '.join(unexplained)}")
    return ExitCode.VIOLATED if unexplained else ExitCode.OK


def _table(traced: tuple[Traced, ...]) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False)
    table.add_column("id", no_wrap=True)
    table.add_column("what", overflow="fold", ratio=2)
    table.add_column("issues", overflow="fold", ratio=1)
    table.add_column("cases", overflow="fold", ratio=2)
    for each in traced:
        style = "red" if each.is_hole else "dim" if not each.cases else ""
        table.add_row(each.id, each.title, issues(each), asked_by(each), style=style)
    return table
