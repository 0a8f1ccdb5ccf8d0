"""A story as a self-contained bash script: bash, git and a spec-kitty executable, nothing of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from kitty_conformance.case import SUITES, Case
from kitty_conformance.results import CaseResult, TargetIdentity
from kitty_conformance.signoff.bash_steps import BashSteps, FaultSource, put
from kitty_conformance.signoff.shell import word
from kitty_conformance.surroundings import ENVIRONMENT, GIT_CONFIG

_FOLDERS: Final = (
    'mkdir -p -- "$ROOT"/{tmp,work,logs} "$ROOT"/home/.git-template/{hooks,info} '
    '|| could_not "the sandbox cannot be made"'
)
_VERSION: Final = (
    'version=$(HOME="$NOTES/home" SPEC_KITTY_HOME="$NOTES/home" "$SPEC_KITTY" --version </dev/null 2>&1) '
    '|| could_not "$SPEC_KITTY does not start: $version"'
)
_PREAMBLE: Final = Path(__file__).with_name("preamble.sh")


def repro_script(
    case: Case,
    result: CaseResult,
    *,
    target: TargetIdentity,
    fault_source: FaultSource,
    environment: Mapping[str, str] = ENVIRONMENT,
) -> str:
    """Write the story of a result as a script that shows the same again.

    The script exits 1 when the promise is broken, 0 when it holds, 3 when it could not be tried.

    `fault_source` is called only for a story with a fault in it; `environment` is the standard environment of
    the sandbox, places as tokens.

    Raises
    ------
    HarnessError
        The story uses a name before it captures it, or captures one that the script itself needs.

    """
    parts = [
        _title(case, result, target),
        _PREAMBLE.read_text(encoding="utf-8").rstrip(),
        "",
        *_environment(environment),
        "",
        *BashSteps(result.story, fault_source).lines(),
        "conclude",
        "",
    ]
    return "\n".join(parts)


def _title(case: Case, result: CaseResult, target: TargetIdentity) -> str:
    number = f"#{case.suite} " if case.suite.isdigit() else ""
    about = f"{number}{SUITES.get(case.suite, case.suite)}: case {case.id}"
    lines = [
        f"{about}, {result.verdict} on spec-kitty {target.name}",
        "",
        f"Promise:      {case.promise}",
        f"Requirements: {', '.join(case.requirements)} ({case.scenario})",
        f"Recorded on:  {target.requested}, wheel sha256 {target.sha256}, Python {target.python}",
        *(["Adapters that were on are no part of this: have them installed."] if target.adapters else []),
        "",
        "Usage: bash repro.sh [SPEC_KITTY]     the executable; else $SPEC_KITTY, else spec-kitty on PATH",
        "Needs bash, git and that executable. Works in a new temporary folder, or in $ROOT if that is set.",
        "Exit status: 1 the promise is broken, 0 it holds, 3 it could not be tried.",
    ]
    return "\n".join(
        ["#!/usr/bin/env bash", *(f"# {' '.join(line.splitlines())}".rstrip() for line in lines)]
    )


def _environment(environment: Mapping[str, str]) -> Iterator[str]:
    yield "# A home, a temporary folder and a git configuration of its own."
    for name, value in environment.items():
        yield f"export {name}={word(value)}"
    yield 'export PATH="${SPEC_KITTY%/*}:$PATH"'
    yield _FOLDERS
    yield ': >"$ROOT/home/.git-template/info/exclude"'
    yield from put('"$ROOT/home/.gitconfig"', GIT_CONFIG)
    yield _VERSION
    yield 'printf \'spec-kitty is %s: %s\\n\' "$SPEC_KITTY" "$version"'
