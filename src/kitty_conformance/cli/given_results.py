"""Results as people name them: a results file, the report folder it is in, or a build to run now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.console import Console

from kitty_conformance.cli.evaluation import Evaluation, evaluate
from kitty_conformance.cli.folder import RESULTS
from kitty_conformance.stream import Results, read


def results_file(text: str) -> Path | None:
    """Return the results file a text names, itself or by its folder; `None` if it is neither."""
    path = Path(text)
    if path.is_dir() and (path / RESULTS).is_file():
        return path / RESULTS
    return path if path.is_file() else None


def results_of(text: str, asked: Evaluation, console: Console) -> Results:
    """Return results that were recorded, or run what is asked on the build that is named.

    Raises
    ------
    KittyConformanceError
        The file is no results file, or as `evaluate` raises them.

    """
    path = results_file(text)
    if path is not None:
        return read(path)
    return evaluate(replace(asked, target=text), console)[1]
