import re
import shutil
import subprocess
import textwrap

import pytest

from kitty_conformance.case import Verdict
from kitty_conformance.errors import HarnessError
from kitty_conformance.signoff.script import repro_script
from kitty_conformance.story import (
    Armed,
    Captured,
    Disarmed,
    Expected,
    Noted,
    Ran,
    Removed,
    Story,
    Together,
    Wrote,
)
from kitty_conformance.surroundings import ENVIRONMENT, GIT_CONFIG
from kitty_conformance.target.sandbox import Sandbox

FAKE = """\
#!/usr/bin/env bash
# A spec-kitty of a few lines: names missions, moves work packages by appending events.
case $1 in
  --version) echo "spec-kitty ${FAKE_VERSION:-0.0.1}"; exit "${FAKE_STARTS:-0}" ;;
  create) echo "demo-$RANDOM" >mission; cat mission; exit "${FAKE_CREATES:-0}" ;;
  move) if [ -n "${PYTHONPATH:-}" ]; then . "$PYTHONPATH/sitecustomize.py"; else echo "$2 $3" >>events; fi
        echo "moved $2"; echo "a remark" >&2; exit "${FAKE_MOVES:-0}" ;;
  echo) shift; cat; printf '<%s>' "$@"; env | grep -c '^GIT_DIR\\|^SPEC_KITTY_SECRET' ;;
  sleep) exec sleep 0.2 ;;
esac
"""
LOST = "mkdir -p '@{ROOT}/fault'; echo fired >>'@{ROOT}/fault/fired.jsonl'\n"
REPO = "@{ROOT}/work/re po"


def _ran(*argv, cwd=REPO, exit_status=0, **more):
    return Ran(argv=argv, cwd=cwd, exit_status=exit_status, stdout="", stderr="", seconds=0, **more)


def _captured(variable, expression):
    told = {"variable": variable, "value": "x", "shell": expression}
    return Captured(cwd=REPO, **told)


SCENE = (
    _ran("git", "init", "--quiet", REPO, cwd="@{ROOT}/work"),
    _ran("@{SPEC_KITTY}", "create", "demo"),
    _captured("MISSION", "cat mission"),
)
SCENE_STEPS = len(SCENE)


def _promise(test, *, held=False, cwd=REPO, sentence="the event of @{MISSION} is in the log"):
    told = {"promise": sentence, "expected": "1 event", "seen": "0 events", "shell": test}
    return Expected(held=held, cwd=cwd, **told)


IN_THE_LOG = _promise('grep -q "^@{MISSION} WP01$" events')
LOST_EVENT = (
    Armed(description="the event of @{MISSION} is lost", plan={"folder": "@{ROOT}/fault", "rules": [1]}),
    _ran("@{SPEC_KITTY}", "move", "@{MISSION}", "WP01", purpose="claim it"),
    Disarmed(fired=(1,)),
)


@pytest.fixture
def written(tmp_path, builder, evidence, target):
    """Write the script of a story."""

    def write(*steps, arranged=SCENE_STEPS, fault=LOST):
        result = builder.result(
            evidence, 1, Verdict.VIOLATES, story=Story(steps=(*SCENE, *steps), arranged=arranged)
        )
        text = repro_script(evidence, result, target=target, fault_source=lambda _: fault)
        path = tmp_path / "repro.sh"
        path.write_text(text, encoding="utf-8")
        subprocess.run(["bash", "-n", path], check=True)
        return path

    return write


