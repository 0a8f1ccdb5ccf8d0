import os
import subprocess
import sys
from pathlib import Path

import pytest

from kitty_conformance.errors import AdapterRefusedError, ExitCode, OutputUnwritableError, UsageError
from kitty_conformance.target import adapter_installation
from kitty_conformance.target.adapter_installation import Installed
from kitty_conformance.target.adapters import known_adapters

KILLED = """
import os, signal, sys
from pathlib import Path
from kitty_conformance.target.adapter_installation import Installed
from kitty_conformance.target.adapters import known_adapters
python, adapters, before, number = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
place, chosen = Installed.at(python), known_adapters(adapters)
order = place.try_on(chosen, adapters)
counted = 0
def die(event, arguments):
    global counted
    changes = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "shutil.copyfile")
    if event in changes and str(place.folder) in str(arguments[0]):
        counted += 1
        if counted == number:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(die)
place.install(chosen, order) if before == "install" else place.uninstall()
"""
"""Installs or uninstalls, and is killed at the step of this number."""


@pytest.fixture
def install(kennel):
    """Puts adapters on the environment; all unless told otherwise."""

    def install(*issues):
        place = Installed.at(kennel.python)
        chosen = [each for each in known_adapters(kennel.adapters) if not issues or each.issue in issues]
        place.install(chosen, place.try_on(chosen, kennel.adapters))
        return place

    return install


def test_an_installed_adapter_works_without_anything_of_ours(install, kennel):
    place = install("900")
    ended = kennel.greets()
    assert (ended.stdout, ended.stderr) == ("HELLO YOU\n", "")
    assert (place.remains, place.misfit()) == ((), "")
    assert place.order.wanted == {"specify_cli.greeting": ["900"]}


def test_uninstalling_leaves_the_environment_byte_for_byte(install, kennel):
    before = kennel.hashed()
    place = install()
    kennel.greets()
    assert kennel.hashed() != before
    assert place.uninstall()
    assert kennel.hashed() == before
    assert not place.uninstall()
    assert kennel.greets().stdout == "hello you\n"


def test_nothing_but_two_entries_is_added(install, kennel):
    before = set(kennel.hashed())
    install()
    added = {
        Path(name).relative_to(kennel.packages.relative_to(kennel.root)).parts[0]
        for name in set(kennel.hashed()) - before
    }
    assert added == {"kitty_adapters", "kitty_adapters.pth"}


def test_installing_again_replaces_what_was_on(install, kennel):
    install("900")
    install("901")
    assert kennel.greets().stdout == "HELLO YOU\n"
    assert not (kennel.packages / "kitty_adapters" / "issue_900.py").exists()


def test_another_text_is_refused_at_once_and_told_by_status(install, kennel):
    place = install("900")
    kennel.greeting.write_text(kennel.greeting.read_text().replace("hello", "good day"))
    ended = kennel.greets()
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (70, "", 1)
    assert "#900" in ended.stderr
    assert "adapters install --python" in ended.stderr
    assert place.misfit() == "specify_cli.greeting:greet is another one than it was"
    place.uninstall()
    assert kennel.greets().stdout == "good day you\n"


def test_an_upgrade_is_refused_at_once_and_told_by_status(install, kennel):
    install("900")
    info = kennel.packages / "spec_kitty_cli-9.9.dist-info"
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: spec-kitty-cli\nVersion: 9.10\n")
    info.rename(kennel.packages / "spec_kitty_cli-9.10.dist-info")
    assert kennel.greets().returncode == 70
    assert Installed.at(kennel.python).misfit() == "they were put on for 9.9, and 9.10 is installed"


def test_other_programs_of_the_environment_run_all_the_same(install, kennel):
    install("900")
    kennel.greeting.unlink()
    ended = subprocess.run([kennel.python, "-c", "print(1)"], capture_output=True, text=True, check=True)
    assert (ended.stdout, ended.stderr) == ("1\n", "")


def test_a_harness_has_the_say(install, kennel):
    install("900")
    command = [kennel.python, "-c", "from specify_cli.greeting import greet; print(greet('you'))"]
    environment = {"KITTY_INSIDE_ADAPTERS": "", "PATH": os.defpath}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout == "hello you\n"


@pytest.mark.parametrize("action", ["install", "uninstall"])
def test_whoever_is_killed_leaves_an_environment_that_works_and_can_be_repaired(install, kennel, action):
    before = kennel.hashed()
    for number in range(1, 40, 3):
        if action == "uninstall":
            install()
        command = [
            sys.executable,
            "-c",
            KILLED,
            str(kennel.python),
            str(kennel.adapters),
            action,
            str(number),
        ]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        greeting = kennel.greets()
        assert (greeting.stdout, greeting.stderr) in (
            ("hello you\n", ""),
            ("hello you\n".upper(), ""),
            ("HELLO YOU\n".swapcase(), ""),
        )
        place = Installed.at(kennel.python)
        if ended.returncode == -9 and place.order is None:
            assert place.remains or kennel.hashed() == before
        place.uninstall()
        assert (kennel.hashed(), place.remains) == (before, ())
        if ended.returncode == 0:
            break
    assert ended.returncode == 0, "it was never let do its work"
    assert number > 3


def test_what_does_not_apply_changes_nothing(install, kennel):
    before = kennel.hashed()
    (kennel.adapters / "issue_900.py").write_text(
        'ISSUE = "900"\nREQUIREMENTS = ()\nWRAPS = {"specify_cli.greeting": ("wave",)}\n'
    )
    with pytest.raises(AdapterRefusedError, match=r"there is no specify_cli\.greeting:wave"):
        install("900")
    assert kennel.hashed() == before


def test_a_folder_that_cannot_be_written_is_told(install, kennel, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device", str(kennel.packages))

    place = install()
    monkeypatch.setattr(adapter_installation.shutil, "copy", full)
    with pytest.raises(OutputUnwritableError, match="No space left") as caught:
        install()
    assert caught.value.exit_code == ExitCode.OUTPUT_UNWRITABLE
    monkeypatch.setattr(adapter_installation.shutil, "rmtree", full)
    with pytest.raises(OutputUnwritableError, match="No space left"):
        place.uninstall()


@pytest.mark.parametrize("name", ["nowhere/python", "environment", "text"])
def test_what_is_no_interpreter_is_told(tmp_path, name):
    (tmp_path / "environment").mkdir()
    (tmp_path / "text").write_text("no program")
    (tmp_path / "text").chmod(0o755)
    with pytest.raises(UsageError, match="no Python interpreter that runs"):
        Installed.at(tmp_path / name)


def test_an_environment_without_spec_kitty_is_told(kennel):
    (kennel.packages / "spec_kitty_cli-9.9.dist-info" / "METADATA").unlink()
    (kennel.packages / "spec_kitty_cli-9.9.dist-info").rmdir()
    with pytest.raises(UsageError, match="spec-kitty-cli is not installed for"):
        Installed.at(kennel.python)
