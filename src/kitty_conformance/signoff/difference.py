"""What is different between two results: promises broken since, mended since, and what merely looks so.

What differs between two runs of the very same build (an A/A control) says nothing about two builds: it is
`unsteady`, and counts neither as broken nor as mended. The contract of it as a document is
`reports/schema/difference.schema.json`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from kitty_conformance import __version__
from kitty_conformance.case import Case
from kitty_conformance.contract import encoded
from kitty_conformance.errors import ExitCode
from kitty_conformance.results import WITH, TargetIdentity
from kitty_conformance.signoff.again import reproduce_command
from kitty_conformance.signoff.aggregate import CaseOutcome, Outcome, aggregate
from kitty_conformance.signoff.shell import readable
from kitty_conformance.stream import Results

FORMAT: Final = "kitty-conformance-difference/1"


class Kind(StrEnum):
    """What became of a case, the weightiest first."""

    REGRESSED = "regressed"
    """Broken, and it was kept before, or there was no such surface."""
    FLAKY = "flaky"
    """The runs of the later side disagree with each other."""
    UNSTEADY = "unsteady"
    """It differs, but so it does between two runs of one build: of a control, or of the earlier side."""
    FOUND_BROKEN = "found-broken"
    """Broken; before, it could not be put to the test."""
    NEWLY_INCONCLUSIVE = "newly-inconclusive"
    """It could be put to the test before."""
    NO_LONGER_ASKED = "no-longer-asked"
    NO_LONGER_APPLICABLE = "no-longer-applicable"
    HEALED = "healed"
    """Kept, and it was broken before."""
    NEWLY_CONCLUSIVE = "newly-conclusive"
    """Kept; before, it could not be put to the test."""
    NEWLY_APPLICABLE = "newly-applicable"
    """Kept; before, there was no such surface."""
    NEWLY_ASKED = "newly-asked"
    UNCHANGED = "unchanged"


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One case on both sides; an outcome is empty where it was not asked.

    Attributes
    ----------
    reproduce
        The command that shows it again on the later side; empty where nobody need look at it there.

    """

    case: str
    kind: Kind
    before: str
    after: str
    promise: str
    reason: str = ""
    reproduce: str = ""

    @property
    def turned(self) -> str:
        """Its outcome before and after."""
        return f"{self.before or 'not asked'} → {self.after or 'not asked'}"


class ObservedOtherwise(msgspec.Struct, frozen=True, kw_only=True):
    """An observation that changed though the outcome did not."""

    case: str
    name: str
    before: str
    after: str


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two builds; `target` as it was asked for, and the adapters that were on."""

    target: str
    version: str
    sha256: str


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Two results, case by case.

    Attributes
    ----------
    controlled
        Whether the same build was run twice to see what differs by itself.
    cases
        In the order of their ids.
    observations
        What was observed otherwise though the outcome is the same; what is unsteady is left out.

    """

    before: Side
    after: Side
    controlled: bool
    cases: tuple[Compared, ...]
    observations: tuple[ObservedOtherwise, ...]

    def of(self, kind: Kind) -> tuple[Compared, ...]:
        """Return the cases that one thing became of."""
        return tuple(each for each in self.cases if each.kind is kind)

    @property
    def counts(self) -> dict[Kind, int]:
        """How many cases of each kind, the weightiest kind first; a kind without cases is not there."""
        return {kind: len(found) for kind in Kind if (found := self.of(kind))}

    @property
    def changed(self) -> tuple[Compared, ...]:
        """The cases that something became of, the weightiest first."""
        return tuple(each for kind in Kind if kind is not Kind.UNCHANGED for each in self.of(kind))

    @property
    def next_command(self) -> str:
        """What to type next: it shows the weightiest change again; empty if there is nothing to look at."""
        return next((each.reproduce for each in self.changed if each.reproduce), "")

    @property
    def exit_code(self) -> ExitCode:
        """1 when something regressed or is flaky, 3 when something could not be compared, else 0."""
        counts = self.counts
        if counts.keys() & BROKEN:
            return ExitCode.VIOLATED
        return ExitCode.INCONCLUSIVE if counts.keys() & UNTOLD else ExitCode.OK


BROKEN: Final = frozenset({Kind.REGRESSED, Kind.FLAKY})
"""A promise is broken."""
UNTOLD: Final = frozenset({Kind.UNSTEADY, Kind.FOUND_BROKEN, Kind.NEWLY_INCONCLUSIVE, Kind.NO_LONGER_ASKED})
"""Nobody can tell whether it is."""
_TO_LOOK_AT: Final = (BROKEN | UNTOLD) - {Kind.NO_LONGER_ASKED}
_NEWLY_KEPT: Final = {
    Outcome.VIOLATES: Kind.HEALED,
    Outcome.INCONCLUSIVE: Kind.NEWLY_CONCLUSIVE,
    Outcome.NOT_APPLICABLE: Kind.NEWLY_APPLICABLE,
}
_BECAME: Final = {
    Outcome.VIOLATES: Kind.REGRESSED,
    Outcome.INCONCLUSIVE: Kind.NEWLY_INCONCLUSIVE,
    Outcome.NOT_APPLICABLE: Kind.NO_LONGER_APPLICABLE,
}

