"""What a command found, in short, for programs: what `--format json` prints.

The contract is `reports/schema/summary.schema.json`. It alone says where files were left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kitty_conformance.contract import encoded
from kitty_conformance.signoff.again import reproduce_command
from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.document import CasePart, Report
from kitty_conformance.signoff.grouping import CHAPTERS
from kitty_conformance.signoff.shell import readable

FORMAT: Final = "kitty-conformance-summary/1"


def encode(report: Report, *, next_command: str, files: Mapping[str, str]) -> bytes:
    """Return the summary of a report as JSON: sorted keys, two spaces, a final newline.

    Parameters
    ----------
    report
        The report.
    next_command
        What a person should type next; empty if there is nothing to look at.
    files
        What was left: name → path.

    Raises
    ------
    HarnessError
        It does not match its own schema.

    """
    document = {
        "format": FORMAT,
        "harness": report.harness,
        "target": {name: getattr(report.target, name) for name in ("requested", "version", "sha256")},
        "signing_off": report.signing_off,
        "decision": report.decision.decision,
        "exit_code": report.decision.exit_code,
        "reasons": report.decision.reasons,
        "counts": {each: sum(suite.counts[each] for suite in report.suites) for each in Outcome},
        "findings": [_finding(report, part) for part in findings(report)],
        "next": next_command,
        "files": dict(files),
    }
    return encoded("summary", document)


def findings(report: Report) -> tuple[CasePart, ...]:
    """Return the cases a person must look at, the weightiest first, deferred ones too."""
    return tuple(part for _, _, outcome in CHAPTERS for part in report.cases if part.outcome is outcome)


def _finding(report: Report, part: CasePart) -> dict[str, Any]:
    return {
        "case": part.case.id,
        "issue": part.case.suite,
        "outcome": part.outcome,
        "requirements": part.case.requirements,
        "promise": readable(part.case.promise),
        "reason": readable(part.reason),
        "expected": readable(part.expected),
        "seen": readable(part.seen),
        "deferred": part.deferred,
        "reproduce": reproduce_command(report.target, part.case.id),
    }
