import sqlite3
import time

import msgspec
import pytest

from kitty_conformance.case import Verdict
from kitty_conformance.results import CaseResult, Dependency
from kitty_conformance.running import earlier
from kitty_conformance.running.disturbance import disturbance
from kitty_conformance.running.earlier import EarlierResults
from kitty_conformance.story import Noted, Story

DAY = "2026-05-02T10:00:00Z"
FIRST, SECOND = disturbance(1), disturbance(2)


def _result(case="945-01/emit", verdict=Verdict.VIOLATES, **others):
    story = Story(steps=(Noted(text="a step"),))
    values = {"reason": "why", "observations": {"a": "b"}, "story": story, "seconds": 1.5, "cpu": 1.0}
    return CaseResult(case=case, run=1, verdict=verdict, **{**values, **others})


@pytest.fixture
def kept_by(tmp_path, identity):
    """Makes the results kept in one file, for a target and suites like the usual ones or others."""

    def make(source="one", command_timeout=120.0, **changed):
        target = msgspec.structs.replace(identity, **changed)
        file = tmp_path / "cache" / "results.sqlite"
        return EarlierResults(file, target, command_timeout=command_timeout, source=lambda _: source)

    return make


def _found(kept, *asked):
    return list(kept.find(asked))


def test_the_very_same_question_has_the_same_answer(kept_by):
    result = _result()
    kept_by().keep([(result, FIRST)], DAY)
    assert _found(kept_by(), ("945-01/emit", 1, FIRST)) == [msgspec.structs.replace(result, reused=DAY)]


@pytest.mark.parametrize(
    "other",
    [
        {"source": "another"},
        {"command_timeout": 1.0},
        {"sha256": "cd" * 32},
        {"python": "3.12.0"},
        {"dependencies": (Dependency(name="click", version="8.1.8"),)},
        {"adapters": ("951",)},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_build_suite_or_limit_is_another_question(kept_by, other):
    kept_by().keep([(_result(), FIRST)], DAY)
    assert _found(kept_by(**other), ("945-01/emit", 1, FIRST)) == []


def test_another_case_or_disturbance_is_another_question(kept_by):
    kept_by().keep([(_result(), FIRST)], DAY)
    warm = msgspec.structs.replace(FIRST, launcher="warm")
    asked = [("945-01/move-task", 1, FIRST), ("945-01/emit", 2, SECOND), ("945-01/emit", 1, warm)]
    assert _found(kept_by(), *asked) == []


def test_it_is_the_disturbance_that_counts_not_the_number_of_the_run(kept_by):
    kept_by().keep([(_result(), FIRST)], DAY)
    assert [each.run for each in _found(kept_by(), ("945-01/emit", 3, FIRST))] == [3]


def test_the_latest_answer_counts(kept_by):
    for verdict, day in ((Verdict.VIOLATES, DAY), (Verdict.CONFORMS, "2026-05-03T10:00:00Z")):
        kept_by().keep([(_result(verdict=verdict), FIRST)], day)
    (found,) = _found(kept_by(), ("945-01/emit", 1, FIRST))
    assert (found.verdict, found.reused) == (Verdict.CONFORMS, "2026-05-03T10:00:00Z")


def test_what_could_not_be_tested_and_what_was_reused_itself_are_not_kept(kept_by):
    untested = _result(verdict=Verdict.INCONCLUSIVE)
    again = _result("945-02", reused=DAY)
    kept_by().keep([(untested, FIRST), (again, FIRST)], DAY)
    assert _found(kept_by(), ("945-01/emit", 1, FIRST), ("945-02", 1, FIRST)) == []


def test_the_least_recently_used_go_when_there_are_too_many(kept_by, monkeypatch):
    kept = kept_by()
    for case in ("945-01", "945-02", "945-03"):
        kept.keep([(_result(case), FIRST)], DAY)
        time.sleep(0.01)
    assert _found(kept, ("945-01", 1, FIRST))  # the one used last
    monkeypatch.setattr(earlier, "LIMIT", 2.5 * len(earlier._body(_result("945-01"))))
    kept.keep([], DAY)
    left = _found(kept, *((case, 1, FIRST) for case in ("945-01", "945-02", "945-03")))
    assert [each.case for each in left] == ["945-01", "945-03"]


def test_a_damaged_file_is_as_none_and_makes_room_for_another(kept_by, tmp_path):
    file = tmp_path / "cache" / "results.sqlite"
    file.parent.mkdir()
    file.write_bytes(b"no database, but long enough to be looked at" * 100)
    assert _found(kept_by(), ("945-01/emit", 1, FIRST)) == []
    kept_by().keep([(_result(), FIRST)], DAY)
    kept_by().keep([(_result(), FIRST)], DAY)
    assert len(_found(kept_by(), ("945-01/emit", 1, FIRST))) == 1


def test_a_damaged_entry_is_as_none(kept_by, tmp_path):
    kept_by().keep([(_result(), FIRST)], DAY)
    with sqlite3.connect(tmp_path / "cache" / "results.sqlite") as database:
        database.execute("update results set body = x'00'")
    database.close()
    assert _found(kept_by(), ("945-01/emit", 1, FIRST)) == []


def test_a_cache_that_cannot_be_written_is_no_error(kept_by, tmp_path):
    (tmp_path / "cache").touch()
    kept_by().keep([(_result(), FIRST)], DAY)
    assert _found(kept_by(), ("945-01/emit", 1, FIRST)) == []


def test_nothing_was_kept_yet(kept_by, tmp_path):
    assert _found(kept_by(), ("945-01/emit", 1, FIRST)) == []
    assert not (tmp_path / "cache").exists()


def test_the_cache_of_the_user_holds_them(identity, monkeypatch, tmp_path):
    monkeypatch.setenv("KITTY_CONFORMANCE_CACHE", str(tmp_path / "mine"))
    kept = EarlierResults.of(identity, command_timeout=1.0)
    kept.keep([(_result(), FIRST)], DAY)
    assert (tmp_path / "mine" / "results.sqlite").exists()
    assert len(_found(kept, ("945-01/emit", 1, FIRST))) == 1
