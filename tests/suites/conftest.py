"""Saboteurs at work: `found(saboteur)` gives the verdict and the reason of each of its cases."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kitty_conformance.results import TargetIdentity
from kitty_conformance.target.environment import CACHE_VARIABLE, obtain
from kitty_conformance.target.specification import TargetSpecification
from saboteurs.clone import cloned, sabotage
from saboteurs.saboteur import Saboteur
from saboteurs.verdicts import results


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every saboteur: some seconds each, they are a session of their own (`nox -s saboteurs`)."""
    for item in items:
        if item.path.name.startswith("test_saboteurs_"):
            item.add_marker("saboteur")


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Saboteur], dict[str, str]]:
    """Let a saboteur do its deed and return the verdicts of its cases; reasons are printed, for failures."""
    here = str(Path(__file__).parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH")))))

    def verdicts(saboteur: Saboteur) -> dict[str, str]:
        with cloned(obtain(TargetSpecification.parse(saboteur.release))) as environment:
            if saboteur.deed:
                sabotage(environment, saboteur.module, saboteur.deed)
            if saboteur.from_the_start:
                monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
            seen = results(environment, saboteur.verdicts, tmp_path)
        for case, result in seen.items():
            print(f"{case}: {result.verdict} {result.reason}")  # noqa: T201 - pytest shows it with a failure
        return {case: str(result.verdict) for case, result in seen.items()}

    return verdicts


@pytest.fixture
def identity() -> TargetIdentity:
    """Some target."""
    return TargetIdentity(
        requested="pypi:9.9",
        version="9.9",
        sha256="0123456789abcdef" * 4,
        resolution="today",
        python="3.11.7",
        dependencies=(),
    )
