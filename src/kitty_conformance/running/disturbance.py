"""How the runs of a sign-off differ on purpose, so that luck shows (NFR-003, DESIGN "run")."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final, TypeVar

from kitty_conformance.results import Disturbance

Thing = TypeVar("Thing")

BOTH: Final = "both"
"""The choice of launcher that lets each case be run either way."""
_ZONES: Final = ("UTC", "LINT-14", "NST+3:30")
"""POSIX zones, so that no time zone database is needed: plain, a day ahead, half an hour off."""


def disturbance(run: int, *, launcher: str = "cold") -> Disturbance:
    """Return the disturbance of run number `run` (from 1); always the same for the same number.

    With `both` launchers the first run is cold and every other one warm, so that a difference shows as one
    between runs.
    """
    place = run - 1
    return Disturbance(
        hash_seed=place * 7919,
        time_zone=_ZONES[place % len(_ZONES)],
        path_padding=(place % 3) * 37,
        order_seed=place,
        load=place % 3 == 2,  # noqa: PLR2004 - every third run
        launcher=launcher if launcher != BOTH else ("warm" if place else "cold"),
    )


def ordered(things: Sequence[Thing], seed: int) -> list[Thing]:
    """Return the things in the order of a run: as they are for seed 0, shuffled otherwise."""
    result = list(things)
    if seed:
        random.Random(seed).shuffle(result)  # noqa: S311 - an order, not a secret
    return result
