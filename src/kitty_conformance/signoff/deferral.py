"""Deferrals: why a known violation does not block, explicit, dated and owned (NFR-001, SC-008)."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from kitty_conformance.case import SUITES
from kitty_conformance.contract import breach
from kitty_conformance.errors import UsageError
from kitty_conformance.signoff.aggregate import CaseOutcome, Outcome


class DeferralsUnusableError(UsageError):
    """The deferrals file is missing, no TOML, or does not say what a deferral must say."""

    code = "DEFERRALS_UNUSABLE"
    hint_text: ClassVar[str] = "a deferral has case or issue, reason, owner, link, until; releases if limited"


class Deferral(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[deferral]]` of the file.

    Attributes
    ----------
    case, issue
        What it covers: one case (`951-02`, all its variants; `951-02/block`, one of them) or a whole suite.
    until
        The last day it holds.
    releases
        Version specifiers (`>=3.2.0a8,<3.2.1`) it is limited to; empty for every release.

    """

    reason: str
    owner: str
    link: str
    until: date
    case: str = ""
    issue: str = ""
    releases: str = ""

    @property
    def covers(self) -> str:
        """The case or issue, as written."""
        return self.case or self.issue

    def matches(self, identity: str) -> bool:
        """Whether it is about this case."""
        if self.issue:
            return identity.startswith(f"{self.issue}-")
        return identity == self.case or identity.startswith(f"{self.case}/")

    def holds_for(self, version: str) -> bool:
        """Whether it is meant for this release; a version that is none is covered by no specifier."""
        try:
            return not self.releases or SpecifierSet(self.releases).contains(
                Version(version), prereleases=True
            )
        except InvalidVersion:
            return False


class Status(StrEnum):
    """What became of one deferral when it met the results."""

    APPLIED = "applied"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    """There is no such suite or case."""
    UNNEEDED = "unneeded"
    """Nothing it covers is violated any more."""
    UNDECIDED = "undecided"
    """What it covers is flaky or inconclusive; a deferral covers violations only."""
    OTHER_RELEASE = "other-release"
    NOT_ASKED = "not-asked"
    """No case of its suite was chosen."""


REMARKS: dict[Status, str] = {
    Status.EXPIRED: "renew it with a reason, or mend the violation",
    Status.UNKNOWN: "covers nothing that exists: correct the id or remove it",
    Status.UNNEEDED: "nothing it covers is violated: remove it",
    Status.UNDECIDED: "covers violations only, and what it names is flaky or inconclusive",
}
"""What a person should do; a status without a remark needs nothing done."""


@dataclass(frozen=True, kw_only=True)
class Assessed:
    """One deferral, what became of it, and the violations it covers."""

    deferral: Deferral
    status: Status
    cases: tuple[str, ...] = ()

    @property
    def remark(self) -> str:
        """What a person should do about it; empty if nothing."""
        return REMARKS.get(self.status, "")


def load(path: Path) -> tuple[Deferral, ...]:
    """Read a deferrals file.

    Raises
    ------
    DeferralsUnusableError
        It cannot be read, is no TOML, or an entry is not as it must be.

    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DeferralsUnusableError(f"deferrals file {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DeferralsUnusableError(f"deferrals file {path} is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise DeferralsUnusableError(f"deferrals file {path} is not TOML: {error}") from error
    departure = breach("deferrals", _dates_as_text(document))
    if departure:
        raise _unusable(path, departure)
    return tuple(_entry(path, number, each) for number, each in enumerate(document.get("deferral", []), 1))


def _entry(path: Path, number: int, table: dict[str, Any]) -> Deferral:
    try:
        deferral = msgspec.convert(table, Deferral)
        SpecifierSet(deferral.releases)
    except (msgspec.ValidationError, InvalidSpecifier) as error:
        raise _unusable(path, f"deferral {number}: {error}") from error
    return deferral


def _unusable(path: Path, why: str) -> DeferralsUnusableError:
    return DeferralsUnusableError(f"deferrals file {path}: {why}", hint=DeferralsUnusableError.hint_text)


def _dates_as_text(value: Any) -> Any:
    """Make a TOML document one that JSON Schema knows; a date with a time stays wrong, and is called so."""
    if isinstance(value, dict):
        return {key: _dates_as_text(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_dates_as_text(each) for each in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value


def assess(
    deferrals: Iterable[Deferral],
    outcomes: Sequence[CaseOutcome],
    *,
    version: str,
    today: date,
    known: Collection[str] | None = None,
) -> tuple[Assessed, ...]:
    """Hold each deferral against the outcomes of one release on one day.

    `known` are the ids of all cases there are, so that a case that was merely not chosen is told from one
    that does not exist; without it, a suite counts as chosen whole.
    """
    asked = {each.case.suite for each in outcomes}
    assessed = []
    for deferral in deferrals:
        matched = [each for each in outcomes if deferral.matches(each.case.id)]
        if matched:
            assessed.append(_assess(deferral, matched, version, today))
        else:
            exists = _exists(deferral, asked, known)
            assessed.append(
                Assessed(deferral=deferral, status=Status.NOT_ASKED if exists else Status.UNKNOWN)
            )
    return tuple(assessed)


def _exists(deferral: Deferral, asked: Collection[str], known: Collection[str] | None) -> bool:
    if known is not None:
        return any(map(deferral.matches, known)) or deferral.issue in SUITES
    suite = deferral.covers.partition("-")[0]
    return suite in SUITES and suite not in asked


def _assess(deferral: Deferral, matched: Sequence[CaseOutcome], version: str, today: date) -> Assessed:
    violated = tuple(each.case.id for each in matched if each.outcome is Outcome.VIOLATES)
    status = _status(deferral, matched, violated=bool(violated), version=version, today=today)
    return Assessed(
        deferral=deferral, status=status, cases=violated if status in (Status.APPLIED, Status.EXPIRED) else ()
    )


def _status(
    deferral: Deferral, matched: Sequence[CaseOutcome], *, violated: bool, version: str, today: date
) -> Status:
    if not deferral.holds_for(version):
        return Status.OTHER_RELEASE
    if today > deferral.until:
        return Status.EXPIRED
    if violated:
        return Status.APPLIED
    if any(each.outcome in (Outcome.FLAKY, Outcome.INCONCLUSIVE) for each in matched):
        return Status.UNDECIDED
    return Status.UNNEEDED


def deferred(assessed: Iterable[Assessed]) -> dict[str, Deferral]:
    """Return the violations that do not block, each with the first deferral that says why."""
    covered: dict[str, Deferral] = {}
    for each in assessed:
        if each.status is Status.APPLIED:
            for identity in each.cases:
                covered.setdefault(identity, each.deferral)
    return covered
