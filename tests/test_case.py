import pytest

from kitty_conformance.case import case, combine


def described(function):
    return next(mark for mark in function.pytestmark if mark.name == "case")


def test_the_marker_carries_identity_and_variants():
    @case(
        "945-01",
        requirements=("FR-001",),
        scenario="US1.1",
        promise="p",
        rationale="r",
        variants={"emit": 1, "move-task": 2},
    )
    def body(variant):
        pass

    mark = described(body)
    assert mark.args[0].id == "945-01"
    assert mark.args[0].suite == "945"
    assert mark.kwargs["variants"] == ("emit", "move-task")


def test_a_case_without_variants_has_none():
    @case("smoke-01", requirements=("SC-001",), scenario="SC-001", promise="p", rationale="r")
    def body():
        pass

    assert described(body).kwargs["variants"] == ()
    assert described(body).args[0].suite == "smoke"


@pytest.mark.parametrize("identity", ["945", "945-1", "999-01", "smoke", "945-01/x"])
def test_a_malformed_identity_is_found_at_import(identity):
    with pytest.raises(ValueError, match="malformed case id"):
        case(identity, requirements=("FR-001",), scenario="US1.1", promise="p", rationale="r")


def test_a_malformed_requirement_is_found_at_import():
    with pytest.raises(ValueError, match="unknown requirement 'FR-1' in case 945-01"):
        case("945-01", requirements=("FR-1",), scenario="US1.1", promise="p", rationale="r")


def test_combine_names_every_combination():
    assert combine({"emit": 1, "move": 2}, {"root": "r", "lane": "l"}) == {
        "emit/root": (1, "r"),
        "emit/lane": (1, "l"),
        "move/root": (2, "r"),
        "move/lane": (2, "l"),
    }


def test_an_unknown_scenario_is_found_at_import():
    with pytest.raises(ValueError, match=r"unknown scenario 'edge-9' in case 945-01"):
        case(
            "945-01", requirements=("FR-001",), scenario="US1.1", also=("edge-9",), promise="p", rationale="r"
        )


def test_a_scenario_is_no_requirement():
    with pytest.raises(ValueError, match=r"unknown requirement 'US1\.1'"):
        case("945-01", requirements=("US1.1",), scenario="US1.1", promise="p", rationale="r")


def test_what_a_case_covers_is_listed_once():
    @case(
        "smoke-01", requirements=("SC-001",), scenario="SC-001", also=("US1.1",), promise="p", rationale="r"
    )
    def body():
        pass

    assert described(body).args[0].covers == ("SC-001", "US1.1")
