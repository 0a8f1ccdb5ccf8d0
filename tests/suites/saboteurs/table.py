"""Which saboteur turns which case red, and which mender turns it green: `python -m saboteurs.table`.

Run in `tests/suites`; writes `docs/saboteurs.md`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
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
    everybody = list({each.name: each for each in recruited()}.values())
    menders = [each for each in everybody if set(each.verdicts.values()) == {"conforms"}]
    saboteurs = [each for each in everybody if each not in menders]
    for case in sorted({case.id.partition("/")[0] for case in catalogue()}):
        yield f"| {case} | {_by(saboteurs, case, 'violates')} | {_by(menders, case, 'conforms')} |\n"


def _by(deeds: list[Saboteur], case: str, verdict: str) -> str:
    """Name the deeds that bring a case to a verdict, each with its release and the variants tried."""
    told = []
    for deed in deeds:
        tried = [whole for whole, seen in deed.verdicts.items() if seen == verdict]
        variants = [whole.partition("/")[2] for whole in tried if whole.partition("/")[0] == case]
        if variants:
            of = f": {', '.join(sorted(variants))}" if any(variants) else ""
            told.append(f"{deed.name} ({deed.release}{of})")
    return "; ".join(told) or "none"


if __name__ == "__main__":
    PAGE.write_text(HEAD + "".join(rows()), encoding="utf-8")
