"""Options several commands share, each defined once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

REPORTS = Path("reports")
"""Where reports go unless told otherwise."""


def target(function: Function) -> Function:
    """`--target`: which build."""
    return click.option(
        "--target",
        default="",
        metavar="BUILD",
        help="3.2.0a8, pypi:3.2.0a8, path:DIR or wheel:FILE. Default: the newest final release.",
    )(function)


def resolve(function: Function) -> Function:
    """`--resolve`: whose dependencies."""
    return click.option(
        "--resolve",
        type=click.Choice(["era", "today"]),
        default="era",
        show_default=True,
        help="Dependencies as of the release day, or as of today.",
    )(function)


def workers(function: Function) -> Function:
    """`--workers`: how many cases at the same time."""
    return click.option(
        "--workers",
        "-n",
        type=click.IntRange(1, 64),
        default=2,
        show_default=True,
        help="Cases run at the same time.",
    )(function)


def out(function: Function) -> Function:
    """`--out`: the report folder."""
    return click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        default=REPORTS,
        show_default=True,
        metavar="DIR",
        help="Folder for results and reports.",
    )(function)
