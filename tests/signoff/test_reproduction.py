import pytest

from kitty_conformance.case import Verdict
from kitty_conformance.signoff.reproduction import story_text


def test_a_violation_is_told_from_promise_to_verdict(builder, ownership, ownership_story):
    result = builder.result(
        ownership, 2, Verdict.VIOLATES, reason="@{MISSION}: WP02 is refused", story=ownership_story
    )
    lines = story_text(ownership, result).splitlines()
    assert lines[0] == "951-02/block  #951 Active work-package ownership"
    assert (
        lines[2]
        == "Promise     The ownership guard validates changed files against the active work package's"
    )
    assert lines[3] == "            owned_files."
    assert "Requires    FR-007, SC-004 (from US3.1 of the seed)" in lines
    assert "Run         2, warm, 4.2 s" in lines
    assert lines.index("The scene is set") < lines.index("What is done, and what comes back")
    assert "        expected  exit status 0" in lines
    assert lines[-1] == "VIOLATES: $MISSION: WP02 is refused"


def test_a_promise_that_holds_says_so(builder, evidence, fault_story):
    text = story_text(evidence, builder.result(evidence, 1, story=fault_story))
    assert text.endswith("CONFORMS: the promise holds\n")


@pytest.mark.parametrize("verdict", [Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE])
def test_a_case_without_a_story_gives_the_reason(builder, evidence, verdict, fault_story):
    empty = type(fault_story)()
    text = story_text(evidence, builder.result(evidence, 1, verdict, reason="no such command", story=empty))
    assert text.endswith(f"\n\n{verdict.upper()}: no such command\n")
    assert "The scene is set" not in text
