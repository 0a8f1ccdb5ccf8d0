import io
import sys

import pytest

from kitty_conformance.case import Case
from kitty_conformance.cli import evaluation, main
from kitty_conformance.contract import NAMES, schema_text
from kitty_conformance.errors import ExitCode


@pytest.fixture
def typed(monkeypatch, capsys, tmp_path):
    """Runs the command line in this process, in an empty folder; gives exit code and both outputs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["kitty-conformance", *arguments])
        with pytest.raises(SystemExit) as ended:
            main.main()
        stdout, stderr = capsys.readouterr()
        return ended.value.code, stdout, stderr

    return run


@pytest.fixture
def breaks(monkeypatch):
    """Makes `kitty-conformance run` raise what is given."""

    def make(error):
        def evaluate(*_, **__):
            raise error

        monkeypatch.setattr("kitty_conformance.cli.run.evaluate", evaluate)

    return make


@pytest.mark.parametrize(
    ("arguments", "error", "exit_code"),
    [
        ("run 945-99 --target 3.2.0a8", "error[UNKNOWN_ISSUE]: unknown issue or case '945-99'", 2),
        ("reproduce nine-five-one", "error[UNKNOWN_ISSUE]: unknown issue or case 'nine-five-one'", 2),
        ("run 949 --target three.two", "error[UNKNOWN_TARGET]: 'three.two' is no version", 2),
        ("run 949 --target path:nowhere", "error[UNKNOWN_TARGET]: no folder ", 2),
        ("reproduce 949 --target wheel:nothing.whl", "error[UNKNOWN_TARGET]: no file ", 2),
        ("signoff --deferrals none.toml", "error[DEFERRALS_UNUSABLE]: deferrals file none.toml", 2),
        ("signoff 3.2.0a8 --resume some.ndjson", "error[USAGE]: --resume continues with the target", 2),
        ("signoff --resume some.ndjson --reuse", "error[USAGE]: --resume continues one run; --reuse", 2),
        ("signoff --resume none.ndjson", "error[RESULTS_UNUSABLE]: there is no results file none.ndjson", 5),
        ("run --command-timeout nan", "error[USAGE]: Invalid value for '--command-timeout': nan is no", 2),
        ("run --command-timeout 0", "error[USAGE]: Invalid value for '--command-timeout'", 2),
        ("run --command-timeout inf", "error[USAGE]: Invalid value for '--command-timeout'", 2),
        ("run --quiet --verbose", "error[USAGE]: --quiet and --verbose: choose one", 2),
        ("run --format xml", "error[USAGE]: Invalid value for '--format'", 2),
        ("signoff --sign none.pem", "error[KEY_UNUSABLE]: the key none.pem cannot be read", 2),
        ("verify nowhere", "error[USAGE]: Invalid value for 'REPORT'", 2),
        ("verify . --key none.pem", "error[KEY_UNUSABLE]: the key none.pem cannot be read", 2),
        ("verify .", "error[RESULTS_UNUSABLE]: statement.json cannot be read", 5),
        ("schema story", "error[USAGE]: Invalid value for '[", 2),
        ("run --runs 0", "error[USAGE]: Invalid value for '--runs'", 2),
        ("run --workers none", "error[USAGE]: Invalid value for '--workers'", 2),
        ("frobnicate", "error[USAGE]: No such command 'frobnicate'", 2),
        ("", "error[USAGE]: Missing command. (`kitty-conformance --help` tells more)", 2),
    ],
)
def test_what_cannot_be_is_one_line_of_error(typed, tmp_path, arguments, error, exit_code):
    ended, stdout, stderr = typed(*arguments.split())
    assert stderr.startswith(error)
    assert stderr.count("\n") == 1
    assert (ended, stdout) == (exit_code, "")
    assert list(tmp_path.iterdir()) == []


def test_an_issue_nobody_wrote_a_case_for_is_no_success(typed, monkeypatch):
    only = Case(id="951-01", requirements=("FR-007",), scenario="US3.1", promise="p", rationale="r")
    monkeypatch.setattr(evaluation, "catalogue", lambda: (only,))
    ended, stdout, stderr = typed("run", "953", "--target", "3.2.0a8")
    assert stderr.startswith("error[NO_CASE_SELECTED]: no case selected by 953")
    assert (ended, stdout) == (ExitCode.USAGE, "")


def test_a_defect_of_ours_is_one_line_too(typed, breaks):
    breaks(ValueError("one\nline\nof three"))
    ended, stdout, stderr = typed("run")
    assert stderr.startswith(
        "error[INTERNAL]: a defect of kitty-conformance, please report it: ValueError at test_main.py:"
    )
    assert stderr.endswith(": one line of three\n")
    assert (ended, stdout) == (ExitCode.INTERNAL, "")


def test_a_workflow_gets_an_error_that_is_no_verdict_as_an_annotation(typed, breaks):
    ended, stdout, stderr = typed("report", "no such", "--format", "github")
    begun, resumed, error = stdout.splitlines()
    assert begun == f"::stop-commands::{resumed.strip(':')}"
    assert error == f"::error title=kitty-conformance RESULTS_UNUSABLE::{stderr.partition(': ')[2].strip()}"
    assert ended == ExitCode.RESULTS_UNUSABLE
    breaks(ValueError("100 % of\nthem"))
    error = typed("run", "--format=github")[1].splitlines()[-1]
    assert error.startswith("::error title=kitty-conformance INTERNAL::")
    assert error.endswith("100 %25 of them")


def test_a_command_line_nobody_understands_is_an_annotation_before_anything_else(typed):
    ended, stdout, _ = typed("run", "--format", "github", "--runs", "0")
    assert stdout.startswith("::error title=kitty-conformance USAGE::Invalid value for '--runs'")
    assert (ended, stdout.count("\n")) == (ExitCode.USAGE, 1)


def test_ctrl_c_is_told(typed, breaks):
    breaks(KeyboardInterrupt())
    ended, _, stderr = typed("run")
    assert stderr.strip() == "error[INTERRUPTED]: stopped; results so far are kept"
    assert ended == ExitCode.INTERRUPTED


def test_the_cases_are_listed_by_suite(typed):
    ended, stdout, _ = typed("cases", "949", "951-01")
    assert ended == ExitCode.OK
    lines = stdout.splitlines()
    assert any(line.startswith("949") and "Review prompt isolation" in line for line in lines)
    assert any(line.startswith("949-03") and "FR-004" in line and "US2.1" in line for line in lines)
    assert any(line.startswith("951-01") for line in lines)
    assert not any(line.startswith("945") for line in lines)


def test_version_and_help_are_successes(typed):
    assert typed("--version")[0] == typed("--help")[0] == typed("run", "-h")[0] == ExitCode.OK


def test_an_odd_encoding_is_borne(monkeypatch):
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    main._bear_any_encoding()
    print("→", file=narrow, flush=True)
    assert narrow.buffer.getvalue() == b"\\u2192\n"


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_can_be_had(typed, name):
    assert typed("schema", name) == typed("--schema", name) == (ExitCode.OK, schema_text(name), "")


def test_the_schemas_are_listed(typed):
    ended, stdout, _ = typed("schema")
    assert ended == ExitCode.OK
    assert [line.split()[0] for line in stdout.splitlines()] == list(NAMES)
    assert "kitty-conformance-report/1" in stdout
