"""The verdicts of a few cases on one environment, from a session like any other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kitty_conformance.case import Case
from kitty_conformance.results import CaseResult
from kitty_conformance.running.session import Session
from kitty_conformance.target.environment import Environment


class ArmedSession(Session):
    """A session that arms the deed of the environment, if it has one, once a case has set its scene."""

    def _argv(self, plan: Path) -> list[str]:
        return [*super()._argv(plan), "-p", "saboteurs.arming"]


def results(environment: Environment, cases: Iterable[str], folder: Path) -> dict[str, CaseResult]:
    """Run cases, named by their whole ids, once and warm; a case that does not exist has no result."""
    found: dict[str, CaseResult] = {}
    ArmedSession(
        environment=environment.root,
        identity=environment.identity,
        cases=tuple(_announced(identity) for identity in sorted(cases)),
        runs=1,
        workers=1,
        launcher="warm",
        results=folder / "results.ndjson",
    ).execute(lambda result: found.setdefault(result.case, result))
    return found


def _announced(identity: str) -> Case:
    """Return what the head of a results stream says of a case, as far as it is of interest here."""
    return Case(id=identity, requirements=("FR-001",), scenario="US1.1", promise="-", rationale="-")
