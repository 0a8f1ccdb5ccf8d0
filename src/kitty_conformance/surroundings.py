"""What surrounds the target in every case: the standard environment and git configuration of a sandbox.

Places are written as tokens (`@{ROOT}`, the sandbox folder), as in stories. A sandbox is furnished by this
record, and a script that shows a story again furnishes its own folder by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

ROOT: Final = "@{ROOT}"

ENVIRONMENT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "HOME": "@{ROOT}/home",
        "TMPDIR": "@{ROOT}/tmp",
        "XDG_CONFIG_HOME": "@{ROOT}/home/.config",
        "XDG_CACHE_HOME": "@{ROOT}/home/.cache",
        "XDG_DATA_HOME": "@{ROOT}/home/.local/share",
        "XDG_STATE_HOME": "@{ROOT}/home/.local/state",
        "XDG_RUNTIME_DIR": "@{ROOT}/tmp",
        "SPEC_KITTY_HOME": "@{ROOT}/home/.kittify",
        "SPEC_KITTY_NO_UPGRADE_CHECK": "1",
        "SPEC_KITTY_WORKTREE_REMOVAL_DELAY": "0",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "file",
        "GIT_CEILING_DIRECTORIES": "@{ROOT}",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "dumb",
        "NO_COLOR": "1",
        "COLUMNS": "400",
        "LINES": "50",
        "USER": "kitty",
        "LOGNAME": "kitty",
        "SHELL": "/bin/sh",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
)
"""Every variable but PATH, unless a run is disturbed: another hash seed, another time zone."""

GIT_CONFIG: Final = """\
[user]
\tname = Kitty Conformance
\temail = conformance@example.org
[init]
\tdefaultBranch = main
\ttemplateDir = @{ROOT}/home/.git-template
[commit]
\tgpgSign = false
[tag]
\tgpgSign = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
[advice]
\tdetachedHead = false
"""
"""HOME/.gitconfig: identity without a person, no signing, no sample hooks, nothing left running behind."""


def environment(root: Path) -> dict[str, str]:
    """Return the standard environment of a sandbox in this folder."""
    return {name: value.replace(ROOT, str(root)) for name, value in ENVIRONMENT.items()}


def git_config(root: Path) -> str:
    """Return the git configuration of a sandbox in this folder."""
    return GIT_CONFIG.replace(ROOT, str(root))
