"""How cases are run: the options every command that runs them shares, taken together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any

import click

from kitty_conformance.running.disturbance import BOTH, SAMPLE
from kitty_conformance.running.shard import Shard
from kitty_conformance.target.adapters import NONE

TARGET_FORMS = "3.2.0a8, pypi:3.2.0a8, path:DIR or wheel:FILE"


@dataclass(frozen=True, kw_only=True)
class How:
    """How cases are run.

    Attributes
    ----------
    resolve
        `era` (dependencies as of the release day) or `today`.
    workers
        Cases run at the same time.
    out
        Folder for results and reports.
    command_timeout
        Seconds one command of the target may take before it counts as hanging.
    launcher
        `cold`, `warm`, `both` or `sample`; not said: `cold` for one run; for several `both`, so that each
        case is run either way; for a sign-off `sample`.
    crash_points
        How many of its mutating steps a command is ended at; every one if not said.
    adapters
        `all`, `none` or issues: the adapters that are on.
    unverified_adapters
        Whether adapters are applied where they were not verified, too.

    """

    resolve: str
    workers: int
    out: Path
    command_timeout: float
    launcher: str | None
    crash_points: int | None
    adapters: str = NONE
    unverified_adapters: bool = False


def _number(value: float) -> float:
    if math.isnan(value):  # no range keeps it out: it is neither less nor more than anything
        raise click.BadParameter("nan is no number of seconds.")
    return value


_OPTIONS = (
    click.option(
        "--resolve",
        type=click.Choice(["era", "today"]),
        default="era",
        show_default=True,
        help="Dependencies as of the release day, or as of today.",
    ),
    click.option(
        "--workers",
        "-n",
        type=click.IntRange(1, 64),
        default=2,
        show_default=True,
        help="Cases run at the same time.",
    ),
    click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("reports"),
        show_default=True,
        metavar="DIR",
        help="Folder for results and reports.",
    ),
    click.option(
        "--command-timeout",
        type=click.FloatRange(min=0, max=86_400, min_open=True),
        callback=lambda _context, _option, value: _number(value),
        default=120.0,
        show_default=True,
        metavar="SECONDS",
        help="How long one command of the target may take before it counts as hanging.",
    ),
    click.option(
        "--launcher",
        type=click.Choice(["cold", "warm", BOTH, SAMPLE]),
        default=None,
        help="Each command a fresh process (cold, the reference), forked from one that has done its imports "
        "(warm), or the first run cold and the others warm (both), or so for the first variant of each case "
        "(sample). Default: cold for one run, both for several, sample for a sign-off, warm for history and "
        "bisect.",
    ),
    click.option(
        "--crash-points",
        type=click.IntRange(min=1),
        default=None,
        metavar="N",
        help="End a command at no more than N of its mutating steps, spread evenly. Default: at every one.",
    ),
)

_ADAPTING = (
    click.option(
        "--adapters",
        default=NONE,
        show_default=True,
        metavar="all|none|ISSUE,…",
        help="Adapters that are on: each mends one issue in the target.",
    ),
    click.option(
        "--unverified-adapters",
        is_flag=True,
        help="Apply adapters also to a release, or a function, that they were not verified on.",
    ),
)


_HOW = tuple(field.name for field in fields(How))


def running_cases(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options about how cases are run, as one argument `how`."""

    @wraps(function)
    def gathered(**given: Any) -> int:
        how = How(**{name: given.pop(name) for name in _HOW if name in given})
        return function(how=how, **given)

    for option in reversed(_OPTIONS):
        gathered = option(gathered)
    return gathered


def adapting(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command that runs cases the options about adapters; without them targets are as they are."""
    for option in reversed(_ADAPTING):
        function = option(function)
    return function


reuse = click.option(
    "--reuse/--fresh",
    default=False,
    show_default=True,
    help="Take results of earlier runs where target, dependencies, suites, case and disturbance are the very "
    "same; or run everything.",
)
"""Whether anything is reused: a decision rests on fresh results unless somebody asks otherwise."""

quiet = click.option("--quiet", "-q", is_flag=True, help="Tell the conclusion alone.")
"""For a command that tells little; those that run cases have the options of `telling`."""

durations = click.option(
    "--durations",
    type=click.IntRange(min=0),
    metavar="N",
    help="Tell what each suite cost, and the N costliest cases.",
)
"""How much is told of what a run cost."""

target = click.option(
    "--target", default="", metavar="BUILD", help=f"{TARGET_FORMS}. Default: the newest final release."
)
"""Which build."""

shard = click.option(
    "--shard",
    metavar="K/N",
    callback=lambda _context, _option, text: Shard.parse(text) if text else None,
    help="Run only part K of N: every case is in exactly one of them; `results merge` puts them together.",
)
"""Which part of a run that is spread over machines."""

sign = click.option(
    "--sign",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="KEY.pem",
    help="Ed25519 private key the report is signed with; `verify --key` takes its public key.",
)
"""Whom a report is of."""
