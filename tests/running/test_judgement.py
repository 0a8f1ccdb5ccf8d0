import pytest

from kitty_conformance.case import Inconclusive, NotApplicable, PromiseBroken, Verdict
from kitty_conformance.errors import HarnessError
from kitty_conformance.running.judgement import judge, observed
from kitty_conformance.story import Captured, Ran, Story, Together


@pytest.mark.parametrize(
    ("failures", "verdict", "reason"),
    [
        ({}, Verdict.CONFORMS, ""),
        ({"call": PromiseBroken("it\n broke")}, Verdict.VIOLATES, "it broke"),
        ({"call": NotApplicable("no such command")}, Verdict.NOT_APPLICABLE, "no such command"),
        ({"setup": NotApplicable("no such command")}, Verdict.NOT_APPLICABLE, "no such command"),
        ({"call": Inconclusive("hung")}, Verdict.INCONCLUSIVE, "hung"),
        ({"setup": HarnessError("disk full")}, Verdict.INCONCLUSIVE, "disk full"),
        (
            {"setup": PromiseBroken("in a fixture")},
            Verdict.INCONCLUSIVE,
            "harness error in setup: PromiseBroken: in a fixture",
        ),
        (
            {"call": AssertionError("bare")},
            Verdict.INCONCLUSIVE,
            "harness error in call: AssertionError: bare",
        ),
        (
            {"call": PromiseBroken("broke"), "teardown": Inconclusive("wrote outside")},
            Verdict.INCONCLUSIVE,
            "wrote outside",
        ),
    ],
)
def test_only_a_broken_promise_in_the_case_itself_is_a_violation(failures, verdict, reason):
    assert judge(failures, put_to_the_test=1) == (verdict, reason)


def test_a_case_that_stated_nothing_proves_nothing():
    assert judge({}, put_to_the_test=0) == (Verdict.INCONCLUSIVE, "the case stated no promise")


def ran(*argv, status=0, stdout="", stderr=""):
    return Ran(argv=argv, cwd="@{ROOT}", exit_status=status, stdout=stdout, stderr=stderr, seconds=0.1)


def test_observations_are_the_normalised_answers_of_acting_commands():
    story = Story(
        steps=(
            ran("@{SPEC_KITTY}", "init"),
            Captured(variable="MISSION", value="demo-01", shell="ls", cwd="@{ROOT}"),
            ran(
                "@{SPEC_KITTY}",
                "agent",
                "tasks",
                "move-task",
                "WP01",
                status=1,
                stderr="E: LOST_EVENT x LOST_EVENT",
            ),
            ran("git", "commit"),
            ran("@{SPEC_KITTY}", "--version", status=None),
            Together(commands=(ran("@{SPEC_KITTY}", "merge"),)),
        ),
        arranged=2,
    )
    assert observed(story) == {
        "1. agent tasks move-task": "exit 1 LOST_EVENT",
        "3. spec-kitty": "ended by us",
    }
