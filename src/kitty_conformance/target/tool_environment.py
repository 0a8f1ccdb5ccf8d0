"""Where a spec-kitty that a person uses every day is installed: uv tools, pipx, or what PATH leads to."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from kitty_conformance.errors import UsageError

COMMAND: Final = "spec-kitty"

_INTERPRETER: Final = re.compile(
    rb"^#!\s*(?P<plain>/[^\s]*python[\d.]*)\s*\n|^'''exec' [\"']?(?P<long>/[^\"'\n]*?)[\"']? ", re.MULTILINE
)
"""How a console script names its interpreter: on its first line, or, where that would be too long, below."""


def of_tool(name: str, environment: Mapping[str, str]) -> Path:
    """Return the interpreter of a tool that uv or pipx has installed.

    Raises
    ------
    UsageError
        Neither has, or both.

    """
    places = list(dict.fromkeys(folder / name for folder in _tool_folders(environment)))
    found = [place / "bin" / "python" for place in places if (place / "bin" / "python").exists()]
    if len(found) == 1:
        return found[0]
    if not found:
        looked = ", ".join(str(place.parent) for place in places)
        raise UsageError(f"no tool {name} in {looked}", hint="name its interpreter with --python")
    raise UsageError(
        f"there are several: {', '.join(map(str, found))}", hint="choose one of them with --python"
    )


def _tool_folders(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield where uv and pipx keep the environments of tools, as their documentation says."""
    home = Path(environment.get("HOME") or Path.home())
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    yield Path(environment.get("UV_TOOL_DIR") or data / "uv" / "tools")
    if chosen := environment.get("PIPX_HOME"):
        yield Path(chosen) / "venvs"
    else:
        yield from (folder / "pipx" / "venvs" for folder in (data, home / ".local"))
        yield home / "Library" / "Application Support" / "pipx" / "venvs"


def of_command(environment: Mapping[str, str]) -> Path:
    """Return the interpreter of the `spec-kitty` that a person's PATH leads to.

    Raises
    ------
    UsageError
        There is none, or it does not tell.

    """
    path = environment.get("PATH", os.defpath)
    script = shutil.which(COMMAND, path=path)
    if script is None:
        raise UsageError(f"there is no {COMMAND} on PATH", hint="name an environment with --python or --tool")
    with Path(script).open("rb") as file:
        match = _INTERPRETER.search(file.read(4096))
    if match is None:
        raise UsageError(f"{script} does not tell its interpreter", hint="name it with --python")
    return Path(os.fsdecode(match["plain"] or match["long"]))
