"""The sign-off decision: releasable, blocked or inconclusive, and the reasons."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kitty_conformance.errors import ExitCode
from kitty_conformance.signoff.aggregate import CaseOutcome, Outcome

SIGNOFF_RUNS: Final = 3
"""Consecutive runs a sign-off takes (NFR-003)."""

_NAMED: Final = 5
"""So many cases are named in a reason; the report lists them all."""


class Decision(StrEnum):
    """What the release operator wanted to know."""

    RELEASABLE = "releasable"
    BLOCKED = "blocked"
    INCONCLUSIVE = "inconclusive"


EXIT_CODES: Final = {
    Decision.RELEASABLE: ExitCode.OK,
    Decision.BLOCKED: ExitCode.VIOLATED,
    Decision.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
}


_OF_PROMISES: Final = {
    Decision.RELEASABLE: "keeps every promise asked about",
    Decision.BLOCKED: "breaks promises asked about",
    Decision.INCONCLUSIVE: "could not be held to every promise asked about",
}


def in_words(decision: Decision, *, signing_off: bool) -> str:
    """Say what was decided: on a release, or, where no release is decided on, on the promises asked about."""
    return decision if signing_off else _OF_PROMISES[decision]


@dataclass(frozen=True, kw_only=True)
class SignOff:
    """A decision and its reasons, the weightiest first."""

    decision: Decision
    reasons: tuple[str, ...]

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the command that asked."""
        return EXIT_CODES[self.decision]


def decide(
    outcomes: Sequence[CaseOutcome],
    *,
    deferred: Collection[str] = (),
    runs: int,
    needed_runs: int = SIGNOFF_RUNS,
    whole: bool = True,
    unasked: Collection[str] = (),
    gaps: Sequence[str] = (),
) -> SignOff:
    """Decide on a release.

    Parameters
    ----------
    outcomes
        Of every case asked.
    deferred
        Ids of violated cases that do not block. Flaky and inconclusive cases cannot be deferred.
    runs, needed_runs
        How many runs were planned, and how many the decision needs.
    whole
        Whether the results stream has its footer.
    unasked
        Blockers of the seed that no case was asked of; each must be tested or deferred (NFR-001, SC-008).
    gaps
        What else of all there is to ask was not asked, see `left_out`.

    """
    blocking = _blocking(outcomes, deferred)
    doubts = _doubts(outcomes, runs, needed_runs, whole=whole)
    if unasked:
        doubts += (f"no case was asked of {', '.join(unasked)} (NFR-001)",)
    doubts += tuple(gaps)
    known = _known(outcomes, deferred)
    if blocking:
        return SignOff(decision=Decision.BLOCKED, reasons=(*blocking, *known, *doubts))
    if doubts:
        return SignOff(decision=Decision.INCONCLUSIVE, reasons=(*doubts, *known))
    return SignOff(decision=Decision.RELEASABLE, reasons=_grounds(outcomes, deferred, runs))


def left_out(
    outcomes: Sequence[CaseOutcome], *, known: Collection[str], shard: str = "", crash_points: int = 0
) -> tuple[str, ...]:
    """Say what a release was not asked: no part of the suites, and no sample of steps, stands for the whole.

    Parameters
    ----------
    outcomes
        Of every case asked.
    known
        Ids of all cases there are.
    shard
        Which part of them was asked for (`3/8`); empty for all.
    crash_points
        At how many of its mutating steps a command was ended at most; 0 for every one.

    """
    missing = sorted(set(known) - {each.case.id for each in outcomes})
    gaps = _said((f"not asked, of {_number(len(known), 'case')} there are: ", missing))
    if shard:
        gaps += (f"only shard {shard} of the cases was asked",)
    if crash_points:
        steps = _number(crash_points, "mutating step")
        gaps += (f"commands were ended before no more than {steps}, not before each (--crash-points)",)
    return gaps


def _blocking(outcomes: Sequence[CaseOutcome], deferred: Collection[str]) -> tuple[str, ...]:
    violated = [
        each.case.id for each in outcomes if each.outcome is Outcome.VIOLATES and each.case.id not in deferred
    ]
    flaky = _having(outcomes, Outcome.FLAKY)
    return _said(("violated: ", violated), ("flaky, the runs disagree: ", flaky))


def _doubts(outcomes: Sequence[CaseOutcome], runs: int, needed_runs: int, *, whole: bool) -> tuple[str, ...]:
    doubts = _said(
        ("could not be put to the test: ", _having(outcomes, Outcome.INCONCLUSIVE)),
        ("not recorded in every run: ", [each.case.id for each in outcomes if _partly_missing(each)]),
    )
    if not outcomes:
        doubts += ("no case was asked",)
    elif all(each.outcome is Outcome.NOT_APPLICABLE for each in outcomes):
        doubts += ("no promise applies to this target",)
    if runs < needed_runs:
        doubts += (f"{_number(runs, 'run')} cannot show determinism, {needed_runs} are needed (NFR-003)",)
    if not whole:
        doubts += ("the results are truncated",)
    return doubts


def _partly_missing(each: CaseOutcome) -> bool:
    return bool(each.missing) and each.outcome is not Outcome.INCONCLUSIVE


def _grounds(outcomes: Sequence[CaseOutcome], deferred: Collection[str], runs: int) -> tuple[str, ...]:
    kept = len(_having(outcomes, Outcome.CONFORMS))
    ground = f"{_number(kept, 'promise')} kept in {_number(runs, 'run')}"
    without = _said(("not applicable: ", _having(outcomes, Outcome.NOT_APPLICABLE)))
    return (ground, *_known(outcomes, deferred), *without)


def _known(outcomes: Sequence[CaseOutcome], deferred: Collection[str]) -> tuple[str, ...]:
    return _said(("violated but deferred: ", [each.case.id for each in outcomes if each.case.id in deferred]))


def _having(outcomes: Sequence[CaseOutcome], outcome: Outcome) -> list[str]:
    return [each.case.id for each in outcomes if each.outcome is outcome]


def _said(*statements: tuple[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(f"{words}{_list(cases)}" for words, cases in statements if cases)


def _list(cases: Sequence[str]) -> str:
    named = ", ".join(cases[:_NAMED])
    return f"{_number(len(cases), 'case')} ({named}{', …' if len(cases) > _NAMED else ''})"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
