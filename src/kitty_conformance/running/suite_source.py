"""The source that decides what a case finds: its suite, the fixture library, and the harness below them."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from kitty_conformance.case import SUITES
from kitty_conformance.errors import HarnessError
from kitty_conformance.running.catalogue import SUITES_PACKAGE

BELOW: Final = ("kitty_fixtures", "kitty_conformance.target", "kitty_conformance.inside")
"""Packages that every case stands on, beside the modules of `JUDGES`."""
JUDGES: Final = ("case", "story", "results", "running/judgement", "running/plugin", "running/disturbance")
"""Modules of `kitty_conformance` that have a hand in what is recorded of a case."""

_SUITE: Final = re.compile(r"^(issue_(?P<issue>\d{3})(_\w+)?|(?P<name>smoke))$")


@cache
def digest(suite: str) -> str:
    """Return a hash of all source that decides what the cases of one suite (`945`, `smoke`) find.

    Another suite's module counts only if this one imports it.
    """
    found = hashlib.sha256()
    for path in (*sorted(_suite(suite)), *sorted(_below())):
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def whole() -> str:
    """Return one hash of all source that decides what the cases of any suite find."""
    each = "".join(f"{suite} {digest(suite)}\n" for suite in SUITES)
    return hashlib.sha256(each.encode()).hexdigest()


def _suite(suite: str) -> Iterator[Path]:
    """Yield the modules of a suite, those it imports of the suites' package, and those that are no suite."""
    modules = {path.stem: path for path in _folder(SUITES_PACKAGE).glob("*.py")}
    waiting = [name for name in modules if _belongs(name) in (suite, "")]
    taken: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in modules and name not in taken:
            taken.add(name)
            yield modules[name]
            waiting += re.findall(
                rf"\b{SUITES_PACKAGE}(?:\.| import )(\w+)", modules[name].read_text("utf-8")
            )


def _belongs(module: str) -> str:
    """Return the suite a module is of; empty if of none."""
    match = _SUITE.match(module)
    return (match["issue"] or match["name"]) if match else ""


def _below() -> Iterator[Path]:
    for package in BELOW:
        yield from _folder(package).rglob("*.py")
    yield from (_folder("kitty_conformance") / f"{module}.py" for module in JUDGES)


def _folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise HarnessError(f"{package} is not installed")
    return Path(found.submodule_search_locations[0])
