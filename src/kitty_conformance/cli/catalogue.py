"""`kitty-conformance cases`: what the suites hold."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from kitty_conformance.case import SUITES
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.running.selection import select


@click.command()
@click.argument("selection", nargs=-1)
@click.option("--quiet", "-q", is_flag=True, help="Ids alone, one a line.")
def cases(selection: tuple[str, ...], *, quiet: bool) -> None:
    """List the cases: id, requirements, scenario, promise. SELECTION: issue numbers or case ids."""
    chosen = select(selection, catalogue())
    if quiet:
        click.echo("\n".join(case.id for case in chosen))
        return
    table = Table(box=None, pad_edge=False, show_edge=False)
    for heading in ("case", "requirements", "scenario", "promise"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "case")
    suite = ""
    for case in chosen:
        if case.suite != suite:
            suite = case.suite
            table.add_section()
            table.add_row(f"[bold]{suite}[/]", "", "", f"[bold]{SUITES[suite]}[/]")
        table.add_row(case.id, " ".join(case.requirements), case.scenario, case.promise)
    Console(highlight=False).print(table)
