"""`kitty-conformance diff`: results files, report folders and builds."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from kitty_conformance.cli import given_results
from kitty_conformance.cli.diff import diff
from kitty_conformance.cli.evaluation import Evaluated
from kitty_conformance.errors import ExitCode
from kitty_conformance.signoff.merging import write


@pytest.fixture
def compare(tmp_path, monkeypatch):
    """Runs the command in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(diff, list(arguments), standalone_mode=False, catch_exceptions=False)

    return run


@pytest.fixture
def files(tmp_path, recorded):
    """Two results that differ in one case."""
    write(tmp_path / "a" / "results.ndjson", recorded("3.2.0a8", {"945-01": "conforms"}))
    write(tmp_path / "b.ndjson", recorded("3.2.0a9", {"945-01": "violates"}))


@pytest.mark.usefixtures("files")
def test_what_regressed_is_told_and_is_exit_code_1(compare):
    ended = compare("a", "b.ndjson")
    assert ended.return_value is ExitCode.VIOLATED
    assert "regressed            945-01" in ended.stdout


@pytest.mark.usefixtures("files")
def test_json_is_one_document_on_standard_output(compare):
    ended = compare("b.ndjson", "a", "--format", "json")
    assert ended.return_value is ExitCode.OK
    assert json.loads(ended.stdout)["counts"] == {"healed": 1}
    assert ended.stderr == ""


@pytest.mark.usefixtures("files")
def test_the_conclusion_alone_ends_with_what_to_type(compare):
    conclusion, next_command = compare("a", "b.ndjson", "--quiet").stdout.splitlines()
    assert conclusion.startswith("pypi:3.2.0a8 → pypi:3.2.0a9: 1 regressed")
    assert next_command == "next: kitty-conformance reproduce 945-01 --target 3.2.0a9"


@pytest.mark.usefixtures("files")
def test_a_workflow_gets_what_regressed_as_an_error_after_what_a_log_gets(compare):
    lines = compare("a", "b.ndjson", "--format", "github").stdout.splitlines()
    assert lines[0].startswith("::stop-commands::")
    assert lines[-3].startswith("next: kitty-conformance reproduce 945-01")
    assert lines[-2] == f"::{lines[0].removeprefix('::stop-commands::')}::"
    assert lines[-1].startswith("::error title=#945 945-01 regressed::")


@pytest.mark.usefixtures("files")
def test_a_recorded_control_tells_the_unsteady(compare, tmp_path, recorded):
    write(tmp_path / "again.ndjson", recorded("3.2.0a8", {"945-01": "violates"}))
    ended = compare("a", "b.ndjson", "--control-results", "again.ndjson")
    assert ended.return_value is ExitCode.INCONCLUSIVE
    assert "1 unsteady" in ended.stdout
    assert "no control" not in ended.stdout


@pytest.mark.usefixtures("files")
def test_a_control_of_another_build_is_refused(compare, tmp_path, recorded):
    write(tmp_path / "other.ndjson", recorded("3.2.0", {"945-01": "violates"}))
    with pytest.raises(click.UsageError, match="neither A nor B"):
        compare("a", "b.ndjson", "--control-results", "other.ndjson")


@pytest.mark.usefixtures("files")
def test_a_control_with_other_adapters_is_of_another_build(compare, tmp_path, recorded, with_adapters):
    adapted = with_adapters(recorded("3.2.0a8", {"945-01": "conforms"}), "945")
    write(tmp_path / "adapted.ndjson", adapted)
    with pytest.raises(click.UsageError, match=r"is of 3\.2\.0a8 \+ 945, neither A nor B"):
        compare("a", "b.ndjson", "--control-results", "adapted.ndjson")


@pytest.mark.usefixtures("files")
def test_what_is_read_from_a_file_cannot_be_run_again(compare):
    with pytest.raises(click.UsageError, match="--control runs builds"):
        compare("a", "b.ndjson", "--control")


def test_builds_are_run_and_run_once_more_as_control(compare, monkeypatch, recorded):
    verdicts = {"3.2.0a8": iter(["conforms", "conforms"]), "3.2.0a9": iter(["violates", "conforms"])}
    asked = []

    def evaluate(evaluation, aside, *, verbose):
        assert not aside.quiet
        assert not verbose
        asked.append((evaluation.target, evaluation.reuse))
        found = recorded(evaluation.target, {"945-01": next(verdicts[evaluation.target])})
        return Evaluated(Path("folder"), found, Path("spec-kitty"))

    monkeypatch.setattr(given_results, "evaluate", evaluate)
    ended = compare("3.2.0a8", "3.2.0a9", "--only", "945-01", "--control", "--reuse")
    assert "control 3.2.0a9, run once more" in ended.stdout
    assert ended.return_value is ExitCode.INCONCLUSIVE
    assert asked == [("3.2.0a8", True), ("3.2.0a9", True), ("3.2.0a8", False), ("3.2.0a9", False)]


def test_of_files_only_the_cases_asked_for_are_compared(compare, tmp_path, recorded):
    for name, verdict in (("a", "conforms"), ("b", "violates")):
        write(tmp_path / name, recorded("3.2.0", {"945-01": verdict, "951-01": "conforms"}))
    assert "1 unchanged" in compare("a", "b", "--only", "951").stdout
    assert "1 regressed" in compare("a", "b", "--only", "945-01").stdout
