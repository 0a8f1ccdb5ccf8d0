"""The history as one self-contained HTML page: maps of issue and case by release, and what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kitty_conformance.case import SUITES
from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.history import Finding, History, PastRelease
from kitty_conformance.signoff.history_changes import Change, Descent, Turn, changes, share, tally, weighed
from kitty_conformance.signoff.history_table import MARKS
from kitty_conformance.signoff.page import templates

SIGNS: Final[Mapping[str, str]] = {Turn.HEALED: "▲", Turn.BROKEN: "▼"}
WORDS: Final[Mapping[str, str]] = {Turn.HEALED: "mended", Turn.BROKEN: "broken"}
_HEATS: Final = 4
_MONTHS: Final = ["", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One release; `first` of its line."""

    version: str
    day: str
    first: bool


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What one row says of one release."""

    text: str
    style: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """An issue, or a case with its promise."""

    title: str
    cells: tuple[Cell, ...]
    promise: str = ""


@dataclass(frozen=True, kw_only=True)
class Suite:
    """The cases of one issue."""

    title: str
    rows: tuple[Row, ...]

    @property
    def promises(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Each promise once, with the cases that ask of it, in the order of their ids."""
        cases: dict[str, list[str]] = {}
        for row in self.rows:
            cases.setdefault(row.promise, []).append(row.title)
        return tuple((promise, tuple(found)) for promise, found in cases.items())


@dataclass(frozen=True, kw_only=True)
class Turned:
    """A change and the promise it is about."""

    turn: Turn
    case: str
    promise: str
    since: str
    between: tuple[str, ...]
    reason: str


def render(history: History) -> str:
    """Return the whole page; the same history gives the same text."""
    folder = templates()
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    style = "".join((folder / name).read_text(encoding="utf-8") for name in ("report.css", "history.css"))
    found = changes(history)
    turns = {(change.case, change.release): change.turn for change in found}
    columns = tuple(_columns(history))
    return environment.get_template("history.html.jinja").render(
        history=history,
        style=Markup(style),  # noqa: S704 - ours, not the target's
        columns=columns,
        months=tuple(_months(columns)),
        marks=MARKS,
        signs=SIGNS,
        words=WORDS,
        issues=tuple(_issues(history)),
        suites=tuple(_suites(history, turns)),
        changes=tuple(_changes(history, found)),
        healed=sum(change.turn is Turn.HEALED for change in found),
        broken=sum(change.turn is Turn.BROKEN for change in found),
        unavailable=tuple(release for release in history.releases if release.unavailable),
    )


def _columns(history: History) -> Iterator[Column]:
    before = Descent(history.tested).before
    earlier = ""
    for release in history.tested:
        follows = before.get(release.version, "")
        yield Column(version=release.version, day=release.released[:10], first=follows != earlier)
        earlier = release.version


def _months(columns: Sequence[Column]) -> Iterator[tuple[str, str, int]]:
    """Yield each month of the axis, its short name, and the number of releases in it, as they stand."""
    for month, group in groupby(columns, key=lambda column: column.day[:7]):
        yield month or "unknown", _MONTHS[int(month[5:])] if month else "?", len(tuple(group))


def _issues(history: History) -> Iterator[Row]:
    for suite in history.suites:
        cells = tuple(_weighed(history, release, suite) for release in history.tested)
        yield Row(title=_title(suite), cells=cells)


def _weighed(history: History, release: PastRelease, suite: str) -> Cell:
    counts = tally(history, release, suite)
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "not asked"
    return Cell(
        text=share(history, release, suite),
        style=_heat(counts),
        title=f"{_title(suite)} in {release.version}: {told}",
    )


def _heat(counts: Mapping[Outcome, int]) -> str:
    broken, tested = weighed(counts)
    if not tested:
        return Outcome.INCONCLUSIVE if counts.get(Outcome.INCONCLUSIVE) else "unasked"
    return f"heat{max(1, round(broken / tested * _HEATS))}" if broken else Outcome.CONFORMS


def _suites(history: History, turns: Mapping[tuple[str, str], Turn]) -> Iterator[Suite]:
    for suite in history.suites:
        rows = tuple(
            Row(
                title=case.id,
                promise=case.promise,
                cells=tuple(
                    _cell(case.id, release, turns.get((case.id, release.version)))
                    for release in history.tested
                ),
            )
            for case in history.of_suite(suite)
        )
        yield Suite(title=f"{_title(suite)} {SUITES[suite]}", rows=rows)


def _cell(case: str, release: PastRelease, turn: Turn | None) -> Cell:
    finding: Finding | None = release.found.get(case)
    if finding is None:
        return Cell(text="·", style="unasked", title=f"{case} in {release.version}: not asked")
    sign = SIGNS[turn] if turn else MARKS[finding.outcome]
    told = ": ".join(filter(None, (finding.outcome, finding.reason)))
    return Cell(
        text=sign,
        style=f"{finding.outcome} {turn}" if turn else finding.outcome,
        title=f"{case} in {release.version}{f', {WORDS[turn]} here' if turn else ''}: {told}",
    )


def _changes(history: History, found: Sequence[Change]) -> Iterator[tuple[str, str, str, tuple[Turned, ...]]]:
    before = Descent(history.tested).before
    days = {release.version: release.released[:10] for release in history.tested}
    promises = {case.id: case.promise for case in history.cases}
    for release, group in groupby(found, key=lambda change: change.release):
        turned = tuple(
            Turned(
                turn=change.turn,
                case=change.case,
                promise=promises[change.case],
                since=change.since,
                between=change.between,
                reason=change.reason,
            )
            for change in group
        )
        yield release, days[release], before[release], turned


def _title(suite: str) -> str:
    return f"#{suite}" if suite.isdigit() else suite
