"""The badge: the decision in a few words, for the endpoint of shields (https://shields.io/badges/endpoint-badge)."""

from __future__ import annotations

from typing import Final

from kitty_conformance.contract import encoded
from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.decision import Decision
from kitty_conformance.signoff.document import Report

_COLOURS: Final = {
    Decision.RELEASABLE: "brightgreen",
    Decision.BLOCKED: "red",
    Decision.INCONCLUSIVE: "yellow",
}


def render(report: Report) -> bytes:
    """Return the badge as JSON; the same report gives the same bytes.

    Raises
    ------
    HarnessError
        It does not match its own schema.

    """
    badge = {
        "schemaVersion": 1,
        "label": f"spec-kitty {report.target.name}",
        "message": _message(report),
        "color": _COLOURS[report.decision.decision],
    }
    return encoded("badge", badge)


def _message(report: Report) -> str:
    """Count only promises that were asked about and apply; say what was decided only if a release was."""
    applicable = [part for part in report.cases if part.outcome is not Outcome.NOT_APPLICABLE]
    kept = sum(part.outcome is Outcome.CONFORMS for part in applicable)
    counted = f"{kept} of {len(applicable)} promises kept"
    return f"{report.decision.decision}, {counted}" if report.signing_off else counted
