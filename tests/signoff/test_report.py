import json
from dataclasses import replace
from datetime import date

import msgspec
import pytest

from kitty_conformance.case import Verdict
from kitty_conformance.errors import HarnessError, ResultsUnusableError
from kitty_conformance.signoff import report
from kitty_conformance.signoff.deferral import Deferral

TODAY = date(2026, 6, 1)
DEFERRAL = Deferral(
    case="951-02", reason="Mended next", owner="team", link="https://example.org/1", until=TODAY
)


def test_the_same_results_give_the_same_bytes_in_whatever_order_they_were_recorded(blocked):
    first = report.encode(report.build(blocked, today=TODAY))
    other = type(blocked)(
        header=blocked.header, results=tuple(reversed(blocked.results)), footer=blocked.footer
    )
    assert report.encode(report.build(other, today=TODAY)) == first


def test_the_bytes_are_sorted_indented_and_end_with_a_newline(blocked):
    data = report.encode(report.build(blocked, today=TODAY, deferrals=[DEFERRAL]))
    document = json.loads(data)
    assert data == json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def test_a_report_is_read_back(blocked):
    built = report.build(blocked, today=TODAY, deferrals=[DEFERRAL])
    assert report.decode(report.encode(built)) == built


def test_it_says_what_was_decided_and_of_which_build(blocked, target):
    built = report.build(blocked, today=TODAY)
    assert built.decision.decision == "blocked"
    assert built.decision.exit_code == 1
    assert built.decision.reasons == ("violated: 1 case (951-02/block)",)
    assert (built.target, built.harness) == (target, "0.1.0")
    assert [part.run for part in built.runs] == [1, 2, 3]
    assert "952" in built.unasked


def test_a_violation_carries_its_evidence_in_full_and_what_conforms_an_outline(blocked, ownership_story):
    conforms, violates = report.build(blocked, today=TODAY).cases
    assert (violates.expected, violates.seen) == ("exit status 0", "exit status 1: Out of scope: src/b.py")
    assert violates.evidence.run == 1
    assert violates.evidence.story == ownership_story
    assert conforms.evidence.story is None
    assert len(conforms.evidence.outline) == 7
    assert [run.verdict for run in violates.runs] == ["violates"] * 3


def test_a_deferred_violation_says_why_it_does_not_block(blocked):
    built = report.build(blocked, today=TODAY, deferrals=[DEFERRAL])
    assert built.decision.decision == "releasable"
    assert built.cases[1].deferred == "Mended next (team, until 2026-06-01, https://example.org/1)"
    assert built.deferrals[0].status == "applied"


def test_determinism_counts_the_cases_that_agree(builder, evidence, ownership):
    builder.record(evidence, [Verdict.CONFORMS] * 3)
    builder.record(ownership, [Verdict.CONFORMS, Verdict.VIOLATES, Verdict.CONFORMS])
    determinism = report.build(builder.results(), today=TODAY).determinism
    assert (determinism.compared, determinism.agreeing, determinism.flaky) == (2, 1, ("951-02/block",))
    assert determinism.statement.startswith("3 runs, each disturbed differently: 1 of 2 cases")


def test_a_single_run_makes_no_claim_of_determinism(builder, evidence):
    builder.runs = 1
    built = report.build(builder.record(evidence, [Verdict.CONFORMS]).results(), today=TODAY, needed_runs=1)
    assert built.determinism.statement == "1 run, nothing to compare: determinism was not tested"


def test_truncated_results_make_an_inconclusive_report(builder):
    built = report.build(builder.results(whole=False), today=TODAY)
    assert built.decision.decision == "inconclusive"
    assert "the results are truncated" in built.decision.reasons
    assert built.finished == ""
    assert built.cases[0].evidence is None
    assert report.decode(report.encode(built)) == built


def test_a_report_that_breaks_its_schema_is_never_written(blocked):
    built = msgspec.structs.replace(report.build(blocked, today=TODAY), started="yesterday")
    with pytest.raises(HarnessError, match=r"breaks its schema: \$\.started"):
        report.encode(built)


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"<html>", "is not JSON"), (b"\xff", "is not JSON"), (b"{}", "does not match the report schema")],
)
def test_what_is_no_report_is_refused(data, said):
    with pytest.raises(ResultsUnusableError, match=said):
        report.decode(data, name="report.json")


def test_what_was_reused_is_said_with_the_decision(blocked):
    first, *others = blocked.results
    reused = msgspec.structs.replace(first, reused="2026-05-01T00:00:00Z")
    built = report.build(replace(blocked, results=(reused, *others)), today=TODAY)
    assert built.decision.reasons[-1] == "1 of 6 results were reused from earlier runs of the very same"
    assert [run.reused for case in built.cases for run in case.runs].count("2026-05-01T00:00:00Z") == 1


def test_with_adapters_on_no_release_is_decided_on(blocked, target):
    adapted = msgspec.structs.replace(
        blocked.header, target=msgspec.structs.replace(target, adapters=("951",))
    )
    built = report.build(replace(blocked, header=adapted), today=TODAY, signing_off=True)
    assert not built.signing_off
    assert built.decision.reasons[0] == (
        "adapters are on for #951: this is not the wheel as it is, and no release is decided on"
    )
    assert report.build(blocked, today=TODAY, signing_off=True).signing_off


@pytest.mark.parametrize("signing_off", [True, False])
def test_only_a_release_is_held_to_all_there_is(conforming, signing_off):
    header = msgspec.structs.replace(conforming.header, shard="1/2", crash_points=1)
    asked = replace(conforming, header=header)
    known = {"945-01/move-task", "951-02/block", "953-01"}
    reasons = report.build(asked, today=TODAY, known=known, signing_off=signing_off).decision.reasons
    assert ("only shard 1/2 of the cases was asked" in reasons) is signing_off
    assert ("not asked, of 3 cases there are: 1 case (953-01)" in reasons) is signing_off
    assert any("--crash-points" in reason for reason in reasons) is signing_off


def test_results_are_of_the_day_they_were_finished_or_else_begun(builder):
    assert report.recorded_on(builder.results()) == date(2026, 5, 3)
    assert report.recorded_on(builder.results(whole=False)) == date(2026, 5, 3)
