"""From a red line of CI to the violation, reproduced, in two commands: each copied from where it is shown."""

import json
import os
import shlex
import subprocess

import pytest

from kitty_conformance.errors import ExitCode

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def red(command_line, build):
    """A build that breaks the walk, and what CI shows of it."""
    build.does("sys.exit('no such step')")
    summary = command_line.folder / "summary.md"
    command_line.settings["GITHUB_STEP_SUMMARY"] = str(summary)
    ended = command_line(
        "run", "smoke-01", "--target", build.target, "--out", command_line.out, "--format", "github"
    )
    assert ended.returncode == ExitCode.VIOLATED
    return ended.stdout, summary.read_text("utf-8")


def test_two_commands_lead_from_a_red_line_to_the_violation(command_line, red, build):
    (annotation,) = [line for line in red[0].splitlines() if line.startswith("::error ")]
    assert annotation.startswith("::error title=smoke-01 violates::")
    first = annotation.rpartition("%0Aagain: ")[2]
    seen_from_here = os.path.relpath(build.target.removeprefix("wheel:"), command_line.folder)
    assert first == f"kitty-conformance reproduce smoke-01 --target wheel:{seen_from_here}"
    assert f"$ {first}\n" in red[1]

    reproduced = command_line(*shlex.split(first)[1:])
    assert reproduced.returncode == ExitCode.VIOLATED
    assert "BROKEN: " in reproduced.stdout
    (second,) = [line for line in reproduced.stdout.splitlines() if line.startswith("next: ")]

    by_hand = subprocess.run(
        ["bash", "-c", second.removeprefix("next: ")],
        env={**os.environ, "TMPDIR": str(command_line.folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert by_hand.returncode == 1, by_hand.stdout + by_hand.stderr
    assert "VIOLATED" in by_hand.stdout


def test_a_program_finds_the_same_two_commands(command_line, build):
    build.does("sys.exit('no such step')")
    ended = command_line("run", "smoke-01", "--target", build.target, "--format", "json")
    assert (ended.returncode, ended.stderr) == (ExitCode.VIOLATED, "")
    found = json.loads(ended.stdout)
    assert found["next"] == f"kitty-conformance reproduce smoke-01 --target {build.target}"
    told = command_line(*shlex.split(found["next"])[1:], "--format", "json", "-v")
    assert json.loads(told.stdout)["next"].startswith("bash ")
    assert "target  spec-kitty-cli 9.9" in told.stderr
