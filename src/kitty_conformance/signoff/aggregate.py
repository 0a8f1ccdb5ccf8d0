"""From the results of all runs to one outcome per case, and counts per suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kitty_conformance.case import SUITES, Case, Verdict
from kitty_conformance.results import CaseResult
from kitty_conformance.stream import Results


class Outcome(StrEnum):
    """What all runs together say about one promise."""

    CONFORMS = "conforms"
    VIOLATES = "violates"
    INCONCLUSIVE = "inconclusive"
    """It could not be put to the test, or a run has no result."""
    NOT_APPLICABLE = "not-applicable"
    FLAKY = "flaky"
    """The runs disagree, in their verdicts or in what they observed (NFR-003)."""


@dataclass(frozen=True, kw_only=True)
class CaseOutcome:
    """One case over all runs.

    Attributes
    ----------
    results
        Those recorded, in the order of the runs.
    differing
        What the runs disagree about: `verdict`, or names of observations.
    missing
        Numbers of planned runs without a result.

    """

    case: Case
    outcome: Outcome
    reason: str
    results: tuple[CaseResult, ...]
    differing: tuple[str, ...] = ()
    missing: tuple[int, ...] = ()

    @property
    def telling(self) -> CaseResult | None:
        """The run to look at first: a violation, else an inconclusive one, else the first that differs."""
        for verdict in (Verdict.VIOLATES, Verdict.INCONCLUSIVE):
            for result in self.results:
                if result.verdict is verdict:
                    return result
        for result in self.results[1:]:
            if result.observations != self.results[0].observations:
                return result
        return self.results[0] if self.results else None


def aggregate(results: Results) -> tuple[CaseOutcome, ...]:
    """Return the outcome of every case the header announces, in its order."""
    by_case: dict[str, list[CaseResult]] = {case.id: [] for case in results.header.cases}
    for result in sorted(results.results, key=lambda each: each.run):
        by_case[result.case].append(result)
    runs = range(1, len(results.header.runs) + 1)
    return tuple(_outcome(case, tuple(by_case[case.id]), runs) for case in results.header.cases)


def _outcome(case: Case, results: tuple[CaseResult, ...], runs: Sequence[int]) -> CaseOutcome:
    recorded = {result.run for result in results}
    missing = tuple(run for run in runs if run not in recorded)
    differing = _differing(results)
    outcome, reason = _judge(results, differing, missing)
    return CaseOutcome(
        case=case, outcome=outcome, reason=reason, results=results, differing=differing, missing=missing
    )


def _judge(
    results: tuple[CaseResult, ...], differing: tuple[str, ...], missing: tuple[int, ...]
) -> tuple[Outcome, str]:
    """Known evidence weighs more than what is missing: a recorded violation stays one."""
    absent = f"no result was recorded for run {', '.join(map(str, missing))}" if missing else ""
    if not results:
        return Outcome.INCONCLUSIVE, "no result was recorded"
    if differing:
        return Outcome.FLAKY, _and(_disagreement(results, differing), absent)
    outcome, reason = Outcome(results[0].verdict.value), results[0].reason
    if missing and outcome is not Outcome.VIOLATES:
        return Outcome.INCONCLUSIVE, _and(absent, reason)
    return outcome, _and(reason, absent)


def _differing(results: Sequence[CaseResult]) -> tuple[str, ...]:
    if len({result.verdict for result in results}) > 1:
        return ("verdict", *_differing_observations(results))
    if all(result.verdict is Verdict.INCONCLUSIVE for result in results):
        return ()  # what never got as far as its promise has nothing to compare
    return _differing_observations(results)


def _differing_observations(results: Sequence[CaseResult]) -> tuple[str, ...]:
    names = sorted({name for result in results for name in result.observations})
    return tuple(name for name in names if len({each.observations.get(name) for each in results}) > 1)


def _disagreement(results: Sequence[CaseResult], differing: Sequence[str]) -> str:
    first = differing[0]
    if told := _between_launchers(results, first):
        return told
    if first == "verdict":
        seen = [f"{result.verdict} in run {result.run}" for result in results]
        return f"the runs disagree: {', '.join(seen)}"
    seen = [f"{result.observations.get(first, 'nothing')!r} in run {result.run}" for result in results]
    more = f" (and {len(differing) - 1} more)" if len(differing) > 1 else ""
    return f"the runs observed different things: {first}{more}: {', '.join(seen)}"


def _between_launchers(results: Sequence[CaseResult], name: str) -> str:
    """Say so if the runs agree among those of each launcher, and only cold and warm differ."""
    seen: dict[str, set[str]] = {"cold": set(), "warm": set()}
    for result in results:
        said = str(result.verdict) if name == "verdict" else repr(result.observations.get(name, "nothing"))
        seen.setdefault(result.launcher, set()).add(said)
    if any(len(answers) != 1 for answers in seen.values()):
        return ""
    cold, warm = (answers.pop() for answers in (seen["cold"], seen["warm"]))
    return f"cold and warm differ, suspect kitty-conformance first: {name}: {cold} cold, {warm} warm"


def _and(first: str, second: str) -> str:
    return "; ".join(part for part in (first, second) if part)


@dataclass(frozen=True, kw_only=True)
class SuiteSummary:
    """How many cases of one suite came to which outcome; every outcome has a count."""

    suite: str
    title: str
    counts: Mapping[Outcome, int]

    @property
    def cases(self) -> int:
        """How many cases were asked."""
        return sum(self.counts.values())


def by_suite(outcomes: Sequence[CaseOutcome]) -> tuple[SuiteSummary, ...]:
    """Return the counts of every suite that has a case among these, in the order of the seed."""
    asked = {each.case.suite for each in outcomes}
    return tuple(
        SuiteSummary(suite=suite, title=title, counts=_counts(suite, outcomes))
        for suite, title in SUITES.items()
        if suite in asked
    )


def _counts(suite: str, outcomes: Sequence[CaseOutcome]) -> dict[Outcome, int]:
    mine = [each.outcome for each in outcomes if each.case.suite == suite]
    return {outcome: mine.count(outcome) for outcome in Outcome}


def unasked(outcomes: Sequence[CaseOutcome]) -> tuple[str, ...]:
    """Return the suites of the seed no case of which was chosen (NFR-001 wants each covered or deferred)."""
    asked = {each.case.suite for each in outcomes}
    return tuple(suite for suite in SUITES if suite not in asked)
