"""Several results streams of one target as one: shards of a run, or cases asked later.

What contradicts itself is refused: other targets, other runs, one case with two verdicts.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from kitty_conformance.case import Case
from kitty_conformance.errors import OutputUnwritableError, ResultsUnusableError
from kitty_conformance.results import CaseResult, Footer, Header
from kitty_conformance.stream import Results, ResultsWriter


def together(streams: Sequence[Results], *, later_counts: bool = False) -> Results:
    """Return the streams as one, its results in the order of runs and cases.

    Parameters
    ----------
    streams
        At least one.
    later_counts
        Of a case asked twice the later stream counts, instead of being held against the earlier one; suites
        and harness may have changed in between.

    Raises
    ------
    ResultsUnusableError
        They are of different targets, harnesses, suites or disturbances, one is cut short, or they
        contradict each other.

    """
    first = streams[0].header
    for each in streams:
        _demand_alike(first, each, suites=not later_counts)
    results: dict[tuple[int, str], CaseResult] = {}
    for result in (result for each in streams for result in each.results):
        key = (result.run, result.case)
        if key in results and not later_counts:
            _demand_agreement(results[key], result)
        else:
            results[key] = result
    ordered = tuple(results[key] for key in sorted(results))
    header = msgspec.structs.replace(
        first,
        cases=_cases(streams, later_counts=later_counts),
        machines=tuple(sorted({machine for each in streams for machine in each.header.machines})),
        started=min(each.header.started for each in streams),
        shard=_parts(streams),
        source=first.source if len({each.header.source for each in streams}) == 1 else "",
    )
    finished = max(each.footer.finished for each in streams if each.footer)
    return Results(header=header, results=ordered, footer=Footer(results=len(ordered), finished=finished))


def absent_shards(streams: Iterable[Results]) -> tuple[str, ...]:
    """Return the shards (`3/8`) that belong to these and are not among them.

    Raises
    ------
    ResultsUnusableError
        Some are shards of another partition, or no shards at all.

    """
    named = [name for each in streams for name in each.header.shard.split() or [""]]
    if not any(named):
        return ()
    counts = {name.partition("/")[2] for name in named}
    if len(counts) > 1:
        told = ", ".join(sorted({name or "a whole run" for name in named}))
        raise ResultsUnusableError(f"these are no shards of one run: {told}")
    return tuple(name for name in _all_of(counts.pop()) if name not in named)


def _parts(streams: Iterable[Results]) -> str:
    """Return what of the whole the streams are together; nothing if they are all of it."""
    named = {name for each in streams for name in each.header.shard.split()}
    counts = sorted({name.partition("/")[2] for name in named}, key=int)
    partitions = ([name for name in _all_of(count) if name in named] for count in counts)
    lacking = [some for some, count in zip(partitions, counts, strict=True) if len(some) < int(count)]
    return " ".join(name for some in lacking for name in some)


def _all_of(count: str) -> list[str]:
    return [f"{number}/{count}" for number in range(1, int(count) + 1)]


def write(path: Path, results: Results) -> None:
    """Write a stream whole or not at all, over what is there.

    Raises
    ------
    OutputUnwritableError
        It cannot be written.

    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            aside = Path(folder, path.name)
            with ResultsWriter(aside) as writer:
                writer.header(results.header)
                for result in results.results:
                    writer.result(result)
                writer.footer(Footer(results=len(results.results), finished=_finished(results)))
            aside.replace(path)
    except OSError as error:
        raise OutputUnwritableError(f"{path} cannot be written: {error.strerror}") from error


def _finished(results: Results) -> str:
    return results.footer.finished if results.footer else results.header.started


def _demand_alike(first: Header, other: Results, *, suites: bool) -> None:
    header = other.header
    if other.footer is None:
        raise ResultsUnusableError("one of the results files was cut short", hint="run what is missing first")
    for what, one, two in (
        ("builds", first.target.sha256, header.target.sha256),
        ("dependencies", first.target.dependencies, header.target.dependencies),
        ("interpreters", first.target.python, header.target.python),
        ("adapters", first.target.adapters, header.target.adapters),
        ("runs", first.runs, header.runs),
        ("crash points", first.crash_points, header.crash_points),
        ("versions of kitty-conformance", suites and first.harness, suites and header.harness),
        ("suites", suites and first.source, suites and header.source),
    ):
        if one != two:
            raise ResultsUnusableError(
                f"these are results of different {what}: {first.target.version} and {header.target.version}"
            )


def _demand_agreement(one: CaseResult, other: CaseResult) -> None:
    if (one.verdict, one.observations) != (other.verdict, other.observations):
        raise ResultsUnusableError(
            f"case {one.case}, run {one.run} was found {one.verdict} in one file and {other.verdict} in "
            "another, or observed differently",
            hint="merge results of one run only",
        )


def _cases(streams: Sequence[Results], *, later_counts: bool) -> tuple[Case, ...]:
    cases: dict[str, Case] = {}
    for case in (case for each in streams for case in each.header.cases):
        if later_counts:
            cases[case.id] = case
        elif cases.setdefault(case.id, case) != case:
            raise ResultsUnusableError(f"the suites describe case {case.id} in two ways")
    return tuple(cases[identity] for identity in sorted(cases))
