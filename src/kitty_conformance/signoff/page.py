"""The report as one self-contained HTML page: no script, no network, readable on a phone and on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.crash_map import HEAD, headline, stretches
from kitty_conformance.signoff.decision import Decision, in_words
from kitty_conformance.signoff.document import CasePart, Report
from kitty_conformance.signoff.markdown import reproduce_command
from kitty_conformance.signoff.shell import readable
from kitty_conformance.signoff.trace import asked_by, issues
from kitty_conformance.signoff.transcript import action, scene

ScriptOf = Callable[[CasePart], str]
"""Writes the self-contained script of a violated case; empty if there is none."""

_PACKAGE: Final = Path(__file__).parents[1]
_PLACES: Final = (_PACKAGE / "templates", _PACKAGE.parents[1] / "reports" / "templates")
MARKS: Final[Mapping[str, str]] = {
    Outcome.CONFORMS: "✓",
    Outcome.VIOLATES: "✗",
    Outcome.INCONCLUSIVE: "?",
    Outcome.NOT_APPLICABLE: "○",
    Outcome.FLAKY: "≈",
}
"""A sign for each outcome, so that colour is never the only thing that tells them apart."""
_SIGNS: Final[Mapping[str, str]] = {
    Decision.RELEASABLE: MARKS[Outcome.CONFORMS],
    Decision.BLOCKED: MARKS[Outcome.VIOLATES],
    Decision.INCONCLUSIVE: MARKS[Outcome.INCONCLUSIVE],
}
_CHAPTERS: Final = (
    ("violated", "Violated promises", Outcome.VIOLATES),
    ("flaky", "Flaky: the runs disagree", Outcome.FLAKY),
    ("untested", "Not put to the test", Outcome.INCONCLUSIVE),
)


def no_script(_: CasePart) -> str:
    """No script for any case."""
    return ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """Variants of one case of which the same was found."""

    ids: tuple[str, ...]
    reason: str
    differing: tuple[str, ...]
    deferred: str
    expected: str
    seen: str
    verdicts: tuple[tuple[int, str], ...]


@dataclass(frozen=True, kw_only=True)
class Group:
    """The variants of one case that came to one outcome; the first of them is told in full."""

    number: str
    parts: tuple[CasePart, ...]
    again: str
    script: str = ""

    @property
    def promise(self) -> str:
        """The promise they share."""
        return self.parts[0].case.promise

    @property
    def rationale(self) -> str:
        """Why breaking it hurts."""
        return self.parts[0].case.rationale

    @property
    def covers(self) -> tuple[str, ...]:
        """Requirements and scenarios of the seed."""
        return self.parts[0].case.covers

    @property
    def rows(self) -> tuple[Row, ...]:
        """Its variants, those of which the same was found in one row."""
        alike: dict[Row, list[str]] = {}
        for part in self.parts:
            alike.setdefault(_row(part), []).append(part.case.id)
        return tuple(replace(row, ids=tuple(ids)) for row, ids in alike.items())

    @property
    def told(self) -> str:
        """The id of the one told in full."""
        return self.parts[0].case.id

    @property
    def run(self) -> int:
        """The run it is told of."""
        evidence = self.parts[0].evidence
        return evidence.run if evidence else 0

    @property
    def action(self) -> str:
        """What was done and what came back, as text."""
        evidence = self.parts[0].evidence
        return "\n".join(action(evidence.story)) if evidence and evidence.story else ""

    @property
    def scene(self) -> str:
        """How the scene was set, as text."""
        evidence = self.parts[0].evidence
        return "\n".join(scene(evidence.story)) if evidence and evidence.story else ""

    @property
    def steps(self) -> int:
        """How many steps set the scene."""
        evidence = self.parts[0].evidence
        return evidence.story.arranged if evidence and evidence.story else 0


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """Everything that came to one outcome."""

    id: str
    title: str
    outcome: Outcome
    groups: tuple[Group, ...]


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """What ending a command at each of its steps left."""

    id: str
    headline: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class GridRow:
    """One suite: how many cases came to which verdict in each run, and over all runs."""

    suite: str
    title: str
    runs: tuple[Mapping[str, int], ...]
    together: Mapping[str, int]


def render(report: Report, script_of: ScriptOf = no_script) -> str:
    """Return the whole page; the same report and scripts give the same text."""
    folder = templates()
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "plain": _plain,
        "issue": _issue,
        "issues": issues,
        "asked_by": asked_by,
    }
    chapters = tuple(_chapters(report, script_of))
    mapped = tuple(_mapped(report))
    kept, without = (tuple(_groups(report, each)) for each in (Outcome.CONFORMS, Outcome.NOT_APPLICABLE))
    return environment.get_template("report.html.jinja").render(
        report=report,
        style=Markup((folder / "report.css").read_text(encoding="utf-8")),  # noqa: S704 - ours, not the target's
        signs=_SIGNS,
        decided=in_words(report.decision.decision, signing_off=report.signing_off),
        marks=MARKS,
        outcomes=tuple(Outcome),
        tally=tally,
        grid=tuple(_grid(report)),
        chapters=chapters,
        kept=kept,
        without=without,
        head_of_map=HEAD,
        mapped=mapped,
        contents=tuple(
            _contents(report, chapters, kept=bool(kept), without=bool(without), mapped=bool(mapped))
        ),
    )


def templates() -> Path:
    """Return the folder of templates, in a checkout as in an installed wheel."""
    return next(place for place in _PLACES if place.is_dir())


def _plain(text: str) -> str:
    """Return a text of a story for a person, on one line."""
    return " ".join(readable(text).split())


def _issue(suite: str) -> str:
    return f"#{suite}" if suite.isdigit() else suite


def tally(counts: Mapping[str, int]) -> Markup:
    """Return counts of outcomes as marks with a number each; a dot for none at all."""
    shown = [
        Markup('<span class="mark {}" title="{} {}">{} {}<span class="unseen"> {}</span></span>').format(
            outcome, counts[outcome], outcome, MARKS[outcome], counts[outcome], outcome
        )
        for outcome in Outcome
        if counts.get(outcome)
    ]
    return Markup(" ").join(shown) if shown else escape("·")


def _row(part: CasePart) -> Row:
    return Row(
        ids=(),
        reason=part.reason,
        differing=part.differing,
        deferred=part.deferred,
        expected=part.expected,
        seen=part.seen,
        verdicts=tuple((run.run, run.verdict) for run in part.runs),
    )


def _grid(report: Report) -> Iterable[GridRow]:
    for suite in report.suites:
        mine = [part for part in report.cases if part.case.suite == suite.suite]
        yield GridRow(
            suite=suite.suite,
            title=suite.title,
            runs=tuple(_in_run(mine, run.run) for run in report.runs),
            together={str(outcome): count for outcome, count in suite.counts.items()},
        )


def _in_run(parts: Sequence[CasePart], number: int) -> dict[str, int]:
    verdicts = [run.verdict for part in parts for run in part.runs if run.run == number]
    return {verdict: verdicts.count(verdict) for verdict in verdicts}


def _chapters(report: Report, script_of: ScriptOf) -> Iterable[Chapter]:
    for identity, title, outcome in _CHAPTERS:
        groups = tuple(_groups(report, outcome, script_of))
        if groups:
            yield Chapter(id=identity, title=title, outcome=outcome, groups=groups)


def _groups(report: Report, outcome: Outcome, script_of: ScriptOf = no_script) -> Iterable[Group]:
    parts = [part for part in report.cases if part.outcome is outcome]
    for number in dict.fromkeys(part.case.id.partition("/")[0] for part in parts):
        mine = tuple(part for part in parts if part.case.id.partition("/")[0] == number)
        yield Group(
            number=number,
            parts=mine,
            again=reproduce_command(report, mine[0].case.id),
            script=script_of(mine[0]) if outcome is Outcome.VIOLATES else "",
        )


def _mapped(report: Report) -> Iterable[Mapped]:
    for part in report.cases:
        for each in part.evidence.maps if part.evidence else ():
            rows = tuple(stretch.cells for stretch in stretches(each))
            yield Mapped(id=part.case.id, headline=headline(each), rows=rows)


def _contents(
    report: Report, chapters: Sequence[Chapter], *, kept: bool, without: bool, mapped: bool
) -> Iterable[tuple[str, str]]:
    yield "issues", "Issues and runs"
    yield from ((chapter.id, chapter.title) for chapter in chapters)
    if kept:
        yield "kept", "Kept promises"
    if without:
        yield "not-applicable", "Not applicable"
    if mapped:
        yield "crashes", "What a crash leaves"
    yield "requirements", "Requirements"
    yield "determinism", "Determinism"
    if report.deferrals:
        yield "deferrals", "Deferrals"
    yield "target", "Target"
