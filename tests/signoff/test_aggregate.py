import msgspec
import pytest

from kitty_conformance.case import Verdict
from kitty_conformance.signoff.aggregate import Outcome, aggregate, by_suite, unasked

C, V, X, N = Verdict.CONFORMS, Verdict.VIOLATES, Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE


def _first(builder):
    return aggregate(builder.results())[0]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_runs_that_agree_give_their_verdict(builder, evidence, verdict):
    outcome = _first(builder.record(evidence, [verdict] * 3, reason="why"))
    assert (outcome.outcome.value, outcome.reason) == (verdict.value, "why")
    assert (outcome.differing, outcome.missing) == ((), ())


@pytest.mark.parametrize("verdicts", [(C, V, C), (C, C, X), (X, V, V), (N, C, C)])
def test_runs_whose_verdicts_differ_make_a_case_flaky(builder, evidence, verdicts):
    outcome = _first(builder.record(evidence, verdicts))
    assert outcome.outcome is Outcome.FLAKY
    assert outcome.differing == ("verdict",)
    assert outcome.reason == "the runs disagree: " + ", ".join(
        f"{verdict} in run {run}" for run, verdict in enumerate(verdicts, start=1)
    )


def test_runs_that_observed_different_things_make_a_case_flaky(builder, evidence):
    for run, code in enumerate(["0", "0", "1"], start=1):
        builder.recorded.append(builder.result(evidence, run, observations={"exit": code, "lane": "done"}))
    outcome = _first(builder)
    assert (outcome.outcome, outcome.differing) == (Outcome.FLAKY, ("exit",))
    assert "exit: '0' in run 1, '0' in run 2, '1' in run 3" in outcome.reason
    assert outcome.telling.run == 3


def test_an_observation_that_one_run_lacks_is_a_difference(builder, evidence):
    builder.recorded += [
        builder.result(evidence, 1, observations={"a": "1", "b": "2"}),
        builder.result(evidence, 2, observations={}),
        builder.result(evidence, 3, observations={}),
    ]
    outcome = _first(builder)
    assert outcome.differing == ("a", "b")
    assert "a (and 1 more): '1' in run 1, 'nothing' in run 2" in outcome.reason


def test_what_was_never_put_to_the_test_is_inconclusive_however_far_it_got(builder, evidence):
    for run in (1, 2, 3):
        builder.recorded.append(builder.result(evidence, run, X, observations={"step": str(run)}))
    assert _first(builder).outcome is Outcome.INCONCLUSIVE


def test_a_case_without_any_result_is_inconclusive(builder):
    outcome = _first(builder)
    assert (outcome.outcome, outcome.reason) == (Outcome.INCONCLUSIVE, "no result was recorded")
    assert outcome.missing == (1, 2, 3)
    assert outcome.telling is None


def test_a_run_without_a_result_is_inconclusive_even_if_the_others_conform(builder, evidence):
    outcome = _first(builder.record(evidence, [C, C]))
    assert (outcome.outcome, outcome.reason) == (Outcome.INCONCLUSIVE, "no result was recorded for run 3")


def test_a_recorded_violation_stays_one_when_a_run_is_missing(builder, evidence):
    outcome = _first(builder.record(evidence, [V, V], reason="lost"))
    assert (outcome.outcome, outcome.missing) == (Outcome.VIOLATES, (3,))
    assert outcome.reason == "lost; no result was recorded for run 3"


def test_the_order_of_recording_does_not_matter(builder, evidence):
    builder.record(evidence, [C, V, X])
    forwards = _first(builder)
    builder.recorded.reverse()
    assert _first(builder) == forwards


@pytest.mark.parametrize(("verdicts", "run"), [((C, X, V), 3), ((C, X, C), 2), ((C, C, C), 1)])
def test_the_telling_run_is_the_worst_one(builder, evidence, verdicts, run):
    assert _first(builder.record(evidence, verdicts)).telling.run == run


def test_suites_are_counted_in_the_order_of_the_seed(blocked):
    first, second = by_suite(aggregate(blocked))
    assert (first.suite, first.title, first.cases) == ("945", "Transition evidence", 1)
    assert first.counts == {each: int(each is Outcome.CONFORMS) for each in Outcome}
    assert second.counts[Outcome.VIOLATES] == 1


def test_suites_without_a_chosen_case_are_named(blocked):
    assert unasked(aggregate(blocked)) == ("smoke", "944", "949", "950", "952", "953", "904")


@pytest.fixture
def ran(builder, evidence):
    """Records one case, run by these launchers, with these verdicts and observations; gives its outcome."""

    def record(*runs):
        for run, (launcher, verdict, seen) in enumerate(runs, start=1):
            result = builder.result(evidence, run, verdict, observations={"1. merge": seen})
            builder.recorded.append(msgspec.structs.replace(result, launcher=launcher))
        return _first(builder)

    return record


def test_where_the_runs_part_by_launcher_that_is_said(ran):
    outcome = ran(("cold", C, "exit 0"), ("warm", C, "exit 1"), ("warm", C, "exit 1"))
    assert outcome.outcome is Outcome.FLAKY
    assert outcome.reason == (
        "cold and warm differ, suspect kitty-conformance first: 1. merge: 'exit 0' cold, 'exit 1' warm"
    )


def test_a_verdict_that_parts_by_launcher_is_said(ran):
    outcome = ran(("cold", C, "same"), ("warm", V, "same"), ("warm", V, "same"))
    assert outcome.reason.endswith(": verdict: conforms cold, violates warm")


@pytest.mark.parametrize(
    "runs",
    [
        [("cold", C, "exit 0"), ("warm", C, "exit 1"), ("warm", C, "exit 0")],
        [("warm", C, "exit 0"), ("warm", C, "exit 1"), ("warm", C, "exit 1")],
        [("cold", C, "exit 0"), ("cold", C, "exit 1"), ("warm", C, "exit 1")],
    ],
)
def test_runs_that_part_in_other_ways_are_only_flaky(ran, runs):
    outcome = ran(*runs)
    assert outcome.outcome is Outcome.FLAKY
    assert outcome.reason.startswith("the runs observed different things: 1. merge: ")
