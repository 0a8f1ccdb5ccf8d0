"""Choosing cases: by issue (`951`), by case (`951-02`), by variant (`951-02/block`), or all."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from kitty_conformance.case import SUITES, Case
from kitty_conformance.errors import NoCaseSelectedError, UnknownIssueError


def matches(selector: str, identity: str) -> bool:
    """Whether a selector chooses this case: its suite, its id, or its id with (the start of) its variant."""
    return identity == selector or identity.startswith((f"{selector}-", f"{selector}/"))


def select(selectors: Sequence[str], cases: Iterable[Case]) -> tuple[Case, ...]:
    """Return the cases chosen, in the order of their ids; all of them when no selector is given.

    Raises
    ------
    UnknownIssueError
        A selector is no issue, case or variant of the suites.
    NoCaseSelectedError
        The selectors are issues of the seed, but no case is written for them.

    """
    catalogue = sorted(cases, key=lambda case: case.id)
    wanted = [selector.lstrip("#") for selector in selectors]
    for selector in wanted:
        if selector not in SUITES and not any(matches(selector, case.id) for case in catalogue):
            raise UnknownIssueError(f"unknown issue or case {selector!r}", hint=_advice(selector, catalogue))
    chosen = tuple(
        case for case in catalogue if not wanted or any(matches(selector, case.id) for selector in wanted)
    )
    if not chosen:
        raise NoCaseSelectedError(
            f"no case selected by {' '.join(wanted) or 'an empty catalogue'}",
            hint="`kitty-conformance cases` lists what there is",
        )
    return chosen


def _advice(selector: str, catalogue: Sequence[Case]) -> str:
    known = [*SUITES, *(case.id for case in catalogue)]
    near = difflib.get_close_matches(selector, known, n=3)
    meant = f"did you mean {', '.join(near)}? " if near else ""
    return f"{meant}issues are {', '.join(SUITES)}; `kitty-conformance cases` lists the cases"
