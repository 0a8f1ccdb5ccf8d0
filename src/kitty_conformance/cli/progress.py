"""Progress of a run: a bar with the case just finished on a terminal, one plain line per case in a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from kitty_conformance.case import Verdict
from kitty_conformance.results import CaseResult

_MARK: Final = {
    Verdict.CONFORMS: "[green]conforms[/]",
    Verdict.VIOLATES: "[red]violates[/]",
    Verdict.INCONCLUSIVE: "[yellow]inconclusive[/]",
    Verdict.NOT_APPLICABLE: "[dim]not applicable[/]",
}


class OnResult(Protocol):
    """Called with each result as soon as it is recorded."""

    def __call__(self, result: CaseResult, /) -> None:
        """Show it."""


def line(result: CaseResult) -> str:
    """One line for one finished case, with rich markup."""
    reason = f"  {escape(result.reason)}" if result.reason else ""
    took = "reused" if result.reused else f"{result.seconds:.1f} s"
    return f"{_MARK[result.verdict]}  {result.case} run {result.run}  ({took}){reason}"


@contextmanager
def progress(console: Console, total: int) -> Iterator[OnResult]:
    """Show progress of `total` cases while the block runs; yields what to call for each result."""
    if not console.is_terminal:
        yield lambda result: console.print(line(result), soft_wrap=True, highlight=False)
        return
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=total)

        def show(result: CaseResult) -> None:
            if result.verdict is not Verdict.CONFORMS:
                bar.console.print(line(result), soft_wrap=True, highlight=False)
            bar.update(task, advance=1, description=result.case)

        yield show
