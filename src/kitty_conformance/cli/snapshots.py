"""`kitty-conformance snapshots`: what the stages kept from earlier runs take on disk, and the end of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

import click
from rich.console import Console
from rich.filesize import decimal

from kitty_conformance.cli.lines import say
from kitty_conformance.errors import OutputUnwritableError
from kitty_conformance.target.environment import cache_root
from kitty_fixtures.snapshot import LIMIT, Snapshots
from kitty_fixtures.snapshot_record import Holding

_SIZE: Final = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>[kMGT]?)B?", re.IGNORECASE)
_UNITS: Final = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def _bytes(_context: click.Context, _option: click.Parameter, value: str | None) -> int | None:
    """Give the number of bytes of a size as people write it: `500MB`, `2G`, `0`."""
    if value is None:
        return None
    match = _SIZE.fullmatch(value.strip())
    if match is None:
        raise click.BadParameter(f"{value!r} is no size; write 500MB or 2G.")
    return int(float(match["number"]) * _UNITS[match["unit"].lower()])


@click.command()
@click.option(
    "--prune",
    "limit",
    callback=_bytes,
    metavar="SIZE",
    help="Drop the least recently used, down to SIZE (500MB, 2G).",
)
@click.option("--clear", is_flag=True, help="Drop them all.")
def snapshots(limit: int | None, *, clear: bool) -> None:
    """Show the snapshots: stages of missions, built once per target and copied into each case's sandbox.

    They are kept in the cache, the least recently used ones dropped when they grow beyond 4 GB. A snapshot in
    use stays, and one that is missing is built again.
    """
    if clear and limit is not None:
        raise click.UsageError("--clear drops all, --prune some; choose one")
    folder, console = cache_root() / "snapshots", Console()
    kept = Snapshots(folder)
    if clear or limit is not None:
        say(console, f"dropped  {_told(_dropped(kept, limit or 0))}")
    else:
        for holding in kept.holdings():
            say(console, _line(holding))
    say(console, f"kept     {_told(kept.holdings())}, at most {decimal(LIMIT)}, in {folder}")


def _dropped(kept: Snapshots, limit: int) -> tuple[Holding, ...]:
    try:
        return kept.prune(limit)
    except OSError as error:
        raise OutputUnwritableError(f"{error.filename} cannot be changed: {error.strerror}") from error


def _line(holding: Holding) -> str:
    used = datetime.fromtimestamp(holding.used, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return f"{decimal(holding.size):>10}  last used {used}  {holding.key}"


def _told(holdings: tuple[Holding, ...]) -> str:
    number = len(holdings)
    return f"{number} snapshot{'' if number == 1 else 's'}, {decimal(sum(each.size for each in holdings))}"
