"""Findings as GitHub shows them: annotations of the run, and a short summary of the step.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.document import Report
from kitty_conformance.signoff.grouping import Group, blocking
from kitty_conformance.signoff.markdown import table_of_counts, text, what_was_decided
from kitty_conformance.signoff.shell import readable

MOST: Final = 10
"""GitHub shows so many errors, and so many warnings, of one step."""

_MOST_IN_SUMMARY: Final = 20


def workflow_commands(report: Report) -> Iterator[str]:
    """Yield a workflow command for each finding: an error where a promise is broken, else a warning.

    Variants of a case share one; where that would still be more than GitHub shows, the cases of an issue do.
    """
    found = blocking(report)
    broken = [each for each in found if each.outcome is not Outcome.INCONCLUSIVE]
    doubtful = [each for each in found if each.outcome is Outcome.INCONCLUSIVE]
    for level, groups in (("error", broken), ("warning", doubtful)):
        yield from (_annotation(level, group) for group in _few(groups))


def step_summary(report: Report) -> str:
    """Return the decision, the counts and what to type next, as a few lines of Markdown."""
    blocks = [*what_was_decided(report), *table_of_counts(report)]
    found = blocking(report)
    if found:
        blocks.append("\n".join(f"- {_told(group)}" for group in found[:_MOST_IN_SUMMARY]))
    more = len(found) - _MOST_IN_SUMMARY
    if more > 0:
        blocks.append(f"… and {more} more, in report.html")
    if found:
        blocks.append(f"Again, by hand:\n\n```console\n$ {found[0].again}\n```")
    return "\n\n".join(blocks) + "\n"


def _told(group: Group) -> str:
    number = f"#{group.suite} " if group.suite.isdigit() else ""
    return f"{number}**{group.number}** {group.outcome}: {text(group.promise)}{_variants(group)}"


def _variants(group: Group) -> str:
    return f" ({len(group.parts)} cases)" if len(group.parts) > 1 else ""


def _few(groups: Sequence[Group]) -> Sequence[Group]:
    """Bring groups down to as many as are shown: those of one issue together, told by the first of them."""
    if len(groups) <= MOST:
        return groups
    issues: dict[str, list[Group]] = {}
    for group in groups:
        issues.setdefault(group.suite, []).append(group)
    return [
        replace(mine[0], parts=tuple(part for group in mine for part in group.parts))
        for mine in issues.values()
    ]


def _annotation(level: str, group: Group) -> str:
    first = group.parts[0]
    number = f"#{group.suite} " if group.suite.isdigit() else ""
    others = f", and {len(group.parts) - 1} more" if len(group.parts) > 1 else ""
    title = f"{number}{first.case.id} {first.outcome}{others}"
    told = [
        readable(first.case.promise),
        readable(first.reason),
        *((f"expected {readable(first.expected)}", f"seen {readable(first.seen)}") if first.expected else ()),
        f"again: {group.again}",
    ]
    return f"::{level} title={_property(title)}::{_data(chr(10).join(told))}"


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
