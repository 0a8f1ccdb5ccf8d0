import fcntl
import os
import subprocess
import sys
import threading
from array import array
from pathlib import Path

import psutil
import pytest

from kitty_conformance.target.remains import end_processes, group_lives, remove_tree


def _sleeper(cwd: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a process that is there, its environment readable, once this returns."""
    program = "import time; print('here', flush=True); time.sleep(600)"
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"here\n"
    process.stdout.close()
    threading.Thread(target=process.wait, daemon=True).start()  # as its own parent would: no zombie is left
    return process


def test_processes_are_known_by_their_environment_or_their_folder(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    (root / "work").mkdir(parents=True)
    elsewhere.mkdir()
    by_environment = _sleeper(elsewhere, {"HOME": str(root / "home")})
    by_folder = _sleeper(root / "work", {})
    stranger = _sleeper(elsewhere, {})
    ended = end_processes(root)
    assert {process.pid for process in ended} == {by_environment.pid, by_folder.pid}
    assert all(process.argv[0] == sys.executable for process in ended)
    assert psutil.Process(stranger.pid).status() != psutil.STATUS_ZOMBIE
    stranger.kill()


def test_we_and_those_who_started_us_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert end_processes(tmp_path) == ()


GROUP_OF_ITS_OWN = """
import os, time
child = os.fork()
if child == 0:
    os.setpgid(0, 0)
    {}
print(child, flush=True)
time.sleep(600)
"""
AFTER_ITS_FIRST_THREAD = (
    "threading.Thread(target=time.sleep, args=(600,)).start(); ctypes.CDLL(None).pthread_exit(None)"
)


@pytest.mark.parametrize(
    ("member", "lives"),
    [
        ("time.sleep(600)", True),
        ("os._exit(0)", False),
        (f"import ctypes, threading; {AFTER_ITS_FIRST_THREAD}", True),
    ],
    ids=["alive", "ended, and nobody took notice", "alive but for its first thread"],
)
def test_a_group_lives_as_long_as_one_of_it_does(member: str, *, lives: bool) -> None:
    argv = [sys.executable, "-c", GROUP_OF_ITS_OWN.format(member)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        group = int(parent.stdout.readline())
        try:
            awaited = psutil.STATUS_SLEEPING if member.startswith("time") else psutil.STATUS_ZOMBIE
            while psutil.Process(group).status() != awaited:
                os.sched_yield()
            os.killpg(group, 0)  # its number is taken
            assert group_lives(group) is lives
        finally:
            os.kill(group, 9)
            parent.kill()


def test_a_tree_without_permissions_is_removed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "closed" / "deeper").mkdir(parents=True)
    (root / "closed" / "file").touch(mode=0o000)
    (root / "link").symlink_to("/nowhere")
    (root / "closed").chmod(0o000)
    remove_tree(root)
    assert not root.exists()


def test_a_tree_with_immutable_entries_is_removed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "log").touch()
    with (root / "log").open() as file:
        try:
            fcntl.ioctl(file, 0x40086602, array("l", [0x10]))
        except OSError:
            pytest.skip("this file system, or this user, knows no immutable files")
    with pytest.raises(PermissionError):
        os.unlink(root / "log")  # noqa: PTH108 - to show that it is
    remove_tree(root)
    assert not root.exists()


def test_what_is_not_there_needs_no_removal(tmp_path: Path) -> None:
    remove_tree(tmp_path / "nothing")
