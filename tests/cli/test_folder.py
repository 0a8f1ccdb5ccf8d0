import datetime as dt

import pytest

from kitty_conformance.cli import folder
from kitty_conformance.cli.folder import run_folder
from kitty_conformance.errors import OutputUnwritableError


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch):
    class Stopped(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 5, 2, 12, 0, 0, tzinfo=tz)

    monkeypatch.setattr(folder, "datetime", Stopped)


def test_a_run_gets_a_folder_by_target_and_moment(tmp_path):
    made = run_folder(tmp_path / "reports", "3.2.0a8")
    assert made == tmp_path / "reports" / "3.2.0a8" / "20260502T120000Z"
    assert made.is_dir()


def test_two_runs_of_one_second_get_two_folders(tmp_path):
    names = [run_folder(tmp_path, "3.2.0a8").name for _ in range(3)]
    assert names == ["20260502T120000Z", "20260502T120000Z-2", "20260502T120000Z-3"]


def test_a_version_cannot_lead_out_of_the_report_folder(tmp_path):
    assert run_folder(tmp_path, "../../1.0+local version").parent == tmp_path / "..-..-1.0+local-version"


def test_a_hundred_runs_a_second_are_refused(tmp_path):
    for _ in range(99):
        run_folder(tmp_path, "1")
    with pytest.raises(OutputUnwritableError, match="98 more exist"):
        run_folder(tmp_path, "1")


def test_a_file_in_the_way_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputUnwritableError, match=r"cannot be written: .*choose another with --out"):
        run_folder(tmp_path / "file", "1")
