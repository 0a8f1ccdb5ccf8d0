"""The report as JUnit XML, for whatever shows test results: a suite per issue, a test case per promise.

A violation and a flaky case are failures, what could not be put to the test is an error, what does not apply
is skipped with its reason. Requirement ids and scenario are properties of the test case.
"""

from __future__ import annotations

import re
from typing import Final

from junitparser import Error, Failure, JUnitXml, Properties, Property, Skipped, TestCase, TestSuite
from junitparser.junitparser import FinalResult

from kitty_conformance.signoff.again import reproduce_command
from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.document import CasePart, Report
from kitty_conformance.signoff.shell import readable

_UNSAYABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold, written out or not."""

_RESULTS: Final = {
    Outcome.VIOLATES: Failure,
    Outcome.FLAKY: Failure,
    Outcome.INCONCLUSIVE: Error,
    Outcome.NOT_APPLICABLE: Skipped,
}


def render(report: Report) -> bytes:
    """Return the whole document; the same report gives the same bytes."""
    document = JUnitXml(f"spec-kitty {report.target.name}")
    for suite in report.suites:
        mine = TestSuite(f"{suite.suite} {suite.title}")
        mine.timestamp = report.started.removesuffix("Z")
        mine.add_property("target", report.target.requested)
        mine.add_property("wheel sha256", report.target.sha256)
        for part in report.cases:
            if part.case.suite == suite.suite:
                mine.add_testcase(_case(report, part))
        document.add_testsuite(mine)
    document.update_statistics()
    written: bytes = document.tostring()
    return written + b"\n"


def _case(report: Report, part: CasePart) -> TestCase:
    case = TestCase(part.case.id, classname=f"kitty_conformance.{part.case.suite}")
    case.time = round(sum(run.seconds for run in part.runs), 3)
    properties = Properties()
    for name, value in _properties(part):
        properties.add_property(Property(name, _sayable(value)))
    case.append(properties)
    if part.outcome in _RESULTS and not part.deferred:
        case.result = [_result(report, part)]
    elif part.deferred:
        case.result = [Skipped(_sayable(f"deferred: {part.deferred}"))]
    return case


def _properties(part: CasePart) -> list[tuple[str, str]]:
    named = [("issue", part.case.suite), ("scenario", part.case.scenario), ("promise", part.case.promise)]
    return [*named, *(("requirement", requirement) for requirement in part.case.requirements)]


def _result(report: Report, part: CasePart) -> FinalResult:
    result: FinalResult = _RESULTS[part.outcome](_sayable(readable(part.reason)), str(part.outcome))
    if part.outcome is not Outcome.NOT_APPLICABLE:
        result.text = _sayable(
            f"promise   {readable(part.case.promise)}\n"
            f"expected  {readable(part.expected)}\n"
            f"seen      {readable(part.seen)}\n"
            f"again     {reproduce_command(report.target, part.case.id)}\n"
        )
    return result


def _sayable(text: str) -> str:
    r"""Write what XML cannot say, such as the escape of a colour, as Python would: `\x1b`."""
    return _UNSAYABLE.sub(lambda match: ascii(match[0])[1:-1], text)
