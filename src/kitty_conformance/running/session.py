"""One session of pytest over the chosen cases: a process of its own, followed by its results."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from kitty_conformance import __version__
from kitty_conformance.case import Case
from kitty_conformance.errors import (
    HarnessError,
    KittyConformanceError,
    OutputUnwritableError,
    ResultsUnusableError,
)
from kitty_conformance.results import FORMAT, CaseResult, Disturbance, Footer, Header, TargetIdentity
from kitty_conformance.running import durations, suite_source
from kitty_conformance.running.catalogue import suite_arguments
from kitty_conformance.running.disturbance import cold_sample, disturbance, for_case
from kitty_conformance.running.earlier import EarlierResults
from kitty_conformance.running.machine import this_machine
from kitty_conformance.running.process import PytestProcess
from kitty_conformance.stream import ResultsWriter, read, resume
from kitty_conformance.target.sandbox import owned_folder, scratch_folder, scratch_folders, sweep

_POLL_SECONDS: Final = 0.2
_PYTEST_RAN: Final = (0, 1, 5)
"""All passed, some failed, nothing left to run: in each the results say what happened."""

_OUR_ERROR: Final = re.compile(r"error\[(?P<code>[A-Z_]+)\]: (?P<message>.+?)[\s!]*$", re.MULTILINE)
"""How the plugin says why it gave up."""

_DEFECT: Final = re.compile(r"(INTERNALERROR> )?E?\s*[\w.]+(Error|Exception|Warning): ")
"""A line of pytest that tells why it failed."""

_OURS: Final = {error.code: error for error in (OutputUnwritableError, ResultsUnusableError)}


@dataclass(frozen=True, kw_only=True)
class Session:
    """What to run, against which environment, and where the results go.

    Attributes
    ----------
    environment
        Folder of the installed target environment.
    identity
        Of the target, for the header.
    cases
        The chosen ones, variants spelt out.
    runs
        How often each is run, each time disturbed differently.
    workers
        Processes that run cases at the same time.
    command_timeout
        Seconds one command of the target may take before it counts as hanging.
    launcher
        `cold`: each command is a fresh process; `warm`: forked from one that has done its imports; `both`:
        the first run is cold, every other one warm; `sample`: so it is for the first variant of each case.
    crash_points
        How many of its mutating steps a command is ended at; `None` for every one.
    results
        The results stream; continued when `resumed`, else it must not exist.
    durations
        File that knows how long each case takes, and learns it; `None` for none.
    earlier
        Results of earlier runs, to which those of this one are added; `None` for none.
    reuse
        Whether a result that is among them is taken instead of running the case; not when `resumed`.
    keep
        Folder in which the sandboxes are left for a person to look at; `None` removes them.
    adapters
        The file that says which adapters are on; `None` for none.
    shard
        Which part of a whole the cases are (`3/8`), for the header.

    """

    environment: Path
    identity: TargetIdentity
    cases: tuple[Case, ...]
    runs: int
    workers: int
    results: Path
    command_timeout: float = 120.0
    launcher: str = "cold"
    crash_points: int | None = None
    resumed: bool = False
    durations: Path | None = None
    earlier: EarlierResults | None = None
    reuse: bool = False
    keep: Path | None = None
    adapters: Path | None = None
    shard: str = ""

    def execute(self, on_result: Callable[[CaseResult], None]) -> None:
        """Run everything that is not recorded yet, then close the stream with its footer.

        Raises
        ------
        HarnessError
            pytest itself failed.
        OutputUnwritableError, ResultsUnusableError
            The results stream cannot be written, or what is there cannot be continued.

        Whatever ends it, ctrl-C too: what was recorded so far stays, without footer; no process and no
        sandbox does.

        """
        done = self._open()
        if self.earlier and self.reuse and not self.resumed:
            done |= self._recall(self.earlier, on_result)
        if len(done) < len(self.cases) * self.runs:
            self._run(done, on_result)
        self._keep()
        recorded = resume(self.results)
        with ResultsWriter(self.results, resume=True) as writer:
            writer.footer(Footer(results=len(recorded), finished=_now()))

    def _recall(
        self, earlier: EarlierResults, on_result: Callable[[CaseResult], None]
    ) -> set[tuple[str, int]]:
        """Record what earlier runs found, and return which cases and runs that is."""
        recalled = set()
        with ResultsWriter(self.results, resume=True) as writer:
            for result in earlier.find(self.planned()):
                writer.result(result)
                on_result(result)
                recalled.add((result.case, result.run))
        return recalled

    def planned(self) -> Iterator[tuple[str, int, Disturbance]]:
        """Yield every case and run there is to be, and how it is disturbed."""
        sample = cold_sample(self.cases)
        for run in range(1, self.runs + 1):
            planned = disturbance(run, launcher=self.launcher)
            yield from ((case.id, run, for_case(planned, case.id, sample)) for case in self.cases)

    def _keep(self) -> None:
        """Keep what was found for later runs: results, and how long they took."""
        found = read(self.results, allow_truncated=True).results
        if self.durations:
            durations.learn(self.durations, found)
        if self.earlier:
            planned = {(case, run): how for case, run, how in self.planned()}
            self.earlier.keep([(each, planned[each.case, each.run]) for each in found], _now())

    def _run(self, done: set[tuple[str, int]], on_result: Callable[[CaseResult], None]) -> None:
        """Run what is not done."""
        with owned_folder(scratch_folder()) as folder:
            plan, log = folder / "plan.json", folder / "pytest.log"
            plan.write_text(json.dumps(self._plan(done)), encoding="utf-8")
            self._follow(plan, log, on_result)

    def _open(self) -> set[tuple[str, int]]:
        if self.resumed:
            return set(resume(self.results))
        with ResultsWriter(self.results) as writer:
            writer.header(
                Header(
                    format=FORMAT,
                    harness=__version__,
                    target=self.identity,
                    cases=self.cases,
                    runs=tuple(disturbance(run, launcher=self.launcher) for run in range(1, self.runs + 1)),
                    started=_now(),
                    shard=self.shard,
                    crash_points=self.crash_points or 0,
                    machines=(this_machine(scratch_folder()),),
                    source=suite_source.whole(),
                )
            )
        return set()

    def _plan(self, done: set[tuple[str, int]]) -> dict[str, object]:
        return {
            "cases": [case.id for case in self.cases],
            "done": sorted(done),
            "results": str(self.results),
            "launcher": self.launcher,
            "seconds": durations.known(self.durations) if self.durations else {},
        }

    def _follow(self, plan: Path, log: Path, on_result: Callable[[CaseResult], None]) -> None:
        with log.open("wb") as output, self.results.open("rb") as lines:
            lines.seek(0, os.SEEK_END)
            following = _Following(lines, on_result)
            with self._swept(), PytestProcess(self._argv(plan), output) as process:
                while process.status is None:
                    time.sleep(_POLL_SECONDS)
                    following.catch_up()
            following.catch_up()
        if process.status not in _PYTEST_RAN:
            raise self._failure(f"{process.status}", log.read_text(errors="replace"))

    def _failure(self, status: str, log: str) -> KittyConformanceError:
        hint = f"the results so far are kept in {self.results}; continue with signoff --resume"
        ours = _OUR_ERROR.search(log)
        if ours:
            return _OURS.get(ours["code"], HarnessError)(ours["message"], hint=hint)
        said = [line for line in log.splitlines() if line.strip()] or ["no output"]
        telling = [line for line in said if _DEFECT.match(line)] or said
        return HarnessError(f"pytest ended with status {status}: {telling[-1]}", hint=hint)

    @contextmanager
    def _swept(self) -> Iterator[None]:
        """At the end, remove the sandboxes of cases whose process was killed."""
        try:
            yield
        finally:
            for folder in filter(None, (*scratch_folders(), self.keep)):
                with suppress(OSError):  # what is somebody else's is no reason to lose the results
                    sweep(folder)

    def _argv(self, plan: Path) -> Sequence[str]:
        argv = [sys.executable, "-P", "-m", "pytest", *suite_arguments(), "-q", "--kitty-plan", str(plan)]
        argv += ["--target-environment", str(self.environment)]
        argv += ["--target-adapters", str(self.adapters)] if self.adapters else []
        argv += ["--command-timeout", str(self.command_timeout)]
        argv += ["--crash-points", str(self.crash_points)] if self.crash_points else []
        argv += ["--count", str(self.runs), "--repeat-scope", "session"]
        if self.workers > 1:
            # One by one in our order, the longest first: none is left to one worker at the end.
            argv += ["-p", "xdist", "-n", str(self.workers), "--dist", "load", "--maxschedchunk", "1"]
        return [*argv, "--keep-sandboxes", str(self.keep)] if self.keep else argv


class _Following:
    """Reads a growing results stream and hands each whole line on."""

    def __init__(self, stream: BinaryIO, on_result: Callable[[CaseResult], None]) -> None:
        self._stream, self._on_result, self._rest = stream, on_result, b""

    def catch_up(self) -> None:
        *lines, self._rest = (self._rest + self._stream.read()).split(b"\n")
        for line in lines:
            self._on_result(msgspec.json.decode(line, type=CaseResult))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
