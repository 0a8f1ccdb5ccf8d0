import msgspec
import pytest

from kitty_conformance.case import Verdict
from kitty_conformance.results import CaseResult
from kitty_conformance.signoff import cost
from kitty_conformance.story import Story


@pytest.fixture
def results():
    """Two runs of three cases; one result was reused."""

    def result(case, run, seconds, **others):
        return CaseResult(
            case=case,
            run=run,
            verdict=Verdict.CONFORMS,
            reason="",
            observations={},
            story=Story(),
            seconds=seconds,
            cpu=seconds / 2,
            **others,
        )

    return [
        result("945-01/emit", 1, 3.0),
        result("945-01/emit", 2, 1.0),
        result("945-02", 1, 2.0),
        result("945-02", 2, 50.0, reused="2026-05-02T00:00:00Z"),
        result("smoke-01", 1, 20.0),
    ]


def test_the_costliest_case_comes_first_over_all_runs(results):
    told = [(each.name, each.results, each.seconds, each.cpu) for each in cost.by_case(results)]
    assert told == [("smoke-01", 1, 20.0, 10.0), ("945-01/emit", 2, 4.0, 2.0), ("945-02", 1, 2.0, 1.0)]


def test_suites_are_added_up(results):
    assert [(each.name, each.seconds) for each in cost.by_suite(results)] == [("smoke", 20.0), ("945", 6.0)]


def test_it_is_told_in_lines_with_as_many_cases_as_were_asked_for(results):
    assert list(cost.lines(results, 1)) == [
        "cost    26.0 s in 4 results, commands 13.0 s of CPU",
        "     20.0 s      10.0 s CPU     1x  smoke",
        "      6.0 s       3.0 s CPU     3x  945",
        "     20.0 s      10.0 s CPU     1x  smoke-01",
    ]


def test_a_result_that_is_all_reused_costs_nothing(results):
    assert list(cost.lines([msgspec.structs.replace(results[0], reused="x")], 5)) == [
        "cost    0.0 s in 0 results, commands 0.0 s of CPU"
    ]
