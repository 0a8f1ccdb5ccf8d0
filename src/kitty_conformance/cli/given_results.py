"""Results as people name them: a results file, the report folder it is in, or a build to run now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec

from kitty_conformance.cli.evaluation import Evaluation, evaluate
from kitty_conformance.cli.folder import RESULTS
from kitty_conformance.cli.telling import Telling
from kitty_conformance.running.selection import select
from kitty_conformance.stream import Results, read


def results_file(text: str) -> Path | None:
    """Return the results file a text names, itself or by its folder; `None` if it is neither."""
    path = Path(text)
    if path.is_dir() and (path / RESULTS).is_file():
        return path / RESULTS
    return path if path.is_file() else None


def results_of(text: str, asked: Evaluation, telling: Telling) -> Results:
    """Return what was recorded of the cases asked for, or run them on the build that is named.

    Raises
    ------
    KittyConformanceError
        The file is no results file, or as `evaluate` raises them.

    """
    path = results_file(text)
    if path is not None:
        return _only(asked.selection, read(path))
    return evaluate(replace(asked, target=text), telling.aside, verbose=telling.verbose).results


def _only(selection: tuple[str, ...], results: Results) -> Results:
    cases = select(selection, results.header.cases)
    ids = {case.id for case in cases}
    return replace(
        results,
        header=msgspec.structs.replace(results.header, cases=cases),
        results=tuple(each for each in results.results if each.case in ids),
    )
