import logging
import sys
from types import SimpleNamespace

import pytest

from kitty_conformance.inside.adapters import issue_952, one_voice


class Service:
    """A background service, or a runtime, that fails at everything."""

    def _on_timer(self):
        raise RuntimeError("can't start new thread")

    def stop(self):
        """Fail."""
        raise RuntimeError("cannot join thread before it is started")

    def _ensure_async_loop(self):
        self._async_loop = SimpleNamespace(
            set_exception_handler=lambda handler: handler(None, {"message": "lost"})
        )


class Console:
    """As far as it takes one to print a line."""

    def __init__(self, *, stderr=False):
        self.stderr = stderr

    def print(self, text):
        """Print a line."""
        echo(text, err=self.stderr)


def echo(message=None, err=False):  # noqa: FBT002 - as typer has it
    print(message, file=sys.stderr if err else sys.stdout)


@pytest.fixture
def modules(pretended, monkeypatch):
    monkeypatch.setattr(one_voice, "TOLD", {})
    monkeypatch.setattr(sys, "argv", ["spec-kitty", "agent"])
    found = {
        "sync": {},
        "auth": {},
        "sync.client": {},
        "sync.queue": {},
        "sync.emitter": {"_console": Console()},
        "sync.background": {"BackgroundSyncService": type("BackgroundSyncService", (), dict(vars(Service)))},
        "sync.runtime": {"SyncRuntime": type("SyncRuntime", (), dict(vars(Service)))},
        "cli.commands.decision": {"typer": SimpleNamespace(__name__="typer", echo=echo, Exit=SystemExit)},
        "cli.commands.agent.tasks": {"console": Console()},
    }
    made = {name: pretended(f"specify_cli.{name}", **things) for name, things in found.items()}
    tasks = made["cli.commands.agent.tasks"]

    def _validate_ready_for_review(*names):
        tasks.console.print("Note: 1 unrelated dirty file(s) ignored")
        if not names:
            raise ValueError
        return names

    tasks._validate_ready_for_review = _validate_ready_for_review
    for name in issue_952.WRAPS:
        issue_952.apply(sys.modules[name])
    return made


def test_every_module_it_names_is_one_it_knows_what_to_do_with():
    assert {name.removeprefix("specify_cli.") for name in issue_952.WRAPS} == set(issue_952.APPLIED)


def test_all_that_speaks_of_sync_has_one_voice(modules, capsys):
    for package in ("sync.background", "auth.token_manager"):
        logging.getLogger(f"specify_cli.{package}").warning("Connection refused")
    vars(modules["sync.client"])["print"]("❌ Connection refused")
    vars(modules["sync.queue"])["print"]("Connection refused", file=sys.stderr)
    modules["sync.emitter"]._console.print("[yellow]Connection refused[/yellow]")
    said = capsys.readouterr()
    assert (said.out, said.err.count("Connection refused"), said.err.count("\n")) == ("", 1, 1)


def test_the_end_of_the_interpreter_is_no_crash(modules, capsys):
    for service in (
        modules["sync.background"].BackgroundSyncService(),
        modules["sync.runtime"].SyncRuntime(),
    ):
        service.stop()
    modules["sync.background"].BackgroundSyncService()._on_timer()
    modules["sync.runtime"].SyncRuntime()._ensure_async_loop()
    said = capsys.readouterr().err.splitlines()
    assert [line.rpartition(": ")[2].rstrip("'\"") for line in said] == [
        "cannot join thread before it is started",
        "can't start new thread",
        "lost",
    ]


def test_a_decision_that_is_opened_answers_in_one_document(modules, capsys):
    typer = modules["cli.commands.decision"].typer
    typer.echo('{"decision_id": "1", "phase": "minted"}')
    typer.echo('{"decision_id": "1"}')
    typer.echo('{"error": "no"}', err=True)
    assert capsys.readouterr() == (
        '{"decision_id": "1"}\n',
        '{"decision_id": "1", "phase": "minted"}\n{"error": "no"}\n',
    )
    assert typer.Exit is SystemExit


def test_a_note_on_unrelated_files_is_no_part_of_the_answer(modules, capsys):
    tasks = modules["cli.commands.agent.tasks"]
    assert tasks._validate_ready_for_review("WP01") == ("WP01",)
    with pytest.raises(ValueError, match=r"^$"):
        tasks._validate_ready_for_review()
    tasks.console.print("{}")
    assert capsys.readouterr() == ("{}\n", "Note: 1 unrelated dirty file(s) ignored\n" * 2)
