from dataclasses import replace
from datetime import date

import msgspec
import pytest
from markdown_it import MarkdownIt

from kitty_conformance.case import Verdict
from kitty_conformance.signoff import report
from kitty_conformance.signoff.deferral import Deferral
from kitty_conformance.signoff.markdown import render
from kitty_conformance.story import CrashMap, Noted, Story

TODAY = date(2026, 6, 1)


def _rendered(results, **options):
    return render(report.build(results, today=TODAY, **options))


def test_the_decision_comes_first_and_the_dependencies_last(blocked):
    text = render(msgspec.structs.replace(report.build(blocked, today=TODAY), signing_off=True))
    assert text.splitlines()[:3] == [
        "# spec-kitty 3.2.0a8: ⛔ blocked",
        "",
        "- violated: 1 case (951-02/block)",
    ]
    assert text.rstrip().splitlines()[-5:] == ["click==8.1.8", "typer==0.15.1", "```", "", "</details>"]


def test_counts_stand_in_one_table(blocked):
    text = _rendered(blocked)
    assert "| #945 | Transition evidence | 1 | · | · | · | · |" in text
    assert "| #951 | Active work-package ownership | · | 1 | · | · | · |" in text
    assert "No case was asked of: smoke, #944, #949" in text


def test_what_it_ran_on_stands_with_the_target(blocked):
    text = _rendered(blocked)
    assert "| git | 2.47.3 |\n| kernel | Linux 6.1 |\n| architecture | x86_64 |" in text
    assert "operating system" not in text  # it was not told


def test_what_was_reused_is_marked_with_the_moment_it_was_recorded(blocked):
    moment = "2026-05-01T00:00:00Z"
    results = [
        msgspec.structs.replace(each, reused=moment if each.run < 3 else "") for each in blocked.results
    ]
    text = _rendered(replace(blocked, results=tuple(results)))
    assert text.count(f"2 of 3 reused, recorded {moment}") == 2  # a finding, and a promise that is kept
    assert f"| {moment} | 2 | 2 | 945-01/move-task, 951-02/block |" in text
    assert "Reused" not in _rendered(blocked)


def test_what_does_not_apply_is_marked_too(builder, evidence, ownership):
    builder.record(evidence, [Verdict.NOT_APPLICABLE] * 3, reason="no such command")
    builder.record(ownership, [Verdict.CONFORMS] * 3)
    results = builder.results()
    reused = [
        msgspec.structs.replace(each, reused=f"2026-05-0{each.run}T00:00:00Z") for each in results.results
    ]
    text = _rendered(replace(results, results=tuple(reused)))
    assert "no such command (reused, recorded 2026-05-01T00:00:00Z to 2026-05-03T00:00:00Z)" in text


def test_counts_say_what_is_deferred(blocked):
    deferral = Deferral(case="951-02", reason="r", owner="o", link="https://example.org/1", until=TODAY)
    text = _rendered(blocked, deferrals=[deferral])
    assert "| #951 | Active work-package ownership | · | 1 (1 deferred) | · | · | · |" in text


def test_a_violation_shows_promise_requirements_expected_seen_and_the_commands(blocked):
    text = _rendered(blocked)
    for said in (
        "### 951-02: The ownership guard validates",
        "- **Requires** FR-007, SC-004, US3.1",
        "| 951-02/block | WP02 may commit src/b.py, which it owns | exit status 0 | exit status 1: Out of",
        "$ GIT_AUTHOR_NAME='An Agent' git commit --message",
        "2>│ Out of scope: src/b.py",
        "→ exit 1",
        "`kitty-conformance reproduce 951-02/block --target 3.2.0a8`",
    ):
        assert said in text


def test_what_is_not_decided_and_what_does_not_apply_have_their_places(builder, evidence, ownership):
    builder.record(evidence, [Verdict.INCONCLUSIVE] * 3, reason="could not | create <mission>")
    builder.record(ownership, [Verdict.NOT_APPLICABLE] * 3, reason="no guard")
    text = _rendered(builder.results())
    assert "## Not put to the test" in text
    assert "could not \\| create &lt;mission>" in text
    assert "## Not applicable" in text
    assert "| no guard |" in text