@pytest.fixture
def executed(tmp_path, written):
    """Write the script of a story, run it with the fake spec-kitty, and return what it said and did."""
    fake = tmp_path / "bin" / "spec-kitty"
    fake.parent.mkdir()
    fake.write_text(FAKE)
    fake.chmod(0o755)

    def execute(*steps, arguments=(fake,), environment=None, **options):
        script = written(*steps, **options)
        given = {"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path), "ROOT": str(tmp_path / "root")}
        return subprocess.run(
            ["bash", script, *arguments],
            env=given | {"HOME": "/nonexistent"} | (environment or {}),
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )

    return execute


def _last_line(done):
    assert done.stderr == ""
    return done.stdout.splitlines()[-1]


def test_a_broken_promise_is_shown_again(executed, tmp_path):
    done = executed(*LOST_EVENT, IN_THE_LOG)
    name = (tmp_path / "root" / "work" / "re po" / "mission").read_text().strip()
    assert done.returncode == 1
    assert _last_line(done) == (
        f"VIOLATED: promise: the event of {name} is in the log · expected: 1 event · "
        f"seen when recorded: 0 events"
    )
    assert f"move {name} WP01\n  | moved {name}\n  2>| a remark\n  exit 0\n" in done.stdout
    assert f"fault: the event of {name} is lost" in done.stdout
    assert "spec-kitty 0.0.1" in done.stdout


def test_a_promise_that_holds_is_exit_0(executed):
    done = executed(LOST_EVENT[1], IN_THE_LOG)
    assert done.returncode == 0
    assert re.fullmatch(
        r"HOLDS: promise: the event of demo-\d+ is in the log · expected: 1 event", _last_line(done)
    )


def test_the_first_of_two_broken_promises_is_named(executed):
    other = _promise("false", sentence="another")
    done = executed(*LOST_EVENT, IN_THE_LOG, other)
    assert "VIOLATED: promise: the event of" in _last_line(done)


def test_a_fault_that_never_fired_is_exit_3(executed):
    done = executed(*LOST_EVENT, IN_THE_LOG, fault="true\n")
    assert (done.returncode, _last_line(done)) == (3, "COULD NOT BE TRIED: the fault never fired")


def test_a_fault_nobody_can_ask_is_taken_as_it_is(executed):
    armed = Armed(description="lost", plan={"rules": []})
    assert executed(armed, *LOST_EVENT[1:], IN_THE_LOG).returncode == 1


def test_a_scene_that_cannot_be_set_is_exit_3(executed):
    done = executed(IN_THE_LOG, environment={"FAKE_CREATES": "7"})
    assert done.returncode == 3
    assert _last_line(done) == (
        "COULD NOT BE TRIED: step 2 sets the scene and must work, but ended with exit status 7"
    )


def test_while_the_scene_is_set_only_what_fails_shows_its_output(executed):
    loud = _ran("@{SPEC_KITTY}", "move", "x", "y")
    calm = executed(loud, IN_THE_LOG, arranged=SCENE_STEPS + 1)
    assert "| moved x" not in calm.stdout
    assert "--- The scene is set; this is the case. ---" in calm.stdout
    environment = {"FAKE_MOVES": "5", "ROOT": ""}
    broken = executed(loud, IN_THE_LOG, arranged=SCENE_STEPS + 1, environment=environment)
    assert broken.returncode == 3
    assert "  exit 5\n  | moved x\n  2>| a remark\n" in broken.stdout


def test_a_step_that_failed_when_recorded_may_fail_again(executed):
    failed = _ran("@{SPEC_KITTY}", "move", "x", exit_status=1)
    broken = _promise('[ "$EXIT" -eq 0 ]')
    done = executed(failed, broken, arranged=SCENE_STEPS + 1, environment={"FAKE_MOVES": "5"})
    assert done.returncode == 1


def test_the_step_under_test_may_fail(executed):
    refused = _promise('[ "$EXIT" -eq 5 ] && grep -q moved "$STDOUT" && grep -q remark "$STDERR"')
    done = executed(LOST_EVENT[1], refused, environment={"FAKE_MOVES": "5"})
    assert done.returncode == 0


def test_commands_started_together_each_keep_their_outcome(executed):
    both = Together(
        commands=(
            _ran("@{SPEC_KITTY}", "sleep"),
            _ran("@{SPEC_KITTY}", "move", "@{MISSION}", "WP02", stdin="in\n"),
        )
    )
    told = _promise(
        '[ "$EXIT_1 $EXIT_2 $EXIT" = "0 5 5" ] && grep -q moved "$STDOUT_2" && [ ! -s "$STDOUT_1" ]',
    )
    done = executed(both, told, environment={"FAKE_MOVES": "5"})
    assert done.returncode == 0, done.stdout


def test_commands_started_together_to_set_the_scene_must_work(executed):
    both = Together(commands=(_ran("true"), _ran("@{SPEC_KITTY}", "move", "x", "y")))
    done = executed(both, IN_THE_LOG, arranged=SCENE_STEPS + 1, environment={"FAKE_MOVES": "5"})
    assert "step 4, command 2 sets the scene" in _last_line(done)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no newline at the end",
        "one\n",
        "\n\nblank\n\n",
        "END\nEND_2\n",
        "$HOME `id` \\ ' \" & ! é\r\n\ttab\n",
        "nul \0 byte \\0 and \\n",
        "@{OTHER} stays\n",
    ],
)
def test_files_are_written_byte_for_byte(executed, tmp_path, content):
    held = _promise("true")
    assert executed(Wrote(path=f"{REPO}/a/b.md", content=content), held).returncode == 0
    assert (tmp_path / "root" / "work" / "re po" / "a" / "b.md").read_bytes() == content.encode()


