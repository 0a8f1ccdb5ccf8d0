"""Which saboteur turns which case red, and which mender turns it green: `python -m saboteurs.table`.

Run in `tests/suites`; writes `docs/saboteurs.md`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from kitty_conformance.running.catalogue import catalogue
from saboteurs.saboteur import Saboteur

HERE = Path(__file__).parents[1]
PAGE = HERE.parents[1] / "docs" / "saboteurs.md"
HEAD = """# Saboteurs and menders

Drawn by `python -m saboteurs.table` in `tests/suites`. A saboteur breaks one promise of a release that keeps
it, a mender keeps one that the release breaks; `nox -s saboteurs` runs them. `none`: no saboteur turns the
case red, or no mender turns it green; it has been seen so on a real release (`kitty-conformance matrix`), or
nowhere yet. A case of several variants is tried with some of them: those left out share the code, in the
target, that the deed acts on.

| case | red by | green by |
| --- | --- | --- |
"""


def recruited() -> Iterator[Saboteur]:
    """Yield everybody that some test module recruits."""
    for path in sorted(HERE.glob("test_saboteurs_*.py")):
        for value in vars(importlib.import_module(path.stem)).values():
            yield from (each for each in (value if isinstance(value, tuple) else (value,)) if _is(each))


def _is(value: object) -> bool:
    return isinstance(value, Saboteur)


def rows() -> Iterator[str]:
    """Yield one row of the table for each case there is, without its variants."""
    saboteurs, menders = sorted_out(recruited())
    for case in numbers(case.id for case in catalogue()):
        red, green = named(saboteurs, case, "violates"), named(menders, case, "conforms")
        yield f"| {case} | {red or 'none'} | {green or 'none'} |\n"


def numbers(cases: Iterable[str]) -> list[str]:
    """Return the cases without their variants, in order."""
    return sorted({case.partition("/")[0] for case in cases})


def sorted_out(everybody: Iterable[Saboteur]) -> tuple[list[Saboteur], list[Saboteur]]:
    """Return who breaks a promise, and who only keeps one; each once."""
    known = list({each.name: each for each in everybody}.values())
    menders = [each for each in known if set(each.verdicts.values()) == {"conforms"}]
    return [each for each in known if each not in menders], menders


def named(deeds: Iterable[Saboteur], case: str, verdict: str) -> str:
    """Name the deeds that bring a case to a verdict, each with its release and the variants tried."""
    told = []
    for deed in deeds:
        tried = [whole for whole, seen in deed.verdicts.items() if seen == verdict]
        variants = [whole.partition("/")[2] for whole in tried if whole.partition("/")[0] == case]
        if variants:
            of = f": {', '.join(sorted(variants))}" if any(variants) else ""
            told.append(f"{deed.name} ({deed.release}{of})")
    return "; ".join(told)


if __name__ == "__main__":
    PAGE.write_text(HEAD + "".join(rows()), encoding="utf-8")
