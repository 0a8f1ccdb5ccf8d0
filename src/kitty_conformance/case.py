"""A case is one checkable promise; a verdict is what a target did with it.

Identity is the id in the marker (`945-03`, with variants `945-03/move-task`), never the pytest node id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from itertools import product
from typing import Any, Final, TypeVar

import msgspec
import pytest

from kitty_conformance.requirement import EVERYTHING, is_requirement

ISSUES: Final[Mapping[str, str]] = {
    "944": "Interrupted implement and review actions",
    "945": "Transition evidence",
    "949": "Review prompt isolation",
    "950": "Canonical review diff refs",
    "951": "Active work-package ownership",
    "952": "Final sync diagnostics",
    "953": "Diverged target branch",
    "904": "Review artifact consistency",
}
"""The eight blockers of the seed specification, by number. `smoke` (SC-001) stands beside them."""

SUITES: Final[Mapping[str, str]] = {"smoke": "The whole walk (SC-001)", **ISSUES}
"""Every name a person may select a whole suite by."""

_CASE_ID = re.compile(r"^(?P<suite>smoke|\d{3})-\d{2}$")

Function = TypeVar("Function", bound=Callable[..., None])


class Verdict(StrEnum):
    """What a target did with one promise."""

    CONFORMS = "conforms"
    VIOLATES = "violates"
    INCONCLUSIVE = "inconclusive"
    """The promise could not be put to the test; never green."""
    NOT_APPLICABLE = "not-applicable"
    """The target has no such surface; the reason is recorded."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One checkable promise of the seed specification.

    Attributes
    ----------
    id
        Stable identity, `<suite>-<two digits>`; a variant appends `/<variant>`.
    requirements
        The requirements it puts to the test, e.g. `("FR-001", "SC-002")`.
    scenario
        Where in the seed it comes from: `US1.2` (user story 1, acceptance scenario 2), `edge-3` (third edge
        case), or a requirement id when the seed says it nowhere else.
    also
        Further scenarios and edge cases of the seed that it covers.
    promise
        The promise in one sentence, as the seed has it.
    rationale
        One sentence: why breaking it hurts.
    every_step
        Whether commands are repeated for each of their steps: a hundred times what other cases take, so that
        it is run cold only where everything is.

    """

    id: str
    requirements: tuple[str, ...]
    scenario: str
    promise: str
    rationale: str
    also: tuple[str, ...] = ()
    every_step: bool = False

    @property
    def covers(self) -> tuple[str, ...]:
        """Everything of the seed it puts to the test: requirements, scenarios, edge cases, each once."""
        return tuple(dict.fromkeys((*self.requirements, self.scenario, *self.also)))

    @property
    def suite(self) -> str:
        """`945` of `945-03/move-task`; `smoke` for the walk."""
        return self.id.partition("-")[0]


class PromiseBroken(AssertionError):  # noqa: N818 - a finding about the target, not an error of ours
    """The target broke the promise: the only way to the verdict `violates`."""


class NotApplicable(Exception):  # noqa: N818 - an outcome, not an error
    """The target has no surface this promise could be put to; the message is the reason."""


class Inconclusive(Exception):  # noqa: N818 - an outcome, not an error
    """The promise could not be put to the test; the message says what got in the way."""


def case(
    identity: str,
    *,
    requirements: tuple[str, ...],
    scenario: str,
    promise: str,
    rationale: str,
    also: tuple[str, ...] = (),
    variants: Mapping[str, Any] | None = None,
    every_step: bool = False,
) -> Callable[[Function], Function]:
    """Mark a test function as a case of the conformance suites.

    With `variants` the function takes an argument `variant` and is run once for each value; the key becomes
    part of the identity (`945-01/move-task`).

    Raises
    ------
    ValueError
        The identity is malformed, or the seed has no such requirement or scenario: found when the module is
        imported.

    """
    if not _CASE_ID.match(identity) or identity.partition("-")[0] not in SUITES:
        message = f"malformed case id {identity!r}"
        raise ValueError(message)
    for requirement in requirements:
        if not is_requirement(requirement):
            message = f"unknown requirement {requirement!r} in case {identity}"
            raise ValueError(message)
    for place in (scenario, *also):
        if place not in EVERYTHING:
            message = f"unknown scenario {place!r} in case {identity}"
            raise ValueError(message)
    described = Case(
        id=identity,
        requirements=requirements,
        scenario=scenario,
        promise=promise,
        rationale=rationale,
        also=also,
        every_step=every_step,
    )

    def mark(function: Function) -> Function:
        marked: Function = pytest.mark.case(described, variants=tuple(variants or ()))(function)
        if variants is not None:
            # Each variant carries its name: where it stands among its like changes when runs are repeated.
            named = [
                pytest.param(each, id=key, marks=pytest.mark.variant(key)) for key, each in variants.items()
            ]
            marked = pytest.mark.parametrize("variant", named)(marked)
        return marked

    return mark


def combine(*dimensions: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Every combination of several named dimensions, keyed `a/b`, for `case(variants=...)`."""
    return {
        "/".join(key for key, _ in combination): tuple(value for _, value in combination)
        for combination in product(*(dimension.items() for dimension in dimensions))
    }
