from kitty_conformance.errors import ExitCode, HarnessError, UnknownIssueError


def test_an_error_is_one_line_with_advice():
    error = UnknownIssueError("unknown\n  issue '999'", hint="try\n945")
    assert str(error) == "unknown issue '999' (try 945)"
    assert error.code == "UNKNOWN_ISSUE"
    assert error.exit_code is ExitCode.USAGE


def test_advice_is_optional():
    assert str(HarnessError("broken")) == "broken"
