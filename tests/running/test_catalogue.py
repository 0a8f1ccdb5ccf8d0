import os

import pytest

from kitty_conformance.case import SUITES
from kitty_conformance.errors import HarnessError
from kitty_conformance.running import catalogue as module
from kitty_conformance.running.catalogue import catalogue, own_settings


@pytest.fixture
def collect(monkeypatch, suite):
    """Collects a tiny suite instead of ours."""

    def collect(text):
        arguments = suite(text)
        monkeypatch.setattr(module, "suite_arguments", lambda: arguments)
        return [case.id for case in catalogue()]

    return collect


def test_our_suites_are_collected_in_the_order_of_their_ids():
    cases = catalogue()
    assert [case.id for case in cases] == sorted({case.id for case in cases})
    assert {"945", "949", "951"} <= {case.suite for case in cases} <= set(SUITES)


def test_variants_are_spelt_out(collect):
    suite = """
        @a_case("945-02", variants={"b": 1, "a": 2})
        def test_variants(variant): ...

        @a_case("945-01")
        def test_plain(): ...

        def test_is_no_case(): ...
    """
    assert collect(suite) == ["945-01", "945-02/a", "945-02/b"]


def test_a_suite_that_cannot_be_imported_is_our_fault(collect):
    with pytest.raises(HarnessError, match=r"the suites cannot be collected: .*RuntimeError: broken suite"):
        collect("raise RuntimeError('broken suite')")


def test_two_cases_of_one_id_are_our_fault(collect):
    suite = """
        @a_case("945-01")
        def test_one(): ...

        @a_case("945-01")
        def test_another(): ...
    """
    with pytest.raises(HarnessError, match="two cases have the id 945-01"):
        collect(suite)


def test_a_pytest_that_fails_is_our_fault(monkeypatch):
    monkeypatch.setattr(module, "suite_arguments", lambda: ["--no-such-option"])
    with pytest.raises(HarnessError, match=r"cannot be collected: .*--no-such-option"):
        catalogue()


def test_settings_for_other_suites_are_left_aside_and_put_back(monkeypatch, collect):
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    before = dict(os.environ)
    assert collect("@a_case('945-01')\ndef test_one(): ...") == ["945-01"]
    assert dict(os.environ) == before
    assert own_settings({"PYTEST_ADDOPTS": "-x", "HOME": "/h"}) == {
        "HOME": "/h",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
