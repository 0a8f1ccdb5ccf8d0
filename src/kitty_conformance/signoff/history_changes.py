"""Where a promise was mended and where it was broken, release by release.

Releases of one line (3.1, 3.2, 4.0) follow each other by version. The first of a line follows the release
that was the highest of the lower lines when it came out: 3.2.0a1 (April) follows 3.1.6, not 3.1.10 (June).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from packaging.version import Version

from kitty_conformance.signoff.again import reproduce_command_of_release
from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.history import History, PastRelease


class Turn(StrEnum):
    """What became of a promise."""

    HEALED = "healed"
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class Change:
    """A promise that was found otherwise than before.

    Attributes
    ----------
    release
        The first that was found so.
    since
        The last before it that was found otherwise.
    between
        Releases between the two that did not tell.

    """

    case: str
    turn: Turn
    release: str
    since: str
    between: tuple[str, ...] = ()
    reason: str = ""


_DECISIVE = {Outcome.CONFORMS, Outcome.VIOLATES}


class Descent:
    """Which release follows which.

    Parameters
    ----------
    releases
        In the order of their versions.

    """

    def __init__(self, releases: Sequence[PastRelease]) -> None:
        self._releases = tuple(releases)

    @cached_property
    def before(self) -> dict[str, str]:
        """The release each one follows; those that follow none are not there."""
        found = {}
        for place, release in enumerate(self._releases):
            earlier = self._releases[:place]
            own = [each for each in earlier if _line(each) == _line(release)]
            chosen = own or [each for each in earlier if _out_by(each, release)]
            if chosen:
                found[release.version] = chosen[-1].version
        return found

    def back_from(self, version: str) -> tuple[str, ...]:
        """Return the releases before one, the nearest first."""
        chain = []
        while version in self.before:
            version = self.before[version]
            chain.append(version)
        return tuple(chain)


def _line(release: PastRelease) -> tuple[int, ...]:
    return Version(release.version).release[:2]


def _out_by(earlier: PastRelease, later: PastRelease) -> bool:
    return not earlier.released or not later.released or earlier.released < later.released


def changes(history: History) -> tuple[Change, ...]:
    """Return every change, in the order of the releases, then of the cases."""
    return _changes_in(history, history.tested)


def changes_of_newest(history: History) -> tuple[Change, ...]:
    """Return what became otherwise in the newest release something was found of."""
    return _changes_in(history, history.tested[-1:])


def _changes_in(history: History, releases: Iterable[PastRelease]) -> tuple[Change, ...]:
    descent = Descent(history.tested)
    by_version = {release.version: release for release in history.tested}
    found = []
    for release in releases:
        chain = [by_version[version] for version in descent.back_from(release.version)]
        for case in history.cases:
            change = _change(case.id, release, chain)
            if change:
                found.append(change)
    return tuple(found)


def _change(case: str, release: PastRelease, chain: Sequence[PastRelease]) -> Change | None:
    now = release.found.get(case)
    if now is None or now.outcome not in _DECISIVE:
        return None
    between: list[str] = []
    for earlier in chain:
        then = earlier.found.get(case)
        if then is None or then.outcome not in _DECISIVE:
            between.append(earlier.version)
            continue
        if then.outcome is now.outcome:
            return None
        return Change(
            case=case,
            turn=Turn.HEALED if now.outcome is Outcome.CONFORMS else Turn.BROKEN,
            release=release.version,
            since=earlier.version,
            between=tuple(reversed(between)),
            reason=now.reason or then.reason,
        )
    return None


def next_command(history: History) -> str:
    """Return what to type next: it shows what broke in the newest release, else what is broken there.

    Empty if nothing is.
    """
    newest = history.tested[-1]
    broke = [each.case for each in changes_of_newest(history) if each.turn is Turn.BROKEN]
    broken = [case for case, finding in newest.found.items() if finding.outcome is Outcome.VIOLATES]
    first = next(iter([*broke, *broken]), "")
    return reproduce_command_of_release(newest.version, first, resolution=newest.resolution) if first else ""


def tally(history: History, release: PastRelease, suite: str) -> dict[Outcome, int]:
    """Count the outcomes of one suite on one release; an outcome that did not occur is not there."""
    found = [release.found[case.id].outcome for case in history.of_suite(suite) if case.id in release.found]
    return {outcome: found.count(outcome) for outcome in Outcome if outcome in found}


def share(history: History, release: PastRelease, suite: str) -> str:
    """Say how many promises of a suite are broken of those put to the test: `3/12`; `?`: some could not be.

    `·` where none was asked or applies.
    """
    counts = tally(history, release, suite)
    broken, tested = weighed(counts)
    untold = "?" if counts.get(Outcome.INCONCLUSIVE) else ""
    return f"{broken}/{tested}{untold}" if tested else untold or "·"


def weighed(counts: Mapping[Outcome, int]) -> tuple[int, int]:
    """Return how many promises are broken, and how many were put to the test."""
    broken = counts.get(Outcome.VIOLATES, 0) + counts.get(Outcome.FLAKY, 0)
    return broken, broken + counts.get(Outcome.CONFORMS, 0)
