"""Tiny suites: cases that need no build, to see what the runner makes of them."""

from __future__ import annotations

import hashlib
import textwrap

import pytest

from kitty_conformance.case import Case
from kitty_conformance.results import TargetIdentity

PREAMBLE = """\
import os
import pathlib

import pytest

from kitty_conformance.case import Inconclusive, NotApplicable, case
from kitty_conformance.story import Noted, Ran
from kitty_fixtures.evidence import DISTURBANCE, PROMISE, STORY
from kitty_fixtures.promise import Promise
from kitty_fixtures.recording import StoryRecorder


def a_case(identity, **variants):
    return case(
        identity, requirements=("FR-001",), scenario="US1.1", promise="p", rationale="r", **variants
    )


@pytest.fixture
def story(request):
    recorder = StoryRecorder(pathlib.Path("/sandbox"), pathlib.Path("/target/bin/spec-kitty"))
    request.node.stash[STORY] = recorder
    return recorder


@pytest.fixture
def promise(request, story):
    request.node.stash[PROMISE] = promise = Promise(story)
    return promise


def kept(promise):
    promise.expect("it is kept", held=True, expected=1, seen=1)

"""


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("KITTY_CONFORMANCE_SCRATCH", str(tmp_path / "scratch"))


@pytest.fixture
def suite(tmp_path):
    """Writes a suite of tiny cases; gives the arguments that make pytest collect it."""

    def write(text):
        # A module name of its own: pytest in this process would take an earlier test's module for it.
        folder = tmp_path / "suites"
        folder.mkdir(exist_ok=True)
        name = hashlib.sha256(f"{tmp_path}{text}".encode()).hexdigest()
        (folder / f"issue_{name}.py").write_text(PREAMBLE + textwrap.dedent(text), encoding="utf-8")
        (folder / "suites.ini").write_text(
            "[pytest]\npython_files = issue_*.py\naddopts = --strict-markers --import-mode=importlib\n"
        )
        names = (
            "kitty_fixtures.plugin",
            "pytest_repeat",
            "kitty_conformance.running.plugin",
            "no:cacheprovider",
        )
        plugins = [word for name in names for word in ("-p", name)]
        return [str(folder), "-c", str(folder / "suites.ini"), *plugins]

    return write


@pytest.fixture
def announced():
    """Makes the cases of a header from their ids."""

    def make(*identities):
        return tuple(
            Case(id=identity, requirements=("FR-001",), scenario="US1.1", promise="p", rationale="r")
            for identity in identities
        )

    return make


@pytest.fixture
def identity():
    """Some target."""
    return TargetIdentity(
        requested="pypi:9.9",
        version="9.9",
        sha256="ab" * 32,
        resolution="today",
        python="3.11.7",
        dependencies=(),
    )
