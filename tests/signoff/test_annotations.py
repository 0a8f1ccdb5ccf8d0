"""What GitHub is told: never more than it shows, never anything that ends an annotation early."""

from datetime import date

import msgspec

from kitty_conformance.case import Verdict
from kitty_conformance.signoff import report
from kitty_conformance.signoff.annotations import (
    MOST,
    commands_of_bisection,
    commands_of_difference,
    commands_of_history,
    step_summary,
    workflow_commands,
)
from kitty_conformance.signoff.bisection import Bisection, BrokenPromise, Candidate
from kitty_conformance.signoff.deferral import Deferral
from kitty_conformance.signoff.difference import difference
from kitty_conformance.signoff.history import History
from kitty_conformance.signoff.history_changes import Turn

TODAY = date(2026, 6, 1)


def _commands(results, **options):
    return list(workflow_commands(report.build(results, today=TODAY, **options)))


def test_a_violation_names_issue_case_promise_and_the_command_that_shows_it(blocked):
    (command,) = _commands(blocked)
    assert command.split("%0A") == [
        f"::error title=#951 951-02/block violates::{blocked.header.cases[1].promise}",
        "WP02 may commit src/b.py, which it owns",
        "expected exit status 0",
        "seen exit status 1: Out of scope: src/b.py",
        "again: kitty-conformance reproduce 951-02/block --target 3.2.0a8",
    ]


def test_what_could_not_be_tested_is_a_warning(builder, evidence, ownership):
    builder.record(evidence, [Verdict.INCONCLUSIVE] * 3, reason="it hung")
    builder.record(ownership, [Verdict.CONFORMS] * 3)
    (command,) = _commands(builder.results())
    assert command.startswith("::warning title=#945 945-01/move-task inconclusive::A transition")


def test_nothing_the_target_says_ends_the_annotation(builder, ownership):
    builder.cases = (ownership,)
    reason = "100% sure\r\n::error::no, this"
    builder.record(ownership, [Verdict.VIOLATES] * 3, reason=reason)
    (command,) = _commands(builder.results())
    assert "100%25 sure%0D%0A::error::no, this" in command
    assert "\n" not in command


def test_a_title_holds_no_separator(builder, ownership, renamed):
    builder.cases = (ownership, renamed(ownership, "951-02/warn"))
    for case in builder.cases:
        builder.record(case, [Verdict.VIOLATES] * 3)
    (command,) = _commands(builder.results())
    assert command.startswith("::error title=#951 951-02/block violates%2C and 1 more::")


def test_no_more_are_given_than_are_shown(builder, evidence, ownership, renamed):
    builder.cases = tuple(
        renamed(case, f"{case.suite}-{number:02}")
        for case in (evidence, ownership)
        for number in range(1, 20)
    )
    for case in builder.cases:
        builder.record(case, [Verdict.VIOLATES] * 3)
    commands = _commands(builder.results())
    assert len(commands) == 2 <= MOST
    assert "title=#945 945-01 violates%2C and 18 more" in commands[0]
    assert commands[0].endswith("%0Aall: " + ", ".join(f"945-{number:02}" for number in range(1, 20)))


def test_every_case_that_shares_an_annotation_is_named(builder, ownership, renamed):
    variants = [renamed(ownership, f"951-02/{name}") for name in ("block", "warn")]
    builder.cases = tuple(variants)
    for case in builder.cases:
        builder.record(case, [Verdict.VIOLATES] * 3)
    (command,) = _commands(builder.results())
    assert command.endswith("%0Aall: 951-02/block, 951-02/warn")
    many = [renamed(ownership, f"951-{number:02}{name}") for number in range(3, 15) for name in ("/a", "/b")]
    builder.cases = tuple(many)
    builder.recorded.clear()
    for case in builder.cases:
        builder.record(case, [Verdict.VIOLATES] * 3)
    (command,) = _commands(builder.results())
    assert "%0Aall: 951-03 (2), 951-04 (2), " in command


def test_what_is_deferred_is_no_error(blocked):
    deferral = Deferral(case="951-02", reason="r", owner="o", link="https://example.org", until=TODAY)
    assert _commands(blocked, deferrals=[deferral]) == []


def test_a_step_summary_is_short_and_ends_with_what_to_type(builder, evidence, renamed):
    builder.cases = tuple(renamed(evidence, f"945-{number:02}") for number in range(1, 51))
    for case in builder.cases:
        builder.record(case, [Verdict.VIOLATES] * 3)
    told = step_summary(report.build(builder.results(), today=TODAY))
    assert told.startswith("# spec-kitty 3.2.0a8: ⛔ breaks promises asked about")
    assert "- #945 **945-01** violates: A transition that reports success" in told
    assert "… and 30 more, in report.html" in told
    assert told.endswith("```console\n$ kitty-conformance reproduce 945-01 --target 3.2.0a8\n```\n")
    assert len(told) < 8_000


