"""Where one run leaves what it found: `reports/<target>/<moment>/`, never written over."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from kitty_conformance.errors import OutputUnwritableError

RESULTS = "results.ndjson"
"""Name of the results stream in a run's folder."""


def run_folder(out: Path, target: str) -> Path:
    """Create and return a new folder for one run, below the report folder `out`.

    Two runs started in the same second get two folders.

    Raises
    ------
    OutputUnwritableError
        It cannot be created.

    """
    name = re.sub(r"[^A-Za-z0-9.+-]+", "-", target).strip("-")
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    try:
        (out / name).mkdir(parents=True, exist_ok=True)
        return _first_free(out / name / moment).resolve()
    except OSError as error:
        raise OutputUnwritableError(
            f"the report folder {out} cannot be written: {error.strerror}",
            hint="choose another with --out DIR",
        ) from error


def _first_free(wanted: Path) -> Path:
    for suffix in ("", *(f"-{number}" for number in range(2, 100))):
        folder = wanted.with_name(wanted.name + suffix)
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(17, f"{wanted} and 98 more exist")
