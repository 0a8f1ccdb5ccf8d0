import json
from datetime import date

import pytest

from kitty_conformance import contract
from kitty_conformance.errors import HarnessError
from kitty_conformance.signoff import report, summary
from kitty_conformance.signoff.deferral import Deferral
from kitty_conformance.signoff.grouping import next_command

TODAY = date(2026, 6, 1)


def _summary(results, **options):
    built = report.build(results, today=TODAY, **options)
    files = {"report.json": "/r/report.json"}
    return json.loads(summary.encode(built, next_command=next_command(built), files=files))


def test_a_program_learns_what_was_found_and_what_to_do(blocked):
    told = _summary(blocked)
    assert (told["decision"], told["exit_code"]) == ("blocked", 1)
    assert told["counts"] == {
        "conforms": 1,
        "violates": 1,
        "inconclusive": 0,
        "not-applicable": 0,
        "flaky": 0,
    }
    (finding,) = told["findings"]
    assert (finding["case"], finding["issue"], finding["outcome"]) == ("951-02/block", "951", "violates")
    assert finding["requirements"] == ["FR-007", "SC-004"]
    assert finding["seen"] == "exit status 1: Out of scope: src/b.py"
    assert told["next"] == finding["reproduce"]
    assert told["files"] == {"report.json": "/r/report.json"}


def test_what_is_deferred_is_found_but_not_what_to_look_at_next(blocked):
    deferral = Deferral(case="951-02", reason="r", owner="o", link="https://example.org", until=TODAY)
    told = _summary(blocked, deferrals=[deferral])
    assert told["findings"][0]["deferred"].startswith("r (o, until")
    assert told["next"] == "kitty-conformance signoff 3.2.0a8"


def test_nothing_is_found_where_all_is_well(conforming):
    assert _summary(conforming)["findings"] == []


def test_a_summary_that_breaks_its_own_schema_is_never_printed(conforming, monkeypatch):
    monkeypatch.setattr(contract, "breach", lambda *_: "$: is wrong")
    with pytest.raises(HarnessError, match="the summary breaks its schema"):
        _summary(conforming)
