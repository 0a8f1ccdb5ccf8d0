"""The report as one self-contained HTML page: no script, no network, readable on a phone and on paper."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from kitty_conformance.signoff import crash_map
from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.crash_map import HEAD, headline, stretches, strip
from kitty_conformance.signoff.decision import Decision, in_words
from kitty_conformance.signoff.document import CasePart, Report
from kitty_conformance.signoff.grouping import CHAPTERS, Group, ScriptOf, groups, no_script, reused_in, reuses
from kitty_conformance.signoff.shell import readable
from kitty_conformance.signoff.trace import asked_by, issues

_PACKAGE: Final = Path(__file__).parents[1]
_PLACES: Final = (_PACKAGE / "templates", _PACKAGE.parents[1] / "reports" / "templates")
_MOST_ROWS: Final = 4
"""So many findings of a case are shown at once, the others on demand."""
MARKS: Final[Mapping[str, str]] = {
    Outcome.CONFORMS: "✓",
    Outcome.VIOLATES: "✗",
    Outcome.INCONCLUSIVE: "?",
    Outcome.NOT_APPLICABLE: "○",
    Outcome.FLAKY: "≈",
}
"""A sign for each outcome, so that colour is never the only thing that tells them apart."""
DEFERRED: Final = "deferred"
"""What a violation counts as in the grid that does not block."""
_SHOWN: Final[Mapping[str, str]] = {**MARKS, DEFERRED: "⊘"}
_SIGNS: Final[Mapping[str, str]] = {
    Decision.RELEASABLE: MARKS[Outcome.CONFORMS],
    Decision.BLOCKED: MARKS[Outcome.VIOLATES],
    Decision.INCONCLUSIVE: MARKS[Outcome.INCONCLUSIVE],
}


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
    strip: tuple[str, ...]
    in_words: str
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
        "reused_in": reused_in,
        "data_url": _data_url,
        "issue": _issue,
        "issues": issues,
        "asked_by": asked_by,
    }
    chapters = tuple(_chapters(report, script_of))
    mapped = tuple(_mapped(report))
    kept, without = (tuple(groups(report, each)) for each in (Outcome.CONFORMS, Outcome.NOT_APPLICABLE))
    return environment.get_template("report.html.jinja").render(
        report=report,
        style=Markup(_style(folder)),  # noqa: S704 - ours, not the target's
        signs=_SIGNS,
        decided=in_words(report.decision.decision, signing_off=report.signing_off),
        marks=MARKS,
        outcomes=tuple(Outcome),
        most_rows=_MOST_ROWS,
        tally=tally,
        grid=tuple(_grid(report)),
        chapters=chapters,
        kept=kept,
        reuses=reuses(report),
        without=without,
        head_of_map=HEAD,
        mapped=mapped,
        any_deferred=any(part.deferred for part in report.cases),
        deferred_mark=_SHOWN[DEFERRED],
        contents=tuple(
            _contents(report, chapters, kept=bool(kept), without=bool(without), mapped=bool(mapped))
        ),
    )


def _style(folder: Path) -> str:
    """Return what all pages look like, and what this one has besides."""
    return "".join((folder / name).read_text(encoding="utf-8") for name in ("report.css", "page.css"))


def templates() -> Path:
    """Return the folder of templates, in a checkout as in an installed wheel."""
    return next(place for place in _PLACES if place.is_dir())


def _plain(text: str) -> str:
    """Return a text of a story for a person, on one line."""
    return " ".join(readable(text).split())


def _data_url(script: str) -> str:
    """Return a script as a link that holds it, so that it can be saved from a page that fetches nothing."""
    return f"data:text/x-shellscript;base64,{b64encode(script.encode()).decode()}"


def _issue(suite: str) -> str:
    return f"#{suite}" if suite.isdigit() else suite


def tally(counts: Mapping[str, int]) -> Markup:
    """Return counts of outcomes, deferred violations apart, as marks with a number; a dot for none at all."""
    shown = [
        Markup('<span class="mark {}" title="{} {}">{} {}<span class="unseen"> {}</span></span>').format(
            outcome, counts[outcome], outcome, sign, counts[outcome], outcome
        )
        for outcome, sign in _SHOWN.items()
        if counts.get(outcome)
    ]
    return Markup(" ").join(shown) if shown else escape("·")


def _grid(report: Report) -> Iterable[GridRow]:
    for suite in report.suites:
        mine = [part for part in report.cases if part.case.suite == suite.suite]
        yield GridRow(
            suite=suite.suite,
            title=suite.title,
            runs=tuple(_in_run(mine, run.run) for run in report.runs),
            together=_counted((part.outcome, bool(part.deferred)) for part in mine),
        )


def _in_run(parts: Sequence[CasePart], number: int) -> dict[str, int]:
    return _counted(
        (run.verdict, bool(part.deferred)) for part in parts for run in part.runs if run.run == number
    )


def _counted(found: Iterable[tuple[str, bool]]) -> dict[str, int]:
    """Count outcomes, violations that are deferred apart."""
    return dict(
        Counter(DEFERRED if known and each == Outcome.VIOLATES else str(each) for each, known in found)
    )


def _chapters(report: Report, script_of: ScriptOf) -> Iterable[Chapter]:
    for identity, title, outcome in CHAPTERS:
        found = tuple(groups(report, outcome, script_of))
        if found:
            yield Chapter(id=identity, title=title, outcome=outcome, groups=found)


def _mapped(report: Report) -> Iterable[Mapped]:
    for part in report.cases:
        for each in part.evidence.maps if part.evidence else ():
            rows = tuple(stretch.cells for stretch in stretches(each))
            yield Mapped(
                id=part.case.id,
                headline=headline(each),
                strip=strip(each),
                in_words=crash_map.in_words(each),
                rows=rows,
            )


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
    if reuses(report):
        yield "reused", "Reused"
    if report.deferrals:
        yield "deferrals", "Deferrals"
    yield "target", "Target"
