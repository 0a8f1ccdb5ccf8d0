"""One violation told to a person, and handed over as a script they can run by hand."""

from __future__ import annotations

import textwrap

from kitty_conformance.case import SUITES, Case, Verdict
from kitty_conformance.results import CaseResult
from kitty_conformance.signoff.bash_steps import FaultSource
from kitty_conformance.signoff.script import repro_script
from kitty_conformance.signoff.shell import readable
from kitty_conformance.signoff.transcript import action, scene

__all__ = ["FaultSource", "repro_script", "story_text"]

_WIDTH = 100
_LABEL = 12


def story_text(case: Case, result: CaseResult) -> str:
    """Tell what was promised, what was done as real commands, what came back, what was expected and seen."""
    parts = [
        _heading(case, result),
        _section("The scene is set", scene(result.story)),
        _section("What is done, and what comes back", action(result.story)),
        _verdict(result),
    ]
    return "\n".join(part for part in parts if part)


def _heading(case: Case, result: CaseResult) -> str:
    title = SUITES.get(case.suite, case.suite)
    number = f"#{case.suite} " if case.suite.isdigit() else ""
    lines = [f"{case.id}  {number}{title}", ""]
    lines += _labelled("Promise", case.promise)
    lines += _labelled("Requires", f"{', '.join(case.requirements)} (from {case.scenario} of the seed)")
    lines += _labelled("Why", case.rationale)
    lines += _labelled("Run", f"{result.run}, {result.launcher}, {result.seconds:.1f} s")
    return "\n".join(lines) + "\n"


def _section(title: str, lines: tuple[str, ...]) -> str:
    return "\n".join([title, *lines, ""]) if lines else ""


def _verdict(result: CaseResult) -> str:
    if result.verdict is Verdict.CONFORMS:
        return "CONFORMS: the promise holds\n"
    return f"{result.verdict.upper()}: {readable(result.reason)}\n"


def _labelled(label: str, text: str) -> list[str]:
    wrapped = textwrap.wrap(readable(text), _WIDTH - _LABEL) or [""]
    first, *more = wrapped
    return [f"{label:<{_LABEL}}{first}", *(f"{'':<{_LABEL}}{line}" for line in more)]
