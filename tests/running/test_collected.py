import pytest

from kitty_conformance.running.collected import case_of, run_of

pytest_plugins = ["pytester"]

SUITE = """
    @a_case("945-01", variants={"emit": 1, "move/root": 2})
    def test_with_variants(variant):
        pass

    @a_case("945-02")
    def test_without():
        pass

    def test_no_case():
        pass
"""


@pytest.fixture
def collected(pytester, suite):
    """Collects the suite; gives the case id (or nothing) and run of each item."""

    def collect(*options):
        items, _ = pytester.inline_genitems(*suite(SUITE), *options)
        return {(getattr(case_of(item), "id", None), run_of(item)) for item in items}

    return collect


def test_a_variant_is_spelt_out_in_the_id(collected):
    assert collected() == {("945-01/emit", 1), ("945-01/move/root", 1), ("945-02", 1), (None, 1)}


def test_repetitions_are_runs_of_the_same_case(collected):
    names = ("945-01/emit", "945-01/move/root", "945-02", None)
    assert collected("--count", "3", "--repeat-scope", "session") == {
        (name, run) for name in names for run in (1, 2, 3)
    }
