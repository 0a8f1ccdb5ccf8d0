"""The sign-off summary for a terminal: counts, what does not conform, the decision, the next command.

Colour and frames on a terminal, plain lines in a pipe. `NO_COLOR` and `COLUMNS` are honoured by the console.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.decision import Decision, in_words
from kitty_conformance.signoff.document import CasePart, Report
from kitty_conformance.signoff.grouping import deferred_in, groups, next_command
from kitty_conformance.signoff.shell import readable
from kitty_conformance.signoff.terminal_lines import show_line, show_next

_STYLES: Final = {
    Outcome.CONFORMS: "green",
    Outcome.VIOLATES: "bold red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.NOT_APPLICABLE: "dim",
    Outcome.FLAKY: "bold magenta",
}
_DECISION_STYLES: Final = {
    Decision.RELEASABLE: "bold green",
    Decision.BLOCKED: "bold red",
    Decision.INCONCLUSIVE: "bold yellow",
}
_HEADS: Final = {Outcome.NOT_APPLICABLE: "n.a."}
_ROOMY: Final = 90
"""Columns a terminal must have for tables: in less their columns are too narrow to read."""
_VIOLATED: Final = tuple(Outcome).index(Outcome.VIOLATES)
_WEIGHT: Final = (Outcome.VIOLATES, Outcome.FLAKY, Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE)


def show(console: Console, report: Report, *, detail: int = 0, folder: str = "") -> None:
    """Print the summary of a report that was left in a folder.

    `detail`: -1 the conclusion alone; 0 also counts and findings, on a terminal the variants of a case in one
    line; 1 also each promise that is kept, and what was expected and seen where one is not.
    """
    if detail >= 0:
        _show_findings(console, report, in_full=detail > 0)
        show_line(console, Text())
    for text in _conclusion(report):
        show_line(console, text)
    show_next(console, next_command(report, folder))


def _show_findings(console: Console, report: Report, *, in_full: bool) -> None:
    if console.is_terminal and console.width >= _ROOMY:
        console.print(_counts(report))
    else:
        for line in _plain_counts(report):
            show_line(console, Text(line))
    if console.is_terminal and not in_full:
        if console.width >= _ROOMY:
            console.print(_grouped(report))
        else:
            console.print(Group(*_stacked(report)), highlight=False)
    else:
        for text in _each(report, in_full=in_full):
            show_line(console, text)
    for each in report.deferrals:
        if each.remark:
            show_line(
                console, Text(f"deferral of {each.covers} is {each.status}: {each.remark}", style="yellow")
            )


def _counts(report: Report) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("issue", no_wrap=True)
    table.add_column("about")
    for outcome in Outcome:
        table.add_column(_HEADS.get(outcome, outcome), justify="right", no_wrap=True)
    for suite in report.suites:
        counts = [_count(suite.counts[outcome], outcome) for outcome in Outcome]
        if known := deferred_in(report, suite.suite):
            counts[_VIOLATED].append(f" ({known} deferred)", style="dim")
        table.add_row(suite.suite, suite.title, *counts)
    return table


def _count(count: int, outcome: Outcome) -> Text:
    return Text(str(count), style=_STYLES[outcome]) if count else Text("·", style="dim")


def _plain_counts(report: Report) -> Iterator[str]:
    for suite in report.suites:
        known = deferred_in(report, suite.suite)
        said = {Outcome.VIOLATES: f" ({known} deferred)"} if known else {}
        counts = ", ".join(
            f"{suite.counts[each]} {each}{said.get(each, '')}" for each in Outcome if suite.counts[each]
        )
        yield f"{suite.suite:<6} {suite.title}: {counts}"


def _each(report: Report, *, in_full: bool) -> Iterator[Text]:
    for outcome in (*_WEIGHT, Outcome.CONFORMS) if in_full else _WEIGHT:
        for part in report.cases:
            if part.outcome is outcome:
                yield _finding(part)
                if in_full and part.expected and outcome is not Outcome.CONFORMS:
                    yield Text(f"{'expected':>14} {readable(part.expected)}", style="dim")
                    yield Text(f"{'seen':>14} {readable(part.seen)}", style="dim")


def _grouped(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for outcome, named, told in _told(report):
        table.add_row(Text(outcome, style=_STYLES[outcome]), Text(named, "bold"), Text(told))
    return table


def _stacked(report: Report) -> Iterator[RenderableType]:
    """Yield the same for a narrow terminal: what is told of a case below its id."""
    for outcome, named, told in _told(report):
        yield Text.assemble((outcome, _STYLES[outcome]), "  ", (named, "bold"))
        yield Padding(Text(told), (0, 0, 0, 2))


def _told(report: Report) -> Iterator[tuple[Outcome, str, str]]:
    """Yield the cases that do not conform, variants together: outcome, which they are, what is to be said."""
    for outcome in _WEIGHT:
        for group in groups(report, outcome):
            told, named = readable(group.promise), f"{group.number} ({len(group.parts)})"
            if len(group.parts) == 1:
                told, named = readable(group.parts[0].reason), group.told
            deferred = " (deferred)" if all(part.deferred for part in group.parts) else ""
            yield outcome, named + deferred, told


def _finding(part: CasePart) -> Text:
    deferred = " (deferred)" if part.deferred else ""
    return Text.assemble(
        (f"{part.outcome:<15}", _STYLES[part.outcome]),
        (f"{part.case.id}{deferred}", "bold"),
        f"  {readable(part.reason)}",
    )


def _conclusion(report: Report) -> Iterator[Text]:
    decision = report.decision.decision
    said = in_words(decision, signing_off=report.signing_off)
    said = f"is {said.upper()}" if report.signing_off else said
    yield Text.assemble(f"spec-kitty {report.target.title} ", (said, _DECISION_STYLES[decision]))
    for reason in report.decision.reasons:
        yield Text(f"  {reason}")
