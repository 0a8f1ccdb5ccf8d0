"""The cases of a report as people read them: the variants of one case that came to one outcome together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kitty_conformance.signoff.again import reproduce_command, signoff_command, verify_command
from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.decision import Decision
from kitty_conformance.signoff.document import CasePart, Report
from kitty_conformance.signoff.transcript import action, scene

ScriptOf = Callable[[CasePart], str]
"""Writes the self-contained script of a violated case; empty if there is none."""

CHAPTERS: Final = (
    ("violated", "Violated promises", Outcome.VIOLATES),
    ("flaky", "Flaky: the runs disagree", Outcome.FLAKY),
    ("untested", "Not put to the test", Outcome.INCONCLUSIVE),
)
"""What a person must look at, the weightiest first: an anchor, a title, the outcome."""


def script_name(identity: str) -> str:
    """Return the name of the file that the script of a case goes into."""
    return f"repro-{identity.replace('/', '-')}.sh"


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
    reused: str

    @property
    def number(self) -> int:
        """How many they are."""
        return len(self.ids)


@dataclass(frozen=True, kw_only=True)
class Group:
    """The variants of one case that came to one outcome; the first of them is told in full."""

    number: str
    parts: tuple[CasePart, ...]
    again: str
    script: str = ""

    @property
    def script_name(self) -> str:
        """The file its script goes into."""
        return script_name(self.told)

    @property
    def suite(self) -> str:
        """The suite it is of."""
        return self.parts[0].case.suite

    @property
    def outcome(self) -> Outcome:
        """What they came to."""
        return self.parts[0].outcome

    @property
    def deferred(self) -> tuple[str, ...]:
        """Why violations among them do not block, each reason once."""
        return tuple(dict.fromkeys(part.deferred for part in self.parts if part.deferred))

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
    def reused(self) -> str:
        """Which results of it earlier runs recorded; empty if all are fresh."""
        return reused_in(self.parts)

    @property
    def expected(self) -> str:
        """What was expected of all of them; empty if that differs."""
        expected = {part.expected for part in self.parts}
        return expected.pop() if len(expected) == 1 else ""

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


def groups(report: Report, outcome: Outcome, script_of: ScriptOf = no_script) -> Iterator[Group]:
    """Yield the cases that came to one outcome, in the order of the report."""
    parts: dict[str, list[CasePart]] = {}
    for part in report.cases:
        if part.outcome is outcome:
            parts.setdefault(part.case.id.partition("/")[0], []).append(part)
    for number, mine in parts.items():
        yield Group(
            number=number,
            parts=tuple(mine),
            again=reproduce_command(report.target, mine[0].case.id),
            script=script_of(mine[0]) if outcome is Outcome.VIOLATES else "",
        )


def blocking(report: Report) -> tuple[Group, ...]:
    """Return what stands in the way of a release, the weightiest first; what is deferred does not."""
    found = (group for _, _, outcome in CHAPTERS for group in groups(report, outcome))
    return tuple(
        replace(group, parts=parts, again=reproduce_command(report.target, parts[0].case.id))
        for group in found
        if (parts := tuple(part for part in group.parts if not part.deferred))
    )


def deferred_in(report: Report, suite: str) -> int:
    """Return how many of the violated cases of a suite are deferred."""
    return sum(bool(part.deferred) for part in report.cases if part.case.suite == suite)


@dataclass(frozen=True, kw_only=True)
class Reuse:
    """Results of one run that an earlier one recorded, at one moment."""

    recorded: str
    run: int
    cases: tuple[str, ...]


def reuses(report: Report) -> tuple[Reuse, ...]:
    """Return what was reused, the oldest first."""
    found: dict[tuple[str, int], list[str]] = {}
    for part in report.cases:
        for run in part.runs:
            if run.reused:
                found.setdefault((run.reused, run.run), []).append(part.case.id)
    return tuple(
        Reuse(recorded=recorded, run=run, cases=tuple(ids)) for (recorded, run), ids in sorted(found.items())
    )


def reused_in(parts: Sequence[CasePart]) -> str:
    """Say which results of these cases earlier runs recorded, and when; empty if all are fresh."""
    runs = [run for part in parts for run in part.runs]
    moments = sorted(run.reused for run in runs if run.reused)
    if not moments:
        return ""
    when = moments[0] if moments[0] == moments[-1] else f"{moments[0]} to {moments[-1]}"
    share = "" if len(moments) == len(runs) else f"{len(moments)} of {len(runs)} "
    return f"{share}reused, recorded {when}"


def next_command(report: Report, folder: str = "") -> str:
    """Return the command to type next; empty if there is none.

    It shows the weightiest finding again; where there is none, it verifies the sign-off in the folder it was
    left in, or signs off what was only put to the test so far.
    """
    found = blocking(report)
    if found:
        return found[0].again
    if report.signing_off and report.decision.decision is Decision.RELEASABLE:
        return verify_command(folder) if folder else ""
    promising = any(part.outcome is Outcome.CONFORMS for part in report.cases)
    return signoff_command(report.target) if promising and not report.target.adapters else ""


def _row(part: CasePart) -> Row:
    return Row(
        ids=(),
        reason=part.reason,
        differing=part.differing,
        deferred=part.deferred,
        expected=part.expected,
        seen=part.seen,
        verdicts=tuple((run.run, run.verdict) for run in part.runs),
        reused=reused_in((part,)),
    )
