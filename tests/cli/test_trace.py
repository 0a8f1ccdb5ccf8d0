"""`kitty-conformance trace`, and the page that is made with it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kitty_conformance import contract
from kitty_conformance.case import Case
from kitty_conformance.cli import trace as command
from kitty_conformance.requirement import EVERYTHING
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.signoff.trace import FORMAT, document, holes, trace

PAGE = Path(__file__).parents[2] / "docs" / "trace.md"


def run(*arguments):
    return CliRunner().invoke(command.trace_command, arguments, standalone_mode=False)


@pytest.fixture
def complete(monkeypatch):
    """A catalogue with one case for everything."""
    requirements = tuple(name for name in EVERYTHING if name[:2] != "US" and name[:4] != "edge")
    others = tuple(name for name in EVERYTHING if name not in requirements)
    case = Case(
        id="945-01", requirements=requirements, scenario="US1.1", promise="p", rationale="r", also=others
    )
    monkeypatch.setattr(command, "catalogue", lambda: (case,))


@pytest.fixture
def empty(monkeypatch):
    monkeypatch.setattr(command, "catalogue", tuple)


@pytest.mark.usefixtures("empty")
def test_a_requirement_without_case_and_reason_is_named_and_fails():
    result = run()
    assert result.return_value == 1
    assert "neither case nor reason: FR-001, FR-002" in result.output.replace("\n", " ")


@pytest.mark.usefixtures("complete")
def test_nothing_unexplained_is_a_success():
    result = run()
    assert result.return_value == 0
    assert "945-01" in result.output
    assert "neither" not in result.output


@pytest.mark.usefixtures("complete")
def test_the_markdown_is_the_page_itself():
    assert run("--format", "markdown").output == document(trace(command.catalogue()))


@pytest.mark.usefixtures("complete")
def test_the_json_is_for_programs():
    found = json.loads(run("--format", "json").output)
    assert contract.breach("trace", found) == ""
    assert found["format"] == FORMAT
    assert [each["id"] for each in found["traced"]] == list(EVERYTHING)


def test_no_promise_of_the_specification_goes_untested_without_a_reason():
    assert holes(trace(catalogue())) == ()


def test_the_page_in_the_docs_is_what_the_cases_say():
    assert PAGE.read_text("utf-8") == document(trace(catalogue())), (
        "write it anew: kitty-conformance trace --format markdown > docs/trace.md"
    )
