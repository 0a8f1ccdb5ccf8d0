"""From a collected pytest item to the case and the run it stands for."""

from __future__ import annotations

import msgspec
import pytest

from kitty_conformance.case import Case

_REPETITION = "__pytest_repeat_step_number"
"""The parameter pytest-repeat adds; its value counts from 0."""


def case_of(item: pytest.Item) -> Case | None:
    """Return the case an item stands for, its variant spelt out in the id; `None` for an ordinary test."""
    marker = item.get_closest_marker("case")
    if marker is None:
        return None
    described: Case = marker.args[0]
    variant = item.get_closest_marker("variant")
    if variant is None:
        return described
    return msgspec.structs.replace(described, id=f"{described.id}/{variant.args[0]}")


def run_of(item: pytest.Item) -> int:
    """Return the number of the run (from 1) an item belongs to."""
    callspec = getattr(item, "callspec", None)
    return 1 if callspec is None else int(callspec.params.get(_REPETITION, 0)) + 1
