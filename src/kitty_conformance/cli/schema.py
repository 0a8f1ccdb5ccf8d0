"""`kitty-conformance schema`: the contracts of every document that is written or read."""

from __future__ import annotations

import json

import click
from rich.console import Console

from kitty_conformance.cli.lines import say
from kitty_conformance.contract import NAMES, schema_text


@click.command("schema")
@click.argument("name", required=False, type=click.Choice(NAMES))
def schema_command(name: str | None) -> None:
    """Print the JSON Schema of a document, or, without NAME, which documents there are."""
    if name:
        click.echo(schema_text(name), nl=False)
        return
    for each in NAMES:
        say(Console(), f"{each:<10} {json.loads(schema_text(each))['title']}")


def print_schema(context: click.Context, _option: click.Parameter, name: str | None) -> None:
    """Do the same for `kitty-conformance --schema NAME`, and end there."""
    if name and not context.resilient_parsing:
        click.echo(schema_text(name), nl=False)
        context.exit()
