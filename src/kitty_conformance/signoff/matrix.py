"""Case by release: what several results streams say, side by side, and where each case was red and green.

A case proves something only if it was seen red on a build that breaks its promise and green on one that keeps
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from packaging.version import InvalidVersion, Version

from kitty_conformance.results import WITH
from kitty_conformance.signoff.aggregate import Outcome, aggregate
from kitty_conformance.stream import Results

_SHORT: Final = {
    Outcome.CONFORMS: "kept",
    Outcome.VIOLATES: "**broken**",
    Outcome.INCONCLUSIVE: "inconclusive",
    Outcome.NOT_APPLICABLE: "n.a.",
    Outcome.FLAKY: "**flaky**",
}


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One case over all builds.

    Attributes
    ----------
    case
        Its number; its variants are counted, not listed.
    promise
        The promise.
    found
        Build → outcome → how many variants came to it.

    """

    case: str
    promise: str
    found: dict[str, dict[Outcome, int]]

    def seen(self, outcome: Outcome) -> tuple[str, ...]:
        """Return the builds on which a variant of it came to this outcome, in the order of the columns."""
        return tuple(build for build, counts in self.found.items() if counts.get(outcome))

    @property
    def proven(self) -> bool:
        """Whether it was seen both red and green."""
        return bool(self.seen(Outcome.VIOLATES) and self.seen(Outcome.CONFORMS))


def matrix(streams: Iterable[Results]) -> tuple[CaseRow, ...]:
    """Return a row for each case in any of the streams, the builds in the order of their versions.

    A build with adapters on is another build. Of several streams of one build, each case counts from the
    last one that has it.
    """
    latest: dict[str, dict[str, tuple[str, Outcome]]] = {}
    for results in streams:
        build = latest.setdefault(results.header.target.name, {})
        build |= {each.case.id: (each.case.promise, each.outcome) for each in aggregate(results)}
    builds = {name: latest[name] for name in sorted(latest, key=_by_version)}
    promises = {
        identity.partition("/")[0]: promise
        for cases in builds.values()
        for identity, (promise, _) in cases.items()
    }
    return tuple(
        CaseRow(
            case=number,
            promise=promise,
            found={build: counts for build, cases in builds.items() if (counts := _counts(number, cases))},
        )
        for number, promise in sorted(promises.items())
    )


def _by_version(name: str) -> tuple[Version, int, str]:
    """Return what builds are sorted by: version, then number of adapters."""
    version, _, adapters = name.partition(WITH)
    try:
        return Version(version), len(adapters.split()), name
    except InvalidVersion:
        return Version("0"), len(adapters.split()), name


def _counts(number: str, cases: Mapping[str, tuple[str, Outcome]]) -> dict[Outcome, int]:
    mine = [outcome for identity, (_, outcome) in cases.items() if identity.partition("/")[0] == number]
    return {outcome: mine.count(outcome) for outcome in Outcome if outcome in mine}


def document(rows: Sequence[CaseRow]) -> str:
    """Return the matrix as a Markdown table: builds as columns, and where each case was red and green."""
    builds = tuple(dict.fromkeys(build for row in rows for build in row.found))
    builds = tuple(sorted(builds, key=_by_version))
    head = ("case", "promise", *builds, "seen red on", "seen green on")
    lines = [_row(head), _row(["---"] * len(head))]
    lines += [
        _row(
            (
                row.case,
                row.promise.replace("|", "\\|"),
                *(cell(row.found.get(build, {})) for build in builds),
                ", ".join(row.seen(Outcome.VIOLATES)) or "**none**",
                ", ".join(row.seen(Outcome.CONFORMS)) or "**none**",
            )
        )
        for row in rows
    ]
    return "\n".join([*lines, ""])


def cell(counts: Mapping[Outcome, int]) -> str:
    """Return the outcomes of one case on one build for a person: one word, or a count for each."""
    if len(counts) == 1:
        return _SHORT[next(iter(counts))]
    return ", ".join(f"{count} {_SHORT[outcome]}" for outcome, count in counts.items())


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
