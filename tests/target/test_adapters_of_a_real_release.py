"""Adapters on a real release: in every interpreter it starts, refused in time, taken off without a trace."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from kitty_conformance.cli.adapters import adapters_command
from kitty_conformance.target.adapted import adapted
from kitty_conformance.target.adapters import FOLDER, known_adapters
from kitty_conformance.target.cold import ColdLauncher
from kitty_conformance.target.installer import Installer
from kitty_conformance.target.launcher import Command
from kitty_conformance.target.sandbox import Sandbox
from kitty_conformance.target.warm import WarmLauncher

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

ADAPTER = '''"""#900, FR-900: it is heard in each interpreter."""
ISSUE = "900"
REQUIREMENTS = ("FR-900",)
WRAPS = {"specify_cli.cli.helpers": ("show_banner",), "specify_cli.policy.config": ("load_policy_config",)}
def apply(module):
    import sys
    from kitty_conformance.inside.adapters.wrapping import wrap
    def loud(original):
        def wrapper(*arguments, **keywords):
            sys.stderr.write(f"adapted {original.__name__}\\n")
            return original(*arguments, **keywords)
        return wrapper
    wrap(module, WRAPS[module.__name__][0], loud)
'''


@pytest.fixture
def sandbox(tmp_path):
    with Sandbox.create(tmp_path / "sandboxes") as sandbox:
        yield sandbox


@pytest.fixture
def target(real_target, tmp_path):
    """A real release with an adapter that is heard on standard error."""
    folder = tmp_path / "adapters"
    shutil.copytree(
        FOLDER, folder, ignore=lambda _, names: [n for n in names if n.startswith(("issue_", "__py"))]
    )
    (folder / "issue_900.py").write_text(ADAPTER)
    return adapted(
        real_target, known_adapters(folder), unverified=True, folder=folder, cache=tmp_path / "cache"
    )


@pytest.fixture
def run(target, sandbox):
    """Runs a command of the target, or another program, in the sandbox; adapted unless told otherwise."""
    launchers = {"cold": ColdLauncher(), "warm": WarmLauncher(target.python, target.executable)}
    surroundings = sandbox.environment(target.executable.parent, sandbox.plan())

    def run(*words, launcher="cold", adapters=None):
        variables = target.variables if adapters is None else {"KITTY_INSIDE_ADAPTERS": adapters}
        command = Command(argv=words, cwd=sandbox.work, environment={**surroundings, **variables})
        return launchers[launcher].start(command).wait()

    yield run
    assert launchers["warm"].cold == 0, launchers["warm"].reason
    for launcher in launchers.values():
        launcher.close()


def commits(run, sandbox, python, launcher):
    """Commit in a repository whose hook is an interpreter of the target; give what was said meanwhile."""
    run("git", "init", "-q")
    run("git", "commit", "-q", "--allow-empty", "-m", "Begin")  # the guard lets a first commit pass
    hook = sandbox.work / ".git" / "hooks" / "pre-commit"
    hook.write_text(f"#!/bin/sh\nexec {python} -m specify_cli.policy.commit_guard_hook\n")
    hook.chmod(0o755)
    (sandbox.work / "file").touch()
    run("git", "add", "file")
    return run("git", "commit", "-q", "-m", "One", launcher=launcher).stderr


@pytest.mark.parametrize("launcher", ["cold", "warm"])
def test_a_release_is_adapted_with_all_it_starts(run, target, sandbox, launcher):
    ended = run(str(target.executable), "--version", launcher=launcher)
    assert (ended.exit_status, ended.stderr) == (0, b"adapted show_banner\n")
    assert commits(run, sandbox, target.python, launcher) == b"adapted load_policy_config\n"


def test_warm_servers_are_of_one_set_of_adapters(run, target):
    words = (str(target.executable), "--version")
    heard = [run(*words, launcher="warm", adapters=each).stderr for each in (None, "", None)]
    assert heard == [b"adapted show_banner\n", b"", b"adapted show_banner\n"]


def test_another_text_is_refused_before_anything_is_done(run, target, sandbox, tmp_path):
    order = json.loads(target.adapters.read_text())
    order["functions"]["specify_cli.policy.config"]["load_policy_config"] = "0" * 16
    order["modules"]["specify_cli.policy.config"][2] += 1
    other = tmp_path / "other.json"
    other.write_text(json.dumps(order))
    before = sorted(sandbox.home.rglob("*"))
    ended = run(str(target.executable), "init", "--ai", "claude", "--non-interactive", adapters=str(other))
    assert (ended.exit_status, ended.stdout, ended.stderr.count(b"\n")) == (70, b"", 1)
    assert b"the adapter of #900 is refused: specify_cli.policy.config:load_policy_config" in ended.stderr
    assert sorted(sandbox.home.rglob("*")) == before
    assert list(sandbox.work.iterdir()) == []


def test_without_adapters_it_behaves_byte_for_byte_the_same(run, target, sandbox, real_target):
    words = (str(target.executable), "--version")
    plain = subprocess.run(
        words,
        cwd=sandbox.work,
        env=sandbox.environment(real_target.executable.parent),
        capture_output=True,
        check=False,
    )
    harnessed = run(*words, adapters="")
    assert (harnessed.exit_status, harnessed.stdout, harnessed.stderr) == (
        plain.returncode,
        plain.stdout,
        plain.stderr,
    )


def test_adapters_import_nothing_that_the_release_does_not_import(run, target):
    show = "import sys, specify_cli; print(sorted(sys.modules))"
    names = [
        set(json.loads(run(str(target.python), "-c", show, adapters=each).stdout.replace(b"'", b'"')))
        for each in (None, "")
    ]
    assert {name for name in names[0] - names[1] if not name.startswith("kitty_conformance.inside.")} == set()


@pytest.fixture
def tool(real_target, tmp_path):
    """The folder of a tool that uv has installed, as a person does it."""
    folders = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    versions = tmp_path / "versions.txt"
    versions.write_text(
        "".join(f"{each.name}=={each.version}\n" for each in real_target.identity.dependencies)
    )
    wanted = f"spec-kitty-cli=={real_target.identity.version}"
    Installer().run(
        ["tool", "install", "--quiet", "--prerelease", "allow", "--constraints", str(versions), wanted],
        doing="install the tool",
        environment=folders,
    )
    return tmp_path / "tools" / "spec-kitty-cli"


def hashed(root: Path) -> dict[str, str]:
    found = {}
    for path in sorted(root.rglob("*")):
        content = os.fsencode(path.readlink()) if path.is_symlink() else b""
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else content
        found[str(path)] = f"{path.lstat().st_mode} {hashlib.sha256(content).hexdigest()}"
    return found


def test_a_tool_of_uv_gets_adapters_and_is_left_as_it_was(tool, tmp_path, monkeypatch):
    monkeypatch.setenv("UV_TOOL_DIR", str(tool.parent))
    monkeypatch.setenv("HOME", str(tmp_path))
    before = hashed(tool)
    where = ["--tool", "spec-kitty-cli"]
    words = ["install", "950", "953", *where, "--unverified-adapters"]
    assert CliRunner().invoke(adapters_command, words, standalone_mode=False).return_value == 0
    said = CliRunner().invoke(adapters_command, ["status", *where], standalone_mode=False)
    assert (said.return_value, said.output.splitlines()[0]) == (0, "on      #950 #953")
    show = "import specify_cli.cli.commands.merge as m; print(m._run_lane_based_merge.__code__.co_filename)"
    environment = {"PATH": os.defpath, "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    python = str(tool / "bin" / "python")
    told = subprocess.run([python, "-c", show], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.strip().endswith("kitty_adapters/issue_953.py")
    started = subprocess.run(
        [tool / "bin" / "spec-kitty", "--version"], env=environment, capture_output=True, check=False
    )
    assert (started.returncode, started.stderr) == (0, b"")
    removed = CliRunner().invoke(adapters_command, ["uninstall", *where], standalone_mode=False)
    assert (removed.return_value, removed.output.split()[:3]) == (0, ["adapters", "taken", "off"])
    assert hashed(tool) == before
