import platform
import re

import pytest

from kitty_conformance.case import Verdict
from kitty_conformance.errors import HarnessError, OutputUnwritableError, ResultsUnusableError
from kitty_conformance.running import process, session
from kitty_conformance.running.disturbance import BOTH, SAMPLE
from kitty_conformance.running.earlier import EarlierResults
from kitty_conformance.running.session import Session
from kitty_conformance.stream import read

PLAIN = """
    @a_case("945-01")
    def test_one(promise):
        kept(promise)

    @a_case("945-02")
    def test_two(promise):
        promise.expect("it is kept", held=False, expected=1, seen=0)
"""


@pytest.fixture
def session_of(monkeypatch, suite, announced, identity, tmp_path):
    """Makes a session over a tiny suite instead of ours."""

    def make(text, *cases, **settings):
        arguments = suite(text)
        monkeypatch.setattr(session, "suite_arguments", lambda: arguments)
        defaults = {"runs": 1, "workers": 1, "environment": tmp_path, "results": tmp_path / "results.ndjson"}
        return Session(identity=identity, cases=announced(*cases), **{**defaults, **settings})

    return make


def test_a_session_leaves_a_whole_stream_and_tells_each_result(session_of, tmp_path):
    told = []
    session_of(PLAIN, "945-01", "945-02", runs=2).execute(told.append)
    results = read(tmp_path / "results.ndjson")
    assert [case.id for case in results.header.cases] == ["945-01", "945-02"]
    assert results.header.crash_points == 0
    assert [machine.architecture for machine in results.header.machines] == [platform.machine()]
    assert [run.time_zone for run in results.header.runs] == ["UTC", "LINT-14"]
    assert {(each.case, each.run): each.verdict for each in results.results} == {
        ("945-01", 1): Verdict.CONFORMS,
        ("945-02", 1): Verdict.VIOLATES,
        ("945-01", 2): Verdict.CONFORMS,
        ("945-02", 2): Verdict.VIOLATES,
    }
    assert tuple(told) == results.results
    assert results.footer.results == 4
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", results.footer.finished)


def test_a_session_does_not_continue_what_it_was_not_told_to(session_of):
    session_of(PLAIN, "945-01").execute(lambda _: None)
    with pytest.raises(OutputUnwritableError, match="already holds something"):
        session_of(PLAIN, "945-01").execute(lambda _: None)


def test_a_resumed_session_runs_what_is_missing(session_of, tmp_path):
    stream = tmp_path / "results.ndjson"
    session_of(PLAIN, "945-01", "945-02", runs=2).execute(lambda _: None)
    lines = stream.read_bytes().splitlines(keepends=True)
    stream.write_bytes(b"".join(lines[:2]) + lines[2][:40])
    told = []
    session_of(PLAIN, "945-01", "945-02", runs=2, resumed=True).execute(told.append)
    assert len(told) == 3
    assert stream.read_bytes().startswith(b"".join(lines[:2]))
    assert read(stream).footer.results == 4


def test_a_session_learns_how_long_cases_take_and_begins_with_the_longest(session_of, tmp_path):
    slow = """
        import time

        @a_case("945-01")
        def test_one(promise):
            kept(promise)

        @a_case("945-02")
        def test_two(promise):
            time.sleep(0.2)
            kept(promise)
    """
    told = []
    for name in ("first", "second"):
        files = {"results": tmp_path / name, "durations": tmp_path / "durations.json"}
        session_of(slow, "945-01", "945-02", **files).execute(told.append)
    assert [result.case for result in told] == ["945-01", "945-02", "945-02", "945-01"]


def test_every_choice_of_launcher_can_be_recorded(session_of, tmp_path):
    for choice in ("cold", "warm", BOTH, SAMPLE):
        stream = tmp_path / choice
        session_of(PLAIN, "945-01", runs=3, launcher=choice, results=stream).execute(lambda _: None)
        assert [run.launcher for run in read(stream).header.runs][1:] == [
            "cold" if choice == "cold" else "warm"
        ] * 2


@pytest.fixture
def earlier(identity, tmp_path):
    """Results of earlier runs, of suites that never change."""
    file = tmp_path / "earlier.sqlite"
    return EarlierResults(file, identity, command_timeout=120.0, source=lambda _: "")


def test_what_was_found_earlier_is_taken_where_it_is_wanted(session_of, tmp_path, earlier):
    told = []
    session_of(PLAIN, "945-01", earlier=earlier).execute(lambda _: None)
    again = session_of(
        PLAIN, "945-01", "945-02", runs=2, earlier=earlier, reuse=True, results=tmp_path / "again"
    )
    again.execute(told.append)
    assert [(each.case, each.run) for each in told if each.reused] == [("945-01", 1)]
    assert tuple(told) == read(tmp_path / "again").results
    assert len(told) == 4


