"""What showed that a case can be red, and what that it can be green: `python -m saboteurs.proofs RESULTS…`.

Run in `tests/suites` with the results of sign-offs; writes `docs/proofs.md`. Saboteurs and menders count as
`docs/saboteurs.md` has them; ends with 1 if a case lacks either proof (issues 5 and 6, "seen red and green").
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from kitty_conformance.results import WITH
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.signoff.aggregate import Outcome, aggregate
from kitty_conformance.signoff.matrix import CaseRow, matrix
from kitty_conformance.stream import Results, read
from saboteurs.saboteur import Saboteur
from saboteurs.table import HERE, named, numbers, recruited, sorted_out

PAGE = HERE.parents[1] / "docs" / "proofs.md"
HEAD = """# Seen red and green

Drawn by `python -m saboteurs.proofs RESULTS…` in `tests/suites`, from sign-offs of {builds}.
A case proves something only if it was seen red on a build that breaks its promise and green on one that keeps
it: on a real release, or where none does so, by a [saboteur or a mender](saboteurs.md).

{count}

| case | red on | red by saboteur | green on | green by mender |
| --- | --- | --- | --- | --- |
"""


def page(streams: Sequence[Results], everybody: Sequence[Saboteur]) -> tuple[str, tuple[str, ...]]:
    """Return the page, and the cases that lack one of the two proofs."""
    saboteurs, menders = sorted_out(everybody)
    found = {row.case: row for row in matrix(streams)}
    lines, unproven = [], []
    known = {case.id for case in catalogue()}
    for case in numbers(known):
        red = (_on(found.get(case), Outcome.VIOLATES), named(saboteurs, case, "violates"))
        green = (_on(found.get(case), Outcome.CONFORMS), named(menders, case, "conforms"))
        lines.append(f"| {' | '.join((case, *(part or '-' for part in (*red, *green))))} |\n")
        if not (any(red) and any(green)):
            unproven.append(case)
    builds = ", ".join(dict.fromkeys(_short(stream.header.target.name) for stream in streams))
    return HEAD.format(builds=builds, count=_variants(known, streams, everybody)) + "".join(lines), tuple(
        unproven
    )


def _on(row: CaseRow | None, outcome: Outcome) -> str:
    return ", ".join(map(_short, row.seen(outcome))) if row else ""


def _short(build: str) -> str:
    version, with_adapters, _ = build.partition(WITH)
    return f"{version} with adapters" if with_adapters else version


def _variants(known: Collection[str], streams: Iterable[Results], everybody: Iterable[Saboteur]) -> str:
    """Count single variants: a stricter measure, as variants of a case share most of what they run."""
    seen = {(each.case.id, each.outcome) for stream in streams for each in aggregate(stream)}
    seen |= {(case, Outcome(verdict)) for each in everybody for case, verdict in each.verdicts.items()}
    red, green = (
        sum((case, outcome) in seen for case in known) for outcome in (Outcome.VIOLATES, Outcome.CONFORMS)
    )
    return f"Of the {len(known)} variants {red} were seen red and {green} green themselves."


def main(files: Sequence[str]) -> int:
    """Write the page; tell which cases lack a proof."""
    text, unproven = page([read(Path(file)) for file in files], tuple(recruited()))
    PAGE.write_text(text, encoding="utf-8")
    for case in unproven:
        sys.stderr.write(f"{case} was not seen both red and green\n")
    return int(bool(unproven))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
