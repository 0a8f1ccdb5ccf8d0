"""The history as Markdown, to be read where it is committed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from kitty_conformance.case import SUITES
from kitty_conformance.signoff.history import History
from kitty_conformance.signoff.history_changes import Change, Descent, Turn, changes, share

_SIGNS = {Turn.HEALED: "▲ mended", Turn.BROKEN: "▼ broken"}


def render(history: History) -> str:
    """Return the whole page; the same history gives the same text."""
    return "\n".join(
        (*_opening(history), "", *_issues(history), "", *_turns(history), *_unavailable(history), "")
    )


def _opening(history: History) -> Iterator[str]:
    tested = history.tested
    yield "# What each release keeps"
    yield ""
    yield "Drawn from `history.json` by `kitty-conformance history`; not written by hand. In colour, case by"
    yield "case: [history.html](history.html)."
    yield ""
    yield (
        f"{len(history.cases)} cases on {len(tested)} releases, {tested[0].version} to {tested[-1].version}."
        " Each cell: promises broken of those that could be put to the test; `?` where some could not,"
        " `·` where none applies or was asked. Each release is held against the one it follows: the one"
        " before it in its line, or, for the first of a line, the highest that was out by then."
    )


def _issues(history: History) -> Iterator[str]:
    before = Descent(history.tested).before
    titles = (f"#{suite}" if suite.isdigit() else suite for suite in history.suites)
    yield _row("release", "of", "follows", *titles)
    yield _row(*["---"] * (3 + len(history.suites)))
    for release in history.releases:
        cells = [share(history, release, suite) for suite in history.suites]
        yield _row(release.version, release.released[:10], before.get(release.version, ""), *cells)
    yield ""
    for suite in history.suites:
        title = f"#{suite}" if suite.isdigit() else suite
        yield f"- {title}: {SUITES[suite]}, {len(history.of_suite(suite))} cases"


def _turns(history: History) -> Iterator[str]:
    promises = {case.id: case.promise for case in history.cases}
    found = changes(history)
    yield "## What changed, release by release"
    yield ""
    if not found:
        yield "Nothing did."
    for release, turned in groupby(found, key=lambda change: change.release):
        yield f"### {release}"
        yield ""
        yield from (_told(change, promises[change.case]) for change in turned)
        yield ""


def _told(change: Change, promise: str) -> str:
    untold = f"; {_named(change.between)} did not tell" if change.between else ""
    reason = f" — {_escaped(change.reason)}" if change.reason else ""
    return f"- {_SIGNS[change.turn]} `{change.case}` {promise} (otherwise in {change.since}{untold}){reason}"


def _named(releases: Sequence[str]) -> str:
    few = 3
    return ", ".join(releases) if len(releases) <= few else f"{releases[0]} to {releases[-1]}"


def _unavailable(history: History) -> Iterator[str]:
    without = [release for release in history.releases if release.unavailable]
    if without:
        yield "## Releases that could not be tested"
        yield ""
        yield from (f"- {release.version}: {_escaped(release.unavailable)}" for release in without)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("*", "\\*")
