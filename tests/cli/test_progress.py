import io

import msgspec
import pytest
from rich.console import Console

from kitty_conformance.case import Verdict
from kitty_conformance.cli.progress import progress
from kitty_conformance.results import CaseResult
from kitty_conformance.story import Story


def result(verdict, reason=""):
    return CaseResult(
        case="951-02/block",
        run=2,
        verdict=verdict,
        reason=reason,
        observations={},
        story=Story(),
        seconds=1.26,
    )


@pytest.fixture
def shown():
    """Shows results and gives what a person sees."""

    def show(*results, terminal):
        console = Console(file=io.StringIO(), force_terminal=terminal, width=200, color_system=None)
        with progress(console, len(results)) as on_result:
            for each in results:
                on_result(each)
        return console.file.getvalue()

    return show


def test_a_pipe_gets_a_plain_line_for_each_case(shown):
    reason = "owned_files ['src/a.py'] [bold]not[/] [/tmp/x] matched " + "at all " * 40
    assert shown(result(Verdict.CONFORMS), result(Verdict.VIOLATES, reason), terminal=False) == (
        f"conforms  951-02/block run 2  (1.3 s)\nviolates  951-02/block run 2  (1.3 s)  {reason}\n"
    )


def test_a_terminal_gets_a_bar_and_what_needs_a_look(shown):
    told = shown(
        result(Verdict.CONFORMS),
        result(Verdict.INCONCLUSIVE, "hung [/x]"),
        result(Verdict.NOT_APPLICABLE, "none"),
        terminal=True,
    )
    assert "3/3" in told
    assert "inconclusive  951-02/block run 2  (1.3 s)  hung [/x]" in told
    assert "not applicable  951-02/block run 2  (1.3 s)  none" in told
    assert "conforms  951" not in told


def test_what_was_reused_took_no_time(shown):
    reused = msgspec.structs.replace(result(Verdict.CONFORMS), reused="2026-05-02T00:00:00Z")
    assert shown(reused, terminal=False) == "conforms  951-02/block run 2  (reused)\n"
