import os
import re
import venv
from pathlib import Path

import pytest

from kitty_conformance.target.adapters import known_adapters

GREETING = "def greet():\n    return 'hello'\n"


@pytest.fixture
def environment(tmp_path) -> Path:
    """The interpreter of an environment that has a spec-kitty without anything that adapters want."""
    root = tmp_path / "environment"
    venv.create(root, symlinks=True, with_pip=False)
    packages = next(root.glob("lib/python3.*/site-packages"))
    (packages / "specify_cli").mkdir()
    (packages / "specify_cli" / "__init__.py").touch()
    info = packages / "spec_kitty_cli-9.9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: spec-kitty-cli\nVersion: 9.9\n")
    return root / "bin" / "python"


def test_each_adapter_is_listed_with_what_it_wraps_and_where_it_was_verified(command_line):
    told = command_line("adapters", "list").stdout
    for adapter in known_adapters():
        assert re.search(rf"^#{adapter.issue}  {' '.join(adapter.requirements)}  ", told, re.MULTILINE)
        assert all(
            f"      {module}: {', '.join(names)}\n" in told for module, names in adapter.modules.items()
        )
    assert told.count("      verified on ") == len(known_adapters())


@pytest.mark.parametrize("words", [["run", "--target"], ["signoff"], ["reproduce", "953", "--target"]])
def test_an_adapter_that_there_is_none_of_is_told_at_once(command_line, build, words):
    error = command_line.refused(*words, build.target, "--adapters", "950,123")
    assert error == ("UNKNOWN_ADAPTER", 2)


def test_an_adapter_that_does_not_fit_the_build_is_refused_before_anything_is_run(command_line, build):
    ended = command_line("run", "smoke-01", "--target", build.target, "--adapters", "950")
    assert (ended.returncode, ended.stderr.count("\n")) == (4, 1)
    assert ended.stderr.startswith("error[ADAPTER_REFUSED]: the adapters do not fit spec-kitty-cli 9.9: ")
    assert not command_line.out.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["install", "--python", "/nowhere/python"],
        ["uninstall", "--tool", "spec-kitty-cli", "--python", "/nowhere"],
        ["status", "--tool", "spec-kitty-cli"],
        ["install"],
        ["uninstall", "--wrong"],
    ],
)
def test_what_is_no_environment_is_told_in_one_line(command_line, words):
    command_line.settings |= {"HOME": str(command_line.folder), "PATH": str(command_line.folder)}
    assert command_line.refused("adapters", *words) == ("USAGE", 2)


def test_an_unknown_issue_is_not_installed(command_line, environment):
    assert command_line.refused("adapters", "install", "--python", environment, "123") == (
        "UNKNOWN_ADAPTER",
        2,
    )


def test_what_does_not_fit_is_not_installed(command_line, environment):
    packages = next(environment.parent.parent.glob("lib/python3.*/site-packages"))
    before = sorted(os.listdir(packages))  # noqa: PTH208 - names
    refused = command_line.refused("adapters", "install", "--python", environment, "--unverified-adapters")
    assert refused == ("ADAPTER_REFUSED", 4)
    assert sorted(os.listdir(packages)) == before  # noqa: PTH208 - names


def test_an_environment_without_adapters_says_so(command_line, environment):
    status = command_line("adapters", "status", "--python", environment)
    assert (status.returncode, status.stdout.splitlines()[0]) == (0, "on      none")
    removed = command_line("adapters", "uninstall", "--python", environment)
    assert (removed.returncode, removed.stdout[:26]) == (0, "there were no adapters in ")


def test_remains_are_told_and_taken_off(command_line, environment):
    packages = next(environment.parent.parent.glob("lib/python3.*/site-packages"))
    (packages / "kitty_adapters").mkdir()
    status = command_line("adapters", "status", "--python", environment)
    assert status.returncode == 1
    assert f"remains {packages / 'kitty_adapters'} of what was interrupted" in status.stdout
    assert command_line("adapters", "uninstall", "--python", environment).returncode == 0
    assert command_line("adapters", "status", "--python", environment).returncode == 0


def test_results_without_adapters_verify_nothing(command_line):
    assert command_line.refused("adapters", "verify", command_line.folder / "none") == ("RESULTS_UNUSABLE", 5)
