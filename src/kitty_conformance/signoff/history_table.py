"""The history for a terminal: issue by release, case by release, and what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from packaging.version import Version
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kitty_conformance.case import SUITES
from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.history import History, PastRelease
from kitty_conformance.signoff.history_changes import (
    Change,
    Turn,
    changes,
    changes_of_newest,
    next_command,
    share,
    tally,
    weighed,
)
from kitty_conformance.signoff.terminal_lines import show_next, show_whole

MARKS: Final[Mapping[Outcome, str]] = {
    Outcome.CONFORMS: "✓",
    Outcome.VIOLATES: "✗",
    Outcome.INCONCLUSIVE: "?",
    Outcome.NOT_APPLICABLE: "○",
    Outcome.FLAKY: "≈",
}
"""A sign for each outcome, so that colour is never the only thing that tells them apart."""
_STYLES: Final = {
    Outcome.CONFORMS: "green",
    Outcome.VIOLATES: "bold red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.NOT_APPLICABLE: "dim",
    Outcome.FLAKY: "bold magenta",
}
_TURNS: Final = {Turn.HEALED: ("healed", "green"), Turn.BROKEN: ("broken", "bold red")}
_UNASKED: Final = "·"
_NAMING: Final = 2
"""Columns that name a release."""
_SHARE: Final = len("113/123?")


def show(console: Console, history: History, *, detail: int = 0) -> None:
    """Print the maps and what changed; in a pipe one line is one release, one case or one change.

    `detail`: -1 the conclusion alone; 0 also the maps and each change; 1 also the reason of each change.
    """
    if detail >= 0:
        _show_maps(console, history)
        told = (line for change in changes(history) for line in _told(change, in_full=detail > 0))
        for line in (Text(), *told, *_untested(history), Text()):
            show_whole(console, line)
    show_whole(console, _conclusion(history))
    show_next(console, next_command(history))


def _show_maps(console: Console, history: History) -> None:
    if console.is_terminal:
        console.print(_by_issue(history))
    else:
        for cells in _rows(history):
            show_whole(console, Text("  ").join(cells))
    for line in (_legend(), *_by_case(history)):
        show_whole(console, line)


def _conclusion(history: History) -> Text:
    newest = history.tested[-1]
    broken, tested = weighed(Counter(finding.outcome for finding in newest.found.values()))
    turns = Counter(change.turn for change in changes_of_newest(history))
    turned = (
        ", ".join(f"{turns[turn]} {turn} there" for turn in Turn if turns[turn]) or "nothing changed there"
    )
    return Text(f"{newest.version} breaks {broken} of {tested} promises; {turned}", style="bold")


def _by_issue(history: History) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    head, *rows = _rows(history)
    for place, heading in enumerate(head):
        table.add_column(heading, no_wrap=True, justify="left" if place < _NAMING else "right")
    for cells in rows:
        table.add_row(*cells)
    return table


def _rows(history: History) -> Iterator[list[Text]]:
    """Yield the headings, then one row for each release, all cells of a column of one width."""
    titles = [f"#{suite}" if suite.isdigit() else suite for suite in history.suites]
    width = max((len(release.version) for release in history.tested), default=0)
    widths = (max(width, len("release")), len("2026-05-01"), *(_SHARE for _ in titles))
    yield [Text(text.ljust(width)) for text, width in zip(("release", "of", *titles), widths, strict=True)]
    for release in history.tested:
        shares = [_share(history, release, suite) for suite in history.suites]
        cells = [Text(release.version), Text(release.released[:10]), *shares]
        for cell, column in zip(cells, widths, strict=True):
            cell.pad_right(max(0, column - len(cell)))
        yield cells


def _share(history: History, release: PastRelease, suite: str) -> Text:
    counts = tally(history, release, suite)
    broken, tested = weighed(counts)
    text = share(history, release, suite)
    if not tested:
        return Text(text, style="yellow" if counts.get(Outcome.INCONCLUSIVE) else "dim")
    return Text(text, style="green" if not broken else "bold red" if broken * 2 >= tested else "red")


def _legend() -> Text:
    parts = [Text("broken/tested; "), Text("? some could not be put to the test. Below: ")]
    parts += [Text(f"{mark} {outcome}  ", style=_STYLES[outcome]) for outcome, mark in MARKS.items()]
    return Text.assemble(*parts, f"{_UNASKED} not asked")


def _by_case(history: History) -> Iterator[Text]:
    """Yield one line for each case: a sign for each release, lines of releases apart."""
    groups = [tuple(group) for _, group in groupby(history.tested, key=_line)]
    width = max((len(case.id) for case in history.cases), default=0)
    yield from _ruler(width, groups)
    for suite in history.suites:
        yield Text(f"{f'#{suite}' if suite.isdigit() else suite} {SUITES[suite]}", style="bold")
        for case in history.of_suite(suite):
            signs = Text("  ").join(
                Text("").join(_sign(release, case.id) for release in group) for group in groups
            )
            yield Text.assemble(f"{case.id:<{width}}  ", signs)


def _line(release: PastRelease) -> tuple[object, ...]:
    version = Version(release.version)
    return version.major, version.minor, version.pre and version.pre[0]


def _ruler(width: int, groups: Sequence[tuple[PastRelease, ...]]) -> Iterator[Text]:
    """Yield the versions as columns of letters, to be read from top to bottom."""
    height = max((len(release.version) for group in groups for release in group), default=0)
    for place in range(height):
        letters = ("".join(release.version.rjust(height)[place] for release in group) for group in groups)
        yield Text(f"{'':<{width}}  {'  '.join(letters)}".rstrip(), style="dim")


def _sign(release: PastRelease, case: str) -> Text:
    finding = release.found.get(case)
    if finding is None:
        return Text(_UNASKED, style="dim")
    return Text(MARKS[finding.outcome], style=_STYLES[finding.outcome])


def _untested(history: History) -> Iterator[Text]:
    for release in history.releases:
        if release.unavailable:
            yield Text(f"not tested  {release.version}: {release.unavailable}", style="dim")


def _told(change: Change, *, in_full: bool) -> Iterator[Text]:
    word, style = _TURNS[change.turn]
    untold = f", {len(change.between)} between them did not tell" if change.between else ""
    yield Text.assemble(
        (f"{word:<8}", style), f"{change.release:<10} {change.case} (otherwise in {change.since}{untold})"
    )
    if in_full:
        yield Text(f"{'':<8}{change.reason}", style="dim")
