"""A refusal speaks in the form the command answers in, and nobody can swallow it."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from types import ModuleType, SimpleNamespace

import click
import pytest

from kitty_conformance.inside.adapters import refusal


def asked(name: str, **parameters: object) -> click.Context:
    context = click.Context(click.Command(name), info_name=name)
    context.params = parameters
    return context


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("move-task", {"task_id": "wp02", "to": "approved"}, ("WP02", "approved")),
        ("implement", {"wp_id": "WP02"}, ("WP02", "in_progress")),
        ("start-review", {"wp": "WP03"}, ("WP03", "in_review")),
        ("review", {"mission": "m"}, None),  # of a mission
        ("status", {"wp_id": "WP02"}, None),
    ],
)
def test_what_a_command_asks_for(name, parameters, expected):
    with asked(name, **parameters):
        assert refusal.requested() == expected


def test_outside_of_a_command_nothing_is_asked_for():
    assert refusal.command() == ("", {})
    assert refusal.requested() is None


def test_without_a_library_for_commands_there_is_no_command(monkeypatch):
    monkeypatch.delitem(sys.modules, "click.globals")
    assert refusal.command() == ("", {})


def test_the_library_that_newer_typers_bring_along_is_asked_too(pretended):
    context = SimpleNamespace(info_name="move-task", params={"task_id": "WP02", "to": "done"})
    pretended("typer._click.globals", get_current_context=lambda *, silent: context if silent else None)
    assert refusal.requested() == ("WP02", "done")


def test_a_refusal_is_no_exception_that_callers_swallow(capsys):
    with pytest.raises(SystemExit) as ended, asked("implement"), suppress(Exception):  # as old releases do
        refusal.refuse("CODE", "mission m: no")
    assert ended.value.code == 1
    assert capsys.readouterr() == ("", "Error: CODE: mission m: no\n")


def test_who_asked_for_json_gets_a_document(capsys):
    with pytest.raises(SystemExit), asked("move-task", json_output=True):
        refusal.refuse("CODE", "no")
    out, err = capsys.readouterr()
    assert json.loads(out) == {"error": "no", "error_code": "CODE"}
    assert err == ""


def test_an_orchestrator_gets_its_envelope(capsys, monkeypatch):
    def fail(*words):
        sys.stdout.write(f"{words}\n")
        raise RuntimeError

    module = ModuleType(refusal.ORCHESTRATOR)
    module.app = SimpleNamespace(registered_commands=[SimpleNamespace(name="transition")])
    module._fail = fail
    monkeypatch.setitem(sys.modules, refusal.ORCHESTRATOR, module)
    with pytest.raises(SystemExit), asked("transition"):
        refusal.refuse("CODE", "no")
    assert capsys.readouterr() == ("('transition', 'CODE', 'no')\n", "")
