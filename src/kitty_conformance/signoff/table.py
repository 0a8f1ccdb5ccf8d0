"""The sign-off summary for a terminal: counts, what does not conform, the decision, the next command.

Colour and frames on a terminal, plain lines in a pipe. `NO_COLOR` and `COLUMNS` are honoured by the console.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.decision import Decision, in_words
from kitty_conformance.signoff.document import CasePart, Report
from kitty_conformance.signoff.markdown import reproduce_command
from kitty_conformance.signoff.shell import readable

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
_WEIGHT: Final = (Outcome.VIOLATES, Outcome.FLAKY, Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE)


def show(console: Console, report: Report) -> None:
    """Print the summary of a report."""
    if console.is_terminal:
        console.print(_counts(report))
    else:
        for line in _plain_counts(report):
            _line(console, Text(line))
    for case in _remarkable(report):
        _line(console, _finding(case))
    for each in report.deferrals:
        if each.remark:
            _line(console, Text(f"deferral of {each.covers} is {each.status}: {each.remark}", style="yellow"))
    _line(console, Text())
    for text in _conclusion(report):
        _line(console, text)


def _line(console: Console, text: Text) -> None:
    """Print without inventing line breaks in a pipe: there, one line is one fact."""
    console.print(text, soft_wrap=not console.is_terminal, highlight=False)


def _counts(report: Report) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("issue", no_wrap=True)
    table.add_column("about")
    for outcome in Outcome:
        table.add_column(_HEADS.get(outcome, outcome), justify="right", no_wrap=True)
    for suite in report.suites:
        counts = [_count(suite.counts[outcome], outcome) for outcome in Outcome]
        table.add_row(suite.suite, suite.title, *counts)
    return table


def _count(count: int, outcome: Outcome) -> Text:
    return Text(str(count), style=_STYLES[outcome]) if count else Text("·", style="dim")


def _plain_counts(report: Report) -> Iterator[str]:
    for suite in report.suites:
        counts = ", ".join(f"{suite.counts[each]} {each}" for each in Outcome if suite.counts[each])
        yield f"{suite.suite:<6} {suite.title}: {counts}"


def _remarkable(report: Report) -> list[CasePart]:
    return [case for outcome in _WEIGHT for case in report.cases if case.outcome is outcome]


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
    yield Text.assemble(f"spec-kitty {report.target.name} ", (said, _DECISION_STYLES[decision]))
    for reason in report.decision.reasons:
        yield Text(f"  {reason}")
    worst = next((case for case in _remarkable(report) if _worth_a_look(case)), None)
    if worst is not None:
        yield Text.assemble("next: ", (reproduce_command(report, worst.case.id), "bold"))


def _worth_a_look(part: CasePart) -> bool:
    return part.outcome is not Outcome.NOT_APPLICABLE and not part.deferred
