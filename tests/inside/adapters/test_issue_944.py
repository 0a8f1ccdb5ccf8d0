"""Transitions and commits are made one after the other; a claim can be seen and given back."""

# ruff: noqa: ARG001, D102 - the target that is played has its parameters, and the names say what it does

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace

import click
import pytest

from kitty_conformance.inside.adapters import issue_944


class TransitionError(Exception):
    """What an old release raises over a transition it does not allow."""


class Target:
    """The functions of an old release that matter here, for one mission."""

    def __init__(self, root: Path, monkeypatch) -> None:
        self.root = root
        self.mission = root / "kitty-specs" / "demo"
        self.lanes = {"WP01": "planned", "WP02": "claimed", "WP03": "blocked"}
        self.locked: list[tuple[Path, str]] = []
        self.called: list[object] = []
        self.illegal = self.nowhere = False
        self.modules = {name: ModuleType(name) for name in issue_944.WRAPS}
        for name in ("specify_cli", "specify_cli.status"):
            monkeypatch.setitem(sys.modules, name, ModuleType(name))
        for name, module in self.modules.items():
            monkeypatch.setitem(sys.modules, name, module)
        self.define()
        for module in self.modules.values():
            issue_944.apply(module)

    def define(self):  # noqa: C901 - a function for each that is wrapped
        emit, locking, reader, reducer, commits, support, workflow, tasks = self.modules.values()

        @contextmanager
        def feature_status_lock(root, slug):
            self.locked.append((root, slug))
            yield
            self.locked.pop()

        def emit_status_transition(*_, **__):
            assert self.locked
            if self.illegal:
                raise TransitionError("illegal: in_progress -> claimed")
            return "event"

        def safe_commit(repo_path, files, message):
            assert self.locked
            return bool(files)

        def create_lane_workspace(repo_root, wp_id):
            assert self.locked
            return wp_id

        def materialize(folder):
            assert self.locked
            self.called.append(folder)
            if self.illegal:
                raise ValueError("line 3 is no record")

        def _ensure_target_branch_checked_out(repo_root, mission_slug):
            return repo_root, f"main of {mission_slug}"

        def move_task(task_id, to, mission=None, force=False, review_feedback_file=None):  # noqa: FBT002
            pointer = None
            if review_feedback_file:
                _, pointer = tasks._persist_review_feedback(task_id=task_id)
            self.called.append((task_id, to, bool(review_feedback_file), pointer))

        def status(mission=None, json_output=False):  # noqa: FBT002
            self.called.append("status")

        def _find_mission_slug(explicit_mission, repo_root):
            if explicit_mission != "demo":
                raise ValueError(explicit_mission)
            return explicit_mission

        emit.emit_status_transition, emit.TransitionError = emit_status_transition, TransitionError
        locking.feature_status_lock = feature_status_lock
        reducer.materialize = materialize
        workflow._ensure_target_branch_checked_out = _ensure_target_branch_checked_out
        reader.get_all_wp_lanes = lambda _: self.lanes.copy()
        commits.safe_commit, support.create_lane_workspace = safe_commit, create_lane_workspace
        tasks.move_task, tasks.status, tasks._find_mission_slug = move_task, status, _find_mission_slug
        tasks._persist_review_feedback = lambda **_: (Path("rejection"), "review-cycle://")
        tasks.locate_project_root = lambda: None if self.nowhere else self.root
        tasks.get_main_repo_root = lambda root: root
        commands = [SimpleNamespace(callback=move_task), SimpleNamespace(callback=status)]
        tasks.app = SimpleNamespace(registered_commands=commands)
        self.commands = commands

    def move_task(self, **options):
        self.commands[0].callback(**options)

    def status(self, **options):
        self.commands[1].callback(**options)

    def __getattr__(self, name: str):
        return next(vars(module)[name] for module in self.modules.values() if name in vars(module))


def asked(name: str, **parameters: object) -> click.Context:
    context = click.Context(click.Command(name), info_name=name)
    context.params = parameters
    return context


@pytest.fixture
def target(tmp_path, monkeypatch):
    return Target(tmp_path, monkeypatch)


@pytest.mark.parametrize("name", ["feature_dir", "mission_dir"])
def test_a_transition_is_made_alone(target, name):
    assert target.emit_status_transition(**{name: target.mission}) == "event"
    assert target.emit_status_transition(SimpleNamespace(**{name: target.mission})) == "event"
    assert target.emit_status_transition(target.mission) == "event"
    assert target.locked == []


def test_a_commit_is_made_alone(target):
    assert target.safe_commit(target.root, ["log"], "Move") is True
    assert target.safe_commit(repo_path=target.root, files=[], message="Move") is False


def test_a_worktree_is_made_alone(target):
    assert target.create_lane_workspace(repo_root=target.root, wp_id="WP02") == "WP02"


@pytest.mark.parametrize("unreadable", [False, True])
def test_before_an_action_looks_the_state_has_caught_up_with_the_log(target, unreadable):
    target.illegal = unreadable
    assert target._ensure_target_branch_checked_out(target.root, "demo") == (target.root, "main of demo")
    assert target.called == [target.mission]


def test_who_comes_second_is_told_and_begins_nothing(target, capsys):
    target.illegal = True
    with asked("implement", wp_id="WP02"), pytest.raises(SystemExit):
        target.emit_status_transition(feature_dir=target.mission)
    err = capsys.readouterr().err
    assert all(word in err for word in ("TRANSITION_REFUSED", "demo", "WP02", "in_progress", "illegal"))


def test_other_commands_tell_it_themselves(target):
    target.illegal = True
    with asked("move-task", task_id="WP02", to="done"), pytest.raises(TransitionError):
        target.emit_status_transition(feature_dir=target.mission)


def test_a_claim_is_given_back_without_review_feedback(target):
    target.move_task(task_id="WP02", to="planned", mission="demo", force=True)
    target.move_task(task_id="WP02", to="planned", mission="demo", force=True, review_feedback_file="mine")
    assert target.called == [("WP02", "planned", True, None), ("WP02", "planned", True, "review-cycle://")]


@pytest.mark.parametrize(
    "options",
    [
        {"task_id": "WP01", "to": "planned", "mission": "demo", "force": True},
        {"task_id": "WP02", "to": "planned", "mission": "demo", "force": False},
        {"task_id": "WP02", "to": "approved", "mission": "demo", "force": True},
        {"task_id": "WP02", "to": "planned", "mission": "other", "force": True},
        {"task_id": "WP02", "to": "planned", "mission": None, "force": True},
    ],
)
def test_every_other_move_is_as_before(target, options):
    target.move_task(**options)
    assert target.called == [(options["task_id"], options["to"], False, None)]


def test_lanes_without_a_column_are_told_below_the_board(target, capsys):
    target.status(mission="demo", json_output=False)
    claimed, blocked = capsys.readouterr().out.splitlines()
    assert claimed.startswith("WP02 is claimed, ")
    assert "agent action implement WP02 --agent <name> --mission demo" in claimed
    assert blocked == "WP03 is blocked"


@pytest.mark.parametrize("options", [{"mission": "demo", "json_output": True}, {"mission": "other"}])
def test_nothing_is_added_to_a_document_or_a_refusal(target, capsys, options):
    target.status(**options)
    assert capsys.readouterr().out == ""


def test_where_there_is_no_project_or_no_log_nothing_is_added(target, capsys):
    target.nowhere = True
    target.status(mission="demo")
    target.nowhere = False
    target.lanes = json  # no copy can be made of it
    target.status(mission="demo")
    assert capsys.readouterr().out == ""
