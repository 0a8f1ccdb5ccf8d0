"""From what a person typed to an installed target environment, with a word on what takes time."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from kitty_conformance.cli.lines import say
from kitty_conformance.target.adapted import adapted
from kitty_conformance.target.adapters import NONE, chosen_adapters, known_adapters
from kitty_conformance.target.environment import Environment, obtain
from kitty_conformance.target.specification import TargetSpecification


def installed(
    text: str, *, resolve: str, console: Console, adapters: str = NONE, unverified: bool = False
) -> Environment:
    """Resolve, install if need be, and return the environment of the build under test, with adapters on.

    Raises
    ------
    UnknownAdapterError
        There is no adapter for an issue that is named.
    AdapterRefusedError
        One of them is not verified on this build, or does not apply to it.
    UnknownTargetError, TargetUnavailableError
        As `TargetSpecification.parse` and `obtain` raise them.

    """
    chosen = chosen_adapters(adapters, known_adapters())
    specification = TargetSpecification.parse(text, resolve=resolve, base=Path.cwd())
    with console.status(f"installing {escape(str(specification))}"):
        environment = obtain(specification)
    identity = environment.identity
    say(
        console,
        f"target  spec-kitty-cli {identity.version}  sha256 {identity.sha256[:12]}…  "
        f"{identity.resolution}  Python {identity.python}",
    )
    if chosen:
        environment = adapted(environment, chosen, unverified=unverified)
        say(console, f"adapted {', '.join(f'#{issue}' for issue in environment.identity.adapters)}")
    return environment
