"""The history of promises: what each release was found to keep, and where that changed.

A history is drawn from results of many releases. What is kept of them is small enough to be committed
(`reports/schema/history.schema.json`): outcome and reason of each case, none of the evidence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec
from packaging.version import Version

from kitty_conformance import __version__
from kitty_conformance.case import SUITES, Case
from kitty_conformance.contract import breach
from kitty_conformance.errors import HarnessError, ResultsUnusableError
from kitty_conformance.signoff.aggregate import Outcome, aggregate
from kitty_conformance.signoff.shell import readable
from kitty_conformance.stream import Results

FORMAT: Final = "kitty-conformance-history/1"
_LONGEST: Final = 240
"""Characters of a reason that are kept; the evidence is in the results."""


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one case found on one release; a reason unless it conforms."""

    outcome: Outcome
    reason: str = ""


class PastRelease(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One release of the history.

    Attributes
    ----------
    released
        When it was uploaded (RFC 3339, UTC); empty if nobody could say.
    sha256
        Of the wheel that was tested.
    resolution
        How its dependencies were chosen, as in `TargetIdentity`.
    found
        By case id; a case not asked of it is not there.
    unavailable
        Why it could not be tested at all; empty if it could.

    """

    version: str
    released: str = ""
    sha256: str = ""
    resolution: str = ""
    found: dict[str, Finding] = {}
    unavailable: str = ""


class PastCase(msgspec.Struct, frozen=True, kw_only=True):
    """One case of the history."""

    id: str
    promise: str
    requirements: tuple[str, ...]

    @property
    def suite(self) -> str:
        """`945` of `945-03/move-task`."""
        return self.id.partition("-")[0]


class History(msgspec.Struct, frozen=True, kw_only=True):
    """All of it: cases in the order of their ids, releases in that of their versions."""

    format: str = FORMAT
    harness: str = __version__
    cases: tuple[PastCase, ...] = ()
    releases: tuple[PastRelease, ...] = ()

    @property
    def tested(self) -> tuple[PastRelease, ...]:
        """The releases something was found of."""
        return tuple(each for each in self.releases if each.found)

    @property
    def suites(self) -> tuple[str, ...]:
        """The suites it has cases of, in the order of the seed."""
        there = {case.suite for case in self.cases}
        return tuple(suite for suite in SUITES if suite in there)

    def of_suite(self, suite: str) -> tuple[PastCase, ...]:
        """Return its cases of one suite."""
        return tuple(case for case in self.cases if case.suite == suite)

    def with_results(self, results: Results, *, released: str = "") -> History:
        """Return it with what a run found; of a case asked before, this run counts.

        Raises
        ------
        ResultsUnusableError
            Adapters were on: what was found is not what the release keeps.

        """
        target = results.header.target
        if target.adapters:
            raise ResultsUnusableError(
                f"these are results of {target.name}, and a history is of releases without adapters",
                hint="matrix gives a build with adapters a column of its own",
            )
        outcomes = aggregate(results)
        found = {
            each.case.id: Finding(outcome=each.outcome, reason=_reason(each.outcome, each.reason))
            for each in outcomes
        }
        new = PastRelease(
            version=target.version,
            released=released,
            sha256=target.sha256,
            resolution=target.resolution,
            found=found,
        )
        return self._with((each.case for each in outcomes), new)

    def with_unavailable(self, version: str, reason: str, *, released: str = "") -> History:
        """Return it with a release that could not be tested; what was found of it earlier counts more."""
        return self._with((), PastRelease(version=version, released=released, unavailable=reason))

    def over(self, earlier: History) -> History:
        """Return an earlier history with all of this one laid over it."""
        history = earlier
        for release in self.releases:
            history = history.joined(self.cases, release)
        return history

    def only(self, cases: Collection[str]) -> History:
        """Return what it says of these cases."""
        return msgspec.structs.replace(
            self,
            cases=tuple(case for case in self.cases if case.id in cases),
            releases=tuple(
                msgspec.structs.replace(
                    each, found={case: found for case, found in each.found.items() if case in cases}
                )
                for each in self.releases
            ),
        )

    def dated(self, dates: Mapping[str, str]) -> History:
        """Return it with the release dates (by version) that are known elsewhere."""
        return msgspec.structs.replace(
            self,
            releases=tuple(
                msgspec.structs.replace(each, released=each.released or dates.get(each.version, ""))
                for each in self.releases
            ),
        )

    def _with(self, cases: Iterable[Case], release: PastRelease) -> History:
        past = (PastCase(id=case.id, promise=case.promise, requirements=case.requirements) for case in cases)
        return self.joined(past, release)

    def joined(self, cases: Iterable[PastCase], release: PastRelease) -> History:
        """Return it with a release laid over what it says of it."""
        known = {case.id: case for case in self.cases} | {case.id: case for case in cases}
        releases = {each.version: each for each in self.releases}
        releases[release.version] = _laid_over(releases.get(release.version), release)
        return msgspec.structs.replace(
            self,
            cases=tuple(known[identity] for identity in sorted(known)),
            releases=tuple(releases[version] for version in sorted(releases, key=Version)),
        )


def _laid_over(earlier: PastRelease | None, later: PastRelease) -> PastRelease:
    """Return one release as two runs of it found it; another wheel of that version is another release."""
    if earlier is None:
        return later
    same = not later.found or not earlier.found or earlier.sha256 == later.sha256
    found = {**(earlier.found if same else {}), **later.found}
    telling = later if later.found else earlier
    return PastRelease(
        version=later.version,
        released=later.released or earlier.released,
        sha256=telling.sha256,
        resolution=telling.resolution,
        found={case: found[case] for case in sorted(found)},
        unavailable="" if found else later.unavailable or earlier.unavailable,
    )


def _reason(outcome: Outcome, reason: str) -> str:
    if outcome is Outcome.CONFORMS:
        return ""
    text = " ".join(readable(reason).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def encode(history: History) -> bytes:
    """Return the file that is committed; the same history gives the same bytes.

    Raises
    ------
    HarnessError
        It breaks its own contract.

    """
    data = msgspec.json.encode(history, order="deterministic")
    departure = breach("history", msgspec.json.decode(data))
    if departure:
        raise HarnessError(f"refused to write what breaks the history schema: {departure}")
    return msgspec.json.format(data, indent=1) + b"\n"


def decode(path: Path) -> History:
    """Read a history.

    Raises
    ------
    ResultsUnusableError
        It is missing, cannot be read, or is no history of this format.

    """
    try:
        document = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise ResultsUnusableError(f"{path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ResultsUnusableError(f"{path} is no history of kitty-conformance: it is not JSON") from error
    departure = breach("history", document)
    if departure:
        raise ResultsUnusableError(f"{path} is no history of kitty-conformance: {departure}")
    return msgspec.convert(document, History)
