"""The trace: what the seed asks for, which cases test it, and what came of them (NFR-001, C-006)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from kitty_conformance import __version__
from kitty_conformance.case import Case
from kitty_conformance.contract import encoded
from kitty_conformance.requirement import BLOCKERS, EVERYTHING, PARENT, Requirement
from kitty_conformance.signoff.aggregate import CaseOutcome, Outcome

FORMAT: Final = "kitty-conformance-trace/1"

_CHAPTERS: Final = (
    ("Functional requirements", "FR-"),
    ("Non-functional requirements", "NFR-"),
    ("Constraints", "C-"),
    ("Success criteria", "SC-"),
    ("Acceptance scenarios", "US"),
    ("Edge cases", "edge-"),
)


class Traced(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the seed asks for, and how it is put to the test.

    Attributes
    ----------
    id, title, issues
        As the seed has them.
    cases
        Case number → how many variants of it are asked; sorted.
    reason
        Why there is no case, where there is none; empty for a hole nobody has explained.
    counts
        How many of the cases came to which outcome; empty before anything ran.

    """

    id: str
    title: str
    issues: tuple[str, ...]
    cases: dict[str, int]
    reason: str = ""
    counts: dict[Outcome, int] = {}

    @property
    def is_hole(self) -> bool:
        """Whether neither a case nor a reason stands here."""
        return not self.cases and not self.reason


def trace(cases: Iterable[Case], outcomes: Iterable[CaseOutcome] = ()) -> tuple[Traced, ...]:
    """Trace everything the seed asks for, in its order: requirements, scenarios, edge cases."""
    asked = sorted(cases, key=lambda case: case.id)
    came_to = {each.case.id: each.outcome for each in outcomes}
    return tuple(
        _traced(identity, wanted, [case for case in asked if identity in case.covers], came_to)
        for identity, wanted in EVERYTHING.items()
    )


def _traced(
    identity: str, wanted: Requirement, cases: Sequence[Case], came_to: Mapping[str, Outcome]
) -> Traced:
    numbers = [case.id.partition("/")[0] for case in cases]
    known = [came_to[case.id] for case in cases if case.id in came_to]
    return Traced(
        id=identity,
        title=wanted.title,
        issues=wanted.issues,
        cases={number: numbers.count(number) for number in dict.fromkeys(numbers)},
        reason="" if cases else wanted.without_case,
        counts={outcome: known.count(outcome) for outcome in Outcome if outcome in known},
    )


def holes(traced: Iterable[Traced]) -> tuple[str, ...]:
    """Return the ids of what has neither a case nor a written reason."""
    return tuple(each.id for each in traced if each.is_hole)


def encode(traced: Sequence[Traced]) -> bytes:
    """Return the trace as JSON; the same trace gives the same bytes.

    Raises
    ------
    HarnessError
        It does not match its own schema.

    """
    return encoded("trace", {"format": FORMAT, "harness": __version__, "traced": traced})


def document(traced: Sequence[Traced]) -> str:
    """Return the trace as the Markdown page that is kept in `docs/trace.md`."""
    blockers = ", ".join(f"#{each}" for each in BLOCKERS)
    head = (
        "# What is promised, and what puts it to the test\n\n"
        "Written by `kitty-conformance trace --format markdown`; CI fails if it is not what the cases say.\n"
        f"All issues hang under #{PARENT}; `all` are {blockers}.\n"
        "A number in brackets counts the variants of a case.\n"
    )
    return "\n".join([head, *(_chapter(title, start, traced) for title, start in _CHAPTERS)])


def _chapter(title: str, start: str, traced: Sequence[Traced]) -> str:
    rows = [each for each in traced if each.id.startswith(start)]
    lines = [f"## {title}", "", "| id | what | issues | cases |", "| --- | --- | --- | --- |"]
    lines += [f"| {each.id} | {each.title} | {issues(each)} | {asked_by(each)} |" for each in rows]
    return "\n".join([*lines, ""])


def issues(traced: Traced) -> str:
    """Return the linked issues for a person."""
    return "all" if traced.issues == BLOCKERS else " ".join(f"#{number}" for number in traced.issues)


def asked_by(traced: Traced) -> str:
    """Return the cases for a person, or why there are none."""
    if not traced.cases:
        return traced.reason or "**none, and no reason is given**"
    return ", ".join(
        number if count == 1 else f"{number} ({count})" for number, count in traced.cases.items()
    )
