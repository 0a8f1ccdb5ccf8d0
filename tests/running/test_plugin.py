import json
import os
import signal
import threading
from types import SimpleNamespace

import pytest

from kitty_conformance.case import Verdict
from kitty_conformance.errors import ExitCode
from kitty_conformance.results import FORMAT, Header
from kitty_conformance.running import plugin
from kitty_conformance.running.disturbance import disturbance
from kitty_conformance.stream import ResultsWriter, read

pytest_plugins = ["pytester"]


@pytest.fixture
def run(pytester, suite, announced, identity, tmp_path):
    """Runs a tiny suite in this process; gives pytest's result and the results stream."""
    stream = tmp_path / "results.ndjson"

    def run(text, *cases, runs=1, options=(), announce=None, **planned):
        if not stream.exists():
            header = Header(
                format=FORMAT,
                harness="0",
                target=identity,
                cases=announced(*(announce or cases)),
                runs=tuple(disturbance(run) for run in range(1, runs + 1)),
                started="2026-05-02T00:00:00Z",
            )
            with ResultsWriter(stream) as writer:
                writer.header(header)
        done = read(stream, allow_truncated=True).recorded
        plan = tmp_path / "plan.json"
        plan.write_text(json.dumps({"cases": cases, "done": sorted(done), "results": str(stream), **planned}))
        repeated = ("--count", str(runs), "--repeat-scope", "session")
        ended = pytester.runpytest_inprocess(*suite(text), "--kitty-plan", str(plan), *repeated, *options)
        return ended, read(stream, allow_truncated=True).results

    return run


EVERY_VERDICT = """
    @a_case("945-01")
    def test_keeps(promise):
        kept(promise)

    @a_case("945-02")
    def test_breaks(promise):
        promise.expect("/sandbox holds the event", held=False, expected=1, seen=0)

    @a_case("945-03")
    def test_has_no_surface(promise):
        raise NotApplicable("no such command")

    @a_case("945-04")
    def test_could_not_be_tried(promise):
        raise Inconclusive("it hung")

    @a_case("945-05")
    def test_states_nothing():
        pass

    @pytest.fixture
    def broken():
        assert not "set up"

    @a_case("945-06")
    def test_is_not_set_up(broken, promise):
        kept(promise)

    @pytest.fixture
    def guarded():
        yield
        raise Inconclusive("it wrote outside")

    @a_case("945-07")
    def test_was_not_guarded(guarded, promise):
        promise.expect("it is kept", held=False, expected=1, seen=0)

    @a_case("945-08")
    def test_skips():
        pytest.skip("not today")

    def test_is_no_case():
        raise SystemExit("never run")
"""


def test_each_case_gets_the_verdict_its_phases_tell(run):
    cases = [f"945-0{number}" for number in range(1, 9)]
    ended, results = run(EVERY_VERDICT, *cases)
    assert {result.case: (result.verdict, result.reason) for result in results} == {
        "945-01": (Verdict.CONFORMS, ""),
        "945-02": (Verdict.VIOLATES, "@{ROOT} holds the event"),
        "945-03": (Verdict.NOT_APPLICABLE, "no such command"),
        "945-04": (Verdict.INCONCLUSIVE, "it hung"),
        "945-05": (Verdict.INCONCLUSIVE, "the case stated no promise"),
        "945-06": (Verdict.INCONCLUSIVE, "harness error in setup: AssertionError: assert not 'set up'"),
        "945-07": (Verdict.INCONCLUSIVE, "it wrote outside"),
        "945-08": (Verdict.INCONCLUSIVE, "harness error in call: Skipped: not today"),
    }
    ended.assert_outcomes(passed=2, failed=4, skipped=1, errors=2, deselected=1)


def test_only_chosen_cases_run(run):
    _, results = run(EVERY_VERDICT, "945-02", "945-03")
    assert [result.case for result in results] == ["945-02", "945-03"]


def test_a_result_holds_story_observations_and_time(run):
    _, (result,) = run(
        """
        @a_case("945-01")
        def test_it(promise, story):
            story.add(Noted(text="the scene"))
            story.scene_is_set()
            command = ("@{SPEC_KITTY}", "merge")
            story.add(Ran(argv=command, cwd="/", exit_status=1, stdout="", stderr="NOT_SYNCED", seconds=0.1))
            promise.observe("lane of WP01", "approved")
            kept(promise)
        """,
        "945-01",
    )
    assert result.observations == {
        "1. merge": "exit 1 NOT_SYNCED",
        "1. it is kept": "held",
        "lane of WP01": "approved",
    }
    assert len(result.story.steps) == 3
    assert result.story.arranged == 1
    assert 0 <= result.seconds < 60


MANY = """
    @a_case("945-01", variants={str(number): number for number in range(8)})
    def test_variants(variant, promise, request):
        promise.observe("variant", variant)
        promise.observe("time zone", request.node.stash[DISTURBANCE].time_zone)
        kept(promise)

    @a_case("945-02")
    def test_plain(promise):
        kept(promise)
"""
MANY_CASES = (*(f"945-01/{number}" for number in range(8)), "945-02")


def test_runs_follow_each_other_each_in_an_order_of_its_own(run):
    _, results = run(MANY, *MANY_CASES, runs=3)
    assert [result.run for result in results] == [1] * 9 + [2] * 9 + [3] * 9
    orders = [[result.case for result in results if result.run == number] for number in (1, 2, 3)]
    assert orders[0] == list(MANY_CASES)
    assert [sorted(order) for order in orders] == [list(MANY_CASES)] * 3
    assert len(set(map(tuple, orders))) == 3