def test_disagreeing_runs_name_what_differs(builder, evidence):
    text = _rendered(builder.record(evidence, [Verdict.CONFORMS, Verdict.VIOLATES]).results(whole=False))
    assert "## Flaky: the runs disagree" in text
    assert "; differing: verdict |" in text
    assert "to (cut short)" in text


def test_deferrals_are_told_with_what_to_do_about_them(blocked):
    deferrals = [
        Deferral(case=case, reason="r", owner="o", link="https://example.org", until=TODAY)
        for case in ("951-02", "945-01")
    ]
    text = _rendered(blocked, deferrals=deferrals)
    assert "| 951-02 | applied | 2026-06-01 |" in text
    assert "| 945-01 | unneeded: nothing it covers is violated: remove it |" in text
    assert "- **Deferred** r (o, until 2026-06-01" in text


def test_text_of_the_target_cannot_break_out_of_its_fence(builder, ownership):
    story = Story(steps=(Noted(text="```` </details> ````"),))
    builder.record(ownership, [Verdict.VIOLATES] * 3, reason="`x` *y*", story=story)
    text = _rendered(builder.results())
    assert "`````console" in text
    tokens = MarkdownIt("commonmark").parse(text)
    assert any(token.type == "fence" and "```` </details> ````" in token.content for token in tokens)


def test_a_run_that_decides_on_no_release_speaks_of_promises(blocked):
    built = report.build(blocked, today=TODAY)
    assert render(built).startswith("# spec-kitty 3.2.0a8: ⛔ breaks promises asked about\n")


@pytest.mark.parametrize("requested", ["path:/src/spec-kitty", "wheel:/a/b.whl"])
def test_the_next_command_names_the_target_as_it_was_asked_for(builder, ownership, requested):
    builder.target = msgspec.structs.replace(builder.target, requested=requested)
    text = _rendered(builder.record(ownership, [Verdict.VIOLATES] * 3).results())
    assert f"reproduce 951-02/block --target {requested}`" in text


def test_crash_maps_are_drawn_whatever_the_verdict(conforming):
    text = _rendered(conforming)
    assert "## What a crash leaves" in text
    assert "945-01/move-task: spec-kitty agent action implement WP02 ended with SIGKILL" in text
    assert "| 2 | write repo/&lt;x> | claimed | ✗ refused |" in text


def test_a_crash_map_that_shows_no_harm_is_a_line(builder, evidence, fault_story):
    (crash_map,) = (step for step in fault_story.steps if isinstance(step, CrashMap))
    kept = msgspec.structs.replace(crash_map, points=crash_map.points[:1])
    builder.record(evidence, [Verdict.CONFORMS] * 3, story=Story(steps=(kept,)))
    text = _rendered(builder.results())
    assert "\n- 945-01/move-task: spec-kitty agent action implement WP02 ended with SIGKILL" in text
    assert "| ended before step |" not in text


def test_it_grows_with_cases_not_with_their_variants(builder, ownership, renamed, ownership_story):
    story = msgspec.structs.replace(ownership_story, steps=ownership_story.steps * 40)
    builder.cases = tuple(renamed(ownership, f"951-02/{name:03}") for name in range(200))
    for number, case in enumerate(builder.cases):
        reason = f"variety {number % 20} " + "x" * 400
        builder.record(case, [Verdict.VIOLATES] * 3, reason=reason, story=story)
    text = _rendered(builder.results())
    assert len(text) < 40_000
    assert "951-02/000, 951-02/020, 951-02/040, 951-02/060, 951-02/080, 951-02/100, 4 more |" in text
    assert "… and 150 more like these, in report.html" in text
    assert "more lines, in report.html" in text
    assert text.count("<summary>What was done in ") == 1
