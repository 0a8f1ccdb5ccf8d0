import io

import pytest
from rich.console import Console

from kitty_conformance.cli import telling
from kitty_conformance.cli.telling import Form, Telling, leave_step_summary
from kitty_conformance.errors import OutputUnwritableError


@pytest.mark.parametrize(("terminal", "form"), [(True, Form.PRETTY), (False, Form.PLAIN)])
def test_a_terminal_is_pretty_and_a_pipe_plain(monkeypatch, terminal, form):
    monkeypatch.setattr(telling, "Console", lambda **how: Console(**{"force_terminal": terminal, **how}))
    told = Telling.of(None, 0)
    assert told.form is form
    assert told.console.is_terminal is told.aside.is_terminal is terminal


def test_a_form_that_was_asked_for_is_had_anywhere(monkeypatch):
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert Telling.of(Form.PRETTY, 0).console.is_terminal
    assert not Telling.of(Form.PLAIN, 0).console.is_terminal


def test_quiet_says_nothing_on_the_way():
    told = Telling.of(Form.PLAIN, -1)
    assert told.aside.quiet
    assert not told.console.quiet


def test_beside_a_document_nothing_is_said_unless_asked_for():
    told = Telling.of(Form.JSON, 0)
    assert told.console.quiet
    assert told.aside.quiet
    asked = Telling.of(Form.JSON, 1)
    assert asked.console.quiet
    assert not asked.aside.quiet
    assert asked.aside.stderr


def test_only_a_program_gets_the_document(capsysbinary):
    Telling.of(Form.PLAIN, 0).document(b"{}\n")
    Telling.of(Form.JSON, 0).document(b"{}\n")
    assert capsysbinary.readouterr().out == b"{}\n"


def test_only_a_workflow_gets_annotations_and_only_between_ours(capsys):
    for form in Form:
        told = Telling.of(form, 0)
        told.begin()
        told.annotate(["::error::x"])
    token = told.token
    assert told.form is Form.GITHUB
    assert capsys.readouterr().out.splitlines() == [f"::stop-commands::{token}", f"::{token}::", "::error::x"]


def test_a_step_summary_is_added_to_what_is_there(monkeypatch, tmp_path):
    summary = tmp_path / "summary.md"
    summary.write_text("# Others\n")
    leave_step_summary("nobody asked")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    leave_step_summary("# Ours\n")
    assert summary.read_text() == "# Others\n# Ours\n\n"


def test_a_step_summary_that_cannot_be_written_is_one_clear_line(monkeypatch, tmp_path):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "none" / "summary.md"))
    with pytest.raises(OutputUnwritableError, match=r"summary.md cannot be written: No such file"):
        leave_step_summary("x")
