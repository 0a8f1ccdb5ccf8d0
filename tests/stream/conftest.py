from pathlib import Path

import pytest

from kitty_conformance.case import Case, Verdict
from kitty_conformance.results import FORMAT, CaseResult, Disturbance, Footer, Header, TargetIdentity
from kitty_conformance.story import Noted, Story
from kitty_conformance.stream import ResultsWriter


@pytest.fixture
def header():
    """Two cases, two runs."""
    disturbance = Disturbance(hash_seed=0, time_zone="UTC", path_padding=0, order_seed=0, load=False)
    return Header(
        format=FORMAT,
        harness="0.1.0",
        target=TargetIdentity(
            requested="pypi:3.2.0a8",
            version="3.2.0a8",
            sha256="0" * 64,
            resolution="era",
            python="3.11.7",
            dependencies=(),
        ),
        cases=tuple(
            Case(id=identity, requirements=("FR-001",), scenario="US1.1", promise="p", rationale="r")
            for identity in ("945-01", "945-02/emit")
        ),
        runs=(disturbance, disturbance),
        started="2026-05-03T10:00:00Z",
    )


@pytest.fixture
def result():
    """Make one result; line separators of all kinds in its story."""

    def make(case: str = "945-01", run: int = 1, **more: object) -> CaseResult:
        values = {
            "verdict": Verdict.CONFORMS,
            "reason": "",
            "observations": {"exit": "0"},
            "story": Story(steps=(Noted(text="a\nb\u2028c\r\x00"),)),
            "seconds": 1.5,
        }
        return CaseResult(case=case, run=run, **(values | more))

    return make


@pytest.fixture
def footer():
    """Make a footer for so many results."""
    return lambda results: Footer(results=results, finished="2026-05-03T10:05:00Z")


@pytest.fixture
def stream(tmp_path, header, result, footer) -> Path:
    """A whole stream: two of the four planned results, and a footer."""
    path = tmp_path / "results.ndjson"
    with ResultsWriter(path) as writer:
        writer.header(header)
        writer.result(result())
        writer.result(result("945-02/emit", 2))
        writer.footer(footer(2))
    return path
