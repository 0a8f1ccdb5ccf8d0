"""JUnit XML: what a CI system shows of a report."""

from datetime import date
from xml.etree import ElementTree as ET

import pytest

from kitty_conformance.case import Verdict
from kitty_conformance.signoff import report
from kitty_conformance.signoff.deferral import Deferral
from kitty_conformance.signoff.junit import render

TODAY = date(2026, 6, 1)
DEFERRAL = Deferral(case="951-02", reason="Mended", owner="team", link="https://example.org/1", until=TODAY)


def cases(built):
    root = ET.fromstring(render(built))  # noqa: S314 - written by us
    return {case.get("name"): case for case in root.iter("testcase")}


def test_the_same_report_gives_the_same_bytes(blocked):
    built = report.build(blocked, today=TODAY)
    assert render(built) == render(built)


def test_a_violation_is_a_failure_with_promise_expected_seen_and_the_next_command(blocked):
    failure = cases(report.build(blocked, today=TODAY))["951-02/block"].find("failure")
    assert failure.get("type") == "violates"
    assert failure.get("message") == "WP02 may commit src/b.py, which it owns"
    for said in ("expected  exit status 0", "kitty-conformance reproduce 951-02/block --target 3.2.0a8"):
        assert said in failure.text


def test_requirements_are_properties(blocked):
    case = cases(report.build(blocked, today=TODAY))["951-02/block"]
    named = [(each.get("name"), each.get("value")) for each in case.iter("property")]
    assert ("requirement", "FR-007") in named
    assert ("requirement", "SC-004") in named
    assert ("scenario", "US3.1") in named


def test_what_conforms_has_no_result(blocked):
    case = cases(report.build(blocked, today=TODAY))["945-01/move-task"]
    assert [child.tag for child in case] == ["properties"]


@pytest.mark.parametrize(
    ("verdicts", "tag"),
    [
        ([Verdict.INCONCLUSIVE] * 3, "error"),
        ([Verdict.NOT_APPLICABLE] * 3, "skipped"),
        ([Verdict.CONFORMS, Verdict.VIOLATES, Verdict.CONFORMS], "failure"),
    ],
)
def test_never_green_without_a_kept_promise(builder, evidence, verdicts, tag):
    builder.cases = (evidence,)
    builder.record(evidence, verdicts, reason="why")
    (case,) = cases(report.build(builder.results(), today=TODAY)).values()
    assert case.find(tag) is not None


def test_a_deferred_violation_is_skipped_and_says_why(blocked):
    case = cases(report.build(blocked, today=TODAY, deferrals=[DEFERRAL]))["951-02/block"]
    assert case.find("failure") is None
    assert "Mended" in case.find("skipped").get("message")


def test_suites_count_what_is_in_them(blocked):
    root = ET.fromstring(render(report.build(blocked, today=TODAY)))  # noqa: S314 - written by us
    suites = {suite.get("name"): suite for suite in root.iter("testsuite")}
    assert suites["951 Active work-package ownership"].get("failures") == "1"
    assert suites["945 Transition evidence"].get("failures") == "0"


def test_colours_that_a_target_printed_leave_the_document_well_formed(builder, ownership):
    builder.cases = (ownership,)
    builder.record(ownership, [Verdict.VIOLATES] * 3, reason="\x1b[31mred\x1b[0m \x00 é 🐱")
    failure = cases(report.build(builder.results(), today=TODAY))["951-02/block"].find("failure")
    assert failure.get("message") == "\\x1b[31mred\\x1b[0m \\x00 é 🐱"
