"""A difference for a terminal or a pipe: counts, what changed, what was observed otherwise."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.text import Text

from kitty_conformance.signoff.difference import Compared, Difference, Kind, ObservedOtherwise
from kitty_conformance.signoff.terminal_lines import show_line, show_next

_STYLES: Final = {
    Kind.REGRESSED: "bold red",
    Kind.FLAKY: "bold magenta",
    Kind.UNSTEADY: "magenta",
    Kind.NEWLY_INCONCLUSIVE: "yellow",
    Kind.NO_LONGER_ASKED: "yellow",
    Kind.HEALED: "green",
}
_LONGEST: Final = 70


def show(console: Console, found: Difference, *, detail: int = 0) -> None:
    """Print it; in a pipe one line is one fact.

    `detail`: -1 the conclusion alone; 0 also what changed and what was observed otherwise; 1 also what did
    not change, and all of what was observed.
    """
    if detail >= 0:
        unchanged = found.of(Kind.UNCHANGED) if detail > 0 else ()
        observed = (_observation(each, in_full=detail > 0) for each in found.observations)
        for text in (*map(_case, (*found.changed, *unchanged)), *observed, Text()):
            show_line(console, text)
    show_line(console, _conclusion(found))
    show_next(console, found.next_command)


def _case(each: Compared) -> Text:
    style = _STYLES.get(each.kind, "dim")
    return Text.assemble((f"{each.kind:<20}", style), f" {each.case}  {each.turned}  ", (each.reason, "dim"))


def _observation(each: ObservedOtherwise, *, in_full: bool) -> Text:
    before, after = (_one_line(seen, in_full=in_full) for seen in (each.before, each.after))
    return Text.assemble(("observed otherwise   ", "cyan"), f"{each.case}  {each.name}: {before} → {after}")


def _one_line(text: str, *, in_full: bool) -> str:
    one_line = " ".join(text.split()) or "nothing"
    return one_line if in_full or len(one_line) <= _LONGEST else f"{one_line[: _LONGEST - 1]}…"


def _conclusion(found: Difference) -> Text:
    counts = ", ".join(f"{count} {kind}" for kind, count in found.counts.items()) or "no case in either"
    control = "" if found.controlled else "; no control was run: --control tells what differs by itself"
    return Text(f"{found.before.target} → {found.after.target}: {counts}{control}", style="bold")