def test_a_step_summary_of_a_good_release_is_shorter_still(conforming):
    told = step_summary(report.build(conforming, today=TODAY))
    assert "Again, by hand" not in told
    assert "| #951 | Active work-package ownership | 1 |" in told


def test_of_a_difference_what_regressed_is_an_error_and_what_healed_a_notice(recorded):
    before = {"945-01": "conforms", "945-02": "violates", "945-03": "conforms", "945-04": "conforms"}
    after = {"945-01": "violates", "945-02": "conforms", "945-03": "conforms", "951-01": "conforms"}
    found = difference(recorded("3.2.0a8", before), recorded("3.2.0a9", after))
    assert [command.split("%0A") for command in commands_of_difference(found)] == [
        [
            "::error title=#945 945-01 regressed::945-01 is kept.",
            "945-01 violates in $MISSION",
            "conforms → violates (pypi:3.2.0a8 → pypi:3.2.0a9)",
            "again: kitty-conformance reproduce 945-01 --target 3.2.0a9",
        ],
        [
            "::warning title=#945 945-04 no-longer-asked::945-04 is kept.",
            "conforms → not asked (pypi:3.2.0a8 → pypi:3.2.0a9)",
        ],
        [
            "::notice title=#945 945-02 healed::945-02 is kept.",
            "945-02 violates in $MISSION",
            "violates → conforms (pypi:3.2.0a8 → pypi:3.2.0a9)",
        ],
    ]


def test_of_a_history_what_broke_in_the_newest_release_is_an_error_and_what_healed_a_notice(recorded):
    history = History()
    for version, verdicts in (
        ("3.1.7", ("violates", "conforms", "conforms")),
        ("3.1.8", ("inconclusive", "conforms", "violates")),
        ("3.1.9", ("conforms", "violates", "violates")),
    ):
        found = dict(zip(("945-01", "945-02", "945-03"), verdicts, strict=True))
        history = history.with_results(recorded(version, found))
    assert [command.split("%0A") for command in commands_of_history(history)] == [
        [
            "::error title=#945 945-02 broken in 3.1.9::945-02 is kept.",
            "945-02 violates in $MISSION",
            "otherwise in 3.1.8",
            "again: kitty-conformance reproduce 945-02 --target 3.1.9",
        ],
        [
            "::notice title=#945 945-01 healed in 3.1.9::945-01 is kept.",
            "945-01 violates in $MISSION",
            "otherwise in 3.1.7; 3.1.8 did not tell",
            "again: kitty-conformance reproduce 945-01 --target 3.1.7",
        ],
    ]


def test_of_a_bisection_each_case_that_broke_is_an_error_and_one_that_healed_a_notice():
    found = Bisection(
        selection="951",
        became=Turn.BROKEN,
        candidates=(Candidate(build="3.2.5"), Candidate(build="3.2.6")),
        last="3.2.4",
        broken=(BrokenPromise(case="951-01/WP02", promise="p", reason="r", reproduce="reproduce it"),),
        next="reproduce it",
    )
    (command,) = commands_of_bisection(found)
    assert command.split("%0A") == [
        "::error title=#951 951-01/WP02 broken in 3.2.6::p",
        "r",
        "or in one of 3.2.5, which cannot tell",
        "otherwise in 3.2.4",
        "again: reproduce it",
    ]
    healed = msgspec.structs.replace(found, became=Turn.HEALED, candidates=found.candidates[1:])
    (command,) = commands_of_bisection(healed)
    assert command.startswith(
        "::notice title=#951 951-01/WP02 healed in 3.2.6::p%0Ar%0Aotherwise in 3.2.4%0A"
    )


def test_of_a_bisection_over_commits_the_issue_and_the_commit_are_named():
    commit = Candidate(build="ab12", subject="One: 100%")
    found = Bisection(selection="951", became=Turn.BROKEN, candidates=(commit,), next="git show ab12")
    assert list(commands_of_bisection(found)) == [
        "::error title=#951 broken by ab12::ab12 One: 100%25%0Anext: git show ab12"
    ]


def test_a_bisection_that_found_nothing_is_a_warning():
    found = Bisection(selection="smoke", nothing="3.2.0 cannot tell", next="history")
    assert list(commands_of_bisection(found)) == [
        "::warning title=smoke nothing to find::3.2.0 cannot tell%0Anext: history"
    ]
