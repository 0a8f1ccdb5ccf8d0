"""A difference for a terminal or a pipe: counts, what changed, what was observed otherwise."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.text import Text

from kitty_conformance.signoff.difference import Compared, Difference, Kind, ObservedOtherwise

_STYLES: Final = {
    Kind.REGRESSED: "bold red",
    Kind.FLAKY: "bold magenta",
    Kind.UNSTEADY: "magenta",
    Kind.NEWLY_INCONCLUSIVE: "yellow",
    Kind.NO_LONGER_ASKED: "yellow",
    Kind.HEALED: "green",
}
_LONGEST: Final = 70


def show(console: Console, found: Difference) -> None:
    """Print it; in a pipe one line is one fact."""
    for text in (*map(_case, _changed(found)), *map(_observation, found.observations), *_conclusion(found)):
        console.print(text, soft_wrap=not console.is_terminal, highlight=False)


def _changed(found: Difference) -> tuple[Compared, ...]:
    return tuple(each for kind in Kind if kind is not Kind.UNCHANGED for each in found.of(kind))


def _case(each: Compared) -> Text:
    style = _STYLES.get(each.kind, "dim")
    turned = f"{each.before or 'not asked'} → {each.after or 'not asked'}"
    return Text.assemble((f"{each.kind:<20}", style), f" {each.case}  {turned}  ", (each.reason, "dim"))


def _observation(each: ObservedOtherwise) -> Text:
    turned = f"{_short(each.before)} → {_short(each.after)}"
    return Text.assemble(("observed otherwise   ", "cyan"), f"{each.case}  {each.name}: {turned}")


def _short(text: str) -> str:
    one_line = " ".join(text.split()) or "nothing"
    return one_line if len(one_line) <= _LONGEST else f"{one_line[: _LONGEST - 1]}…"


def _conclusion(found: Difference) -> tuple[Text, ...]:
    counts = ", ".join(f"{count} {kind}" for kind, count in found.counts.items()) or "no case in either"
    control = "" if found.controlled else "; no control was run: --control tells what differs by itself"
    lines = [
        Text(),
        Text(f"{found.before.target} → {found.after.target}: {counts}{control}", style="bold"),
    ]
    first = next(iter(found.of(Kind.REGRESSED)), None)
    if first:
        lines.append(Text(f"next: kitty-conformance reproduce {first.case} --target {found.after.target}"))
    return tuple(lines)
