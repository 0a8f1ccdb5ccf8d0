"""Progress of a run: a bar with the case just finished on a terminal, one plain line per case in a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from kitty_conformance.case import Verdict
from kitty_conformance.results import CaseResult
from kitty_conformance.running.estimate import Estimate

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


class TimeLeftColumn(ProgressColumn):
    """Time left, counted down between one result and the next."""

    max_refresh = 0.5

    def __init__(self, estimate: Estimate) -> None:
        super().__init__()
        self._estimate = estimate
        self._told: float | None = None
        self._since = 0.0

    def render(self, task: Task) -> Text:
        """Give the time left, in words that change no more often than once a second."""
        seconds, now = self._estimate.seconds, task.get_time()
        if seconds != self._told:
            self._told, self._since = seconds, now
        if seconds is None:
            return Text("-:--:-- left", style="progress.remaining")
        left = seconds - (now - self._since)
        told = "any moment" if left < 0 else f"{timedelta(seconds=round(left))} left"
        return Text(told, style="progress.remaining")


def line(result: CaseResult) -> str:
    """One line for one finished case, with rich markup."""
    reason = f"  {escape(result.reason)}" if result.reason else ""
    took = "reused" if result.reused else f"{result.seconds:.1f} s"
    return f"{_MARK[result.verdict]}  {result.case} run {result.run}  ({took}){reason}"


@contextmanager
def progress(
    console: Console, total: int, estimate: Estimate | None = None, *, verbose: bool = False
) -> Iterator[OnResult]:
    """Show progress of `total` cases while the block runs; yields what to call for each result.

    Without an `estimate` the time left comes from the pace so far. Where `verbose`, a terminal keeps a line
    for each case that conforms, too.
    """
    if not console.is_terminal:
        yield lambda result: console.print(line(result), soft_wrap=True, highlight=False)
        return
    columns = (
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeLeftColumn(estimate) if estimate else TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=total)

        def show(result: CaseResult) -> None:
            if estimate:
                estimate.take(result)
            if verbose or result.verdict is not Verdict.CONFORMS:
                bar.console.print(line(result), soft_wrap=True, highlight=False)
            bar.update(task, advance=1, description=result.case)

        yield show
