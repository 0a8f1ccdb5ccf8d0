"""How the runs of a sign-off differ on purpose, so that luck shows (NFR-003, DESIGN "run")."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final, TypeVar

import msgspec

from kitty_conformance.case import Case
from kitty_conformance.results import Disturbance

Thing = TypeVar("Thing")

BOTH: Final = "both"
"""The choice of launcher that lets each case be run either way."""
SAMPLE: Final = "sample"
"""As `BOTH`, but of several variants of a case only the first is run cold; see `cold_sample`."""
OPENING: Final = "smoke-01"
"""The case that opens every run, of which SC-001 speaks: the whole walk, from init to a pull request."""
_ZONES: Final = ("UTC", "LINT-14", "NST+3:30")
"""POSIX zones, so that no time zone database is needed: plain, a day ahead, half an hour off."""


def disturbance(run: int, *, launcher: str = "cold") -> Disturbance:
    """Return the disturbance of run number `run` (from 1); always the same for the same number.

    With `both` launchers the first run is cold and every other one warm, so that a difference shows as one
    between runs. With a `sample` the first run says so: see `cold_sample`.
    """
    place = run - 1
    return Disturbance(
        hash_seed=place * 7919,
        time_zone=_ZONES[place % len(_ZONES)],
        path_padding=(place % 3) * 37,
        order_seed=place,
        load=place % 3 == 2,  # noqa: PLR2004 - every third run
        launcher=_launcher(place, launcher),
    )


def _launcher(place: int, choice: str) -> str:
    if choice not in (BOTH, SAMPLE):
        return choice
    if place:
        return "warm"
    return "cold" if choice == BOTH else SAMPLE


def cold_sample(cases: Iterable[Case]) -> frozenset[str]:
    """Return the ids of what a `sample` runs cold: first variants, but of no case that repeats every step."""
    return first_variants(case.id for case in cases if not case.every_step)


def first_variants(identities: Iterable[str]) -> frozenset[str]:
    """Return the id of the first variant of each case."""
    first: dict[str, str] = {}
    for identity in sorted(identities):
        first.setdefault(identity.partition("/")[0], identity)
    return frozenset(first.values())


def for_case(planned: Disturbance, case: str, sample: Collection[str]) -> Disturbance:
    """Return how one case is disturbed in a run: where the run is a `sample`, it says whether it is in it."""
    if planned.launcher != SAMPLE:
        return planned
    return msgspec.structs.replace(planned, launcher="cold" if case in sample else "warm")


def ordered(
    things: Sequence[Thing],
    seed: int,
    *,
    seconds: Callable[[Thing], float | None] | None = None,
    opens: Callable[[Thing], bool] = lambda _: False,
) -> list[Thing]:
    """Return the things in the order of a run: as they are for seed 0, shuffled otherwise.

    With `seconds` those that take longest come first, so that nobody waits for them at the end: what takes
    twice as long stands before, what takes about as long is shuffled, and what is not known comes first. But
    whatever `opens` a run comes before all of them.
    """
    result = list(things)
    if seed:
        random.Random(seed).shuffle(result)  # noqa: S311 - an order, not a secret
    if seconds:
        result.sort(key=lambda thing: -_magnitude(seconds(thing)))
    return sorted(result, key=lambda thing: not opens(thing))


def _magnitude(seconds: float | None) -> float:
    if seconds is None:
        return math.inf
    return math.floor(math.log2(max(seconds, 1 / 64)))
