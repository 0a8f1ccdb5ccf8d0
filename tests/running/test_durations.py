import msgspec
import pytest

from kitty_conformance.case import Verdict
from kitty_conformance.results import CaseResult
from kitty_conformance.running.durations import known, learn
from kitty_conformance.story import Story


def _result(case, seconds, launcher="cold"):
    return CaseResult(
        case=case,
        run=1,
        verdict=Verdict.CONFORMS,
        reason="",
        observations={},
        story=Story(),
        seconds=seconds,
        launcher=launcher,
    )


def test_what_was_learnt_is_known_and_the_latest_counts(tmp_path):
    file = tmp_path / "durations" / "a.json"
    learn(file, [_result("945-01", 2.0), _result("945-02", 3.0), _result("945-01", 0.5, "warm")])
    learn(file, [_result("945-01", 4.0)])
    assert known(file) == {"cold": {"945-01": 4.0, "945-02": 3.0}, "warm": {"945-01": 0.5}}
    assert [each.name for each in file.parent.iterdir()] == ["a.json"]


def test_what_was_reused_took_no_time_and_teaches_nothing(tmp_path):
    reused = msgspec.structs.replace(_result("945-01", 2.0), reused="2026-05-02T00:00:00Z")
    learn(tmp_path / "a.json", [reused])
    assert known(tmp_path / "a.json") == {}


@pytest.mark.parametrize("content", ["", "[]", '{"cold": 3}'])
def test_a_damaged_file_is_as_none(tmp_path, content):
    file = tmp_path / "a.json"
    file.write_text(content)
    assert known(file) == {}
    learn(file, [_result("945-01", 2.0)])
    assert known(file) == {"cold": {"945-01": 2.0}}


def test_a_cache_that_takes_nothing_is_no_error(tmp_path):
    (tmp_path / "durations").touch()
    learn(tmp_path / "durations" / "a.json", [_result("945-01", 2.0)])
