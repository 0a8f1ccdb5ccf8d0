"""`python -m kitty_conformance.bench`: measure, write down, draw."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import click

from kitty_conformance.bench import adaptation, growth, stages, walks, whole
from kitty_conformance.bench.machine import Machine
from kitty_conformance.bench.page import render
from kitty_conformance.bench.plot import draw
from kitty_conformance.bench.record import Record
from kitty_conformance.bench.scene import scene
from kitty_conformance.target.sandbox import scratch_folder

PARTS: Final = ("walks", "stages", "growth", "adapters", "signoff")
RELEASES: Final = ("3.2.0a8", "3.2.7", "4.0.0rc7")
SIGNED_OFF: Final = "3.2.7"
ADAPTED: Final = "3.2.0a8"


@click.command()
@click.option(
    "--docs", type=click.Path(path_type=Path, file_okay=False), default=Path("docs"), show_default=True
)
@click.option(
    "--only", type=click.Choice(PARTS), multiple=True, help="Measure this part; what else is there stays."
)
@click.option("--quick", is_flag=True, help="One old release, few points, no sign-off: some minutes.")
@click.option("--release", "releases", multiple=True, help="Instead of those that have aims.")
@click.option(
    "--results",
    "out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the results and reports of the sign-off there.",
)
def bench(
    docs: Path, only: tuple[str, ...], releases: tuple[str, ...], out: Path | None, *, quick: bool
) -> None:
    """Measure, and write docs/benchmarks.md with its data and its plot."""
    file = docs / "benchmarks" / "benchmarks.json"
    record = Record.load(file)
    parts = only or (PARTS[:-1] if quick else PARTS)
    chosen = releases or (RELEASES[:1] if quick else RELEASES)
    for part in parts:
        record.machines[part] = Machine.this()
        click.echo(f"measuring {part}")
        if part == "signoff":
            _sign_off(record, chosen, out)
        else:
            _measure(part, record, chosen, quick=quick)
        record.save(file)
    if record.growth:
        draw(tuple(record.growth.values()), docs / "benchmarks" / "growth.svg")
    (docs / "benchmarks.md").write_text(render(record), encoding="utf-8")


def _measure(part: str, record: Record, releases: tuple[str, ...], *, quick: bool) -> None:
    if part == "growth":
        _grow(record, quick=quick)
    elif part == "adapters":
        release = releases[0] if len(releases) == 1 else ADAPTED
        with scene(release) as ready, tempfile.TemporaryDirectory(dir=scratch_folder().parent) as store:
            turns = adaptation.TURNS // 4 if quick else adaptation.TURNS
            record.adapters[release] = adaptation.measure(ready, Path(store), turns=turns)
    else:
        for release in releases:
            with scene(release) as ready:
                if part == "walks":
                    record.walks[release] = walks.measure(ready)
                else:
                    record.stages[release] = stages.measure(ready)


def _sign_off(record: Record, releases: tuple[str, ...], out: Path | None) -> None:
    release = releases[0] if len(releases) == 1 else SIGNED_OFF
    with tempfile.TemporaryDirectory() as forgotten:
        record.signoffs[release] = whole.measure(release, record.walks[release], out or Path(forgotten))


def _grow(record: Record, *, quick: bool) -> None:
    oldest = RELEASES[0]
    measured = [
        growth.with_cases(oldest, quick=quick),
        growth.with_runs(oldest, quick=quick),
        growth.with_releases(quick=quick),
    ]
    with scene(oldest) as ready:
        measured.append(growth.with_work_packages(ready, quick=quick))
    record.growth = {each.of: each for each in measured}


if __name__ == "__main__":
    bench()
