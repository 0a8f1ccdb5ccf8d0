"""`kitty-conformance history`: from files, from the data folder, from releases that are run."""

from datetime import datetime
from types import SimpleNamespace

import click
import msgspec
import pytest
from click.testing import CliRunner

from kitty_conformance.cli import history as history_module
from kitty_conformance.cli.history import history
from kitty_conformance.cli.release_run import ReleaseRun
from kitty_conformance.errors import (
    ResultsUnusableError,
    TargetUnavailableError,
    UnknownTargetError,
    UsageError,
)
from kitty_conformance.running.release_store import ReleaseStore
from kitty_conformance.signoff.history import decode
from kitty_conformance.signoff.merging import write
from kitty_conformance.target.index import PackageIndex, Release

CASES = ("951-01/WP02", "951-02/WP02")


class Index(PackageIndex):
    """An index of three releases."""

    reachable = True

    def releases(self):
        """Give them."""
        if not self.reachable:
            raise TargetUnavailableError("no network")
        uploaded = msgspec.json.decode('"2026-05-01T14:36:25Z"', type=datetime)
        return tuple(
            Release(version=each, wheel="w", url="u", sha256="", uploaded=uploaded)
            for each in ("3.1.8", "3.2.0a8", "3.2.0rc1")
        )


@pytest.fixture(autouse=True)
def index(monkeypatch):
    """Whatever asks the package index asks this one."""
    monkeypatch.setattr(PackageIndex, "configured", classmethod(lambda _: Index()))
    monkeypatch.setattr(Index, "reachable", True)
    return Index


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Runs the command in a folder of its own; gives its output."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        result = CliRunner().invoke(
            history,
            ["--data", "data", "--out", "out", *map(str, arguments)],
            catch_exceptions=False,
            standalone_mode=False,
        )
        assert result.return_value == 0
        return result.stdout

    return run


@pytest.fixture
def releases(monkeypatch, recorded):
    """Answers for releases as if they had been run; gives the list of those that were."""
    asked = []

    def answer(_self, version, cases):
        asked.append(version)
        if version == "3.1.8":
            raise TargetUnavailableError("its wheel is broken", hint="wait")
        return recorded(
            version, {case.id: "violates" if version == "3.2.0a8" else "conforms" for case in cases}
        )

    monkeypatch.setattr(ReleaseRun, "__call__", answer)
    return asked


def drawn(tmp_path):
    return decode(tmp_path / "out" / "history.json")


def test_results_that_were_recorded_are_drawn(ask, recorded, tmp_path):
    write(tmp_path / "a8.ndjson", recorded("3.2.0a8", {CASES[0]: "violates"}))
    write(tmp_path / "rc1" / "results.ndjson", recorded("3.2.0rc1", {CASES[0]: "conforms"}))
    said = ask("a8.ndjson", "rc1")
    assert "healed  3.2.0rc1   951-01/WP02 (otherwise in 3.2.0a8)" in said
    assert [each.released[:10] for each in drawn(tmp_path).releases] == ["2026-05-01", "2026-05-01"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "history.html",
        "history.json",
        "history.md",
    ]


def test_without_the_index_releases_have_no_day(ask, recorded, tmp_path, index, monkeypatch):
    monkeypatch.setattr(index, "reachable", False)
    write(tmp_path / "a8.ndjson", recorded("3.2.0a8", {CASES[0]: "violates"}))
    ask("a8.ndjson")
    assert drawn(tmp_path).releases[0].released == ""


def test_all_finals_and_candidates_are_run_and_one_that_does_not_install_is_a_row(ask, releases, tmp_path):
    said = ask("--only", "951-01", "--only", "951-02", "--quick")
    assert releases == ["3.1.8", "3.2.0rc1"]
    assert "release 3.1.8, 1 of 2" in said
    assert "release 3.2.0rc1, 2 of 2\n" in said  # nothing was run of the other
    assert "not tested  3.1.8: its wheel is broken" in said
    assert [case.id for case in drawn(tmp_path).cases] == list(CASES)


def test_alphas_and_named_releases(ask, releases):
    ask("--only", "951-01/WP02", "--alphas")
    ask("--only", "951-01/WP02", "3.2.0.a8")
    assert releases == ["3.1.8", "3.2.0a8", "3.2.0rc1", "3.2.0a8"]


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ((), ["", ", about 20 min left", ", about 10 min left"]),
        (("3.1.8",), ["", "", ", about 10 min left"]),
        (("3.2.0rc1",), ["", ", about 10 min left", ""]),
        (("3.1.8", "3.2.0a8", "3.2.0rc1"), ["", "", ""]),
    ],
)
def test_the_time_left_is_that_of_releases_that_are_run(ask, recorded, monkeypatch, kept, told):
    spent = [0.0]

    def run(_self, version, cases):
        spent[0] += 0 if version in kept else 600
        return recorded(version, {case.id: "conforms" for case in cases})

    monkeypatch.setattr(ReleaseRun, "__call__", run)
    monkeypatch.setattr(history_module, "time", SimpleNamespace(monotonic=lambda: spent[0]))
    monkeypatch.setattr(ReleaseRun, "is_kept", lambda _self, version, _cases: version in kept)
    said = ask("--only", CASES[0], "--alphas")
    versions = ("3.1.8", "3.2.0a8", "3.2.0rc1")
    lines = [f"release {each}, {place} of 3" for place, each in enumerate(versions, start=1)]
    assert [line for line in said.splitlines() if line.startswith("release 3")] == [
        line + left for line, left in zip(lines, told, strict=True)
    ]


