"""A build that hangs, floods, or prints what nobody can read: inconclusive with its reason, never green."""

import json

import pytest

from kitty_conformance.errors import ExitCode
from kitty_conformance.stream import read

HANGS = "time.sleep(600)"
FLOODS = 'while True: print("miaow " * 9999)'
NOT_UTF8 = r'sys.stdout.buffer.write(b"caf\xff")'
MARKUP = 'sys.exit("error: [/bold] \\x1b[31mred [link=x] in no style")'


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (HANGS, "`spec-kitty --help …` hung: no end within 1 s"),
        (FLOODS, "`spec-kitty --help …` flooded its output: more than 8388608 bytes"),
        (NOT_UTF8, "`spec-kitty --help …` printed bytes that are not UTF-8 (at byte 3)"),
        (MARKUP, "[/bold]"),
    ],
    ids=["hangs", "floods", "prints bytes that are not UTF-8", "prints markup"],
)
def test_a_build_that_misbehaves_at_once_is_inconclusive(command_line, build, behaviour, reason):
    build.does(behaviour, knows_help=False)
    arguments = ("--target", build.target, "--out", command_line.out, "--command-timeout", 1)
    ended = command_line("run", "949-03", *arguments)
    assert (ended.returncode, ended.stderr) == (ExitCode.INCONCLUSIVE, "")
    (told,) = [line for line in ended.stdout.splitlines() if line.startswith("inconclusive  949-03 run 1")]
    assert reason in told
    assert "could not be held to every promise asked about" in ended.stdout
    assert command_line.left_in_scratch == []
    assert command_line.processes == []


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (HANGS, "`spec-kitty init --ai claude …` hung: no end within 1 s"),
        (FLOODS, "`spec-kitty init --ai claude …` flooded its output: more than 8388608 bytes"),
        (NOT_UTF8, "`spec-kitty init --ai claude …` printed bytes that are not UTF-8 (at byte 3)"),
    ],
    ids=["hangs", "floods", "prints bytes that are not UTF-8"],
)
def test_what_a_misbehaving_build_did_is_kept_as_evidence(command_line, build, behaviour, reason):
    build.does(behaviour)
    arguments = ("--target", build.target, "--out", command_line.out, "--command-timeout", 1)
    ended = command_line("reproduce", "949-03", *arguments)
    assert (ended.returncode, ended.stderr) == (ExitCode.INCONCLUSIVE, "")
    assert reason in ended.stdout
    _, result, footer = map(json.loads, command_line.results().read_text("utf-8").splitlines())
    assert (result["verdict"], result["reason"]) == ("inconclusive", reason)
    assert footer["results"] == 1
    (sandbox,) = (command_line.results().parent / "sandboxes").iterdir()
    assert (sandbox / "work" / "repo" / ".git").is_dir()
    assert command_line.left_in_scratch == []
    assert command_line.processes == []


def test_a_build_that_cannot_be_warmed_runs_cold_and_that_is_said(command_line, wheel_in):
    code = "print('hello')\n\ndef main():\n    import sys\n    sys.exit('init' in sys.argv)\n"
    target = wheel_in(command_line.folder / "wheels", code)
    arguments = ("--target", target, "--out", command_line.out, "--launcher", "warm")
    ended = command_line("run", "smoke-01", *arguments)
    why = "its imports print b'hello\\n'"
    assert f"cold    1 results that were to be warm had commands started cold: {why}" in ended.stdout
    (result,) = read(command_line.results()).results
    assert (result.launcher, result.unforked) == ("warm", why)
    report = command_line.results().with_name("report.md").read_text(encoding="utf-8")
    assert (
        "1 results that were to be warm had commands started cold: its imports print b'hello\\\\n'." in report
    )
