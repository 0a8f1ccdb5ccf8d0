import pytest

from kitty_conformance.case import Case, Verdict
from kitty_conformance.results import CaseResult, TargetIdentity
from kitty_conformance.running import durations
from kitty_conformance.running.estimate import Estimate
from kitty_conformance.running.session import Session
from kitty_conformance.story import Story


def result(case, seconds, run=1, **more):
    return CaseResult(
        case=case,
        run=run,
        verdict=Verdict.CONFORMS,
        reason="",
        observations={},
        story=Story(),
        seconds=seconds,
        **more,
    )


def test_two_workers_need_half_as_long():
    planned = {("951-01", 1): 30.0, ("951-02", 1): 10.0}
    assert (Estimate(planned, 1).seconds, Estimate(planned, 2).seconds) == (40.0, 20.0)


def test_what_is_done_is_left_no_more():
    estimate = Estimate({("951-01", 1): 30.0, ("951-02", 1): 10.0}, 1)
    estimate.take(result("951-01", 30.0))
    assert estimate.seconds == 10.0
    estimate.take(result("951-02", 10.0))
    assert estimate.seconds == 0.0


def test_a_slower_machine_needs_longer():
    estimate = Estimate({("951-01", 1): 30.0, ("951-02", 1): 10.0}, 1)
    estimate.take(result("951-01", 60.0))
    assert estimate.seconds == 20.0


def test_a_case_nobody_ran_before_is_taken_for_an_average_one():
    estimate = Estimate({("951-01", 1): 30.0, ("951-02", 1): None}, 1)
    assert estimate.seconds == 60.0


def test_nothing_is_made_up_before_there_is_anything_to_go_by():
    estimate = Estimate({("951-01", 1): None, ("951-02", 1): None}, 1)
    assert estimate.seconds is None
    estimate.take(result("951-01", 8.0))
    assert estimate.seconds == 8.0


def test_what_was_reused_says_nothing_about_the_pace():
    estimate = Estimate({("951-01", 1): 30.0, ("951-02", 1): 10.0}, 1)
    estimate.take(result("951-01", 500.0, reused="2026-05-02T00:00:00Z"))
    assert estimate.seconds == 10.0


@pytest.fixture
def session(tmp_path):
    """Two runs of one case, the first cold, the second warm."""
    case = Case(id="951-01", requirements=("FR-007",), scenario="US3.1", promise="p", rationale="r")
    target = TargetIdentity(
        requested="pypi:1", version="1", sha256="ab" * 32, resolution="era", python="3", dependencies=()
    )
    return Session(
        environment=tmp_path,
        identity=target,
        cases=(case,),
        runs=2,
        workers=1,
        launcher="both",
        durations=tmp_path / "durations.json",
        results=tmp_path / "results.ndjson",
    )


def test_a_session_is_estimated_from_what_was_kept_of_earlier_ones(session):
    assert Estimate.of(session).seconds is None
    durations.learn(session.durations, [result("951-01", 9.0), result("951-01", 2.0, launcher="warm")])
    assert Estimate.of(session).seconds == 11.0
    assert Estimate.of(session, {("951-01", 1)}).seconds == 2.0
