"""The catalogue: every case the suites hold, asked of pytest itself."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

from kitty_conformance.case import Case
from kitty_conformance.errors import HarnessError
from kitty_conformance.running.collected import case_of

SUITES_PACKAGE = "kitty_suites"


class _Collector:
    def __init__(self) -> None:
        self.cases: list[Case] = []
        self.problems: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.cases += [case for case in map(case_of, items) if case is not None]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.problems.append(str(report.longrepr).splitlines()[-1])


def suite_arguments() -> list[str]:
    """Arguments that make pytest collect our suites, from any folder, under no other configuration."""
    return [
        "--pyargs",
        SUITES_PACKAGE,
        "-c",
        str(Path(__file__).with_name("suites.ini")),
        "-p",
        "kitty_conformance.running.plugin",
        "-p",
        "no:cacheprovider",
    ]


def catalogue() -> tuple[Case, ...]:
    """Return every case, variants spelt out, in the order of their ids.

    Raises
    ------
    HarnessError
        A suite cannot be imported, or two cases share an id.

    """
    collector = _Collector()
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main([*suite_arguments(), "--collect-only", "-qq"], plugins=[collector])
    if collector.problems:
        raise HarnessError(f"the suites cannot be collected: {collector.problems[0]}")
    identities = [case.id for case in collector.cases]
    for identity in identities:
        if identities.count(identity) > 1:
            raise HarnessError(f"two cases have the id {identity}")
    return tuple(sorted(collector.cases, key=lambda case: case.id))
