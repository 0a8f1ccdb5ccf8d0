import io

import msgspec
import pytest
from rich.console import Console
from rich.progress import Task, TaskID

from kitty_conformance.case import Verdict
from kitty_conformance.cli.progress import TimeLeftColumn, progress
from kitty_conformance.results import CaseResult
from kitty_conformance.running.estimate import Estimate
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

    def show(*results, terminal, verbose=False, estimate=True):
        console = Console(file=io.StringIO(), force_terminal=terminal, width=200, color_system=None)
        planned = {(f"{number}", 1): 2.0 for number in range(len(results))}
        with progress(console, len(results), estimate and Estimate(planned, 1), verbose=verbose) as on_result:
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


def test_a_verbose_terminal_keeps_what_conforms(shown):
    told = shown(result(Verdict.CONFORMS), terminal=True, verbose=True)
    assert "conforms  951-02/block run 2  (1.3 s)" in told


def test_a_terminal_tells_how_long_it_will_still_take(shown):
    assert "0:00:02 left" in shown(result(Verdict.CONFORMS), terminal=True)


def test_time_left_is_counted_down_between_results():
    estimate, now = Estimate({("951-01", 1): 30.0}, 1), [0.0]
    column, task = TimeLeftColumn(estimate), Task(TaskID(1), "", 1, 0, _get_time=lambda: now[0])
    assert column.render(task).plain == "0:00:30 left"
    now[0] = 12.4
    assert column.render(task).plain == "0:00:18 left"
    now[0] = 99.0
    assert column.render(task).plain == "any moment"


def test_time_left_is_not_made_up():
    column = TimeLeftColumn(Estimate({("951-01", 1): None}, 1))
    task = Task(TaskID(1), "", 1, 0, _get_time=lambda: 0.0)
    assert column.render(task).plain == "-:--:-- left"


def test_without_an_estimate_the_pace_so_far_tells(shown):
    assert "1/1" in shown(result(Verdict.CONFORMS), terminal=True, estimate=None)
