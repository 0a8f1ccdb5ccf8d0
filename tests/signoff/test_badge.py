import json
from datetime import date

import msgspec
import pytest

from kitty_conformance import contract
from kitty_conformance.case import Verdict
from kitty_conformance.errors import HarnessError
from kitty_conformance.signoff import badge, report

TODAY = date(2026, 6, 1)


def _rendered(results, *, signing_off=True, **options):
    built = report.build(results, today=TODAY, **options)
    return json.loads(badge.render(msgspec.structs.replace(built, signing_off=signing_off)))


def test_it_is_what_shields_reads(conforming):
    assert _rendered(conforming) == {
        "schemaVersion": 1,
        "label": "spec-kitty 3.2.0a8",
        "message": "releasable, 2 of 2 promises kept",
        "color": "brightgreen",
    }


def test_doubt_is_yellow(conforming):
    assert _rendered(conforming, needed_runs=4)["color"] == "yellow"


def test_blocked_is_red(blocked):
    assert _rendered(blocked)["message"] == "blocked, 1 of 2 promises kept"
    assert _rendered(blocked)["color"] == "red"


def test_a_run_that_decides_on_no_release_counts_alone(conforming):
    assert _rendered(conforming, signing_off=False)["message"] == "2 of 2 promises kept"


def test_what_does_not_apply_is_not_counted(builder, evidence, ownership):
    builder.record(evidence, [Verdict.CONFORMS] * 3).record(ownership, [Verdict.NOT_APPLICABLE] * 3)
    assert "1 of 1 promises kept" in _rendered(builder.results())["message"]


def test_a_badge_that_breaks_its_own_schema_is_never_written(conforming, monkeypatch):
    monkeypatch.setattr(contract, "breach", lambda *_: "$: is wrong")
    with pytest.raises(HarnessError, match="the badge breaks its schema"):
        _rendered(conforming)
