"""A saboteur as a table has it: which promise it breaks, in which good release, and who notices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import pytest


@dataclass(frozen=True, kw_only=True)
class Saboteur:
    """A release that breaks one promise from the moment a case has set its scene.

    Attributes
    ----------
    name
        What it does, in a few words; the name of its test.
    requirements
        The requirements of the seed whose promise it breaks.
    release
        A release that keeps that promise.
    module
        The file of the installed package that the deed is appended to, such as `specify_cli/status/store.py`.
        What runs as `__main__` (a git hook's module) never comes to its end: choose what it imports.
    deed
        Python, executed at the end of that module, where its names can be wrapped or replaced. It must change
        nothing before `_armed()`, a function it is given, says that the scene is set.
    verdicts
        Case (variant spelt out) → verdict: the cases of that promise red, their neighbours green.
    from_the_start
        Whether it breaks its promise while stages are built, too: for what is promised of stages. Its deed
        does not ask `_armed()`, and its stages are kept from everybody else.

    """

    name: str
    requirements: tuple[str, ...]
    release: str
    deed: str
    verdicts: Mapping[str, str]
    module: str = "specify_cli/__init__.py"
    from_the_start: bool = False


def each(saboteurs: Iterable[Saboteur]) -> pytest.MarkDecorator:
    """Make a test run once for each saboteur."""
    return pytest.mark.parametrize("saboteur", [pytest.param(each, id=each.name) for each in saboteurs])


def idle(saboteurs: Iterable[Saboteur]) -> tuple[Saboteur, ...]:
    """Return for each release one that does nothing: every case a saboteur is tried on has to be green."""
    found: dict[str, Saboteur] = {}
    for saboteur in saboteurs:
        before = found.get(saboteur.release, replace(saboteur, verdicts={}))
        verdicts = {**before.verdicts, **dict.fromkeys(saboteur.verdicts, "conforms")}
        idler = replace(before, name=saboteur.release, deed="", verdicts=verdicts, from_the_start=False)
        found[saboteur.release] = idler
    return tuple(found.values())
