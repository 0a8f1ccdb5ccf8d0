"""What machine this is, as far as it may decide what a case finds."""

from __future__ import annotations

import platform
import re
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Final

from kitty_conformance.results import Machine

MOUNTS: Final = Path("/proc/self/mountinfo")
"""Where Linux says what is mounted where; a line of it is described in proc_pid_mountinfo(5)."""

_OCTAL: Final = re.compile(r"\\([0-7]{3})")


def this_machine(folder: Path, *, mounts: Path = MOUNTS) -> Machine:
    """Return what this machine is; `folder` is where sandboxes are made, there already or not yet."""
    return Machine(
        git=_git(),
        system=_system(),
        kernel=f"{platform.system()} {platform.release()}".strip(),
        architecture=platform.machine(),
        file_system=_file_system(folder.resolve(), mounts),
    )


def _git() -> str:
    try:
        asked = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return asked.stdout.strip().removeprefix("git version ")


def _system() -> str:
    with suppress(OSError):
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    return platform.platform(terse=True)


def _file_system(folder: Path, mounts: Path) -> str:
    """Return the kind of the file system that is mounted nearest above a folder; of two there, the later."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    kinds = {_unescaped(before.split()[4]): after.split()[0] for before, _, after in map(_parted, lines)}
    return next((kinds[place] for place in map(str, (folder, *folder.parents)) if place in kinds), "")


def _parted(line: str) -> tuple[str, str, str]:
    return line.partition(" - ")


def _unescaped(place: str) -> str:
    """Undo how the kernel writes a space and the like: as three octal digits."""
    return _OCTAL.sub(lambda octal: chr(int(octal[1], 8)), place)
