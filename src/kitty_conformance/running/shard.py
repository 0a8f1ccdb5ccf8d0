"""A run spread over machines: which cases each of them runs.

The partition depends on the cases alone, so that machines that know nothing of each other agree on it. Cases
are dealt out like cards in the order of their ids: variants of one case, which cost about the same, go to
different machines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from kitty_conformance.case import Case
from kitty_conformance.errors import NoCaseSelectedError, UsageError

_FORM: Final = re.compile(r"(?P<number>[1-9]\d{0,3})/(?P<count>[1-9]\d{0,3})")


@dataclass(frozen=True)
class Shard:
    """Part `number` (from 1) of `count` parts."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Understand `3/8`.

        Raises
        ------
        UsageError
            It is no part of a whole.

        """
        match = _FORM.fullmatch(text)
        if match is None or int(match["number"]) > int(match["count"]):
            raise UsageError(f"{text!r} is no shard", hint="write 3/8 for the third of eight")
        return cls(int(match["number"]), int(match["count"]))

    def of(self, cases: Sequence[Case]) -> tuple[Case, ...]:
        """Return its cases, in the order of their ids.

        Raises
        ------
        NoCaseSelectedError
            There are more shards than cases, and none is left for this one.

        """
        mine = tuple(sorted(cases, key=lambda case: case.id)[self.number - 1 :: self.count])
        if not mine:
            raise NoCaseSelectedError(
                f"no case is left for shard {self}: there are {len(cases)}", hint="ask for fewer shards"
            )
        return mine

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"