def test_what_is_stored_is_drawn_and_nothing_run(ask, recorded, tmp_path):
    write(tmp_path / "data" / "3.2.0a8.ndjson", recorded("3.2.0a8", dict.fromkeys(CASES, "violates")))
    ask("--stored", "--only", "951-02")
    assert [case.id for case in drawn(tmp_path).cases] == ["951-02/WP02"]
    ask("--stored", "3.2.0a8", "3.2.0rc1")
    assert [each.version for each in drawn(tmp_path).releases] == ["3.2.0a8"]


def test_a_stored_release_that_cannot_be_read_is_not_left_out(ask, recorded, tmp_path):
    write(tmp_path / "data" / "3.2.0a8.ndjson", recorded("3.2.0a8", dict.fromkeys(CASES, "violates")))
    (tmp_path / "data" / "3.2.0rc1.ndjson").write_text("x")
    with pytest.raises(ResultsUnusableError, match=r"data/3\.2\.0rc1\.ndjson.* not a results file"):
        ask("--stored")


def test_a_release_that_could_not_be_tested_elsewhere_is_a_row(ask, recorded, tmp_path):
    write(tmp_path / "data" / "3.2.0a8.ndjson", recorded("3.2.0a8", {CASES[0]: "violates"}))
    said = ask(
        "--stored", "--untested", "3.1.9 = no such\nwheel", "--untested", "3.2.0.a8=its jobs left nothing"
    )
    assert "not tested  3.1.9: no such wheel\n" in said
    assert [each.unavailable for each in drawn(tmp_path).releases] == ["no such wheel", ""]
    with pytest.raises(click.BadParameter, match="gives no reason"):
        ask("--stored", "--untested", "3.1.9")


def test_what_is_found_is_laid_over_what_was_known(ask, recorded, tmp_path):
    write(tmp_path / "a8.ndjson", recorded("3.2.0a8", {CASES[0]: "violates"}))
    ask("a8.ndjson")
    (tmp_path / "out" / "history.json").rename(tmp_path / "known.json")
    write(tmp_path / "rc1.ndjson", recorded("3.2.0rc1", {CASES[1]: "conforms"}))
    ask("rc1.ndjson", "--known", "known.json")
    assert [each.version for each in drawn(tmp_path).releases] == ["3.2.0a8", "3.2.0rc1"]


@pytest.mark.usefixtures("releases")
def test_a_shard_asks_its_part(ask, tmp_path):
    ask("--only", "951-01", "--only", "951-02", "--shard", "2/2", "3.2.0rc1")
    assert [case.id for case in drawn(tmp_path).cases] == ["951-01/WP04", "951-02/WP04"]


def test_releases_are_listed_for_other_programs(ask):
    assert ask("--list") == '["3.1.8","3.2.0rc1"]\n'
    assert ask("--list", "3.2.0.a8", "--alphas") == '["3.2.0a8"]\n'


def test_a_list_is_for_programs_and_has_no_annotations(ask):
    with pytest.raises(click.UsageError, match="drop --format github"):
        ask("--list", "--format", "github")


@pytest.fixture
def broken(recorded, tmp_path):
    """Two releases, the second of which breaks what the first kept."""
    write(tmp_path / "data" / "3.2.0a8.ndjson", recorded("3.2.0a8", {CASES[0]: "conforms"}))
    write(tmp_path / "data" / "3.2.0rc1.ndjson", recorded("3.2.0rc1", {CASES[0]: "violates"}))


@pytest.mark.usefixtures("broken")
def test_the_conclusion_alone_is_the_newest_release_what_to_type_and_where_it_is(ask):
    assert ask("--stored", "--quiet").splitlines() == [
        "3.2.0rc1 breaks 1 of 1 promises; 1 broken there",
        "next: kitty-conformance reproduce 951-01/WP02 --target 3.2.0rc1",
        "history out/history.json out/history.html out/history.md",
    ]


@pytest.mark.usefixtures("broken")
def test_a_program_gets_the_history_and_nothing_else(ask, tmp_path):
    assert ask("--stored", "--format", "json") == (tmp_path / "out" / "history.json").read_text()


@pytest.mark.usefixtures("broken")
def test_a_workflow_gets_what_broke_in_the_newest_release(ask):
    lines = ask("--stored", "--format", "github").splitlines()
    assert lines[0].startswith("::stop-commands::")
    assert lines[-1].startswith("::error title=#951 951-01/WP02 broken in 3.2.0rc1::")


@pytest.mark.usefixtures("releases")
def test_on_the_way_a_program_is_told_nothing_on_standard_output(ask, tmp_path):
    said = ask("3.1.8", "3.2.0a8", "--only", CASES[0], "--format", "json", "--verbose")
    assert said == (tmp_path / "out" / "history.json").read_text()


def test_what_is_neither_version_nor_file_is_refused(ask):
    with pytest.raises(UnknownTargetError, match="neither a version nor a results file"):
        ask("path:here")


def test_a_history_of_nothing_is_refused(ask):
    with pytest.raises(UsageError, match="nothing is known"):
        ask("--stored")


def test_the_store_is_where_it_is_said(tmp_path):
    assert ReleaseStore(tmp_path).versions() == ()
    assert history_module.JSON == "history.json"
