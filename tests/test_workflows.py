"""The workflows of GitHub Actions: their scripts are bash, their commands exist, nothing is published."""

import re
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from kitty_conformance.cli.main import commands

FOLDER = Path(__file__).parents[1] / ".github" / "workflows"
NOX = (FOLDER.parents[1] / "noxfile.py").read_text(encoding="utf-8")


def scripts():
    """Yield every script of every job, under a name."""
    for path in sorted(FOLDER.glob("*.yml")):
        for name, job in YAML(typ="safe").load(path)["jobs"].items():
            for number, step in enumerate(job["steps"]):
                if "run" in step:
                    yield pytest.param(step["run"], id=f"{path.stem}-{name}-{number}")


@pytest.mark.parametrize("script", tuple(scripts()))
def test_a_script_is_bash_and_its_commands_exist(script):
    plain = re.sub(r"\$\{\{.*?\}\}", "X", script)
    subprocess.run(["bash", "-n"], input=plain, encoding="utf-8", check=True)
    for command, subcommand in re.findall(r"kitty-conformance (\w+)(?: (\w+))?", script):
        known = commands.commands[command]
        assert command != "results" or subcommand in known.commands
    for session in re.findall(r"nox -s (\w+)", script):
        assert f"def {session}(session" in NOX


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yml")), ids=lambda path: path.stem)
def test_a_workflow_may_read_and_publishes_nothing(path):
    text = path.read_text(encoding="utf-8")
    workflow = YAML(typ="safe").load(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in workflow["jobs"].values())
    assert "secrets." not in text
    assert not re.search(r"\bgit push\b|\bgh \w|\btwine\b|\bpublish\b|\bpages\b.*deploy", text)


def test_the_sessions_of_the_checks_are_there():
    matrix = YAML(typ="safe").load(FOLDER / "checks.yml")["jobs"]["session"]["strategy"]["matrix"]
    assert all(f"def {session}(session" in NOX for session in matrix["session"])
