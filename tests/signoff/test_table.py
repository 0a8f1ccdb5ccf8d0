import io
from datetime import date

import msgspec
import pytest
from rich.console import Console

from kitty_conformance.case import Verdict
from kitty_conformance.signoff import report
from kitty_conformance.signoff.deferral import Deferral
from kitty_conformance.signoff.table import show

TODAY = date(2026, 6, 1)


def _shown(results, *, deferrals=(), needed_runs=3, signing_off=True, detail=0, folder="", **options):
    console = Console(file=io.StringIO(), **options)
    built = report.build(results, today=TODAY, deferrals=deferrals, needed_runs=needed_runs)
    show(console, msgspec.structs.replace(built, signing_off=signing_off), detail=detail, folder=folder)
    return console.file.getvalue()


def test_a_pipe_gets_plain_whole_lines(blocked):
    lines = _shown(blocked, width=20).splitlines()
    assert lines == [
        "945    Transition evidence: 1 conforms",
        "951    Active work-package ownership: 1 violates",
        "violates       951-02/block  WP02 may commit src/b.py, which it owns",
        "",
        "spec-kitty 3.2.0a8 is BLOCKED",
        "  violated: 1 case (951-02/block)",
        "next: kitty-conformance reproduce 951-02/block --target 3.2.0a8",
    ]


def test_a_terminal_gets_a_table_in_colour(blocked):
    shown = _shown(blocked, force_terminal=True, width=110, color_system="standard")
    assert "\x1b[1;31m" in shown
    assert "inconclusive" in shown.splitlines()[0]


def test_a_narrow_terminal_gives_a_promise_a_line_of_its_own(blocked):
    shown = _shown(blocked, force_terminal=True, color_system=None, width=60).splitlines()
    place = shown.index("violates  951-02/block")
    assert shown[place + 1].rstrip() == "  WP02 may commit src/b.py, which it owns"
    assert "945    Transition evidence: 1 conforms" in shown


def test_no_color_is_honoured(blocked, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31" not in _shown(blocked, force_terminal=True, width=110)


@pytest.mark.parametrize("columns", ["60", "80", "100"])
def test_columns_is_honoured(blocked, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    shown = _shown(blocked, force_terminal=True, color_system=None)
    assert max(len(line) for line in shown.splitlines() if not line.startswith("next:")) <= int(columns)
    assert "violates" in shown


def test_a_releasable_build_has_nothing_to_look_at(conforming):
    lines = _shown(conforming).splitlines()
    assert "spec-kitty 3.2.0a8 is RELEASABLE" in lines
    assert not any(line.startswith("next:") for line in lines)
    assert _shown(conforming, folder="a folder").endswith("next: kitty-conformance verify 'a folder'\n")


def test_what_was_only_put_to_the_test_is_to_be_signed_off(conforming, builder):
    next_one = "next: kitty-conformance signoff 3.2.0a8\n"
    assert _shown(conforming, signing_off=False).endswith(next_one)
    assert _shown(conforming, needed_runs=4, folder="f").endswith(next_one)
    builder.target = msgspec.structs.replace(builder.target, adapters=("951",))
    assert "next:" not in _shown(builder.results(), signing_off=False)


def test_where_nothing_applies_nothing_is_to_be_done(builder):
    for case in builder.cases:
        builder.record(case, [Verdict.NOT_APPLICABLE] * 3)
    assert "next:" not in _shown(builder.results())


def test_a_run_that_decides_on_no_release_speaks_of_promises(conforming, blocked):
    assert "spec-kitty 3.2.0a8 keeps every promise asked about" in _shown(conforming, signing_off=False)
    assert "spec-kitty 3.2.0a8 breaks promises asked about" in _shown(blocked, signing_off=False)


def test_a_deferred_violation_is_marked_and_not_the_next_thing_to_do(blocked):
    deferral = Deferral(case="951-02", reason="r", owner="o", link="https://example.org", until=TODAY)
    shown = _shown(blocked, deferrals=[deferral])
    assert "951-02/block (deferred)" in shown
    assert "next:" not in shown


def test_a_deferral_that_needs_attention_is_reported(blocked):
    deferral = Deferral(case="945-01", reason="r", owner="o", link="https://example.org", until=TODAY)
    assert "deferral of 945-01 is unneeded: nothing it covers is violated" in _shown(
        blocked, deferrals=[deferral]
    )


def test_violations_come_before_flaky_and_inconclusive_ones(builder, evidence, ownership, renamed):
    third = renamed(evidence, "949-01")
    builder.cases = (evidence, third, ownership)
    builder.record(evidence, [Verdict.INCONCLUSIVE] * 3).record(third, [Verdict.CONFORMS, Verdict.VIOLATES])
    builder.record(ownership, [Verdict.VIOLATES] * 3)
    found = [
        line.split()[1]
        for line in _shown(builder.results()).splitlines()
        if line[:4] in ("viol", "flak", "inco")
    ]
    assert found == ["951-02/block", "949-01", "945-01/move-task"]


def test_a_look_at_one_issue_does_not_list_what_was_not_asked(builder, ownership):
    builder.runs, builder.cases = 1, (ownership,)
    shown = _shown(builder.record(ownership, [Verdict.CONFORMS]).results(), needed_runs=1)
    assert "no case was asked of" not in shown


def test_the_next_command_can_be_copied_whole_from_a_narrow_terminal(blocked):
    shown = _shown(blocked, force_terminal=True, width=30, color_system=None)
    assert "next: kitty-conformance reproduce 951-02/block --target 3.2.0a8\n" in shown


def test_quiet_is_the_conclusion_alone(blocked):
    assert _shown(blocked, detail=-1).splitlines() == [
        "spec-kitty 3.2.0a8 is BLOCKED",
        "  violated: 1 case (951-02/block)",
        "next: kitty-conformance reproduce 951-02/block --target 3.2.0a8",
    ]


def test_verbose_tells_what_was_seen_and_what_conforms(blocked):
    lines = _shown(blocked, detail=1).splitlines()
    found = lines.index("violates       951-02/block  WP02 may commit src/b.py, which it owns")
    assert lines[found + 1 : found + 4] == [
        "      expected exit status 0",
        "          seen exit status 1: Out of scope: src/b.py",
        "conforms       945-01/move-task  ",
    ]


def test_a_terminal_tells_variants_of_a_case_together(builder, ownership, renamed):
    builder.cases = (ownership, renamed(ownership, "951-02/warn"), renamed(ownership, "951-03"))
    for case in builder.cases:
        builder.record(case, [Verdict.VIOLATES] * 3, reason="it is not so")
    shown = _shown(builder.results(), force_terminal=True, width=160, color_system=None)
    (first, second) = [line.split() for line in shown.splitlines() if line.startswith("violates")]
    assert first[:5] == ["violates", "951-02", "(2)", "The", "ownership"]
    assert second == ["violates", "951-03", "it", "is", "not", "so"]


def test_counts_say_what_is_deferred(blocked):
    deferral = Deferral(case="951-02", reason="r", owner="o", link="https://example.org/1", until=TODAY)
    plain = _shown(blocked, deferrals=[deferral])
    assert "951    Active work-package ownership: 1 violates (1 deferred)" in plain
    terminal = _shown(blocked, deferrals=[deferral], force_terminal=True, color_system=None, width=140)
    assert "1 (1 deferred)" in terminal
