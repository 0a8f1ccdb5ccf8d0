"""The statement says what the report says, in the words of in-toto, and the same every time."""

from datetime import date

import msgspec
import pytest

from kitty_conformance import contract
from kitty_conformance.case import Verdict
from kitty_conformance.errors import HarnessError, NotVerifiedError
from kitty_conformance.signoff import report
from kitty_conformance.signoff.deferral import Deferral
from kitty_conformance.signoff.statement import Descriptor, decode, sha256, state

TODAY = date(2026, 6, 1)
FILES = {"results.ndjson": b"results", "report.json": b"report"}


def _stated(built, source="cd" * 32):
    return decode(state(built, FILES, results="results.ndjson", source=source))


def test_its_subject_is_the_wheel_that_was_tested(conforming):
    stated = _stated(report.build(conforming, today=TODAY))
    assert stated.type == "https://in-toto.io/Statement/v1"
    assert stated.predicate_type == "https://in-toto.io/attestation/test-result/v0.1"
    assert stated.subject == (
        Descriptor(
            name="spec-kitty-cli 3.2.0a8",
            digest={"sha256": "ab" * 32},
            uri="pkg:pypi/spec-kitty-cli@3.2.0a8",
        ),
    )


def test_a_build_that_was_never_released_has_no_address_in_the_index(builder, evidence):
    builder.cases = (evidence,)
    builder.target = msgspec.structs.replace(builder.target, requested="wheel:/a/b.whl")
    builder.record(evidence, [Verdict.CONFORMS] * 3)
    assert _stated(report.build(builder.results(), today=TODAY)).subject[0].uri == ""


def test_it_names_what_it_rests_on_by_digest(conforming):
    stated = _stated(report.build(conforming, today=TODAY))
    assert [(each.name, each.sha256, each.media_type) for each in stated.predicate.configuration] == [
        ("report.json", sha256(b"report"), ""),
        ("results.ndjson", sha256(b"results"), "application/x-ndjson"),
        ("kitty_suites", "cd" * 32, ""),
    ]
    assert [each.name for each in stated.files] == ["report.json", "results.ndjson"]


def test_a_source_that_was_not_recorded_is_not_made_up(conforming):
    stated = _stated(report.build(conforming, today=TODAY), source="")
    assert [each.name for each in stated.predicate.configuration] == ["report.json", "results.ndjson"]


def test_every_case_is_in_the_list_it_belongs_to(builder, evidence, ownership, renamed):
    flaky, untested, without, deferred = (renamed(evidence, f"945-0{number}") for number in range(2, 6))
    builder.cases = (evidence, flaky, untested, without, deferred, ownership)
    builder.record(evidence, [Verdict.CONFORMS] * 3)
    builder.record(flaky, [Verdict.CONFORMS, Verdict.VIOLATES, Verdict.CONFORMS])
    builder.record(untested, [Verdict.INCONCLUSIVE] * 3)
    builder.record(without, [Verdict.NOT_APPLICABLE] * 3)
    builder.record(deferred, [Verdict.VIOLATES] * 3)
    builder.record(ownership, [Verdict.VIOLATES] * 3)
    deferrals = [Deferral(case="945-05", reason="r", owner="o", link="https://example.org", until=TODAY)]
    predicate = _stated(report.build(builder.results(), today=TODAY, deferrals=deferrals)).predicate
    assert predicate.result == "FAILED"
    assert predicate.passed_tests == ("945-01/move-task",)
    assert predicate.warned_tests == ("945-05",)
    assert predicate.failed_tests == ("945-02", "945-03", "951-02/block")


def test_a_release_passes_if_it_is_releasable(conforming):
    assert _stated(report.build(conforming, today=TODAY)).predicate.result == "PASSED"
    assert _stated(report.build(conforming, today=TODAY, needed_runs=4)).predicate.result == "FAILED"


def test_a_release_with_deferred_violations_passes_with_warnings(blocked):
    deferrals = [Deferral(case="951-02", reason="r", owner="o", link="https://example.org", until=TODAY)]
    assert _stated(report.build(blocked, today=TODAY)).predicate.result == "FAILED"
    built = report.build(blocked, today=TODAY, deferrals=deferrals)
    assert _stated(built).predicate.result == "WARNED"


def test_the_same_report_gives_the_same_bytes(conforming):
    built = report.build(conforming, today=TODAY)
    backwards = dict(reversed(FILES.items()))
    assert state(built, FILES, results="results.ndjson", source="") == state(
        built, backwards, results="results.ndjson", source=""
    )


def test_what_is_no_statement_is_told(conforming):
    with pytest.raises(NotVerifiedError, match="is not JSON"):
        decode(b"{")
    data = state(report.build(conforming, today=TODAY), FILES, results="results.ndjson", source="")
    with pytest.raises(NotVerifiedError, match=r"does not match the statement schema: \$.predicate.result"):
        decode(data.replace(b'"PASSED"', b'"FINE"'))


def test_a_statement_that_breaks_its_own_schema_is_never_written(conforming, monkeypatch):
    monkeypatch.setattr(contract, "breach", lambda *_: "$: is wrong")
    with pytest.raises(HarnessError, match="the statement breaks its schema"):
        state(report.build(conforming, today=TODAY), FILES, results="results.ndjson", source="")
    assert "statement" in contract.NAMES
