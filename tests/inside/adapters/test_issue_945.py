"""A transition is a durable event, or it fails, says so, and leaves nothing of itself."""

# ruff: noqa: ARG001, D102 - the target that is played has its parameters, and the names say what it does

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from pathlib import Path
from types import ModuleType, SimpleNamespace

import click
import pytest

from kitty_conformance.inside.adapters import issue_945
from kitty_conformance.inside.adapters.unproven import Unproven

SLUG = "demo-01"


class StoreError(Exception):
    """What a store of events raises over a log it cannot read."""


class TransitionError(Exception):
    """What an old release raises over a transition it does not allow."""


class Target:
    """The functions of an old release that matter here, on a repository of one mission."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.mission = root / "kitty-specs" / SLUG
        (self.mission / "tasks").mkdir(parents=True)
        self.log = self.mission / "status.events.jsonl"
        self.log.write_text(record("WP01", "planned"))
        (self.mission / "status.json").write_text("{}")
        (self.mission / "tasks/WP02-two.md").write_text("two\n")
        self.hindrance: Exception | None = None
        self.illegal = False
        self.told: list[str] = []
        self.modules = {name: ModuleType(name) for name in issue_945.PROVING}
        self.define()
        git(root, "init", "-q")
        self.safe_commit(root, [root], "Begin")
        for module in self.modules.values():
            issue_945.apply(module)
        self.modules["specify_cli.cli.commands.merge"].safe_commit = self.safe_commit

    def __getattr__(self, name: str):
        return next(vars(module)[name] for module in self.modules.values() if name in vars(module))

    def define(self):  # noqa: C901 - a function for each that is wrapped
        store, reducer, emit, commits, merge, tasks = list(self.modules.values())[:6]

        def append_event(feature_dir, event):
            raise AssertionError("not used any more")

        def read_events(feature_dir):
            try:
                return [json.loads(line) for line in self.log.read_text().splitlines()]
            except ValueError as error:
                raise StoreError(error) from error

        def materialize(feature_dir):
            if self.hindrance:
                raise self.hindrance
            lanes = {each["wp_id"]: each["to_lane"] for each in store.read_events(feature_dir)}
            (feature_dir / "status.json").write_text(json.dumps(lanes))
            return lanes

        def emit_status_transition(request=None, **kwargs):
            asked = request or SimpleNamespace(**kwargs)
            if self.illegal:
                raise TransitionError("illegal")
            event = SimpleNamespace(wp_id=asked.wp_id, to_lane=asked.to_lane)
            event.to_dict = lambda: json.loads(record(event.wp_id, event.to_lane))
            store.append_event(asked.feature_dir, event)
            with suppress(Exception):  # as old releases do
                reducer.materialize(asked.feature_dir)

        def safe_commit(repo_path, files_to_commit, commit_message, allow_empty=False):  # noqa: FBT002
            if commit_message == "Backstop":
                raise RuntimeError("unexpected paths")
            git(repo_path, "add", "--", *files_to_commit)
            return git(repo_path, "commit", "-qm", commit_message).returncode == 0

        def _mark_wp_merged_done(repo_root, mission_slug, wp_id, target_branch):
            emit.emit_status_transition(feature_dir=self.mission, wp_id=wp_id, to_lane="done")

        store.append_event, store.read_events, store.StoreError = append_event, read_events, StoreError
        store._events_path = lambda feature_dir: feature_dir / "status.events.jsonl"
        reducer.materialize = materialize
        emit.emit_status_transition, emit.TransitionError = emit_status_transition, TransitionError
        commits.safe_commit = safe_commit
        merge._mark_wp_merged_done = _mark_wp_merged_done
        tasks._output_error = lambda _, error_message: self.told.append(error_message)

    def move(self, work_package="WP02", lane="approved"):
        request = SimpleNamespace(feature_dir=self.mission, wp_id=work_package, to_lane=lane)
        self.emit_status_transition(request)

    def commit(self):
        return self.safe_commit(self.root, [self.log, Path("kitty-specs", SLUG, "status.json")], "Move")

    @property
    def lanes(self) -> list[str]:
        return [json.loads(line)["to_lane"] for line in self.log.read_text().splitlines()]

    @property
    def state(self) -> str:
        return (self.mission / "status.json").read_text()


def record(work_package: str, lane: str) -> str:
    return json.dumps({"to_lane": lane, "wp_id": work_package}) + "\n"


def git(folder, *arguments):
    who = ("-c", "user.name=T", "-c", "user.email=t@example.invalid")
    return subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def asked(name: str, **parameters: object) -> click.Context:
    context = click.Context(click.Command(name), info_name=name)
    context.params = parameters
    return context


@pytest.fixture
def target(tmp_path, monkeypatch):
    for name in ("UNDER_WAY", "SEEN", "GENUINE"):
        monkeypatch.setattr(issue_945, name, {})
    monkeypatch.setattr(issue_945, "FAILED", [])
    return Target(tmp_path)


def said(capsys, code: str = "TRANSITION_EVIDENCE_MISSING") -> str:
    text = capsys.readouterr().err
    assert text.startswith(f"Error: {code}: ")
    return text


def test_an_event_is_written_shown_and_committed(target):
    target.move()
    assert target.lanes == ["planned", "approved"]
    assert json.loads(target.state) == {"WP01": "planned", "WP02": "approved"}
    assert target.commit()
    assert issue_945.UNDER_WAY == {}
    assert "approved" in git(target.mission, "show", "HEAD:./status.events.jsonl").stdout


def test_an_event_that_cannot_be_written_is_named(target, capsys, monkeypatch):
    def failing(*_):
        raise OSError("[Errno 5] Input/output error")

    monkeypatch.setattr(Unproven, "append", failing)
    with pytest.raises(SystemExit):
        target.move()
    text = said(capsys)
    assert all(word in text for word in (SLUG, "WP02", "approved", str(target.log), "Errno 5"))
    assert "taken back" not in text
    assert target.lanes == ["planned"]


def test_what_a_command_wrote_before_into_the_own_file_is_taken_back(target, capsys):
    own = target.mission / "tasks/WP02-two.md"
    with asked("implement", wp_id="WP02"):
        target.read_events(target.mission)
        own.write_text("shell_pid: 1\n")
        target.illegal = True
        with pytest.raises(SystemExit):
            target.move(lane="claimed")
    assert own.read_text() == "two\n"
    assert "illegal" in said(capsys, "TRANSITION_NOT_ALLOWED")


def test_what_is_committed_of_the_own_file_stays(target, capsys):
    own = target.mission / "tasks/WP02-two.md"
    with asked("emit", wp_id="WP02", to="approved"):
        target.read_events(target.mission)
        own.write_text("shell_pid: 1\n")
        target.move()
        target.commit()
        target.illegal = True
        with pytest.raises(SystemExit):
            target.move()
    assert own.read_text() == "shell_pid: 1\n"
    assert "illegal" in said(capsys, "TRANSITION_NOT_ALLOWED")


def test_what_somebody_else_wrote_into_the_own_file_with_an_event_stays(target, capsys):
    own = target.mission / "tasks/WP02-two.md"
    with asked("review", wp_id="WP02"):
        target.read_events(target.mission)
        own.write_text("reviewer: another\n")
        with target.log.open("a") as log:
            log.write(target.log.read_text())
        target.illegal = True
        with pytest.raises(SystemExit):
            target.move(lane="in_review")
    assert own.read_text() == "reviewer: another\n"
    assert "illegal" in said(capsys, "TRANSITION_NOT_ALLOWED")


def test_a_claim_on_the_way_is_written_with_what_it_leads_to(target):
    with asked("implement", wp_id="WP02"):
        target.move(lane="claimed")
        assert target.lanes == ["planned"]
        assert [each.to_lane for each in target.read_events(target.mission)[1:]] == ["claimed"]
        assert target.state == "{}"
        target.move(lane="in_progress")
    assert target.lanes == ["planned", "claimed", "in_progress"]
    assert len(issue_945.UNDER_WAY[target.log, "WP02"].written) == 1


def test_a_claim_that_leads_to_nothing_is_none(target, capsys):
    with asked("implement", wp_id="wp02"):
        target.move(lane="claimed")
        target.illegal = True
        with pytest.raises(SystemExit):
            target.move(lane="in_progress")
    assert f"{SLUG}: WP02 to in_progress: illegal" in said(capsys, "TRANSITION_NOT_ALLOWED")
    assert target.lanes == ["planned"]


def test_a_claim_asked_for_is_written_at_once(target):
    with asked("emit", wp_id="WP02", to="claimed"):
        target.move(lane="claimed")
    assert target.lanes == ["planned", "claimed"]


def test_what_is_not_allowed_is_named(target, capsys):
    target.illegal = True
    with asked("move-task", task_id="WP02", to="done"), pytest.raises(SystemExit):
        target.emit_status_transition(feature_dir=target.mission, wp_id="WP02", to_lane="done")
    assert f"{SLUG}: WP02 to done: illegal" in said(capsys, "TRANSITION_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"task_id": "WP02", "to": "done", "mission": SLUG}, f"mission {SLUG}: WP02 to done: unchecked"),
        ({"task_id": "WP02", "to": "done"}, "unchecked"),
        ({"task_id": "T002", "mission": SLUG}, "unchecked"),
    ],
)
def test_what_a_command_itself_does_not_allow_is_named(parameters, told, target):
    with asked("move-task", **parameters):
        target._output_error(None, "unchecked")
    assert target.told == [told]


def test_what_no_command_asked_for_stays_an_error(target):
    target.illegal = True
    with asked("merge"), pytest.raises(TransitionError):
        target.emit_status_transition(feature_dir=target.mission, wp_id="WP02", to_lane="done")


def test_a_log_that_cannot_be_read_is_named_by_a_transition_alone(target, capsys):
    target.log.write_text("{")
    with pytest.raises(StoreError):
        target.read_events(target.mission)
    with asked("move-task", task_id="WP02", to="approved"), pytest.raises(SystemExit):
        target.read_events(target.mission)
    assert "WP02 to approved" in said(capsys)
    assert target.log.read_text() == "{"


def test_a_state_that_cannot_be_written_takes_the_event_back(target, capsys):
    target.hindrance = OSError("read-only")
    with pytest.raises(SystemExit):
        target.move()
    assert "status.json could not be materialised" in said(capsys)
    assert (target.lanes, target.state) == (["planned"], "{}")


def test_a_state_that_nobody_has_just_changed_may_fail(target):
    target.hindrance = ValueError("corrupt")
    with pytest.raises(ValueError, match="corrupt"):
        target.materialize(target.mission)


def test_a_state_that_cannot_be_read_meanwhile_does_not_hide_the_reason(target, capsys):
    target.move()
    target.log.write_text("{")
    with asked("move-task", task_id="WP02", to="approved"), pytest.raises(SystemExit):
        target.materialize(target.mission)
    assert said(capsys).count("Error: ") == 1


@pytest.mark.parametrize("message", ["Move", "Backstop"])
def test_what_cannot_be_committed_is_taken_back(target, capsys, message):
    (target.root / ".git/hooks/commit-msg").write_text("#!/bin/sh\nexit 1\n")
    (target.root / ".git/hooks/commit-msg").chmod(0o755)
    target.move()
    (target.mission / "tasks/WP02-two.md").write_text("two\nmoved\n")
    files = [target.log, target.mission / "tasks/WP02-two.md"]
    with pytest.raises(SystemExit):
        target.safe_commit(target.root, files, message)
    assert "the status could not be committed" in said(capsys)
    assert git(target.root, "status", "--porcelain").stdout == " M kitty-specs/demo-01/status.json\n"
    assert json.loads(target.state) == {"WP01": "planned"}


def test_a_log_elsewhere_that_cannot_be_committed_is_named(target, capsys, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "log"
    target.log.rename(elsewhere)
    target.log.symlink_to(elsewhere)
    target.move()
    with pytest.raises(SystemExit):
        target.safe_commit(target.root, [elsewhere], "Move")
    assert "the log is a symbolic link" in said(capsys)
    assert (target.lanes, target.log.is_symlink()) == (["planned"], True)


def test_what_a_commit_holds_is_proven_whatever_came_after(target):
    target.move()
    git(target.root, "commit", "-qam", "By somebody else")
    assert target.commit() is False
    assert issue_945.UNDER_WAY == {}
    assert target.lanes == ["planned", "approved"]


def test_a_commit_of_something_else_is_none_of_our_business(target):
    target.move()
    assert target.safe_commit(target.root, ["nothing"], "Nothing") is False
    with pytest.raises(RuntimeError, match="unexpected"):
        target.safe_commit(target.root, ["nothing"], "Backstop")
    assert list(issue_945.UNDER_WAY) == [(target.log, "WP02")]


def test_what_was_merged_stays_done(target, capsys):
    (target.root / ".git/index.lock").touch()
    with asked("merge"):
        target.move(lane="done")
        with pytest.raises(SystemExit):
            target.commit()
    assert "could not be committed" in said(capsys)
    assert target.lanes == ["planned", "done"]


@pytest.mark.parametrize(("command", "commits"), [("merge-mission", "2"), ("merge", "2"), ("other", "1")])
def test_what_a_merge_records_is_committed_at_once(target, command, commits):
    with asked(command):
        target._mark_wp_merged_done(target.root, SLUG, "WP02", "main")
    assert git(target.root, "rev-list", "--count", "HEAD").stdout.strip() == commits
    assert target.lanes == ["planned", "done"]
