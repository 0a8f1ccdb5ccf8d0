"""The pytest plugin that runs conformance cases: selection, order, verdicts, one results line per case.

It is loaded by name (`-p kitty_conformance.running.plugin`), by `kitty_conformance.running.session` only.
Workers judge; the controller alone writes the results stream.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from kitty_conformance.case import Verdict
from kitty_conformance.errors import KittyConformanceError
from kitty_conformance.results import CaseResult
from kitty_conformance.running.collected import case_of, run_of
from kitty_conformance.running.disturbance import OPENING, cold_sample, disturbance, for_case, ordered
from kitty_conformance.running.durations import Seconds
from kitty_conformance.running.judgement import judge, observed
from kitty_conformance.running.process import PATIENCE
from kitty_conformance.story import Story
from kitty_conformance.stream import ResultsWriter
from kitty_fixtures.evidence import CPU, DISTURBANCE, LOAD, PROMISE, STORY, UNFORKED

_FAILURES: Final[pytest.StashKey[dict[str, BaseException]]] = pytest.StashKey()
_SECONDS: Final[pytest.StashKey[float]] = pytest.StashKey()
_HANDLERS: Final = {signal.SIGINT: signal.default_int_handler}
_PROPERTY: Final = "kitty_conformance_result"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options the session passes; a person uses `kitty-conformance` instead."""
    group = parser.getgroup("kitty-conformance", "running conformance cases")
    group.addoption("--kitty-plan", metavar="FILE", help="JSON file: what to run and where results go")
    group.addoption(
        "--kitty-lifeline", metavar="FD", type=int, help="descriptor whose end of file ends everything"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and on the controller the recorder."""
    config.addinivalue_line("markers", "case(described, variants): one checkable promise of the seed")
    config.addinivalue_line("markers", "variant(name): which variant of its case this is")
    plan_file = config.getoption("kitty_plan")
    if plan_file is None:
        return
    plan = json.loads(Path(plan_file).read_text(encoding="utf-8"))
    config.pluginmanager.register(CaseRunner(plan), "kitty-case-runner")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(Path(plan["results"])), "kitty-recorder")
        hear_every_signal()
        _follow_to_the_end(config.getoption("kitty_lifeline"))


def hear_every_signal() -> None:
    """Hear again what a shell, or nohup, has its background jobs ignore.

    What is ignored here, every target would ignore as well: a signal that a case sends would seem to do
    nothing. We have a session of our own, so what a terminal sends does not reach us.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, _HANDLERS.get(number, signal.SIG_DFL))


class CaseRunner:
    """Keeps the chosen cases, disturbs them, and turns what happened into a result."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._chosen = frozenset(plan["cases"])
        self._done = frozenset((case, run) for case, run in plan["done"])
        self._launcher: str = plan.get("launcher", "cold")
        self._seconds: Seconds = plan.get("seconds", {})

    def _expected_seconds(self, item: pytest.Item) -> float | None:
        case, launcher = case_of(item), item.stash[DISTURBANCE].launcher
        return self._seconds.get(launcher, {}).get(case.id) if case else None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep what was chosen and is not done yet, run after run, each in its own order.

        The whole walk opens each run; then what takes longest comes first.
        """
        by_run: dict[int, list[pytest.Item]] = {}
        dropped = []
        collected = filter(None, map(case_of, items))
        sample = cold_sample(case for case in collected if case.id in self._chosen)
        for item in items:
            case, run = case_of(item), run_of(item)
            if case is None or case.id not in self._chosen or (case.id, run) in self._done:
                dropped.append(item)
            else:
                planned = disturbance(run, launcher=self._launcher)
                item.stash[DISTURBANCE] = for_case(planned, case.id, sample)
                by_run.setdefault(run, []).append(item)
        items[:] = [
            item
            for run, group in sorted(by_run.items())
            for item in ordered(
                group, disturbance(run).order_seed, seconds=self._expected_seconds, opens=_opens
            )
        ]
        config.hook.pytest_deselected(items=dropped)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Iterator[pytest.TestReport]:
        """Note what each phase raised; attach the result to the report of the last one."""
        report: pytest.TestReport = yield  # type: ignore[misc,assignment] # pluggy's wrapper protocol
        failures = item.stash.setdefault(_FAILURES, {})
        if call.excinfo is not None:
            failures[call.when] = call.excinfo.value
        item.stash[_SECONDS] = item.stash.get(_SECONDS, 0.0) + call.duration
        if call.when == "teardown":
            report.user_properties.append((_PROPERTY, _encoded(_result(item))))
        return report  # type: ignore[return-value] # pluggy's wrapper protocol


def _opens(item: pytest.Item) -> bool:
    case = case_of(item)
    return case is not None and case.id == OPENING


def _result(item: pytest.Item) -> CaseResult:
    case = case_of(item)
    if case is None:
        message = f"{item.nodeid} is no case"
        raise LookupError(message)
    recorder, promise = item.stash.get(STORY, None), item.stash.get(PROMISE, None)
    failures: dict[str, BaseException] = item.stash[_FAILURES]
    seconds: float = item.stash[_SECONDS]
    cpu: float = item.stash.get(CPU, 0.0)
    load: float = item.stash.get(LOAD, 0.0)
    verdict, reason = judge(failures, put_to_the_test=promise.put_to_the_test if promise else 0)
    story = recorder.story() if recorder else Story()
    stated = promise.observations if promise else {}
    return CaseResult(
        case=case.id,
        run=run_of(item),
        verdict=verdict,
        reason=recorder.told(reason) if recorder else reason,
        observations={**observed(story), **stated},
        story=story,
        seconds=round(seconds, 3),
        launcher=item.stash[DISTURBANCE].launcher,
        cpu=round(cpu, 3),
        load=round(load, 3),
        unforked=item.stash.get(UNFORKED, ""),
    )


def _encoded(result: CaseResult) -> str:
    try:
        return msgspec.json.encode(result).decode()
    except UnicodeEncodeError:  # JSON of the target can spell half a character
        lost = msgspec.structs.replace(
            result,
            verdict=Verdict.INCONCLUSIVE,
            reason="the case came upon text that is no Unicode and cannot be recorded",
            observations={},
            story=Story(),
        )
        return msgspec.json.encode(lost).decode()


class Recorder:
    """Writes each finished case to the results stream, on the controller, as soon as it is known."""

    def __init__(self, results: Path) -> None:
        self._writer = ResultsWriter(results, resume=True)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Append the result a report carries."""
        for name, value in report.user_properties:
            if name == _PROPERTY and isinstance(value, str):
                self._record(msgspec.json.decode(value, type=CaseResult))

    def pytest_unconfigure(self) -> None:
        """Let go of the results stream."""
        self._writer.close()

    def _record(self, result: CaseResult) -> None:
        try:
            self._writer.result(result)
        except KittyConformanceError as error:
            pytest.exit(f"error[{error.code}]: {error.message}", returncode=error.exit_code)


def _follow_to_the_end(lifeline: int | None) -> None:
    """End this pytest and its workers, as ctrl-C would, when whoever started it is gone."""

    def hold(descriptor: int) -> None:
        os.read(descriptor, 1)  # nothing is ever written: it returns when the other end is closed
        while (
            True
        ):  # an interrupt can be lost: one that comes while an object is taken apart is only reported
            os.killpg(os.getpgrp(), signal.SIGINT)
            time.sleep(PATIENCE)

    if lifeline is not None:
        threading.Thread(target=hold, args=(lifeline,), daemon=True).start()
