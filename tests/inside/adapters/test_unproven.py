"""Events are written whole and proven, or nothing of them is left."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from kitty_conformance.inside.adapters.unproven import Unproven, locked

FIRST = b'{"event": 1}\n'
OTHER = b'{"event": "of another process"}\n'


def event(number: object) -> SimpleNamespace:
    return SimpleNamespace(to_dict=lambda: {"event": number}, to_lane="claimed")


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "mission" / "status.events.jsonl"
    path.parent.mkdir()
    path.write_bytes(FIRST)
    return path


def written(log, *numbers):
    unproven = Unproven(log, "WP02")
    for number in numbers:
        unproven.add(event(number))
    unproven.write()
    return unproven


def nothing(_):
    raise OSError("no state")


def test_what_waits_is_written_in_one_piece(log):
    unproven = written(log, 2, 3)
    assert log.read_bytes() == FIRST + b'{"event": 2}\n{"event": 3}\n'
    assert (unproven.waiting, len(unproven.written), unproven.lane) == ([], 1, "claimed")
    assert unproven.is_in(log.read_bytes())
    assert not unproven.is_in(FIRST)


def test_a_log_and_its_folder_are_made_if_need_be(tmp_path):
    written(tmp_path / "new" / "status.events.jsonl", 1)
    assert (tmp_path / "new" / "status.events.jsonl").read_bytes() == FIRST


def test_a_record_begins_a_line_of_its_own(log):
    log.write_bytes(FIRST.rstrip())
    unproven = written(log, 2)
    assert log.read_bytes() == FIRST + b'{"event": 2}\n'
    assert unproven.take_back(nothing) == ""
    assert log.read_bytes() == FIRST.rstrip()


def test_a_write_cut_short_leaves_nothing(log, monkeypatch):
    def short(self, text):
        self.log.write_bytes(self.log.read_bytes() + text[:5])
        raise OSError("full")

    monkeypatch.setattr(Unproven, "append", short)
    with pytest.raises(OSError, match="full"):
        written(log, 2)
    assert log.read_bytes() == FIRST


def test_what_cannot_be_written_at_all_changes_nothing(log, monkeypatch):
    def refused(*_):
        raise OSError("read-only")

    unproven = written(log, 2)
    unproven.add(event(3))
    with monkeypatch.context() as patch:
        patch.setattr(Unproven, "append", refused)
        patch.setattr(Unproven, "remove", refused)
        with pytest.raises(OSError, match="read-only"):
            unproven.write()
    assert log.read_bytes() == FIRST + b'{"event": 2}\n'
    assert unproven.take_back(nothing) == ""
    assert log.read_bytes() == FIRST


def test_a_log_that_cannot_be_made_need_not_be_taken_back(tmp_path, monkeypatch):
    def refused(*_):
        raise OSError("read-only")

    monkeypatch.setattr(Unproven, "append", refused)
    unproven = Unproven(tmp_path / "log", "WP02")
    unproven.add(event(1))
    with pytest.raises(OSError, match="read-only"):
        unproven.write()
    assert (unproven.written, unproven.take_back(nothing)) == ([], "")


def test_a_lost_write_is_noticed(log, monkeypatch):
    monkeypatch.setattr(Unproven, "append", lambda *_: None)
    with pytest.raises(OSError, match="did not reach the log"):
        written(log, 2)
    assert log.read_bytes() == FIRST


def test_a_folder_in_place_of_the_log_is_an_error(tmp_path):
    (tmp_path / "log").mkdir()
    with pytest.raises(IsADirectoryError):
        written(tmp_path / "log", 1)


def test_taken_back_is_one_process_alone(log):
    unproven = written(log, 2)
    unproven.add(event(3))
    log.write_bytes(log.read_bytes() + OTHER)
    unproven.write()
    log.write_bytes(log.read_bytes() + OTHER)
    assert unproven.take_back(nothing) == ""
    assert log.read_bytes() == FIRST + OTHER + OTHER


def test_state_and_file_are_put_back(log):
    state, own, foreign = log.with_name("status.json"), log.parent / "tasks/WP02-two.md", "tasks/WP021-x.md"
    own.parent.mkdir()
    (log.parent / foreign).write_text("foreign")
    state.write_text("before")
    own.write_text("before")
    unproven = written(log, 2)
    for path in (state, own, log.parent / foreign):
        path.write_text("after")
    assert unproven.take_back(nothing) == ""
    assert [each.read_text() for each in (state, own, log.parent / foreign)] == ["before", "before", "after"]


def test_the_state_is_made_anew_where_that_can_be_done(log):
    state = log.with_name("status.json")
    state.write_text("before")
    unproven = written(log, 2)
    state.write_text("after")
    assert unproven.take_back(lambda folder: (folder / "status.json").write_text("of now")) == ""
    assert state.read_text() == "of now"


def test_it_says_what_cannot_be_taken_back(log):
    unproven = written(log, 2)
    log.unlink()
    log.mkdir()
    assert "could not be taken back: " in unproven.take_back(nothing)


def test_what_was_never_written_need_not_be_taken_back(log):
    unproven = Unproven(log, "WP02")
    unproven.add(event(2))
    assert unproven.take_back(nothing) == ""
    assert log.read_bytes() == FIRST


def test_there_is_nothing_to_lock_where_no_folder_is(tmp_path):
    with locked(tmp_path / "none"):
        pass


WRITER = """
import sys
from pathlib import Path
from types import SimpleNamespace
from kitty_conformance.inside.adapters.unproven import Unproven
for number in range(8):
    unproven = Unproven(Path(sys.argv[1]), "WP02")
    fields = {"by": sys.argv[2], "event": number, "note": "x" * 5000}
    unproven.add(SimpleNamespace(to_dict=lambda: fields, to_lane="claimed"))
    unproven.write()
    if number % 2:
        assert not unproven.take_back(print)
"""


def test_processes_that_write_at_once_lose_nothing(log):
    argv = [sys.executable, "-c", WRITER, str(log)]
    writers = [subprocess.Popen([*argv, str(n)], stdout=subprocess.DEVNULL) for n in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    records = [json.loads(line) for line in log.read_text().splitlines()[1:]]
    kept = sorted((record["by"], record["event"]) for record in records)
    assert kept == sorted((str(by), number) for by in range(3) for number in range(0, 8, 2))
