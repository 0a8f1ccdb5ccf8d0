"""Leaving documents in a report folder: each file whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from kitty_conformance.errors import OutputUnwritableError
from kitty_conformance.signoff import badge, junit, markdown, page
from kitty_conformance.signoff.document import Report, encode
from kitty_conformance.signoff.grouping import ScriptOf, no_script

JSON: Final = "report.json"
MARKDOWN: Final = "report.md"
PAGE: Final = markdown.PAGE
JUNIT: Final = "junit.xml"
BADGE: Final = "badge.json"
DOCUMENTS: Final = (JSON, MARKDOWN, PAGE, JUNIT, BADGE)
"""Every form a report is left in."""
DEFERRALS: Final = "deferrals.toml"
"""The deferrals a sign-off was decided with, kept beside it."""


def documents(report: Report, script_of: ScriptOf = no_script) -> dict[str, bytes]:
    """Return the report in each of its forms, by the name of the file; same report, same bytes.

    `script_of` writes the script of a violated case that the HTML page offers to copy.
    """
    return {
        JSON: encode(report),
        MARKDOWN: markdown.render(report).encode(),
        PAGE: page.render(report, script_of).encode(),
        JUNIT: junit.render(report),
        BADGE: badge.render(report),
    }


def write(folder: Path, files: Mapping[str, bytes], *, instead_of: Iterable[str] = ()) -> tuple[Path, ...]:
    """Write files into a folder, made if need be, replacing what has their names, and return their paths.

    Every file is written aside first; only when all are there do they take their names. Before that, what is
    to be there `instead_of` and is not among them goes: what an earlier report left would belie this one.

    Raises
    ------
    OutputUnwritableError
        The folder or a file cannot be written; what was there is as it was.

    """
    aside: dict[Path, Path] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            if (folder / name).is_dir():  # nothing replaces a folder, and by then others would be in place
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
            aside[folder / name] = _write_aside(folder, name, content)
        for name in sorted(set(instead_of) - set(files)):
            (folder / name).unlink(missing_ok=True)
        for path, temporary in aside.items():
            temporary.replace(path)
    except OSError as error:
        raise OutputUnwritableError(
            f"the report folder {folder} cannot be written: {error.strerror}",
            hint="choose another with --out DIR",
        ) from error
    finally:
        for temporary in aside.values():
            temporary.unlink(missing_ok=True)
    return tuple(aside)


def _write_aside(folder: Path, name: str, content: bytes) -> Path:
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
    except OSError:
        with suppress(OSError):
            Path(temporary).unlink()
        raise
    return Path(temporary)