@pytest.mark.parametrize("content", ["in @{ROOT}: @{MISSION} & co\n", "\0@{ROOT}: @{MISSION} & co\n"])
def test_tokens_in_files_are_replaced(executed, tmp_path, content):
    held = _promise("true")
    executed(Wrote(path=f"{REPO}/spec.md", content=content), held)
    repo = tmp_path / "root" / "work" / "re po"
    mission = (repo / "mission").read_text().strip()
    wanted = content.replace("@{ROOT}", str(tmp_path / "root")).replace("@{MISSION}", mission)
    assert (repo / "spec.md").read_text() == wanted


def test_arguments_input_and_environment_arrive_unchanged(executed):
    odd = _ran(
        "@{SPEC_KITTY}",
        "echo",
        "a b",
        "",
        "two\nlines",
        "$x `y` 'z' \"@{MISSION}\"",
        stdin="given\n",
        environment={"ODD": "a 'b' @{ROOT}"},
    )
    told = _promise(
        """[ "$(cat "$STDOUT")" = "given
<a b><><two
lines><\\$x \\`y\\` 'z' \\"@{MISSION}\\">0" ]""",
    )
    done = executed(odd, told, environment={"GIT_DIR": "/elsewhere", "SPEC_KITTY_SECRET": "1"})
    assert done.returncode == 0, done.stdout
    assert "env ODD=a\\ \\'b\\'" in done.stdout


def test_what_was_removed_is_removed(executed):
    gone = _promise("[ ! -e mission ]")
    assert executed(Noted(text="gone\nnow"), Removed(path=f"{REPO}/mission"), gone).returncode == 0


def test_a_command_that_hung_is_given_a_limit(written):
    assert (
        'run "$ROOT/work/re po" timeout 120 "$SPEC_KITTY" sleep'
        in written(_ran("@{SPEC_KITTY}", "sleep", exit_status=None), IN_THE_LOG).read_text()
    )


def test_a_promise_no_shell_can_tell_is_for_the_reader(executed):
    done = executed(_promise(""))
    assert done.returncode == 3
    assert "COULD NOT BE TRIED: look at the output above: promise: the event of" in _last_line(done)


def test_promises_that_held_without_a_test_prove_nothing(executed):
    done = executed(_promise("", held=True))
    assert (done.returncode, _last_line(done)) == (
        3,
        "COULD NOT BE TRIED: no promise was put to the test here",
    )


@pytest.mark.parametrize(
    ("shell", "said"),
    [
        ("no-such-command", "the test itself failed with exit status 127"),
        ("if then", "the test is no bash: if then"),
    ],
)
def test_a_test_that_fails_by_itself_is_no_violation(executed, shell, said):
    done = executed(_promise(shell))
    assert done.returncode == 3
    assert f"COULD NOT BE TRIED: {said}" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("lost", [_ran("ls", cwd="@{ROOT}/none"), _promise("true", cwd="@{ROOT}/none")])
def test_a_folder_that_is_not_there_is_exit_3(executed, lost):
    done = executed(lost, IN_THE_LOG)
    assert done.returncode == 3
    assert "there is no folder" in _last_line(done)


