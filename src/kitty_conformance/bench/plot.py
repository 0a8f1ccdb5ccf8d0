"""The growth of cost as a picture: measured points and the straight line through them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from kitty_conformance.bench.growth import Growth


def draw(growths: Sequence[Growth], file: Path) -> None:
    """Write an SVG; the same figures give the same bytes."""
    mpl.rcParams["svg.hashsalt"] = "kitty-conformance"
    figure = Figure(figsize=(3.2 * len(growths), 3.0), layout="constrained")
    for place, (axes, each) in enumerate(
        zip(figure.subplots(1, len(growths), squeeze=False)[0], growths, strict=True)
    ):
        x, y = [point.number for point in each.points], [point.cpu for point in each.points]
        slope, start = _line(x, y)
        axes.plot(x, [start + slope * number for number in x], color="0.6", linewidth=1)
        axes.plot(x, y, "o", color="tab:blue")
        axes.set(xlabel=each.of, ylabel="" if place else "CPU seconds", ylim=(0, None))
        axes.set_title(f"{slope:.2f} s each", fontsize="medium")
    figure.savefig(file, metadata={"Date": None})


def _line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / sum(
        (a - mean_x) ** 2 for a in x
    )
    return slope, mean_y - slope * mean_x
