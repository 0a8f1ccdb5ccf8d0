"""How cost grows: with cases, runs, releases, and work packages in a mission."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from kitty_conformance.bench.scene import Scene
from kitty_fixtures.mission_builder import MissionBuilder
from kitty_fixtures.repository import Repository
from kitty_fixtures.stages import Stage
from kitty_fixtures.work_package import WorkPackage

CASES: Final = (
    "945-02/emit",
    "945-02",
    "945-03",
    "945-04/emit",
    "945-04/move-task",
    "945-04/implement",
)
"""Added one after the other, so that there are more and more cases of about the same size."""
RELEASES: Final = ("3.2.0a8", "3.2.0a9", "3.2.0a10", "3.2.0a7")


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """So much of something, and the CPU seconds it cost."""

    number: int
    cpu: float


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """Cost over number; `fit` is how much of it a straight line explains (R², 1 is all)."""

    of: str
    points: tuple[Point, ...]
    fit: float


def with_cases(release: str, *, quick: bool) -> Growth:
    """Run more and more cases."""
    points = []
    for end in range(1, (3 if quick else len(CASES)) + 1):
        cpu, results = run_cases(release, CASES[:end])
        points.append(Point(number=results, cpu=cpu))
    return growth("cases", points)


def with_runs(release: str, *, quick: bool) -> Growth:
    """Run the same cases more and more often."""
    points = [
        Point(number=runs, cpu=run_cases(release, ("945-02",), "--runs", str(runs))[0])
        for runs in range(1, (3 if quick else 6) + 1)
    ]
    return growth("runs", points)


def with_releases(*, quick: bool) -> Growth:
    """Run the same cases on more and more releases."""
    points, cpu = [], 0.0
    for number, release in enumerate(RELEASES[: 2 if quick else None], start=1):
        cpu += run_cases(release, ("945-02",))[0]
        points.append(Point(number=number, cpu=cpu))
    return growth("releases", points)


def with_work_packages(scene: Scene, *, quick: bool) -> Growth:
    """Bring missions of more and more work packages to approved, warm."""
    points = []
    for number in (1, 2, 3) if quick else (1, 2, 4, 6, 8):
        before = scene.warm.cpu
        with scene.workbench(scene.warm) as (bench, _):
            planned = [WorkPackage(id=f"WP{each:02}") for each in range(1, number + 1)]
            mission = MissionBuilder(Repository.create(bench), scene.dialect()).create("demo", planned)
            for work_package in mission.work_packages:
                mission.reach(work_package, Stage.APPROVED)
        points.append(Point(number=number, cpu=scene.warm.cpu - before))
    return growth("work packages", points)


def run_cases(release: str, cases: Sequence[str], *options: str) -> tuple[float, int]:
    """Run cases warm in a process of their own; returns CPU seconds of its tree, and how many results."""
    with tempfile.TemporaryDirectory() as out:
        asked = ("run", *cases, "--target", release, "--launcher", "warm", "--workers", "1", *options)
        process = subprocess.Popen([*command_line(), *asked, "--out", out], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        (stream,) = Path(out).glob("*/*/results.ndjson")
        return usage.ru_utime + usage.ru_stime, stream.read_bytes().count(b"\n") - 2


def command_line() -> list[str]:
    """Return how our own command line is started."""
    return [sys.executable, "-m", "kitty_conformance"]


def growth(of: str, points: Sequence[Point]) -> Growth:
    """Fit a straight line."""
    x, y = [point.number for point in points], [point.cpu for point in points]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    spread = sum((each - mean_x) ** 2 for each in x)
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / spread
    missed = sum((b - mean_y - slope * (a - mean_x)) ** 2 for a, b in zip(x, y, strict=True))
    total = sum((b - mean_y) ** 2 for b in y)
    return Growth(of=of, points=tuple(points), fit=round(1 - missed / total, 4) if total else 1.0)
