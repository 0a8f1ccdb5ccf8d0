"""The documented exit codes are the ones there are."""

import re
from pathlib import Path

import pytest

from kitty_conformance.errors import ExitCode, HarnessError, KittyConformanceError
from kitty_conformance.signoff.deferral import DeferralsUnusableError

DOCUMENT = Path(__file__).parents[2] / "docs" / "exit-codes.md"


@pytest.fixture(scope="module")
def text():
    """What people read."""
    return DOCUMENT.read_text(encoding="utf-8")


def test_the_table_lists_every_exit_code_by_its_name(text):
    rows = re.findall(r"^\| (\d+) \| ([A-Z_]+) \|", text, re.MULTILINE)
    assert [(int(number), name) for number, name in rows] == [(code.value, code.name) for code in ExitCode]


def kinds(kind):
    yield kind
    for narrower in kind.__subclasses__():
        yield from kinds(narrower)


@pytest.mark.parametrize("kind", sorted(set(kinds(KittyConformanceError)), key=lambda kind: kind.__name__))
def test_every_error_is_listed_beside_its_exit_code(text, kind):
    (listed,) = re.findall(r"`USAGE`.*?\.$", text, re.MULTILINE | re.DOTALL)
    groups = {
        int(code): set(re.findall(r"`([A-Z_]+)`", names))
        for names, code in re.findall(r"([^()]*)\((\d+)\)", listed)
    }
    assert kind.code in groups[kind.exit_code]


def test_the_kinds_of_error_were_found():
    assert {HarnessError, DeferralsUnusableError} <= set(kinds(KittyConformanceError))
