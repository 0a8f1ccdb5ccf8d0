"""`kitty-conformance results merge`, and the shards it puts together."""

import pytest
from click.testing import CliRunner

from kitty_conformance.cli.report import report
from kitty_conformance.cli.results import results
from kitty_conformance.errors import ExitCode, ResultsUnusableError
from kitty_conformance.signoff.merging import write
from kitty_conformance.stream import read


def run(command, *arguments):
    ended = CliRunner().invoke(command, [*map(str, arguments)], standalone_mode=False, catch_exceptions=False)
    return ended.return_value, ended.stdout


@pytest.fixture
def shards(tmp_path, recorded):
    """Two of two shards."""
    for number, case in enumerate(("945-01", "945-02"), start=1):
        found = recorded("3.2.0", {case: "conforms"}, shard=f"{number}/2")
        write(tmp_path / f"{number}" / "results.ndjson", found)
    return tmp_path / "1", tmp_path / "2" / "results.ndjson"


def test_shards_are_merged_and_reported(shards, tmp_path):
    code, said = run(results, "merge", *shards, "--out", tmp_path / "all.ndjson")
    assert code is ExitCode.OK
    assert said == f"merged  2 files, 2 results → {tmp_path / 'all.ndjson'}\n"
    assert [case.id for case in read(tmp_path / "all.ndjson").header.cases] == ["945-01", "945-02"]
    code, _ = run(report, tmp_path / "all.ndjson", "--out", tmp_path / "report")
    assert code is ExitCode.INCONCLUSIVE  # other issues were not asked of it
    assert (tmp_path / "report" / "report.html").exists()


def test_a_missing_shard_is_refused_unless_told(shards, tmp_path):
    with pytest.raises(ResultsUnusableError, match="shard 2/2 is missing"):
        run(results, "merge", shards[0], "--out", tmp_path / "all.ndjson")
    assert not (tmp_path / "all.ndjson").exists()
    code, said = run(results, "merge", shards[0], "--out", tmp_path / "some.ndjson", "--partial")
    assert code is ExitCode.OK
    assert f"partial shard 2/2 is missing, and {tmp_path / 'some.ndjson'} says so\n" in said
    with pytest.raises(ResultsUnusableError, match="shard 2/2 is missing"):
        run(results, "merge", tmp_path / "some.ndjson", "--out", tmp_path / "all.ndjson")
    run(results, "merge", tmp_path / "some.ndjson", shards[1], "--out", tmp_path / "all.ndjson")
    assert read(tmp_path / "all.ndjson").header.shard == ""


@pytest.mark.timeout(120)
def test_shards_of_a_real_run_become_the_whole_one(command_line, build, tmp_path):
    build.does("sys.exit('no such step')")
    asked = ("run", "smoke-01", "smoke-04/created", "--target", build.target)
    parts = []
    for number in (1, 2):
        out = tmp_path / f"part{number}"
        command_line(*asked, "--shard", f"{number}/2", "--out", out)
        parts += out.glob("*/*")
    command_line(*asked, "--out", tmp_path / "whole")
    (whole,) = (tmp_path / "whole").glob("*/*/results.ndjson")
    ended = command_line("results", "merge", *parts, "--out", tmp_path / "all.ndjson")
    assert (ended.returncode, ended.stderr) == (ExitCode.OK, "")
    merged, unsharded = read(tmp_path / "all.ndjson"), read(whole)
    assert merged.header.cases == unsharded.header.cases
    assert {(each.case, each.verdict, each.reason) for each in merged.results} == {
        (each.case, each.verdict, each.reason) for each in unsharded.results
    }


def test_what_is_no_shard_is_refused(command_line):
    assert command_line.refused("run", "--shard", "3/2") == ("USAGE", ExitCode.USAGE)
    assert command_line.refused("signoff", "--resume", "x", "--shard", "1/2") == ("USAGE", ExitCode.USAGE)
