"""The trace: everything the seed asks for, with the cases that test it."""

from kitty_conformance.case import Case
from kitty_conformance.requirement import EVERYTHING
from kitty_conformance.signoff.aggregate import CaseOutcome, Outcome
from kitty_conformance.signoff.trace import asked_by, document, holes, issues, trace


def a_case(identity, *requirements, scenario="US1.1", also=()):
    return Case(
        id=identity, requirements=requirements, scenario=scenario, promise="p", rationale="r", also=also
    )


def row(traced, identity):
    return next(each for each in traced if each.id == identity)


def test_everything_the_seed_asks_for_is_there_in_its_order():
    ids = [each.id for each in trace(())]
    assert ids == list(EVERYTHING)
    assert [name for name in ids if name.startswith("FR-")] == [f"FR-{n:03}" for n in range(1, 15)]
    assert [name for name in ids if name.startswith("NFR-")] == [f"NFR-{n:03}" for n in range(1, 7)]
    assert [name for name in ids if name.startswith("C-")] == [f"C-{n:03}" for n in range(1, 7)]
    assert [name for name in ids if name.startswith("SC-")] == [f"SC-{n:03}" for n in range(1, 9)]
    assert [name for name in ids if name.startswith("edge-")] == [f"edge-{n}" for n in range(1, 9)]
    assert len([name for name in ids if name.startswith("US")]) == 13


def test_a_case_is_traced_to_its_requirements_its_scenario_and_what_else_it_covers():
    traced = trace(
        (a_case("945-01/b", "FR-001", also=("edge-1",)), a_case("945-01/a", "FR-001"), a_case("smoke-01"))
    )
    assert row(traced, "FR-001").cases == {"945-01": 2}
    assert row(traced, "edge-1").cases == {"945-01": 1}
    assert row(traced, "US1.1").cases == {"945-01": 2, "smoke-01": 1}
    assert row(traced, "FR-002").cases == {}


def test_what_has_neither_case_nor_reason_is_a_hole():
    found = holes(trace((a_case("945-01", "FR-001"),)))
    assert "FR-002" in found
    assert "FR-001" not in found
    assert "C-001" not in found


def test_a_reason_is_given_only_where_there_is_no_case():
    assert row(trace((a_case("smoke-01", "C-001"),)), "C-001").reason == ""
    assert row(trace(()), "C-001").reason


def test_outcomes_are_counted_for_each_requirement():
    one, two = a_case("945-01/a", "FR-001"), a_case("945-01/b", "FR-001")
    outcomes = [
        CaseOutcome(case=one, outcome=Outcome.CONFORMS, reason="", results=()),
        CaseOutcome(case=two, outcome=Outcome.VIOLATES, reason="x", results=()),
    ]
    assert row(trace((one, two), outcomes), "FR-001").counts == {Outcome.CONFORMS: 1, Outcome.VIOLATES: 1}


def test_a_person_reads_issues_cases_and_reasons():
    traced = trace((a_case("945-01/a", "FR-001"), a_case("945-01/b", "FR-001"), a_case("945-02", "FR-001")))
    assert asked_by(row(traced, "FR-001")) == "945-01 (2), 945-02"
    assert issues(row(traced, "FR-001")) == "#945"
    assert issues(row(traced, "SC-008")) == "all"
    assert "no reason" in asked_by(row(traced, "FR-002"))


def test_the_page_has_a_table_for_each_kind():
    page = document(trace((a_case("945-01", "FR-001"),)))
    assert "| FR-001 | Atomic transition evidence | #945 | 945-01 |" in page
    assert "#822" in page
    assert page.count("| --- | --- | --- | --- |") == 6
    assert page.endswith("|\n")
