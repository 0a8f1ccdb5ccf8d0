"""Lines as they are: what paths, targets and their diagnostics hold is shown, never taken for markup."""

from __future__ import annotations

from rich.console import Console


def say(console: Console, text: str) -> None:
    """Print text as it stands; in a pipe one line is one fact, so none is broken."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)
