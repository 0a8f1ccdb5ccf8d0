"""Findings as GitHub shows them: annotations of the run, and a short summary of the step.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from kitty_conformance.signoff.again import reproduce_command, reproduce_command_of_release
from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.bisection import Bisection
from kitty_conformance.signoff.difference import BROKEN, UNTOLD, Difference, Kind
from kitty_conformance.signoff.document import Report
from kitty_conformance.signoff.grouping import Group, blocking
from kitty_conformance.signoff.history import History
from kitty_conformance.signoff.history_changes import Change, Turn, changes_of_newest
from kitty_conformance.signoff.markdown import table_of_counts, text, what_was_decided
from kitty_conformance.signoff.shell import readable

MOST: Final = 10
"""GitHub shows so many errors, so many warnings and so many notices of one step."""

_MOST_IN_SUMMARY: Final = 20


class Level(StrEnum):
    """How loud an annotation is, the loudest first."""

    ERROR = "error"
    """A promise is broken."""
    WARNING = "warning"
    """Nobody could tell."""
    NOTICE = "notice"
    """A promise was mended."""


@dataclass(frozen=True, kw_only=True)
class Remark:
    """What is to be said of one case.

    Attributes
    ----------
    case
        Its id; that of its suite where the whole issue is meant.
    what
        What became of it, in a word or two.
    lines
        What a person should know of it; an empty one is left out.

    """

    level: Level
    case: str
    what: str
    lines: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        """`951-02` of `951-02/block`."""
        return self.case.partition("/")[0]

    @property
    def suite(self) -> str:
        """`951` of `951-02/block`."""
        return self.case.partition("-")[0]


_LEVELS: Final = {
    **dict.fromkeys(BROKEN, Level.ERROR),
    **dict.fromkeys(UNTOLD, Level.WARNING),
    Kind.HEALED: Level.NOTICE,
}


def workflow_commands(report: Report) -> Iterator[str]:
    """Yield a workflow command for each finding: an error where a promise is broken, else a warning."""
    return annotated(
        Remark(
            level=Level.WARNING if part.outcome is Outcome.INCONCLUSIVE else Level.ERROR,
            case=part.case.id,
            what=part.outcome,
            lines=(
                readable(part.case.promise),
                readable(part.reason),
                *(
                    (f"expected {readable(part.expected)}", f"seen {readable(part.seen)}")
                    if part.expected
                    else ()
                ),
                f"again: {_again(report, part.case.id)}",
            ),
        )
        for group in blocking(report)
        for part in group.parts
    )


def _again(report: Report, case: str) -> str:
    return reproduce_command(report.target, case, here=Path.cwd())


def commands_of_difference(found: Difference) -> Iterator[str]:
    """Yield an error for what regressed, a warning where nobody can tell, a notice for what healed."""
    return annotated(
        Remark(
            level=_LEVELS[each.kind],
            case=each.case,
            what=each.kind,
            lines=(
                each.promise,
                each.reason,
                f"{each.turned} ({found.before.target} → {found.after.target})",
                f"again: {each.reproduce}" if each.reproduce else "",
            ),
        )
        for each in found.changed
        if each.kind in _LEVELS
    )


def commands_of_history(history: History) -> Iterator[str]:
    """Yield an error for what broke in the newest release, a notice for what healed there."""
    promises = {case.id: case.promise for case in history.cases}
    return annotated(
        Remark(
            level=Level.ERROR if each.turn is Turn.BROKEN else Level.NOTICE,
            case=each.case,
            what=f"{each.turn} in {each.release}",
            lines=(readable(promises[each.case]), each.reason, _otherwise(each), _shown_by(each, history)),
        )
        for each in changes_of_newest(history)
    )


def _otherwise(change: Change) -> str:
    untold = f"; {', '.join(change.between)} did not tell" if change.between else ""
    return f"otherwise in {change.since}{untold}"


def _shown_by(change: Change, history: History) -> str:
    """Say what shows the violation again: on the release that broke it, or the last before it was mended."""
    shown_on = change.release if change.turn is Turn.BROKEN else change.since
    (resolution,) = (each.resolution for each in history.releases if each.version == shown_on)
    return f"again: {reproduce_command_of_release(shown_on, change.case, resolution=resolution)}"


def commands_of_bisection(found: Bisection) -> Iterator[str]:
    """Yield an error where a promise broke, a notice where it healed, a warning where nothing was found."""
    level = {Turn.BROKEN: Level.ERROR, Turn.HEALED: Level.NOTICE, None: Level.WARNING}[found.became]
    if not found.broken:
        builds = (f"{each.build} {each.subject}" for each in found.candidates)
        lines = (found.nothing, *builds, f"next: {found.next}")
        return annotated([Remark(level=level, case=found.selection, what=found.in_short, lines=lines)])
    between = ", ".join(each.build for each in found.candidates[:-1])
    where = (f"or in one of {between}, which cannot tell" if between else "", f"otherwise in {found.last}")
    return annotated(
        Remark(
            level=level,
            case=each.case,
            what=found.in_short,
            lines=(each.promise, each.reason, *where, f"again: {each.reproduce}"),
        )
        for each in found.broken
    )


def annotated(remarks: Iterable[Remark]) -> Iterator[str]:
    """Yield the workflow commands that say this, the loudest first.

    Variants of a case of which the same is said share one; where that would still be more than GitHub shows,
    the cases of an issue do.
    """
    said = tuple(remarks)
    for level in Level:
        yield from map(_annotation, _few([each for each in said if each.level is level]))


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
        again = _again(report, found[0].parts[0].case.id)
        blocks.append(f"Again, by hand:\n\n```console\n$ {again}\n```")
    return "\n\n".join(blocks) + "\n"


def _told(group: Group) -> str:
    number = f"#{group.suite} " if group.suite.isdigit() else ""
    return f"{number}**{group.number}** {group.outcome}: {text(group.promise)}{_variants(group)}"


def _variants(group: Group) -> str:
    return f" ({len(group.parts)} cases)" if len(group.parts) > 1 else ""


def _few(remarks: Sequence[Remark]) -> Sequence[Sequence[Remark]]:
    """Bring remarks down to as many groups as are shown, each told by the first of it."""
    cases = _grouped(remarks, lambda each: (each.number, each.what))
    return cases if len(cases) <= MOST else _grouped(remarks, lambda each: each.suite)


def _grouped(remarks: Sequence[Remark], by: Callable[[Remark], Hashable]) -> Sequence[Sequence[Remark]]:
    groups: dict[Hashable, list[Remark]] = {}
    for each in remarks:
        groups.setdefault(by(each), []).append(each)
    return tuple(groups.values())


def _annotation(group: Sequence[Remark]) -> str:
    first = group[0]
    others = f", and {len(group) - 1} more" if len(group) > 1 else ""
    title = f"{_named(first)} {first.what}{others}"
    lines = filter(None, (*first.lines, _others(group)))
    return f"::{first.level} title={_property(title)}::{_data(chr(10).join(lines))}"


def _others(group: Sequence[Remark]) -> str:
    """Name the cases that share an annotation: the variants of one, or how many of each number."""
    if len({each.number for each in group}) == 1:
        return f"all: {', '.join(each.case for each in group)}" if len(group) > 1 else ""
    counts = Counter(each.number for each in group)
    told = (number if count == 1 else f"{number} ({count})" for number, count in counts.items())
    return f"all: {', '.join(told)}"


def _named(remark: Remark) -> str:
    issue = [f"#{remark.suite}"] if remark.suite.isdigit() else []
    case = [remark.case] if remark.case != remark.suite or not issue else []
    return " ".join(issue + case)


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
