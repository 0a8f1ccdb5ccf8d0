"""What machine results say they were recorded on."""

import platform
import subprocess
from pathlib import Path

import pytest

from kitty_conformance.running import machine
from kitty_conformance.running.machine import this_machine

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:20 / /mnt/a\\040place rw - xfs /dev/sdb rw
24 22 0:21 / /mnt/a\\040place rw - tmpfs tmpfs rw
"""


@pytest.fixture
def mounts(tmp_path):
    """What the kernel says is mounted where."""
    (tmp_path / "mountinfo").write_text(MOUNTS)
    return tmp_path / "mountinfo"


def test_it_says_what_may_decide_what_a_case_finds(tmp_path, mounts):
    here = this_machine(tmp_path, mounts=mounts)
    assert here.git[0].isdigit()
    assert here.kernel == f"{platform.system()} {platform.release()}"
    assert (here.architecture, here.file_system) == (platform.machine(), "ext4")
    assert here.system


def test_the_nearest_mount_tells_the_file_system_and_the_last_there(mounts):
    assert this_machine(Path("/mnt/a place/deep/folder"), mounts=mounts).file_system == "tmpfs"
    assert this_machine(Path("/mnt/another"), mounts=mounts).file_system == "ext4"


def test_what_cannot_be_told_is_empty(tmp_path, monkeypatch):
    def nothing(*_arguments, **_options):
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", nothing)
    monkeypatch.setattr(platform, "freedesktop_os_release", nothing)
    here = machine.this_machine(tmp_path, mounts=tmp_path / "none")
    assert (here.git, here.file_system) == ("", "")
    assert here.system == platform.platform(terse=True)
    assert [what for what, _ in here.told] == ["operating system", "kernel", "architecture"]
