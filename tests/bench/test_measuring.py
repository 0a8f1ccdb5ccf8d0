import sys
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from kitty_conformance.bench import __main__ as command
from kitty_conformance.bench import growth, whole
from kitty_conformance.bench.adaptation import AdaptationCost, Paid
from kitty_conformance.bench.record import Record
from kitty_conformance.bench.stages import StageCost
from kitty_conformance.bench.walks import Pair, Walk

WRITES = """
import pathlib, sys
folder = pathlib.Path(sys.argv[sys.argv.index("--out") + 1], "9.9", "now")
folder.mkdir(parents=True)
(folder / "results.ndjson").write_text("line\\n" * 5)
"""


@pytest.fixture
def runs(monkeypatch):
    """What was run instead of our command line; each time it cost 2 s, and 3 for each further case."""
    asked = []

    def run_cases(release, cases, *options):
        asked.append((release, cases, options))
        return 2.0 + 3.0 * len(cases), len(cases)

    monkeypatch.setattr(growth, "run_cases", run_cases)
    return asked


def test_more_and_more_cases_runs_and_releases_are_run(runs):
    cases, often = growth.with_cases("9.9", quick=False), growth.with_runs("9.9", quick=True)
    releases = growth.with_releases(quick=True)
    assert [point.number for point in cases.points] == list(range(1, len(growth.CASES) + 1))
    assert [point.number for point in often.points] == [1, 2, 3]
    assert [(point.number, point.cpu) for point in releases.points] == [(1, 5.0), (2, 10.0)]
    assert cases.fit == 1.0
    assert runs[-1] == ("3.2.0a9", ("945-02",), ())


def test_a_run_is_a_process_of_its_own_whose_tree_is_accounted_for(monkeypatch):
    monkeypatch.setattr(growth, "command_line", lambda: [sys.executable, "-c", WRITES])
    cpu, results = growth.run_cases("9.9", ("945-02",), "--runs", "2")
    assert results == 3
    assert 0 < cpu < 60


def test_the_memory_of_our_own_processes_is_watched(monkeypatch):
    monkeypatch.setattr(whole, "SAMPLING", 0.01)
    assert growth.command_line()[0] == sys.executable
    memory = whole._Memory(1)
    assert memory.end() >= 0


@pytest.fixture
def bench(request, monkeypatch, tmp_path):
    """The command, with measurements made up; gives what was written."""
    request.getfixturevalue("runs")

    @contextmanager
    def scene(release):
        yield SimpleNamespace(release=release)

    def walk(ready):
        pair = Pair(command="init", count=1, cold=2.0, warm=1.0)
        values = {"cold": 2.0, "warm": 1.0, "compared": 1, "differing": (), "overhead": 0.001}
        return Walk(release=ready.release, pairs=(pair,), launcher_memory=1, **values)

    def stage(ready):
        return StageCost(release=ready.release, built_cold=9.0, built_warm=3.0, copied=0.02, copies=1)

    def work_packages(_, *, quick):
        return growth.growth(
            "work packages", [growth.Point(number=1 + quick, cpu=1.0), growth.Point(number=5, cpu=2.0)]
        )

    def adaptation(ready, _store, *, turns):
        paid = Paid(command="--version", launcher="cold", without=1.0, all_on=1.02)
        return AdaptationCost(release=ready.release, adapters=("950",), turns=turns, paid=(paid,))

    monkeypatch.setattr(command, "scene", scene)
    monkeypatch.setattr(command.adaptation, "measure", adaptation)
    monkeypatch.setattr(command.walks, "measure", walk)
    monkeypatch.setattr(command.stages, "measure", stage)
    monkeypatch.setattr(command.growth, "with_work_packages", work_packages)

    def run(*arguments):
        done = CliRunner().invoke(command.bench, ["--docs", str(tmp_path), *arguments])
        assert done.exit_code == 0, done.output
        return Record.load(tmp_path / "benchmarks" / "benchmarks.json")

    return run


def test_the_quick_form_measures_one_release_and_no_sign_off(bench, tmp_path):
    record = bench("--quick")
    assert list(record.walks) == list(record.stages) == ["3.2.0a8"]
    assert list(record.growth) == ["cases", "releases", "runs", "work packages"]
    assert record.adapters["3.2.0a8"].turns == 5
    assert record.signoffs == {}
    assert "whole walk, warm, 3.2.0a8 | 2.0x" in (tmp_path / "benchmarks.md").read_text()
    assert (tmp_path / "benchmarks" / "growth.svg").exists()


def test_a_part_measured_again_leaves_the_others(bench, monkeypatch):
    first = bench("--quick")
    again = bench("--only", "walks", "--release", "3.2.7")
    assert list(again.walks) == ["3.2.0a8", "3.2.7"]
    assert again.stages == first.stages

    asked = []

    def sign_off(release, walk):
        asked.append((release, walk.release))
        raise RuntimeError

    monkeypatch.setattr(command.whole, "measure", sign_off)
    with pytest.raises(AssertionError):
        bench("--only", "signoff")
    assert asked == [("3.2.7", "3.2.7")]
