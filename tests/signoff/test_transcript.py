from kitty_conformance.signoff.transcript import action, outline, scene
from kitty_conformance.story import Ran, Story, Wrote


def _ran(**values):
    given = {"argv": ("ls",), "cwd": "@{ROOT}", "exit_status": 0, "stdout": "", "stderr": "", "seconds": 0}
    return Ran(**(given | values))


def test_an_outline_has_one_line_per_step(ownership_story, fault_story):
    assert outline(fault_story) == (
        "(a planned work package)",
        "fault armed: the append of the event is lost",
        "$ spec-kitty agent tasks move-task WP01 → exit 0 & spec-kitty next → killed by SIGKILL",
        "fault disarmed; times its rules fired: 1, 0",
        "$ rm -rf $ROOT/work/lock",
        (
            "spec-kitty agent action implement WP02 ended with SIGKILL before each of its 2 mutating steps: "
            "once the work did not go on"
        ),
        "kept: the event is in the log",
    )
    assert outline(ownership_story)[1] == "write $ROOT/work/repo/spec.md (3 lines)"
    assert all("\n" not in line for line in outline(ownership_story))


def test_the_scene_is_told_briefly_with_its_folders(ownership_story):
    assert scene(ownership_story) == (
        "      $ cd $ROOT/work",
        "   1  $ git init --quiet $ROOT/work/repo  → exit 0",
        "   2  write $ROOT/work/repo/spec.md (3 lines)",
        "      $ cd $ROOT/work/repo",
        "   3  $ spec-kitty agent mission create demo --json  → exit 0",
        "   4  MISSION=demo-01KQ",
        "   5  (WP02 is in_progress in lane-a)",
    )


def test_the_case_itself_is_told_in_full(ownership_story):
    assert action(ownership_story) == (
        "      $ cd $ROOT/work/repo/.worktrees/$MISSION-lane-a",
        "   6  # commit what WP02 owns",
        "      $ GIT_AUTHOR_NAME='An Agent' git commit --message 'WP02: its own file",
        "",
        "      with a body'",
        "        2>│ Out of scope: src/b.py — not matched by owned_files ['src/a.py']",
        "      → exit 1",
        "   7  BROKEN: WP02 may commit src/b.py, which it owns",
        "        expected  exit status 0",
        "        seen      exit status 1: Out of scope: src/b.py",
    )


def test_what_was_written_captured_and_fed_is_shown(ownership_story):
    told = action(Story(steps=ownership_story.steps[1:4]))
    assert "        │ One `mission` & $HOME" in told
    assert "   3  $ MISSION=$(cat $ROOT/work/repo/missions)" in told
    fed = action(
        Story(steps=(_ran(stdin="yes\n"), Wrote(path="a", content=""), Wrote(path="b", content="1")))
    )
    assert "        <│ yes" in fed
    assert fed[-3:] == ("   2  write a (empty)", "   3  write b (1 line)", "        │ 1")


def test_long_output_is_trimmed_in_the_middle_and_at_the_side():
    told = action(Story(steps=(_ran(stdout="".join(f"line {n}\n" for n in range(100)), stderr="y" * 999),)))
    assert "        │ … 80 more lines …" in told
    assert "        │ line 99" in told
    assert max(map(len, told)) < 260


def test_commands_started_together_say_where_and_how_each_ended(fault_story):
    told = action(fault_story)
    assert "   3  2 commands started at the same moment:" in told
    assert "      & spec-kitty agent tasks move-task WP01   (in $ROOT/work)" in told
    assert "      → killed by SIGKILL" in told


def test_a_crash_map_is_drawn(fault_story):
    told = action(fault_story)
    place = next(number for number, line in enumerate(told) if line.startswith("   6  spec-kitty agent"))
    assert told[place + 1 : place + 4] == (
        "        ended before step  which is to     left behind  and then",
        "        1                  write repo/log  planned      the same again",
        "        2                  write repo/<x>  claimed      ✗ refused",
    )
