"""The catalogue: every case the suites hold, asked of pytest itself."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from kitty_conformance.case import Case
from kitty_conformance.errors import HarnessError
from kitty_conformance.running.collected import case_of

SUITES_PACKAGE = "kitty_suites"

_COLLECTED: Final = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


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
    """Arguments that make pytest collect our suites, from any folder, whatever is configured there.

    They count on `own_settings` in the environment.
    """
    return [
        "--pyargs",
        SUITES_PACKAGE,
        "-c",
        str(Path(__file__).with_name("suites.ini")),
        "--noconftest",
        *("-p", "kitty_fixtures.plugin"),
        *("-p", "pytest_repeat"),
        *("-p", "kitty_conformance.running.plugin"),
        *("-p", "no:cacheprovider"),
        # Asked in a process that has imported our plugin already, pytest warns; nothing is asserted in it.
        *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
    ]


def own_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what sets pytest up for other suites; no plugin but those we name."""
    ours = {name: value for name, value in environment.items() if not name.startswith("PYTEST_")}
    return {**ours, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def catalogue() -> tuple[Case, ...]:
    """Return every case, variants spelt out, in the order of their ids.

    Raises
    ------
    HarnessError
        A suite cannot be imported, two cases share an id, or pytest itself fails.

    """
    collector = _Collector()
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said), _settled():
        status = pytest.main([*suite_arguments(), "--collect-only", "-qq"], plugins=[collector])
    if collector.problems:
        raise HarnessError(f"the suites cannot be collected: {collector.problems[0]}")
    if status not in _COLLECTED:
        raise HarnessError(f"the suites cannot be collected: {said.getvalue() or f'pytest status {status}'}")
    identities = [case.id for case in collector.cases]
    for identity in identities:
        if identities.count(identity) > 1:
            raise HarnessError(f"two cases have the id {identity}")
    return tuple(sorted(collector.cases, key=lambda case: case.id))


@contextlib.contextmanager
def _settled() -> Iterator[None]:
    before = dict(os.environ)
    wanted = own_settings(before)
    try:
        _become(wanted)
        yield
    finally:
        _become(before)


def _become(environment: Mapping[str, str]) -> None:
    for name in set(os.environ) - set(environment):
        del os.environ[name]
    os.environ.update(environment)
