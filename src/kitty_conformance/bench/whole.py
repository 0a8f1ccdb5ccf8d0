"""A whole sign-off: what it costs, against the target's own work in it and against doing all of it cold."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil

from kitty_conformance.bench.growth import command_line
from kitty_conformance.bench.turns import named
from kitty_conformance.bench.walks import Walk
from kitty_conformance.story import Ran, Story, Together
from kitty_conformance.stream import Results, read

SAMPLING = 1.0
"""Seconds between two looks at the memory of the harness."""


class SignOffCost(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-off.

    Attributes
    ----------
    cases, results, workers, launcher
        What ran.
    wall
        Seconds.
    cpu
        CPU seconds of everything, without `load`.
    load
        CPU seconds of the load that runs are disturbed with on purpose.
    commands
        Of `cpu`, in commands: target, git, hooks; cold ones with their imports.
    floor
        CPU seconds of the target's own work: of each case what its cheapest warm run took in commands, three
        times over.
    cold_without_snapshots
        CPU seconds the commands of all stories would take, each cold and none of them from a snapshot;
        estimated from what each kind of command took in the walk.
    busy
        Share of the workers' time that was spent in cases.
    harness_memory
        Largest sum of PSS of our own processes (no servers, no commands), bytes.

    """

    release: str
    cases: int
    results: int
    workers: int
    launcher: str
    wall: float
    cpu: float
    load: float
    commands: float
    floor: float
    cold_without_snapshots: float
    busy: float
    harness_memory: int


def measure(
    release: str, walk: Walk, out: Path, *, workers: int = 2, options: tuple[str, ...] = ()
) -> SignOffCost:
    """Sign a release off into a new folder below `out`, with whatever snapshots there are; account for it."""
    before = set(out.glob("*/*/results.ndjson"))
    asked = [*command_line(), "signoff", release, "--workers", str(workers), "--out", str(out), *options]
    began = time.monotonic()
    process = subprocess.Popen(asked, stdout=subprocess.DEVNULL)
    memory = _Memory(process.pid)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - began
    (stream,) = set(out.glob("*/*/results.ndjson")) - before
    results = read(stream)
    return account(
        results,
        walk,
        workers=workers,
        wall=wall,
        cpu=usage.ru_utime + usage.ru_stime,
        memory=memory.end(),
    )


def account(
    results: Results, walk: Walk, *, workers: int, wall: float, cpu: float, memory: int
) -> SignOffCost:
    """Account for a sign-off from its results and what its processes took."""
    each = results.results
    load = sum(result.load for result in each)
    return SignOffCost(
        release=results.header.target.version,
        cases=len(results.header.cases),
        results=len(each),
        workers=workers,
        launcher=", ".join(run.launcher for run in results.header.runs),
        wall=wall,
        cpu=cpu - load,
        load=load,
        commands=sum(result.cpu for result in each),
        floor=len(results.header.runs) * sum(_own_work(results).values()),
        cold_without_snapshots=sum(_all_cold(result.story, walk) for result in each),
        busy=sum(result.seconds for result in each) / (workers * wall),
        harness_memory=memory,
    )


def _own_work(results: Results) -> Mapping[str, float]:
    """Return for each case what its commands took in the cheapest of its warm runs."""
    work: dict[str, float] = {}
    for result in (each for each in results.results if each.launcher == "warm"):
        work[result.case] = min(result.cpu, work.get(result.case, result.cpu))
    return work


def _all_cold(story: Story, walk: Walk) -> float:
    """Estimate what a story takes with each command cold."""
    costs = {pair.command: pair.cold / pair.count for pair in walk.pairs}
    of_target = [pair for pair in walk.pairs if pair.command != "git"]
    usual = sum(pair.cold for pair in of_target) / sum(pair.count for pair in of_target)
    return sum(
        costs.get(name, costs.get("git", 0.0) if name == "git" else usual) for name in _commands(story)
    )


def _commands(story: Story) -> Iterator[str]:
    for step in story.steps:
        ran = step.commands if isinstance(step, Together) else (step,) if isinstance(step, Ran) else ()
        yield from (named(each.argv) for each in ran)


class _Memory:
    """Watches how much memory our own processes take while a run is under way."""

    def __init__(self, root: int) -> None:
        self._root, self._most = root, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> int:
        """Stop watching; returns the most that was seen, in bytes."""
        self._over.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        while not self._over.wait(SAMPLING):
            with suppress(psutil.Error):
                self._most = max(self._most, _taken_by(psutil.Process(self._root)))


def _taken_by(root: psutil.Process) -> int:
    """Return the bytes (PSS) of a process and those below it that run on our interpreter."""
    total = 0
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.Error):
            if process.cmdline()[:1] == [sys.executable]:
                total += process.memory_full_info().pss
    return total
