"""The history for a terminal: issue by release, case by release, and what changed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal, TypeVar

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
from kitty_conformance.signoff.terminal_lines import show_line, show_next, show_whole

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
_SHARE: Final = len("113/123?")
_GAP: Final = 2
"""Between two columns."""
_FEWEST: Final = 10
"""So many releases stand beside each other even where there is no room for them."""


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
        for table in _by_issue(history, console.width):
            console.print(table, Text())
    else:
        for cells in _rows(history):
            show_whole(console, Text("  ").join(cells))
    show_line(console, _legend())
    for line in _by_case(history, console.width if console.is_terminal else sys.maxsize):
        show_whole(console, line)


def _conclusion(history: History) -> Text:
    newest = history.tested[-1]
    broken, tested = weighed(Counter(finding.outcome for finding in newest.found.values()))
    turns = Counter(change.turn for change in changes_of_newest(history))
    turned = (
        ", ".join(f"{turns[turn]} {turn} there" for turn in Turn if turns[turn]) or "nothing changed there"
    )
    return Text(f"{newest.version} breaks {broken} of {tested} promises; {turned}", style="bold")


@dataclass(frozen=True)
class _Column:
    heading: str
    cells: Sequence[Text]
    justify: Literal["left", "right"] = "right"

    @property
    def width(self) -> int:
        return max(len(self.heading), *map(len, self.cells))


def _by_issue(history: History, room: int) -> Iterator[Table]:
    """Yield one table if it fits; else without the days, and as many as it takes: no cell is cut short."""
    versions = _Column("release", [Text(each.version) for each in history.tested], "left")
    days = _Column("of", [Text(each.released[:10]) for each in history.tested], "left")
    shares = [
        _Column(_title(suite), [_share(history, each, suite) for each in history.tested])
        for suite in history.suites
    ]
    if sum(each.width + _GAP for each in (versions, days, *shares)) - _GAP <= room:
        yield _table(versions, days, *shares)
        return
    for some in _packed(shares, [each.width for each in shares], room - versions.width - _GAP):
        yield _table(versions, *some)


def _table(*columns: _Column) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, _GAP - 1, 0, 0))
    for column in columns:
        table.add_column(column.heading, no_wrap=True, justify=column.justify, min_width=column.width)
    for cells in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*cells)
    return table


_T = TypeVar("_T")


def _packed(things: Sequence[_T], widths: Sequence[int], room: int) -> Iterator[list[_T]]:
    """Yield as many at a time as fit side by side, at least one."""
    some, taken = list[_T](), 0
    for thing, width in zip(things, widths, strict=True):
        if some and taken + width > room:
            yield some
            some, taken = [], 0
        some.append(thing)
        taken += width + _GAP
    if some:
        yield some


def _title(suite: str) -> str:
    return f"#{suite}" if suite.isdigit() else suite


def _rows(history: History) -> Iterator[list[Text]]:
    """Yield the headings, then one row for each release, all cells of a column of one width."""
    titles = [_title(suite) for suite in history.suites]
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


def _by_case(history: History, room: int) -> Iterator[Text]:
    """Yield one line for each case: a sign for each release, lines of releases apart.

    Where the releases do not fit beside each other, there is a map for as many as do.
    """
    width = max((len(case.id) for case in history.cases), default=0)
    most = max(_FEWEST, room - width - _GAP)
    groups = [
        group[start : start + most]
        for _, line in groupby(history.tested, key=_line)
        for group in (tuple(line),)
        for start in range(0, len(group), most)
    ]
    for block in _packed(groups, [len(group) for group in groups], most):
        yield from _map_of_cases(history, block, width)


def _map_of_cases(history: History, groups: Sequence[tuple[PastRelease, ...]], width: int) -> Iterator[Text]:
    yield from _ruler(width, groups)
    for suite in history.suites:
        yield Text(f"{_title(suite)} {SUITES[suite]}", style="bold")
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
