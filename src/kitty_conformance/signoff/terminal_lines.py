"""Lines of a summary: on a terminal they wrap; in a pipe one line is one fact."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text


def show_line(console: Console, text: Text) -> None:
    """Print without inventing line breaks in a pipe."""
    console.print(text, soft_wrap=not console.is_terminal, highlight=False)


def show_whole(console: Console, text: Text) -> None:
    """Print without breaking it anywhere: a terminal wraps it where it must, and it can be copied whole."""
    console.print(text, soft_wrap=True, highlight=False)


def show_next(console: Console, command: str) -> None:
    """Print the command to type next, if there is one."""
    if command:
        show_whole(console, Text.assemble("next: ", (command, "bold")))
