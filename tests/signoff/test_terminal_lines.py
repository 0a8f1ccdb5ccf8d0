"""Lines of a summary, in a pipe and on a terminal too narrow for them."""

import io

import pytest
from rich.console import Console
from rich.text import Text

from kitty_conformance.signoff.terminal_lines import show_line, show_next, show_whole

COMMAND = "kitty-conformance reproduce 951-02/block --target 3.2.0a8"


@pytest.fixture(params=[True, False], ids=["terminal", "pipe"])
def narrow(request):
    """A console of twenty columns."""
    return Console(file=io.StringIO(), width=20, force_terminal=request.param, color_system=None)


def test_a_line_wraps_on_a_terminal_and_stays_one_in_a_pipe(narrow):
    show_line(narrow, Text("one fact " * 5))
    assert (narrow.file.getvalue().count("\n") > 1) is narrow.is_terminal


def test_what_is_to_be_copied_is_never_broken(narrow):
    show_whole(narrow, Text(COMMAND))
    show_next(narrow, COMMAND)
    assert narrow.file.getvalue() == f"{COMMAND}\nnext: {COMMAND}\n"


def test_without_a_command_there_is_no_line(narrow):
    show_next(narrow, "")
    assert narrow.file.getvalue() == ""
