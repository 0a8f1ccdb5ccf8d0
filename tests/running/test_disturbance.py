from kitty_conformance.running.disturbance import disturbance, ordered


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
