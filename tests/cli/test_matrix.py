"""`kitty-conformance matrix`."""

import msgspec
import pytest
from click.testing import CliRunner

from kitty_conformance.case import Case, Verdict
from kitty_conformance.cli.matrix import matrix_command
from kitty_conformance.errors import ResultsUnusableError
from kitty_conformance.results import FORMAT, CaseResult, Disturbance, Footer, Header, TargetIdentity
from kitty_conformance.story import Story
from kitty_conformance.stream import ResultsWriter

CASE = Case(id="951-02", requirements=("FR-007",), scenario="US3.1", promise="p", rationale="r")


def recorded(path, version, verdict):
    target = TargetIdentity(
        requested=f"pypi:{version}",
        version=version,
        sha256="ab" * 32,
        resolution="locked",
        python="3.11.7",
        dependencies=(),
    )
    run = Disturbance(hash_seed=0, time_zone="UTC", path_padding=0, order_seed=0, load=False)
    result = CaseResult(
        case=CASE.id, run=1, verdict=verdict, reason="", observations={}, story=Story(), seconds=1.0
    )
    with ResultsWriter(path) as writer:
        writer.header(
            Header(
                format=FORMAT,
                harness="0.1.0",
                target=target,
                cases=(CASE,),
                runs=(run,),
                started="2026-05-03T10:00:00Z",
            )
        )
        writer.result(result)
        writer.footer(Footer(results=1, finished="2026-05-03T10:00:01Z"))
    return str(path)


def run(*arguments):
    return CliRunner().invoke(matrix_command, arguments, standalone_mode=False)


def test_several_runs_are_put_side_by_side(tmp_path):
    result = run(
        recorded(tmp_path / "a8", "3.2.0a8", Verdict.VIOLATES),
        recorded(tmp_path / "a9", "3.2.0a9", Verdict.CONFORMS),
    )
    assert result.return_value == 0
    assert "| 951-02 | p | **broken** | kept | 3.2.0a8 | 3.2.0a9 |" in result.stdout
    assert result.stderr == ""


def test_a_report_folder_will_do(tmp_path):
    recorded(tmp_path / "folder" / "results.ndjson", "3.2.0a9", Verdict.CONFORMS)
    assert "| 951-02 | p | kept |" in run(str(tmp_path / "folder")).stdout
    with pytest.raises(ResultsUnusableError, match="there is no results file"):
        CliRunner().invoke(matrix_command, ["none"], standalone_mode=False, catch_exceptions=False)


def test_a_case_that_was_never_red_is_named(tmp_path):
    result = run(recorded(tmp_path / "a9", "3.2.0a9", Verdict.CONFORMS))
    assert result.stderr == "not seen both red and green: 951-02\n"


def test_what_is_no_results_file_is_an_error(tmp_path):
    path = tmp_path / "notes"
    path.write_bytes(msgspec.json.encode({"kind": "note"}) + b"\n")
    with pytest.raises(ResultsUnusableError):
        CliRunner().invoke(matrix_command, [str(path)], standalone_mode=False, catch_exceptions=False)
