import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitty_conformance.signoff.shell import command_line, ending, readable, tokens, word, words
from kitty_conformance.story import Ran


def _ran(*argv, **environment):
    return Ran(argv=argv, cwd="/", exit_status=0, stdout="", stderr="", seconds=0, environment=environment)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.just("@{ROOT}"),
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
            st.sampled_from(["$x", "`id`", '"', "\\", "!", "\n", "_", "é", "[1]", "'"]),
        ),
        max_size=5,
    ).map("".join)
)
def test_bash_reads_a_word_as_the_text_with_its_tokens_replaced(text):
    script = f"ROOT='/a b'; printf %s {word(text)}"
    printed = subprocess.run(["bash", "-c", script], capture_output=True, check=True).stdout
    assert printed == text.replace("@{ROOT}", "/a b").encode()


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain", "plain"),
        ("two words", "'two words'"),
        ("", "''"),
        ("@{MISSION}", '"$MISSION"'),
        ("@{MISSION}-lane-a", '"$MISSION-lane-a"'),
        ("@{MISSION}_x", '"${MISSION}_x"'),
        ('say "@{MISSION}" $5', '"say \\"$MISSION\\" \\$5"'),
        ("@{lower}", "'@{lower}'"),
    ],
)
def test_words_are_quoted_as_a_person_would(text, quoted):
    assert word(text) == quoted


def test_a_command_is_its_words():
    assert words(["git", "-C", "@{ROOT}/a b", "status"]) == 'git -C "$ROOT/a b" status'


def test_tokens_are_found_once_each():
    assert tokens("@{ROOT}/@{MISSION}/@{ROOT}") == {"ROOT", "MISSION"}


def test_a_reader_sees_variables_and_the_executable_by_its_name():
    assert readable("@{SPEC_KITTY} in @{ROOT}/x: @{MISSION}") == "spec-kitty in $ROOT/x: $MISSION"


def test_a_command_line_is_quoted_only_where_needed():
    ran = _ran(
        "@{SPEC_KITTY}", "next", "--mission", "@{MISSION}", "", "a b", TMPDIR="@{ROOT}/shared", A="b c"
    )
    assert command_line(ran) == "A='b c' TMPDIR=$ROOT/shared spec-kitty next --mission $MISSION '' 'a b'"


def test_a_shortened_command_line_stays_on_one_line():
    assert (
        command_line(_ran("git", "commit", "-m", "first\nsecond"), shorten=True) == "git commit -m 'first…'"
    )
    assert len(command_line(_ran("echo", "x" * 5000), shorten=True)) < 120


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (0, "exit 0"),
        (3, "exit 3"),
        (-9, "killed by SIGKILL"),
        (-200, "killed by signal 200"),
        (None, "ended by us: no end within its time"),
    ],
)
def test_the_end_of_a_process_is_said_in_words(status, said):
    assert ending(status) == said