def test_where_everything_was_found_earlier_nothing_runs(session_of, tmp_path, earlier, monkeypatch):
    session_of(PLAIN, "945-01", "945-02", runs=2, earlier=earlier).execute(lambda _: None)
    told = []
    again = session_of(
        PLAIN, "945-01", "945-02", runs=2, earlier=earlier, reuse=True, results=tmp_path / "again"
    )
    monkeypatch.setattr(session, "PytestProcess", None)
    again.execute(told.append)
    assert len(told) == 4
    assert all(each.reused for each in told)
    assert read(tmp_path / "again").footer.results == 4


def test_nothing_is_taken_unasked(session_of, tmp_path, earlier):
    session_of(PLAIN, "945-01", earlier=earlier).execute(lambda _: None)
    told = []
    session_of(PLAIN, "945-01", earlier=earlier, results=tmp_path / "again").execute(told.append)
    assert [each.reused for each in told] == [""]


def test_there_must_be_something_to_resume(session_of):
    with pytest.raises(ResultsUnusableError, match="there is no results file"):
        session_of(PLAIN, "945-01", resumed=True).execute(lambda _: None)


def test_the_crash_of_pytest_itself_loses_only_the_case_in_flight(session_of, tmp_path):
    crash = """
        @a_case("945-01")
        def test_one(promise):
            kept(promise)

        @a_case("945-02")
        def test_two(promise):
            os.kill(os.getpid(), 9)
    """
    with pytest.raises(
        HarnessError, match=r"pytest ended with status -9: .*\(the results so far are kept in"
    ):
        session_of(crash, "945-01", "945-02").execute(lambda _: None)
    results = read(tmp_path / "results.ndjson", allow_truncated=True)
    assert [result.case for result in results.results] == ["945-01"]
    assert results.footer is None


def test_a_suite_that_breaks_pytest_is_told_by_its_reason(session_of):
    with pytest.raises(HarnessError, match=r"status 2: .*RuntimeError: broken suite"):
        session_of("raise RuntimeError('broken suite')", "945-01").execute(lambda _: None)


def test_a_crash_without_a_word_is_told_as_such(session_of):
    with pytest.raises(HarnessError, match="status 70: no output"):
        session_of("os._exit(70)", "945-01").execute(lambda _: None)


def test_what_cannot_be_recorded_is_told_by_its_reason(session_of, tmp_path):
    disk_full = """
        import json
        import resource

        @a_case("945-01")
        def test_one(promise):
            promise.observe("much", 5000 * "x")
            kept(promise)

        @a_case("945-02")
        def test_two(promise, request):
            plan = json.loads(pathlib.Path(request.config.getoption("--kitty-plan")).read_text())
            room = os.stat(plan["results"]).st_size + 10
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
            kept(promise)
    """
    with pytest.raises(OutputUnwritableError, match=r"^\S*results.ndjson (cannot be written|takes no more)"):
        session_of(disk_full, "945-01", "945-02").execute(lambda _: None)
    results = read(tmp_path / "results.ndjson", allow_truncated=True)
    assert [result.case for result in results.results] == ["945-01"]


def test_sandboxes_are_kept_where_told(session_of, tmp_path):
    case = """
        @a_case("945-01")
        def test_one(promise, request):
            promise.observe("kept in", request.config.getoption("--keep-sandboxes"))
            promise.observe("timeout", request.config.getoption("--command-timeout"))
            promise.observe("sample", request.config.getoption("--crash-points"))
            kept(promise)
    """
    told = []
    kept = session_of(case, "945-01", keep=tmp_path / "kept", command_timeout=7, crash_points=5)
    kept.execute(told.append)
    assert told[0].observations["kept in"] == str(tmp_path / "kept")
    assert told[0].observations["timeout"] == "7.0"
    assert told[0].observations["sample"] == "5"


STUBBORN = """
    import signal

    @a_case("945-01")
    def test_one(promise):
        kept(promise)

    @a_case("945-02")
    def test_two(promise):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        pathlib.Path(os.environ["TELLS_ITS_PID"]).write_text(str(os.getpid()))
        signal.pause()
"""


def test_a_pytest_that_will_not_stop_is_killed(session_of, monkeypatch, tmp_path):
    monkeypatch.setattr(process, "PATIENCE", 0.1)
    monkeypatch.setenv("TELLS_ITS_PID", str(tmp_path / "pid"))

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session_of(STUBBORN, "945-01", "945-02").execute(stop)
    results = read(tmp_path / "results.ndjson", allow_truncated=True)
    assert [result.case for result in results.results] == ["945-01"]
    assert results.footer is None
