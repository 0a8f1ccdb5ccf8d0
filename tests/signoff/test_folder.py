import os
from datetime import date
from pathlib import Path

import pytest

from kitty_conformance.errors import ExitCode, OutputUnwritableError
from kitty_conformance.signoff import folder, report


def _names(folder_path):
    return sorted(each.name for each in folder_path.iterdir())


@pytest.fixture
def built(blocked):
    """A report."""
    return report.build(blocked, today=date(2026, 6, 1))


def test_each_form_of_the_report_is_left_in_a_new_folder(tmp_path, built):
    paths = folder.write(tmp_path / "a" / "b", folder.documents(built))
    assert [path.name for path in paths] == list(folder.DOCUMENTS)
    assert report.decode(paths[0].read_bytes()) == built
    assert paths[1].read_text().startswith("# spec-kitty 3.2.0a8")
    assert paths[2].read_text().startswith("<!doctype html>")
    assert _names(tmp_path / "a" / "b") == sorted(folder.DOCUMENTS)


def test_others_may_read_what_is_left(tmp_path):
    (path,) = folder.write(tmp_path, {"report.md": b"x"})
    assert path.stat().st_mode & 0o600 == 0o600
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_report_replaces_an_older_one(tmp_path, built):
    folder.write(tmp_path, {"report.md": b"old"})
    folder.write(tmp_path, folder.documents(built))
    assert (tmp_path / "report.md").read_bytes() != b"old"


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path, built):
    (tmp_path / "file").touch()
    with pytest.raises(OutputUnwritableError, match=r"the report folder .* cannot be written") as raised:
        folder.write(tmp_path / "file" / "reports", folder.documents(built))
    assert raised.value.exit_code is ExitCode.OUTPUT_UNWRITABLE


def test_nothing_is_half_written_when_the_disk_is_full(tmp_path, monkeypatch):
    folder.write(tmp_path, {"report.json": b"old", "report.md": b"old"})
    synced = []

    def full(descriptor):
        synced.append(descriptor)
        if len(synced) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputUnwritableError, match="No space left on device"):
        folder.write(tmp_path, {"report.json": b"new", "report.md": b"new"})
    assert _names(tmp_path) == ["report.json", "report.md"]
    assert (tmp_path / "report.json").read_bytes() == b"old"


def test_a_name_that_is_taken_by_a_folder_is_one_clear_line(tmp_path):
    Path(tmp_path, "report.md").mkdir()
    with pytest.raises(OutputUnwritableError, match="Is a directory"):
        folder.write(tmp_path, {"report.md": b"new"})
    assert _names(tmp_path) == ["report.md"]


def test_what_was_there_instead_goes_and_nothing_else_does(tmp_path):
    folder.write(tmp_path, {"report.md": b"old", "badge.json": b"{}", "notes.txt": b"mine"})
    folder.write(tmp_path, {"report.md": b"new"}, instead_of=("report.md", "badge.json", "junit.xml"))
    assert _names(tmp_path) == ["notes.txt", "report.md"]
    assert (tmp_path / "report.md").read_bytes() == b"new"
