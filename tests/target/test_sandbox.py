import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from kitty_conformance.errors import HarnessError
from kitty_conformance.target import sandbox as module
from kitty_conformance.target.cold import ColdLauncher
from kitty_conformance.target.launcher import Command
from kitty_conformance.target.plan import Count, FaultRule
from kitty_conformance.target.sandbox import Owner, Sandbox, scratch_folder, scratch_folders, sweep

BIN = Path(sys.executable).parent


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox.create(tmp_path / "parent") as sandbox:
        yield sandbox


def _git(sandbox: Sandbox, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments],
        cwd=sandbox.work,
        env=sandbox.environment(BIN),
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def test_it_has_four_folders_and_they_are_empty_of_persons(sandbox: Sandbox) -> None:
    assert sorted(path.name for path in sandbox.root.iterdir()) == ["home", "logs", "tmp", "work"]
    assert sorted(path.name for path in sandbox.home.iterdir()) == [".git-template", ".gitconfig"]


def test_nothing_of_our_own_environment_gets_in(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OURS", "SSH_AUTH_SOCK", "GIT_DIR", "PYTHONPATH", "EDITOR"):
        monkeypatch.setenv(name, "leaks")
    environment = sandbox.environment(BIN)
    assert "leaks" not in environment.values()
    assert environment["PATH"].split(os.pathsep)[0] == str(BIN)


def test_every_place_is_in_the_sandbox(sandbox: Sandbox) -> None:
    environment = sandbox.environment(BIN)
    places = [name for name in environment if name.startswith(("HOME", "XDG_", "TMPDIR", "SPEC_KITTY_HOME"))]
    assert len(places) == 8
    assert all(Path(environment[name]).is_relative_to(sandbox.root) for name in places)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SPEC_KITTY_NO_UPGRADE_CHECK", "1"),
        ("SPEC_KITTY_WORKTREE_REMOVAL_DELAY", "0"),
        ("NO_COLOR", "1"),
        ("TERM", "dumb"),
        ("COLUMNS", "400"),
        ("LC_ALL", "C.UTF-8"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("GIT_CONFIG_SYSTEM", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_ALLOW_PROTOCOL", "file"),
        ("PYTHONHASHSEED", "0"),
        ("TZ", "UTC"),
    ],
)
def test_the_standard_environment(sandbox: Sandbox, name: str, value: str) -> None:
    assert sandbox.environment(BIN)[name] == value


def test_hash_seed_and_time_zone_are_parameters(tmp_path: Path) -> None:
    with Sandbox.create(tmp_path, hash_seed=7, time_zone="Asia/Kathmandu") as sandbox:
        environment = sandbox.environment(BIN)
    assert (environment["PYTHONHASHSEED"], environment["TZ"]) == ("7", "Asia/Kathmandu")


@pytest.mark.parametrize("padding", [0, 2, 17, 201, 202, 203, 500])
def test_padding_makes_the_path_so_much_longer(tmp_path: Path, padding: int) -> None:
    with Sandbox.create(tmp_path, padding=padding) as sandbox:
        plain = tmp_path / next(path.name for path in tmp_path.iterdir() if path.is_dir())
        assert len(str(sandbox.root)) == len(str(plain)) + padding
        assert sandbox.work.is_dir()


def test_git_works_there_without_a_person(sandbox: Sandbox) -> None:
    _git(sandbox, "init")
    _git(sandbox, "commit", "--allow-empty", "-m", "first")
    assert _git(sandbox, "log", "--format=%an <%ae>") == "Kitty Conformance <conformance@example.org>"
    assert _git(sandbox, "branch", "--show-current") == "main"
    assert list((sandbox.work / ".git" / "hooks").iterdir()) == []
    assert (sandbox.work / ".git" / "info" / "exclude").is_file()


def test_git_finds_no_repository_around_the_sandbox(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    with Sandbox.create(tmp_path) as sandbox, pytest.raises(subprocess.CalledProcessError):
        _git(sandbox, "rev-parse", "--git-dir")


def test_each_plan_has_a_folder_of_its_own_and_bounds(sandbox: Sandbox) -> None:
    rule = FaultRule(events=("write",), action=Count())
    first, second = sandbox.plan(rule), sandbox.plan(guard=False)
    assert first.folder != second.folder
    assert (first.rules, first.guard, second.rules, second.guard) == ((rule,), True, (), False)
    assert first.writable == (str(sandbox.root),)


def test_a_plan_in_the_environment_is_there_to_be_read(sandbox: Sandbox) -> None:
    plan = sandbox.plan()
    environment = sandbox.environment(BIN, plan)
    assert Path(environment["KITTY_INSIDE_PLAN"]).is_file()
    assert "KITTY_INSIDE" not in sandbox.environment(BIN)


def test_closing_ends_every_process_and_says_which(sandbox: Sandbox) -> None:
    program = (
        "import subprocess, sys\n"
        "sleep = \"import time; print('here', flush=True); time.sleep(600)\"\n"
        "daemon = subprocess.Popen([sys.executable, '-c', sleep], start_new_session=True, stdout=-1)\n"
        "daemon.stdout.readline(); print(daemon.pid)"
    )
    command = Command(
        argv=(sys.executable, "-c", program), cwd=sandbox.work, environment=sandbox.environment(BIN)
    )
    daemon = int(ColdLauncher().start(command).wait().stdout)
    ended = sandbox.close()
    assert [process.pid for process in ended] == [daemon]
    assert "time.sleep(600)" in ended[0].argv[-1]
    assert not sandbox.root.exists()


def test_closing_twice_is_safe(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path)
    assert sandbox.close() == sandbox.close() == ()
    assert list(tmp_path.iterdir()) == []


def test_a_sandbox_can_be_kept_and_is_nobody_s_then(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path, padding=9)
    sandbox.close(keep=True)
    assert sandbox.work.is_dir()
    assert sweep(tmp_path) == ()
    assert sandbox.work.is_dir()


def test_no_sandbox_can_be_made_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HarnessError, match=r"no sandbox can be made in .*file/x: Not a directory"):
        Sandbox.create(tmp_path / "file" / "x")


OWNER = """
import sys
from pathlib import Path
from kitty_conformance.target.sandbox import Sandbox
sandbox = Sandbox.create(Path(sys.argv[1]))
print(sandbox.root, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_of_an_interrupted_owner(tmp_path: Path, number: int) -> None:
    """SIGINT leaves time to close at exit; what SIGKILL leaves is swept up."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        root = Path(owner.stdout.readline().strip())
        assert root.is_dir()
        assert sweep(tmp_path) == ()  # it is in use
        owner.send_signal(number)
        owner.wait()
        assert root.exists() == (number == signal.SIGKILL)
        assert sweep(tmp_path) == ((root,) if number == signal.SIGKILL else ())
    assert list(tmp_path.iterdir()) == []


def test_a_fork_of_the_owner_does_not_close_at_its_exit(tmp_path: Path) -> None:
    program = OWNER.replace(
        "sys.stdin.read()",
        "import os\nif not (pid := os.fork()): sys.exit()\nos.waitpid(pid, 0); print(sandbox.root.exists())",
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "True"
    assert list(tmp_path.iterdir()) == []


def test_a_later_process_with_the_same_number_is_not_the_owner() -> None:
    owner = Owner.current()
    assert owner.is_alive()
    assert not Owner(pid=owner.pid, started=owner.started - 1).is_alive()


def test_an_owner_is_alive_whatever_the_clock_is_set_to(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = Owner.current()
    began = psutil.boot_time()
    for module_with_clock in (psutil, psutil._psplatform):
        monkeypatch.setattr(module_with_clock, "boot_time", lambda: began + 3600)
    assert psutil.Process().create_time() > began + 3600
    assert owner.is_alive()


def test_a_marker_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "case-x.owner").write_text("somebody")
    assert sweep(tmp_path) == ()
    assert (tmp_path / "case-x.owner").exists()


def test_an_owner_gone_before_its_folder_was_made_leaves_no_marker(tmp_path: Path) -> None:
    (tmp_path / "case-x.owner").write_bytes(msgspec.json.encode(Owner(pid=2**22, started=0.0)))
    assert sweep(tmp_path) == (tmp_path / "case-x",)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that counts as one in memory, with room; nothing else is chosen."""
    monkeypatch.delenv("KITTY_CONFORMANCE_SCRATCH", raising=False)
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path / "usual"))
    monkeypatch.setattr(module, "MEMORY", tmp_path)
    monkeypatch.setattr(module, "ROOM", 0)
    return tmp_path


def _mine(folder: Path) -> Path:
    return folder / f"kitty-conformance-{os.getuid()}"


def test_sandboxes_are_in_memory_where_there_is_room(memory: Path) -> None:
    assert scratch_folder() == _mine(memory)
    assert scratch_folders() == (_mine(memory), _mine(memory / "usual"))


@pytest.mark.parametrize("name", ["TMPDIR", "KITTY_CONFORMANCE_SCRATCH"])
def test_a_folder_that_was_chosen_is_preferred_to_memory(
    memory: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("TMPDIR", "/elsewhere")
    monkeypatch.setenv(name, "/chosen")
    assert scratch_folder() == _mine(Path("/chosen"))
    assert set(scratch_folders()) == {_mine(each) for each in (Path("/chosen"), memory, memory / "usual")}


@pytest.mark.parametrize("why", ["no room", "no such place", "nothing can be run there", "not to be written"])
def test_sandboxes_are_not_in_memory_where_that_would_not_do(
    memory: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    if why == "no room":
        monkeypatch.setattr(module, "ROOM", 2**62)
    elif why == "no such place":
        monkeypatch.setattr(module, "MEMORY", memory / "nowhere")
    elif why == "nothing can be run there":
        real = os.statvfs(memory)
        seen = type("Seen", (), {"f_bavail": real.f_bavail, "f_frsize": 1, "f_flag": os.ST_NOEXEC})
        monkeypatch.setattr(os, "statvfs", lambda _: seen)
    else:
        monkeypatch.setattr(os, "access", lambda *_: False)
    assert scratch_folder() == _mine(memory / "usual")
