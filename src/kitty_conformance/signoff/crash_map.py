"""A crash map for people: which steps leave what behind, and how the work goes on from there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from kitty_conformance.signoff.shell import readable
from kitty_conformance.story import CrashMap, CrashPoint, Story

HEAD: Final = ("ended before step", "which is to", "left behind", "and then")
"""The columns of the table."""

_WIDEST: Final = (17, 60, 60, 60)


@dataclass(frozen=True)
class Stretch:
    """Steps in a row that leave the same and are recovered from alike."""

    points: tuple[CrashPoint, ...]

    @property
    def steps(self) -> str:
        """The numbers of the steps."""
        first, last = self.points[0].step, self.points[-1].step
        return str(first) if first == last else f"{first}-{last}"

    @property
    def event(self) -> str:
        """What the first of them does, and how many more there are."""
        more = len(self.points) - 1
        return readable(self.points[0].event) + (f" (and {more} more)" if more else "")

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """One row of the table."""
        first = self.points[0]
        recovered = readable(first.recovered)
        return self.steps, self.event, readable(first.left), recovered if first.held else f"✗ {recovered}"


def maps(story: Story) -> tuple[CrashMap, ...]:
    """Return the crash maps of a story."""
    return tuple(step for step in story.steps if isinstance(step, CrashMap))


def stretches(crash_map: CrashMap) -> tuple[Stretch, ...]:
    """Return the points of a map, those in a row together that came to the same."""
    alike = groupby(crash_map.points, key=lambda point: (point.left, point.recovered, point.held))
    return tuple(Stretch(tuple(points)) for _, points in alike)


def all_held(crash_map: CrashMap) -> bool:
    """Whether the work went on wherever the command was ended."""
    return all(point.held for point in crash_map.points)


def headline(crash_map: CrashMap) -> str:
    """Say in one line what was explored and what came of it."""
    points = crash_map.points
    broken = sum(not point.held for point in points)
    explored = "each" if len(points) == crash_map.steps else f"{len(points)}"
    times = "once" if broken == 1 else f"{broken} times"
    outcome = f"{times} the work did not go on" if broken else "each time the work went on"
    return (
        f"{readable(crash_map.command)} ended with {crash_map.signal} before {explored} of its "
        f"{crash_map.steps} mutating steps: {outcome}"
    )


def strip(crash_map: CrashMap) -> tuple[str, ...]:
    """Return what each step of a map came to: `held`, `broken` or `untried`; `other` in every second stretch.

    In one stretch the same is left behind, and the work goes on alike.
    """
    cells = dict.fromkeys(range(1, crash_map.steps + 1), "untried")
    for number, stretch in enumerate(stretches(crash_map)):
        for point in stretch.points:
            cells[point.step] = ("held" if point.held else "broken") + (" other" if number % 2 else "")
    return tuple(cells.values())


def in_words(crash_map: CrashMap) -> str:
    """Say what the strip shows."""
    broken = [stretch.steps for stretch in stretches(crash_map) if not stretch.points[0].held]
    untried = crash_map.steps - len(crash_map.points)
    said = f"{crash_map.steps} steps: " + (
        f"the work did not go on after an end before step {', '.join(broken)}" if broken else "none was fatal"
    )
    return f"{said}; not ended before {untried} of them" if untried else said


def text_table(crash_map: CrashMap) -> Iterator[str]:
    """Yield the table as lines of text."""
    rows = [HEAD, *(stretch.cells for stretch in stretches(crash_map))]
    narrowed = [[_narrow(cell, most) for cell, most in zip(row, _WIDEST, strict=True)] for row in rows]
    widths = [max(map(len, column)) for column in zip(*narrowed, strict=True)]
    for row in narrowed:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _narrow(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