def test_a_name_that_cannot_be_found_out_is_exit_3(executed):
    nothing = _captured("WORK_PACKAGE", "true")
    done = executed(nothing, IN_THE_LOG)
    assert (done.returncode, _last_line(done)) == (3, "COULD NOT BE TRIED: WORK_PACKAGE cannot be found out")


def test_without_a_spec_kitty_it_says_how_it_is_used(executed):
    done = executed(IN_THE_LOG, arguments=["no-such-kitty"])
    assert done.returncode == 3
    assert re.search(r"there is no executable no-such-kitty; usage: .* \[SPEC_KITTY\]", _last_line(done))


def test_a_spec_kitty_that_does_not_start_is_exit_3(executed):
    done = executed(IN_THE_LOG, environment={"FAKE_STARTS": "1"})
    assert done.returncode == 3
    assert "does not start: spec-kitty 0.0.1" in _last_line(done)


@pytest.mark.parametrize("way", ["relative", "variable", "path"])
def test_the_executable_is_found_in_every_way_it_can_be_given(executed, tmp_path, way):
    held = _promise("[ -n x ]")
    given = {
        "relative": {"arguments": ["bin/spec-kitty"]},
        "variable": {"arguments": [], "environment": {"SPEC_KITTY": str(tmp_path / "bin" / "spec-kitty")}},
        "path": {"arguments": [], "environment": {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}},
    }[way]
    done = executed(held, **given)
    assert done.returncode == 0
    assert f"spec-kitty is {tmp_path}/bin/spec-kitty: spec-kitty 0.0.1" in done.stdout


def test_it_makes_a_folder_of_its_own_unless_it_is_given_an_empty_one(executed, tmp_path):
    held = _promise("true")
    assert executed(held, environment={"ROOT": ""}).returncode == 0
    (own,) = tmp_path.glob("repro-*/")
    assert (own / "home" / ".gitconfig").exists()
    shutil.rmtree(own)
    done = executed(held, environment={"ROOT": str(tmp_path / "bin")})
    assert done.returncode == 3
    assert _last_line(done).endswith("is not empty")


def test_nothing_is_written_outside_its_folder(executed, tmp_path):
    executed(*LOST_EVENT, IN_THE_LOG)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["bin", "repro.sh", "root"]


def test_its_sandbox_is_the_one_the_story_was_recorded_in(tmp_path):
    with Sandbox.create(tmp_path) as sandbox:
        recorded = sandbox.environment(tmp_path)
        git = (sandbox.home / ".gitconfig").read_text()
    del recorded["PATH"]
    root = str(sandbox.root)
    assert {name: value.replace(root, "@{ROOT}") for name, value in recorded.items()} == dict(ENVIRONMENT)
    assert git.replace(root, "@{ROOT}") == GIT_CONFIG


def test_it_opens_with_what_it_is_about_and_how_to_run_it(written):
    head = written(IN_THE_LOG).read_text().partition("could_not")[0]
    assert head == textwrap.dedent(f"""\
        #!/usr/bin/env bash
        # #945 Transition evidence: case 945-01/move-task, violates on spec-kitty 3.2.0a8
        #
        # Promise:      A transition that reports success has its event in the status event log.
        # Requirements: FR-001, SC-002 (US1.1)
        # Recorded on:  pypi:3.2.0a8, wheel sha256 {"ab" * 32}, Python 3.11.7
        #
        # Usage: bash repro.sh [SPEC_KITTY]     the executable; else $SPEC_KITTY, else spec-kitty on PATH
        # Needs bash, git and that executable. Works in a new temporary folder, or in $ROOT if that is set.
        # Exit status: 1 the promise is broken, 0 it holds, 3 it could not be tried.
        """)


def test_a_name_used_before_it_is_captured_is_a_defect_of_the_story(written):
    with pytest.raises(HarnessError, match=r"uses @\{OTHER\} before it captures it"):
        written(_ran("ls", "@{OTHER}"))


def test_a_name_the_script_needs_itself_cannot_be_captured(written):
    with pytest.raises(HarnessError, match="cannot capture the name PATH"):
        written(_captured("PATH", "true"))
