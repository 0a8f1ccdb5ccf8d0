"""Words of a story as a shell would have them: quoted, with tokens `@{NAME}` as variables `$NAME`."""

from __future__ import annotations

import re
import shlex
import signal
from collections.abc import Mapping, Sequence
from typing import Final

from kitty_conformance.story import Ran

TOKEN: Final = re.compile(r"@\{([A-Z][A-Z0-9_]*)\}")
EXECUTABLE: Final = "SPEC_KITTY"
"""The token of the target's own console script."""

_PLAIN: Final = re.compile(r"[\w@%+=:,./-]*", re.ASCII)
_SPECIAL: Final = re.compile(r'([\\"$`])')
_BACKSLASHED: Final = r"\\\1"
_LONGEST_ARGUMENT: Final = 100


def word(text: str) -> str:
    """Quote one word for a script: exactly this text, tokens replaced by their values."""
    if not TOKEN.search(text):
        return shlex.quote(text)
    return f'"{_with_variables(_SPECIAL.sub(_BACKSLASHED, text))}"'


def tokens(text: str) -> frozenset[str]:
    """Return the names of all tokens in a text."""
    return frozenset(TOKEN.findall(text))


def _with_variables(text: str) -> str:
    """Write each token as `$NAME`, in braces where the next character would belong to the name."""

    def variable(token: re.Match[str]) -> str:
        joined = text[token.end() : token.end() + 1]
        return f"${{{token[1]}}}" if joined.isalnum() or joined == "_" else f"${token[1]}"

    return TOKEN.sub(variable, text)


def words(argv: Sequence[str]) -> str:
    """Quote a whole command for a script."""
    return " ".join(map(word, argv))


def readable(text: str) -> str:
    """Write a text for a person: `$MISSION` for `@{MISSION}`, and the executable by its name."""
    return _with_variables(text.replace(f"@{{{EXECUTABLE}}}", "spec-kitty"))


def command_line(ran: Ran, *, shorten: bool = False) -> str:
    """Write a command as a person would type it, its extra environment in front.

    Where `shorten`, it is one line: long or many-line arguments end in `…`.
    """
    extra = [f"{name}={_typed(value, shorten=shorten)}" for name, value in _sorted(ran.environment)]
    return " ".join([*extra, *(_typed(part, shorten=shorten) for part in ran.argv)])


def _sorted(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(environment.items())


def _typed(text: str, *, shorten: bool) -> str:
    if shorten and ("\n" in text or len(text) > _LONGEST_ARGUMENT):
        text = text.partition("\n")[0][:_LONGEST_ARGUMENT] + "…"
        return f"'{readable(text)}'"
    if _PLAIN.fullmatch(TOKEN.sub("", text)) and text:
        return readable(text)
    return word(text)


def ending(exit_status: int | None) -> str:
    """Say how a process ended."""
    if exit_status is None:
        return "ended by us: no end within its time"
    if exit_status >= 0:
        return f"exit {exit_status}"
    try:
        return f"killed by {signal.Signals(-exit_status).name}"
    except ValueError:
        return f"killed by signal {-exit_status}"
