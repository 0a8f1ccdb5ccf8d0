"""From what happened in the phases of one test to one verdict.

Only a stated promise that was broken is `violates`. A set-up that failed, an error of ours, a guard that was
tripped, a fault that never fired, a case that stated nothing: all of these are `inconclusive`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from kitty_conformance.case import Inconclusive, NotApplicable, PromiseBroken, Verdict
from kitty_conformance.errors import KittyConformanceError
from kitty_conformance.story import Ran, Story
from kitty_fixtures.outcome import diagnostic_codes

PHASES: Final = ("teardown", "setup", "call")
"""In the order in which they decide: what was wrong around the case outweighs what the case saw."""

_WORD: Final = re.compile(r"^[a-z][a-z-]*$")


def judge(failures: Mapping[str, BaseException], *, put_to_the_test: int) -> tuple[Verdict, str]:
    """Return the verdict and its one-line reason.

    Parameters
    ----------
    failures
        What each phase (`setup`, `call`, `teardown`) raised, if anything.
    put_to_the_test
        How many promises the case stated.

    """
    for phase in PHASES:
        if phase in failures:
            return _judge_failure(phase, failures[phase])
    if not put_to_the_test:
        return Verdict.INCONCLUSIVE, "the case stated no promise"
    return Verdict.CONFORMS, ""


def _judge_failure(phase: str, failure: BaseException) -> tuple[Verdict, str]:
    reason = " ".join(str(failure).split())
    if isinstance(failure, PromiseBroken) and phase == "call":
        return Verdict.VIOLATES, reason
    if isinstance(failure, NotApplicable) and phase != "teardown":
        return Verdict.NOT_APPLICABLE, reason
    if isinstance(failure, Inconclusive | KittyConformanceError):
        return Verdict.INCONCLUSIVE, reason
    return Verdict.INCONCLUSIVE, f"harness error in {phase}: {type(failure).__name__}: {reason}"


def observed(story: Story) -> dict[str, str]:
    """Return what the acting commands of the target answered, normalised: exit status and diagnostic codes.

    Commands started together are left out: which of them wins is not the target's promise; a case about that
    states its own observations.
    """
    acts = [step for step in story.steps[story.arranged :] if isinstance(step, Ran)]
    return {
        f"{place}. {_name(step)}": _answer(step)
        for place, step in enumerate(acts, start=1)
        if step.argv[0] == "@{SPEC_KITTY}"
    }


def _name(step: Ran) -> str:
    words = []
    for part in step.argv[1:]:
        if not _WORD.match(part):
            break
        words.append(part)
    return " ".join(words) or "spec-kitty"


def _answer(step: Ran) -> str:
    codes = diagnostic_codes(step.stdout + step.stderr)
    status = "ended by us" if step.exit_status is None else f"exit {step.exit_status}"
    return f"{status} {' '.join(codes)}".strip()
