from datetime import date

import msgspec
import pytest
from markdown_it import MarkdownIt

from kitty_conformance.case import Verdict
from kitty_conformance.signoff import report
from kitty_conformance.signoff.deferral import Deferral
from kitty_conformance.signoff.markdown import render
from kitty_conformance.story import Noted, Story

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


def test_a_violation_shows_promise_requirements_expected_seen_and_the_commands(blocked):
    text = _rendered(blocked)
    for said in (
        "### 951-02/block: The ownership guard validates",
        "- **Requires** FR-007, SC-004 (seed: US3.1)",
        "- **Expected** exit status 0",
        "- **Seen** exit status 1: Out of scope: src/b.py",
        "$ GIT_AUTHOR_NAME='An Agent' git commit --message",
        "2>│ Out of scope: src/b.py",
        "→ exit 1",
        "   3  $ spec-kitty agent mission create demo --json  → exit 0",
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
    assert "- **Differing** verdict" in text
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