def test_what_took_longest_the_last_time_comes_first(run):
    seconds = {case: 2.0**number for number, case in enumerate(MANY_CASES)}
    _, results = run(MANY, *MANY_CASES, runs=2, seconds={"cold": seconds})
    assert [result.case for result in results] == [*reversed(MANY_CASES)] * 2


def test_the_whole_walk_opens_every_run(run):
    text = (
        MANY
        + """
    @a_case("smoke-01")
    def test_walk(promise):
        kept(promise)
"""
    )
    cases = (*MANY_CASES, "smoke-01")
    seconds = {case: 2.0**number for number, case in enumerate(reversed(cases))}
    _, results = run(text, *cases, runs=3, seconds={"cold": seconds})
    assert [result.case for result in results if result.run == 1] == ["smoke-01", *MANY_CASES]
    assert [results[number * 10].case for number in range(3)] == ["smoke-01"] * 3


def test_of_a_sample_the_first_variant_of_each_case_runs_cold_once(run):
    _, results = run(MANY, *MANY_CASES, runs=2, launcher="sample")
    cold = {(result.case, result.run) for result in results if result.launcher == "cold"}
    assert cold == {("945-01/0", 1), ("945-02", 1)}
    assert {result.launcher for result in results} == {"cold", "warm"}


def test_a_variant_is_known_by_its_name_in_every_run(run):
    _, results = run(MANY, *MANY_CASES, runs=2)
    told = {(result.case, result.observations["variant"]) for result in results if "/" in result.case}
    assert told == {(f"945-01/{number}", str(number)) for number in range(8)}


def test_each_run_is_disturbed_in_its_own_way(run):
    _, results = run(MANY, *MANY_CASES, runs=3)
    zones = {(result.run, result.observations["time zone"]) for result in results if "/" in result.case}
    assert zones == {(1, "UTC"), (2, "LINT-14"), (3, "NST+3:30")}


def test_what_is_recorded_is_not_run_again(run):
    _, first = run(MANY, *MANY_CASES, runs=2, options=("--maxfail=1", "-k", "plain"))
    assert [(result.case, result.run) for result in first] == [("945-02", 1), ("945-02", 2)]
    _, second = run(MANY, *MANY_CASES, runs=2)
    assert second[:2] == first
    assert len(second) == 18
    ended, third = run(MANY, *MANY_CASES, runs=2)
    assert third == second
    assert ended.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_two_workers_record_each_result_once(run):
    ended, results = run(
        MANY,
        *MANY_CASES,
        runs=2,
        options=("-p", "xdist", "-n", "2", "--dist", "load", "--maxschedchunk", "1"),
    )
    assert ended.ret == pytest.ExitCode.OK
    recorded = sorted((result.case, result.run) for result in results)
    assert recorded == sorted((case, run) for case in MANY_CASES for run in (1, 2))


def test_a_worker_that_crashes_costs_its_case_and_no_other(run):
    ended, results = run(
        """
        @a_case("945-01")
        def test_crashes(promise):
            os._exit(9)

        @a_case("945-02", variants={"one": 1, "two": 2, "three": 3})
        def test_goes_on(variant, promise):
            kept(promise)
        """,
        *("945-01", "945-02/one", "945-02/two", "945-02/three"),
        options=("-p", "xdist", "-n", "2", "--dist", "load", "--maxschedchunk", "1"),
    )
    assert ended.ret == pytest.ExitCode.TESTS_FAILED
    assert {result.case for result in results} == {"945-02/one", "945-02/two", "945-02/three"}


def test_half_a_character_costs_its_case_and_no_other(run):
    _, results = run(
        """
        @a_case("945-01")
        def test_odd(promise):
            promise.observe("half a character", "\\ud800")
            kept(promise)

        @a_case("945-02")
        def test_goes_on(promise):
            kept(promise)
        """,
        *("945-01", "945-02"),
    )
    assert [result.verdict for result in results] == [Verdict.INCONCLUSIVE, Verdict.CONFORMS]
    assert "no Unicode" in results[0].reason


def test_what_cannot_be_recorded_ends_the_session_with_its_reason(run):
    ended, results = run(EVERY_VERDICT, "945-01", "945-02", announce=("945-02",))
    assert ended.ret == ExitCode.INTERNAL
    ended.stdout.fnmatch_lines(["*error[[]HARNESS_FAILED]: refused to record*945-01*"])
    assert results == ()


def test_without_a_plan_the_cases_are_ordinary_tests(pytester, suite):
    ended = pytester.runpytest_inprocess(*suite(EVERY_VERDICT), "-k", "keeps")
    ended.assert_outcomes(passed=1, deselected=8)


def test_who_is_left_alone_is_interrupted_until_it_ends(monkeypatch):
    theirs, ours = os.pipe()
    interrupted, both = [], threading.Event()

    def sleep(_):
        if len(interrupted) == 2:
            both.set()
            threading.Event().wait()  # as the thread would, had the process ended

    monkeypatch.setattr(os, "killpg", lambda group, number: interrupted.append((group, number)))
    monkeypatch.setattr(plugin, "time", SimpleNamespace(sleep=sleep))
    plugin._follow_to_the_end(theirs)
    assert interrupted == []
    os.close(ours)
    assert both.wait(20)
    assert interrupted == [(os.getpgrp(), signal.SIGINT)] * 2
    os.close(theirs)


def test_signals_that_a_shell_has_its_jobs_ignore_are_heard_again():
    numbers = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        for number in numbers[:2]:
            signal.signal(number, signal.SIG_IGN)
        plugin.hear_every_signal()
        now = [signal.getsignal(number) for number in numbers]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert now == [signal.default_int_handler, signal.SIG_DFL, before[signal.SIGTERM]]
