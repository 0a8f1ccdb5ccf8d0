import pytest

from kitty_conformance.case import Case
from kitty_conformance.running.disturbance import cold_sample, disturbance, ordered


def test_three_runs_differ_in_every_respect():
    first, second, third = (disturbance(run) for run in (1, 2, 3))
    for respect in ("hash_seed", "time_zone", "path_padding", "order_seed"):
        assert len({getattr(run, respect) for run in (first, second, third)}) == 3
    assert [run.load for run in (first, second, third)] == [False, False, True]


def test_a_run_is_always_disturbed_the_same_way():
    assert disturbance(2) == disturbance(2)


def test_the_first_run_keeps_the_order_and_others_shuffle_it_reproducibly():
    things = list(range(50))
    assert ordered(things, 0) == things
    assert ordered(things, 1) == ordered(things, 1) != things
    assert sorted(ordered(things, 1)) == things


def test_what_takes_longest_comes_first_and_what_is_not_known_before_it():
    seconds = {"walk": 40.0, "long": 5.0, "as long": 4.1, "short": 0.2, "nothing": 0.0, "new": None}
    order = ordered(list(seconds), 0, seconds=seconds.get)
    assert order == ["new", "walk", "long", "as long", "short", "nothing"]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_opens_a_run_comes_before_all_others(seed):
    seconds = {"walk": 40.0, "long": 500.0, "new": None, "short": 0.2}
    order = ordered(list(seconds), seed, seconds=seconds.get, opens=lambda each: each == "walk")
    assert order == ["walk", "new", "long", "short"]
    assert ordered(list(seconds), seed, opens=lambda each: each == "new")[0] == "new"


def test_what_takes_about_as_long_is_still_shuffled():
    alike = {str(number): 1.0 + number / 100 for number in range(50)}
    first, second = (ordered(list(alike), seed, seconds=alike.get) for seed in (1, 2))
    assert sorted(first) == sorted(second) == sorted(alike)
    assert first != second


def test_both_runs_each_case_either_way():
    assert [disturbance(run, launcher="both").launcher for run in (1, 2, 3)] == ["cold", "warm", "warm"]
    assert [disturbance(run, launcher="sample").launcher for run in (1, 2, 3)] == ["sample", "warm", "warm"]


def of(identity, **others):
    return Case(id=identity, requirements=(), scenario="US1.1", promise="p", rationale="r", **others)


def test_a_sample_is_the_first_variant_of_each_case_but_of_those_that_repeat_every_step():
    cases = [of(each) for each in ("945-02/b", "945-02/a", "945-01", "949-01/x/y")]
    assert cold_sample([*cases, of("944-01/implement", every_step=True)]) == {
        "945-01",
        "945-02/a",
        "949-01/x/y",
    }
