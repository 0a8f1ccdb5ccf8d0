"""A command that fails names its transition, and what the event log has of it."""

import json
import sys
from types import SimpleNamespace

import click
import pytest

from kitty_conformance.inside.adapters import failed_transition, issue_945
from kitty_conformance.inside.adapters.failed_transition import annotating, naming, noting, staying

STORE = issue_945.STORE


class EventPersistenceError(Exception):
    """What a store raises that reads back what it wrote."""


@pytest.fixture
def log(tmp_path, monkeypatch):
    """A log that brings WP02 to in_review, and was asked for."""
    monkeypatch.setattr(failed_transition, "ASKED_FOR", [])
    monkeypatch.setattr(failed_transition, "TOLD", [])
    path = tmp_path / "demo-01" / "status.events.jsonl"
    path.parent.mkdir()
    path.write_text('{"wp_id": "WP02", "to_lane": "in_review"}\n\n{"event_type": "Other", "wp_id": "WP02"}\n')
    assert noting(None, lambda folder: folder / path.name)(path.parent) == path
    return path


def given(deed, name="move-task", **parameters):
    """Do something while a command is executed."""
    context = click.Context(click.Command(name), info_name=name)
    context.params = {"task_id": "wp02", "to": "approved", **parameters}
    with context:
        return deed()


def failing(error):
    def command():
        raise error

    return naming(None, command)


@pytest.mark.parametrize("error", [SystemExit(1), click.exceptions.Exit(1), OSError("no space")])
def test_whatever_it_fails_with_the_transition_is_named(error, log, capsys):
    with pytest.raises(type(error)):
        given(failing(error), mission="demo-01")
    assert capsys.readouterr().err == (
        "Error: mission demo-01: the transition of WP02 to approved failed: "
        f"it is not proven by the event log {log}, where WP02 is in in_review\n"
    )


@pytest.mark.parametrize("error", [SystemExit(0), SystemExit(None), click.exceptions.Exit(0)])
@pytest.mark.usefixtures("log")
def test_the_end_of_a_success_is_none(error, capsys):
    with pytest.raises(type(error)):
        given(failing(error))
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("log")
def test_a_success_is_what_it_was(capsys):
    assert given(naming(None, lambda: "done")) == "done"
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("log")
def test_what_asks_for_no_transition_is_none_of_ours(capsys):
    with pytest.raises(SystemExit):
        given(failing(SystemExit(1)), to=None)
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("log")
def test_a_command_that_calls_another_fails_once(capsys):
    inner = failing(SystemExit(1))
    with pytest.raises(SystemExit):
        given(naming(None, inner))
    assert capsys.readouterr().err.count("Error: ") == 1


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "it is not proven by the event log {log}, where WP02 is in no lane"),
        ('{"wp_id": "WP02"', "it is not proven, the event log {log} cannot be read: Expecting"),
        (
            json.dumps({"wp_id": "WP02", "to_lane": "approved"}),
            "its event is in the event log {log}, what should have followed is not done",
        ),
    ],
)
def test_what_the_log_has_of_it_is_told(content, found, log, capsys):
    log.write_text(content)
    with pytest.raises(SystemExit):
        given(failing(SystemExit(1)))
    assert f"mission demo-01: the transition of WP02 to approved failed: {found.format(log=log)}" in (
        capsys.readouterr().err
    )


@pytest.mark.usefixtures("log")
def test_without_any_log_the_mission_is_named_as_it_was_asked_for(capsys):
    failed_transition.ASKED_FOR.clear()
    with pytest.raises(SystemExit):
        given(failing(SystemExit(1)), mission="other")
    assert "mission other: the transition of WP02 to approved failed: it is not" in capsys.readouterr().err


def lost_note():
    def emit_inner_state_changed_transactional():
        raise OSError("No space left")

    return annotating(None, emit_inner_state_changed_transactional)


def test_a_note_that_is_lost_is_no_failure_of_a_durable_move(log, capsys):
    log.write_text('{"wp_id": "WP02", "to_lane": "approved"}\n')
    assert given(lost_note()) is None
    assert capsys.readouterr().err == (
        "Warning: WP02 is in approved, but what was to be noted beside it is lost: No space left\n"
    )


@pytest.mark.parametrize("case", ["elsewhere", "unproven", "unreadable"])
def test_elsewhere_it_is_one(case, log):
    log.write_text({"elsewhere": '{"wp_id": "WP02", "to_lane": "approved"}\n'}.get(case, "{"))
    if case == "unproven":
        log.write_text("")
    with pytest.raises(OSError, match="No space left"):
        given(lost_note(), name="mark-status" if case == "elsewhere" else "move-task")


@pytest.mark.usefixtures("log")
def test_a_note_that_is_kept_is_what_it_was():
    assert given(annotating(None, lambda: "kept")) == "kept"


@pytest.mark.parametrize(("error", "blocks"), [(EventPersistenceError(), False), (OSError(), True)])
def test_only_a_worktree_that_cannot_be_made_blocks(error, blocks, monkeypatch):
    store = SimpleNamespace(StoreError=EventPersistenceError)
    monkeypatch.setitem(sys.modules, STORE, store)
    done = []
    staying(None, lambda *args, **kwargs: done.append((args, kwargs)))("mission", exc=error)
    assert bool(done) == blocks


def untouched():
    """A function of the target."""


def test_a_release_that_proves_its_events_is_only_made_to_name_them(pretended):
    store = pretended(
        STORE,
        EventPersistenceError=EventPersistenceError,
        append_event=untouched,
        _events_path=lambda folder: folder,
    )
    app = SimpleNamespace(registered_commands=[SimpleNamespace(callback=untouched)])
    tasks = pretended("specify_cli.cli.commands.agent.tasks", move_task=untouched, app=app)
    for module in (store, tasks):
        issue_945.apply(module)
    assert store.append_event is untouched
    assert store._events_path.__name__ == "<lambda>"
    assert app.registered_commands[0].callback is tasks.move_task is not untouched
    assert tasks.move_task.__wrapped__ is untouched
