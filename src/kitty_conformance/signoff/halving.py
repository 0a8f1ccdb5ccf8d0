"""Finding by halving where a promise changed sides, when some builds cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Told(StrEnum):
    """What one build says of a promise."""

    KEPT = "kept"
    BROKEN = "broken"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, kw_only=True)
class Turning:
    """Where a promise changed sides.

    Attributes
    ----------
    last
        The last build known to be as the oldest one was.
    first
        The first known to be as the newest one is.
    between
        Builds between the two, none of which could tell; the change is in one of them or in `first`.
    became
        What the promise is from there on.

    """

    last: str
    first: str
    between: tuple[str, ...]
    became: Told


class NothingToFindError(Exception):
    """The two ends do not differ, or one cannot tell; the message says which."""


def find(builds: Sequence[str], ask: Callable[[str], Told]) -> Turning:
    """Return where a promise changed between the first and the last of several builds.

    Where a build cannot tell, those beside it are asked instead, the nearest to the middle first. Where the
    promise changed sides more than once, one of the changes is found.

    Raises
    ------
    NothingToFindError
        Nothing changed between the first and the last, or one of them cannot tell.

    """
    said: dict[str, Told] = {}

    def told(place: int) -> Told:
        build = builds[place]
        if build not in said:
            said[build] = ask(build)
        return said[build]

    low, high = 0, len(builds) - 1
    demand_difference((builds[low], told(low)), (builds[high], told(high)))
    while (asked := _nearest_telling(low, high, told)) is not None:
        low, high = (asked, high) if told(asked) is told(low) else (low, asked)
    return Turning(
        last=builds[low],
        first=builds[high],
        between=tuple(builds[low + 1 : high]),
        became=told(high),
    )


def _nearest_telling(low: int, high: int, told: Callable[[int], Told]) -> int | None:
    """Return the place nearest to the middle whose build can tell; `None` if none between can."""
    middle = (low + high) // 2
    for place in sorted(range(low + 1, high), key=lambda place: (abs(place - middle), place)):
        if told(place) is not Told.CANNOT_TELL:
            return place
    return None


def demand_difference(oldest: tuple[str, Told], newest: tuple[str, Told]) -> None:
    """Hold two builds to what makes a search worth while: both can tell, and they differ.

    Raises
    ------
    NothingToFindError
        They do not.

    """
    for build, said in (oldest, newest):
        if said is Told.CANNOT_TELL:
            raise NothingToFindError(f"{build} cannot tell")
    if oldest[1] is newest[1]:
        raise NothingToFindError(f"the promise is {oldest[1]} in {oldest[0]} as in {newest[0]}")
