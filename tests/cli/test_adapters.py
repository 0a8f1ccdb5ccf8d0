import re
from functools import partial

import pytest
from click.testing import CliRunner

from kitty_conformance.cli import adapters as module
from kitty_conformance.errors import AdapterRefusedError
from kitty_conformance.target.adapter_installation import Installed
from kitty_conformance.target.adapters import known_adapters
from kitty_conformance.target.verified import Verification


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


def test_an_unknown_issue_is_not_installed(command_line, kennel):
    refused = command_line.refused("adapters", "install", "--python", kennel.python, "123")
    assert refused == ("UNKNOWN_ADAPTER", 2)


def test_what_does_not_fit_is_not_installed(command_line, kennel):
    before = kennel.hashed()
    refused = command_line.refused("adapters", "install", "--python", kennel.python, "--unverified-adapters")
    assert refused == ("ADAPTER_REFUSED", 4)
    assert kennel.hashed() == before


@pytest.fixture
def invoke(kennel, monkeypatch):
    """Gives the command with the adapters of the kennel; 900 is verified there, 901 is not."""
    monkeypatch.setattr(module, "known_adapters", partial(known_adapters, kennel.adapters))
    monkeypatch.setattr(Installed.try_on, "__defaults__", (kennel.adapters,))
    place = Installed.at(kennel.python)
    (first, _) = known_adapters(kennel.adapters)
    verified = Verification().with_release("9.9", place.try_on([first]), {"conforms": 3})
    monkeypatch.setattr(module, "verifications", lambda: {"900": verified})

    def run(*words):
        ended = CliRunner().invoke(
            module.adapters_command, [*words, "--python", str(kennel.python)], standalone_mode=False
        )
        if ended.exception:
            raise ended.exception
        return ended.return_value, ended.output

    return run


def test_adapters_are_installed_told_of_and_taken_off(invoke, kennel):
    before = kennel.hashed()
    exit_code, told = invoke("install", "900")
    assert exit_code == 0
    assert f"adapters of #900 on, for spec-kitty-cli 9.9 in {kennel.packages}" in told
    assert f"undo    kitty-conformance adapters uninstall --python {kennel.python}" in told
    assert kennel.greets().stdout == "HELLO YOU\n"
    assert invoke("status") == (0, f"on      #900\nwhere   spec-kitty-cli 9.9 in {kennel.packages}\n")
    assert invoke("uninstall") == (0, f"adapters taken off {kennel.packages}\n")
    assert kennel.hashed() == before


def test_all_are_refused_where_one_is_not_verified_and_those_that_are_named(invoke, kennel):
    before = kennel.hashed()
    with pytest.raises(AdapterRefusedError, match=r"#901 is not verified on 9\.9") as caught:
        invoke("install")
    assert "verified there: 900" in caught.value.hint
    with pytest.raises(AdapterRefusedError) as caught:
        invoke("install", "901")
    assert "verified there" not in caught.value.hint
    assert kennel.hashed() == before
    assert invoke("install", "--unverified-adapters")[0] == 0
    assert kennel.greets().stdout == "hello you\n"  # upper case, swapped


def test_status_tells_what_does_not_fit_any_more(invoke, kennel):
    invoke("install", "900")
    kennel.greeting.write_text(kennel.greeting.read_text().replace("hello", "good day"))
    exit_code, told = invoke("status")
    assert exit_code == 1
    assert "refused specify_cli.greeting:greet is another one than it was" in told


def test_releases_are_listed_with_what_they_were_verified_by(invoke):
    told = CliRunner().invoke(module.adapters_command, ["list"], standalone_mode=False).output
    assert "      verified on 9.9 (3 conforms)\n" in told
    assert "      verified on no release\n" in told
    assert invoke


def test_an_environment_without_adapters_says_so(invoke, kennel):
    assert invoke("status")[1].splitlines()[0] == "on      none"
    assert invoke("uninstall") == (0, f"there were no adapters in {kennel.packages}\n")


def test_remains_are_told_and_taken_off(invoke, kennel):
    (kennel.packages / "kitty_adapters").mkdir()
    exit_code, told = invoke("status")
    assert exit_code == 1
    assert f"remains {kennel.packages / 'kitty_adapters'} of what was interrupted" in told
    assert invoke("uninstall")[0] == 0
    assert invoke("status")[0] == 0


def test_what_is_no_results_file_verifies_nothing(command_line):
    assert command_line.refused("adapters", "verify", command_line.folder / "none") == ("RESULTS_UNUSABLE", 5)
