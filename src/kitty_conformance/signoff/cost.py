"""What a run cost, and where the time went: by case and by suite, the costliest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from kitty_conformance.results import CaseResult


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What the results of one case, or of one suite, took together.

    Attributes
    ----------
    name
        Id of the case, or name of the suite.
    results
        How many there are.
    seconds
        From the beginning of the set-up to the end of the tear-down.
    cpu
        CPU seconds of the commands in them.

    """

    name: str
    results: int
    seconds: float
    cpu: float


def by_case(results: Iterable[CaseResult]) -> tuple[Cost, ...]:
    """Return the cost of each case over all runs, the costliest first; what was reused cost nothing."""
    return _grouped(results, lambda result: result.case)


def by_suite(results: Iterable[CaseResult]) -> tuple[Cost, ...]:
    """Return the cost of each suite over all runs, the costliest first."""
    return _grouped(results, lambda result: result.case.partition("-")[0])


def lines(results: Sequence[CaseResult], most: int) -> Iterator[str]:
    """Tell the cost of each suite, and of so many cases, one line each."""
    fresh = [result for result in results if not result.reused]
    seconds, cpu = (sum(getattr(each, name) for each in fresh) for name in ("seconds", "cpu"))
    yield f"cost    {seconds:.1f} s in {len(fresh)} results, commands {cpu:.1f} s of CPU"
    yield from (_line(cost) for cost in (*by_suite(fresh), *by_case(fresh)[:most]))


def _grouped(results: Iterable[CaseResult], name_of: Callable[[CaseResult], str]) -> tuple[Cost, ...]:
    groups: dict[str, list[CaseResult]] = {}
    for result in results:
        if not result.reused:
            groups.setdefault(name_of(result), []).append(result)
    costs = (
        Cost(
            name=name,
            results=len(each),
            seconds=sum(result.seconds for result in each),
            cpu=sum(result.cpu for result in each),
        )
        for name, each in groups.items()
    )
    return tuple(sorted(costs, key=lambda cost: (-cost.seconds, cost.name)))


def _line(cost: Cost) -> str:
    return f"{cost.seconds:9.1f} s {cost.cpu:9.1f} s CPU {cost.results:5}x  {cost.name}"
