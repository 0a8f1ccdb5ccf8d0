"""`kitty-conformance adapters`: what there is, put into a real environment, taken off again, verified."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from kitty_conformance.cli.lines import say
from kitty_conformance.cli.verification import verify
from kitty_conformance.errors import AdapterRefusedError, ExitCode
from kitty_conformance.target.adapter_installation import Installed
from kitty_conformance.target.adapter_order import AdapterOrder
from kitty_conformance.target.adapters import ALL, Adapter, chosen_adapters, known_adapters
from kitty_conformance.target.tool_environment import of_command, of_tool
from kitty_conformance.target.verified import Verification, demand_verified, verifications


@click.group("adapters")
def adapters_command() -> None:
    """Adapters: each mends one issue in a release that cannot be upgraded."""


def in_an_environment(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options that name an environment."""
    for option in (
        click.option(
            "--tool",
            metavar="NAME",
            help="The environment of a tool that uv or pipx has installed, such as spec-kitty-cli.",
        ),
        click.option(
            "--python",
            type=click.Path(path_type=Path),
            metavar="PATH",
            help="The interpreter of the environment. Default: that of the spec-kitty on PATH.",
        ),
    ):
        function = option(function)
    return function


def _installed(python: Path | None, tool: str | None) -> Installed:
    if python is not None and tool is not None:
        raise click.UsageError("--python and --tool both name an environment; choose one")
    if python is not None:
        return Installed.at(Path(os.path.abspath(python)))  # noqa: PTH100 - a link is not to be followed
    return Installed.at(of_tool(tool, os.environ) if tool else of_command(os.environ))


@adapters_command.command("list")
def list_command() -> int:
    """List the adapters: issue, requirements, releases they are verified on, functions they wrap."""
    console, known = Console(), verifications()
    for adapter in known_adapters():
        say(console, f"#{adapter.issue}  {' '.join(adapter.requirements)}  {adapter.purpose}")
        verified = known.get(adapter.issue, Verification()).holding(adapter)
        say(console, f"      verified on {_releases(verified)}")
        for module, names in adapter.modules.items():
            say(console, f"      {module}: {', '.join(names)}")
    return ExitCode.OK


def _releases(verified: Mapping[str, Mapping[str, int]]) -> str:
    told = (
        f"{release} ({', '.join(f'{count} {outcome}' for outcome, count in outcomes.items())})"
        for release, outcomes in verified.items()
    )
    return ", ".join(told) or "no release"


@adapters_command.command()
@click.argument("issues", nargs=-1)
@in_an_environment
@click.option(
    "--unverified-adapters",
    "unverified",
    is_flag=True,
    help="Put them on also where they were not verified.",
)
def install(issues: tuple[str, ...], python: Path | None, tool: str | None, *, unverified: bool) -> int:
    """Put adapters into an environment for daily use. ISSUES: 951 945; all by default.

    Nothing of spec-kitty is changed; `adapters uninstall` leaves the environment as it was.
    """
    console = Console()
    chosen = chosen_adapters(",".join(issues) or ALL, known_adapters())
    place = _installed(python, tool)
    order = place.try_on(chosen)
    if not unverified:
        _demand_verified(order, chosen)
    place.install(chosen, order)
    say(console, f"{_named(chosen)} on, for spec-kitty-cli {place.release} in {place.folder}")
    say(console, f"undo    kitty-conformance adapters uninstall --python {place.python}")
    return ExitCode.OK


def _demand_verified(order: AdapterOrder, chosen: Sequence[Adapter]) -> None:
    known = verifications()
    try:
        demand_verified(order, chosen, known)
    except AdapterRefusedError as error:
        fit = [each.issue for each in chosen if _fits(order, each, known)]
        hint = f"verified there: {' '.join(fit)}; {error.hint}" if fit else error.hint
        raise AdapterRefusedError(error.message, hint=hint) from None


def _fits(order: AdapterOrder, adapter: Adapter, known: dict[str, Verification]) -> bool:
    try:
        demand_verified(order, (adapter,), known)
    except AdapterRefusedError:
        return False
    return True


def _named(adapters: Sequence[Any]) -> str:
    return f"adapters of {', '.join(f'#{each.issue}' for each in adapters)}"


@adapters_command.command()
@in_an_environment
def uninstall(python: Path | None, tool: str | None) -> int:
    """Take all adapters off an environment; it is then as it was before."""
    place = _installed(python, tool)
    there = place.uninstall()
    say(Console(), f"{'adapters taken off' if there else 'there were no adapters in'} {place.folder}")
    return ExitCode.OK


@adapters_command.command()
@in_an_environment
def status(python: Path | None, tool: str | None) -> int:
    """Tell which adapters are on in an environment. Exit code 1: they are not whole, or do not fit."""
    console, place = Console(), _installed(python, tool)
    order = place.order
    issues = sorted({each for them in order.wanted.values() for each in them}) if order else []
    say(console, f"on      {' '.join(f'#{issue}' for issue in issues) or 'none'}")
    say(console, f"where   spec-kitty-cli {place.release} in {place.folder}")
    misfit = place.misfit()
    if misfit:
        say(console, f"refused {misfit}: spec-kitty does nothing but end with 70; install or uninstall")
    for path in place.remains:
        say(console, f"remains {path} of what was interrupted; install or uninstall again")
    return ExitCode.VIOLATED if misfit or place.remains else ExitCode.OK


adapters_command.add_command(verify)