Unsteady = Collection[tuple[str, str]]
"""Case and name of the observation (empty: its outcome) that differ between two runs of one build."""


def difference(
    before: Results, after: Results, controls: Sequence[tuple[Results, Results]] = ()
) -> Difference:
    """Compare two results.

    Parameters
    ----------
    before, after
        Of whatever builds.
    controls
        Pairs of results of one build each: what differs within a pair is unsteady.

    """
    olds, news = _by_id(before), _by_id(after)
    unsteady = {each for pair in controls for each in _differing(*map(_by_id, pair))}
    known = {each.case.id: each.case for each in (*olds.values(), *news.values())}
    cases = [known[identity] for identity in sorted(known)]
    return Difference(
        before=_side(before),
        after=_side(after),
        controlled=bool(controls),
        cases=tuple(
            _compared(case, olds.get(case.id), news.get(case.id), unsteady, after.header.target)
            for case in cases
        ),
        observations=tuple(
            each
            for case in sorted(olds.keys() & news.keys())
            for each in _observed(olds[case], news[case])
            if (case, each.name) not in unsteady
        ),
    )


def encode(found: Difference) -> bytes:
    """Return it as JSON; the same difference gives the same bytes.

    Raises
    ------
    HarnessError
        It does not match its own schema.

    """
    document = {
        "format": FORMAT,
        "harness": __version__,
        **msgspec.to_builtins(found),
        "counts": found.counts,
        "next": found.next_command,
    }
    return encoded("difference", document)


def _by_id(results: Results) -> dict[str, CaseOutcome]:
    return {each.case.id: each for each in aggregate(results)}


def _side(results: Results) -> Side:
    target = results.header.target
    return Side(
        target=WITH.join(filter(None, (target.requested, " ".join(target.adapters)))),
        version=target.version,
        sha256=target.sha256,
    )


def _compared(
    case: Case,
    before: CaseOutcome | None,
    after: CaseOutcome | None,
    unsteady: Unsteady,
    target: TargetIdentity,
) -> Compared:
    kind = _kind(before.outcome if before else None, after.outcome if after else None)
    if (case.id, "") in unsteady and kind is not Kind.UNCHANGED:
        kind = Kind.UNSTEADY
    telling = after or before
    reason = telling.reason if telling and kind is not Kind.UNCHANGED else ""
    if kind is Kind.HEALED and before:
        reason = before.reason
    return Compared(
        case=case.id,
        kind=kind,
        before=before.outcome if before else "",
        after=after.outcome if after else "",
        promise=readable(case.promise),
        reason=" ".join(readable(reason).split()),
        reproduce=reproduce_command(target, case.id) if kind in _TO_LOOK_AT else "",
    )


def _kind(before: Outcome | None, after: Outcome | None) -> Kind:
    if before is None or after is None:
        return Kind.NEWLY_ASKED if before is None else Kind.NO_LONGER_ASKED
    if Outcome.FLAKY in {before, after}:
        return Kind.FLAKY if after is Outcome.FLAKY else Kind.UNSTEADY
    if before is after:
        return Kind.UNCHANGED
    if (before, after) == (Outcome.INCONCLUSIVE, Outcome.VIOLATES):
        return Kind.FOUND_BROKEN
    return _NEWLY_KEPT[before] if after is Outcome.CONFORMS else _BECAME[after]


def _differing(one: dict[str, CaseOutcome], other: dict[str, CaseOutcome]) -> Iterable[tuple[str, str]]:
    for case in one.keys() & other.keys():
        if one[case].outcome is not other[case].outcome:
            yield case, ""
        yield from ((case, each.name) for each in _all_observed(one[case], other[case]))


def _observed(before: CaseOutcome, after: CaseOutcome) -> Iterable[ObservedOtherwise]:
    """Yield what was observed otherwise where the outcome is the same and means something."""
    if before.outcome is after.outcome and before.outcome not in {Outcome.INCONCLUSIVE, Outcome.FLAKY}:
        yield from _all_observed(before, after)


def _all_observed(before: CaseOutcome, after: CaseOutcome) -> Iterable[ObservedOtherwise]:
    old, new = (each.telling.observations if each.telling else {} for each in (before, after))
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield ObservedOtherwise(
                case=before.case.id, name=name, before=old.get(name, ""), after=new.get(name, "")
            )
