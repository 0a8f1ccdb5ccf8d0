"""The report as a document: its parts, and its form as JSON.

The contract is `reports/schema/report.schema.json`. Same report, same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from kitty_conformance.case import Case
from kitty_conformance.contract import breach, encoded
from kitty_conformance.errors import ResultsUnusableError
from kitty_conformance.results import Disturbance, Machine, TargetIdentity
from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.decision import Decision
from kitty_conformance.signoff.deferral import Status
from kitty_conformance.signoff.trace import Traced
from kitty_conformance.story import CrashMap, Story

FORMAT: Final = "kitty-conformance-report/1"


class DecisionPart(msgspec.Struct, frozen=True, kw_only=True):
    """The decision, why, and the exit code of the command that asked for it."""

    decision: Decision
    exit_code: int
    reasons: tuple[str, ...]


class RunPart(msgspec.Struct, frozen=True, kw_only=True):
    """One run and how it was disturbed."""

    run: int
    disturbance: Disturbance


class DeterminismPart(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the runs agree (NFR-003): of the `compared` cases, `agreeing` gave the same in every run."""

    runs: int
    compared: int
    agreeing: int
    flaky: tuple[str, ...]
    statement: str


class SuitePart(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one suite; every outcome has one."""

    suite: str
    title: str
    counts: Mapping[Outcome, int]


class RunOfCasePart(msgspec.Struct, frozen=True, kw_only=True):
    """One case in one run; `unforked` and `reused` as in `kitty_conformance.results.CaseResult`."""

    run: int
    verdict: str
    reason: str
    seconds: float
    launcher: str
    unforked: str = ""
    reused: str = ""


class EvidencePart(msgspec.Struct, frozen=True, kw_only=True):
    """What was done in the telling run: a line per step; the full story if the case does not conform.

    `maps` are the crash maps in it, whatever the verdict.
    """

    run: int
    outline: tuple[str, ...]
    story: Story | None
    maps: tuple[CrashMap, ...] = ()


class CasePart(msgspec.Struct, frozen=True, kw_only=True):
    """One promise, what became of it in every run, and the evidence."""

    case: Case
    outcome: Outcome
    reason: str
    differing: tuple[str, ...]
    missing: tuple[int, ...]
    runs: tuple[RunOfCasePart, ...]
    expected: str
    seen: str
    deferred: str
    evidence: EvidencePart | None


class DeferralPart(msgspec.Struct, frozen=True, kw_only=True):
    """One deferral and what became of it."""

    covers: str
    status: Status
    reason: str
    owner: str
    link: str
    until: date
    releases: str
    cases: tuple[str, ...]
    remark: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a release is signed off with."""

    format: str
    harness: str
    signing_off: bool
    decision: DecisionPart
    target: TargetIdentity
    started: str
    finished: str
    runs: tuple[RunPart, ...]
    determinism: DeterminismPart
    suites: tuple[SuitePart, ...]
    unasked: tuple[str, ...]
    trace: tuple[Traced, ...]
    cases: tuple[CasePart, ...]
    deferrals: tuple[DeferralPart, ...]
    deferrals_as_of: date
    machines: tuple[Machine, ...] = ()


def encode(report: Report) -> bytes:
    """Return the report as JSON: sorted keys, two spaces, a final newline.

    Raises
    ------
    HarnessError
        It does not match its own schema.

    """
    return encoded("report", report)


def decode(data: bytes, *, name: str = "the report") -> Report:
    """Read a report back.

    Raises
    ------
    ResultsUnusableError
        It is no JSON or does not match the schema.

    """
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ResultsUnusableError(f"{name} is not JSON: {error}") from error
    departure = breach("report", document)
    if departure:
        raise ResultsUnusableError(f"{name} does not match the report schema: {departure}")
    return msgspec.convert(document, Report)
