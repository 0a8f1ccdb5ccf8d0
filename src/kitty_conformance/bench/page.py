"""The benchmarks as people read them: tables beside the aims, the machine first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from kitty_conformance.bench.record import Record
from kitty_conformance.bench.walks import Walk
from kitty_conformance.bench.whole import SignOffCost

WALKS: Final = {"3.2.0a8": 10.0, "3.2.7": 5.0, "4.0.0rc7": 2.5}
"""How many times less CPU a warm walk is to take."""
STAGE: Final = 300.0
FLOOR: Final = 2.0
MINUTES: Final = 10.0
OVERHEAD: Final = 0.015
ADAPTED: Final = 1.05
"""How many times the CPU of a command without adapters one with all of them may take."""

REASONS: Final = {
    "walk 3.2.0a8": "`init` reads the metadata of its package 199 times, which is work of its own",
    "walk 3.2.7": "`init` reads the profiles and the doctrine graph three times from YAML, work of its own",
    "walk 4.0.0rc7": "every command but `--version` does about 0.85 s of work of its own, `init` 5 s",
    "slow": "what is left is work of the commands' own: see the table of the walk",
    "stage": "a copy makes some 600 files and 300 folders anew, which takes the time it takes",
}
"""Why an aim may be missed, where that is known."""


def render(record: Record) -> str:
    """Return the page as Markdown."""
    blocks = ["# Benchmarks", _INTRODUCTION, *_machine(record), *_aims(record), *_walks(record)]
    blocks += [*_stages(record), *_adapters(record), *_signoffs(record), *_growth(record), *_memory(record)]
    return "\n\n".join(blocks) + "\n"


_INTRODUCTION: Final = """\
Written by `nox -s bench` (`-- --quick` for a few minutes' worth, `-- --only signoff` for one part) from
`docs/benchmarks/benchmarks.json`; do not edit. CPU seconds are user and system time of the process and
all it waited for, git and hooks included. Cold is the byte-compiled CLI as a fresh process. Cold and warm
are measured in turns, command by command, in one run: read the ratios, seconds depend on the machine and
on what else it does."""


def _machine(record: Record) -> Iterator[str]:
    rows = [
        [part, m.processor, f"{m.cores}", f"{m.memory / 2**30:.0f} GiB", m.python, m.sandboxes, f"{m.load}"]
        for part, m in sorted(record.machines.items())
    ]
    yield _table(["part", "processor", "cores", "memory", "Python", "sandboxes", "load at the start"], rows)


def _aims(record: Record) -> Iterator[str]:
    yield "## Aims"
    rows = [row for release, walk in sorted(record.walks.items()) for row in _aim_of_walk(release, walk)]
    for release, stage in sorted(record.stages.items()):
        ratio = stage.built_cold / stage.copied
        rows.append(
            _aim(
                f"a stage from a snapshot, {release}",
                f"{ratio:.0f}x",
                f"{STAGE:.0f}x",
                ratio >= STAGE,
                REASONS["stage"],
            )
        )
    for release, adaptation in sorted(record.adapters.items()):
        for paid in adaptation.paid:
            ratio = paid.all_on / max(paid.without, 0.0001)
            what = f"`{paid.command}`, {paid.launcher}, all adapters on, {release}"
            rows.append(_aim(what, f"{ratio:.3f}x", f"below {ADAPTED}x", ratio < ADAPTED))
    for release, cost in sorted(record.signoffs.items()):
        over, minutes = cost.cpu / cost.floor, cost.wall / 60
        rows.append(
            _aim(
                f"sign-off of {release} over its floor",
                f"{over:.2f}x",
                f"at most {FLOOR}x",
                over <= FLOOR,
            )
        )
        rows.append(
            _aim(
                f"sign-off of {release}, wall",
                f"{minutes:.1f} min",
                f"under {MINUTES:.0f} min",
                minutes < MINUTES,
                _why_not_faster(cost),
            )
        )
    yield _table(["what", "measured", "aim", "met"], rows)


def _why_not_faster(cost: SignOffCost) -> str:
    own = cost.floor / cost.workers / 60
    waits = max(cost.busy * cost.workers * cost.wall - cost.cpu - cost.load, 0.0) / 60
    return (
        f"the target's own work in these {cost.cases} cases is {own:.1f} min for {cost.workers} workers; "
        f"waiting for a service or a lock that does not answer takes another {waits:.0f} min of theirs, "
        "the cold sample of the first run and the load made on purpose the rest"
    )


def _aim_of_walk(release: str, walk: Walk) -> Iterator[list[str]]:
    ratio, aim = walk.cold / walk.warm, WALKS.get(release, 1.0)
    yield _aim(
        f"whole walk, warm, {release}",
        f"{ratio:.1f}x",
        f"{aim}x",
        ratio >= aim,
        REASONS.get(f"walk {release}", ""),
    )
    later = [pair for pair in walk.pairs if pair.command != "init"]
    if ratio < aim and later:
        ratio = sum(pair.cold for pair in later) / sum(pair.warm for pair in later)
        yield _aim(
            f"the same without `init`, {release}", f"{ratio:.1f}x", f"{aim}x", ratio >= aim, REASONS["slow"]
        )
    ours = walk.overhead
    yield _aim(
        f"our own CPU per command, {release}",
        f"{ours * 1000:.1f} ms",
        f"below {OVERHEAD * 1000:.0f} ms",
        ours < OVERHEAD,
    )


def _aim(what: str, measured: str, aim: str, met: bool, why: str = "") -> list[str]:  # noqa: FBT001 - a cell
    """Return a row; `why` is why the aim is missed, where it is."""
    return [what, measured, aim, "yes" if met else f"no: {why or 'see the table'}"]


def _walks(record: Record) -> Iterator[str]:
    for release, walk in sorted(record.walks.items()):
        yield f"## The walk on {release}: {walk.cold:.1f} s cold, {walk.warm:.1f} s warm"
        rows = [
            [
                f"`{pair.command}`",
                f"{pair.count}",
                f"{pair.cold / pair.count:.3f}",
                f"{pair.warm / pair.count:.3f}",
                f"{pair.cold / max(pair.warm, 0.001):.1f}x",
            ]
            for pair in sorted(walk.pairs, key=lambda pair: -pair.cold)
        ]
        yield _table(["command", "times", "cold, CPU s", "warm, CPU s", "ratio"], rows)
        said = ", ".join(f"`{name}`" for name in walk.differing)
        alike = walk.compared - len(walk.differing)
        yield (
            f"Two work packages, init to merge. Both said the same {alike} times out of {walk.compared}, "
            f"times and identifiers aside{f'; not for {said}' if said else ''}."
        )


def _stages(record: Record) -> Iterator[str]:
    if not record.stages:
        return
    yield "## A stage: two work packages approved, before the merge"
    rows = [
        [
            release,
            f"{each.built_cold:.2f}",
            f"{each.built_warm:.2f}",
            f"{each.copied:.4f}",
            f"{each.built_cold / each.copied:.0f}x",
            f"{each.copies}",
        ]
        for release, each in sorted(record.stages.items())
    ]
    yield _table(
        ["release", "built cold, CPU s", "built warm, CPU s", "copied, CPU s", "cold over copied", "copies"],
        rows,
    )


def _adapters(record: Record) -> Iterator[str]:
    if not record.adapters:
        return
    yield "## Adapters: all on, against none"
    rows = [
        [
            release,
            f"`{paid.command}`",
            paid.launcher,
            f"{paid.without:.4f}",
            f"{paid.all_on:.4f}",
            f"{paid.all_on / max(paid.without, 0.0001):.3f}x",
            f"{each.turns}",
        ]
        for release, each in sorted(record.adapters.items())
        for paid in each.paid
    ]
    yield _table(
        ["release", "command", "launcher", "without, CPU s", "all on, CPU s", "ratio", "times each"], rows
    )
    yield from (
        f"Adapters of {', '.join(f'#{issue}' for issue in each.adapters)}, in turns with none."
        for each in record.adapters.values()
    )


def _signoffs(record: Record) -> Iterator[str]:
    if not record.signoffs:
        return
    yield "## A whole sign-off"
    rows = [
        [
            release,
            f"{each.cases}",
            f"{each.results}",
            each.launcher,
            f"{each.wall:.0f}",
            f"{each.cpu:.0f}",
            f"{each.load:.0f}",
            f"{each.commands:.0f}",
            f"{each.floor:.0f}",
            f"{each.cpu / each.floor:.2f}x",
            f"{each.cold_without_snapshots:.0f}",
            f"{each.cold_without_snapshots / each.cpu:.1f}x",
            f"{each.busy:.0%}",
        ]
        for release, each in sorted(record.signoffs.items())
    ]
    yield _table(
        [
            "release",
            "cases",
            "results",
            "launchers",
            "wall, s",
            "CPU, s",
            "load made on purpose, CPU s",
            "in commands, CPU s",
            "floor, CPU s",
            "over the floor",
            "all cold, no snapshots (estimated), CPU s",
            "saved",
            "workers busy",
        ],
        rows,
    )
    yield _FLOOR


_FLOOR: Final = """\
The floor is the target's own work: what the commands of each case took in its cheapest warm run (git and
hooks included, imports not), three times over. The estimate takes, for every command of every story, what
that command took cold in the walk above."""


def _growth(record: Record) -> Iterator[str]:
    if not record.growth:
        return
    yield "## How cost grows"
    yield "![CPU seconds over cases, runs, releases and work packages](benchmarks/growth.svg)"
    rows = [
        [each.of, ", ".join(f"{point.number}: {point.cpu:.1f} s" for point in each.points), f"{each.fit:.3f}"]
        for each in record.growth.values()
    ]
    yield _table(["with more", "CPU seconds", "R² of a straight line"], rows)


def _memory(record: Record) -> Iterator[str]:
    yield "## Memory"
    rows = [
        [f"warm server of {release}", _megabytes(walk.launcher_memory)]
        for release, walk in sorted(record.walks.items())
    ]
    rows += [
        [f"harness while it signs {release} off, {each.workers} workers", _megabytes(each.harness_memory)]
        for release, each in sorted(record.signoffs.items())
    ]
    yield _table(["what", "PSS"], rows)


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
