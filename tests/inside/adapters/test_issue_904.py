"""What contradicts an approval is told, ends what would sign it off, and is settled by a second review."""

# ruff: noqa: ARG005, D102 - the target that is played has its parameters, and the names say what it does

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import click
import pytest

from kitty_conformance.inside.adapters import issue_904

REJECTED = "---\nverdict: rejected\n---\n"


class AcceptanceError(Exception):
    """What acceptance is refused with."""


class Target:
    """The functions of an old release that matter here, for one mission."""

    def __init__(self, root: Path, monkeypatch) -> None:
        self.root = root
        self.mission = root / "kitty-specs" / "demo"
        self.folder = self.mission / "tasks" / "WP01-one"
        self.folder.mkdir(parents=True)
        self.events: list[SimpleNamespace] = []
        self.called: list[str] = []
        self.modules = {name: ModuleType(name) for name in issue_904.WRAPS}
        for name in ("specify_cli", "specify_cli.status", "specify_cli.review"):
            monkeypatch.setitem(sys.modules, name, ModuleType(name))
        for name, module in self.modules.items():
            monkeypatch.setitem(sys.modules, name, module)
        self.define()
        for module in self.modules.values():
            issue_904.apply(module)

    def define(self):
        merge, api, acceptance, metadata, reducer, emit, store, reader, artifacts, tasks = (
            self.modules.values()
        )

        def notes(name):
            def function(*_, **__):
                self.called.append(name)

            return function

        def emit_status_transition(asked=None, **kwargs):
            asked = asked or SimpleNamespace(**kwargs)
            lane = self.events[-1].to_lane if self.events else "planned"
            review = SimpleNamespace(reviewer="ann", reference="PR 1")
            event = SimpleNamespace(
                wp_id="WP01",
                from_lane=lane,
                to_lane=asked.to_lane,
                review_ref=getattr(asked, "review_ref", None),
                evidence=SimpleNamespace(review=review),
                actor="bob",
                reason="",
            )
            self.events.append(event)
            return event

        class ReviewCycleArtifact:
            def __init__(self, **fields):
                self.fields = fields

            def write(self, path):
                path.write_text(f"---\nverdict: {self.fields['verdict']}\n---\n{self.fields}")

        merge._validate_target_branch, api._build_merge_preflight = notes("validate"), notes("preflight")
        merge.get_main_repo_root = lambda root: root
        api.app = SimpleNamespace(registered_commands=[])
        acceptance.collect_feature_summary = lambda *_: SimpleNamespace(feature_dir=self.mission)
        acceptance.AcceptanceError = AcceptanceError
        metadata.record_acceptance, reducer.materialize = notes("accept"), notes("materialize")
        emit.emit_status_transition = emit_status_transition
        store.read_events = lambda _: list(self.events)
        reader.get_all_wp_lanes = lambda _: {"WP01": self.events[-1].to_lane}
        artifacts.ReviewCycleArtifact = ReviewCycleArtifact
        tasks._collect_status_artifacts = lambda folder: [folder / "status.json"]
        tasks._output_error = lambda json_mode, text: self.called.append(text)
        tasks.status = notes("status")
        tasks.app = SimpleNamespace(registered_commands=[SimpleNamespace(callback=tasks.status)])
        tasks.locate_project_root, tasks.get_main_repo_root = (lambda: self.root), (lambda root: root)
        tasks._find_mission_slug = lambda explicit_mission, repo_root: explicit_mission

    def __getattr__(self, name: str):
        return next(vars(module)[name] for module in self.modules.values() if name in vars(module))

    def move(self, *lanes, **more):
        for lane in lanes:
            self.emit_status_transition(SimpleNamespace(feature_dir=self.mission, to_lane=lane, **more))

    def next_command(self):
        issue_904.IN_REVIEW.clear()

    def reject(self, number=1, *, recorded=True):
        (self.folder / f"review-cycle-{number}.md").write_text(REJECTED)
        if recorded:
            self.move("planned", review_ref=f"review-cycle://demo/WP01-one/review-cycle-{number}.md")
            self.next_command()


@pytest.fixture
def target(tmp_path, monkeypatch):
    monkeypatch.setattr(issue_904, "IN_REVIEW", set())
    monkeypatch.setattr(issue_904, "ANSWERS", [])
    return Target(tmp_path, monkeypatch)


def mission_review(target, **parameters):
    context = click.Context(click.Command("review"), info_name="review")
    context.params = parameters
    with context:
        target.materialize(target.mission)


SURFACES = {
    "merge": lambda target: target._validate_target_branch(
        target.root, "demo", "main", None, json_output=False
    ),
    "orchestrator": lambda target: target._build_merge_preflight(target.root, target.mission, "demo", None),
    "acceptance": lambda target: target.record_acceptance(target.mission, accepted_by="ann", mode="auto"),
    "mission-review": lambda target: mission_review(target, mission="demo"),
}


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_a_contradiction_ends_what_would_sign_off(target, surface, capsys):
    target.move("approved")
    surface(target)
    assert len(target.called) == 1
    target.reject(recorded=False)
    with pytest.raises(SystemExit):
        surface(target)
    err = capsys.readouterr().err
    assert all(word in err for word in (issue_904.CODE, "demo", "WP01", "review-cycle-1.md", "has verdict"))


def test_acceptance_is_refused_as_it_refuses(target):
    target.move("approved")
    assert target.collect_feature_summary(target.root, "demo").feature_dir == target.mission
    target.reject(recorded=False)
    with pytest.raises(AcceptanceError, match=r"demo, WP01: .* review-cycle-1.md has verdict: rejected"):
        target.collect_feature_summary(target.root, "demo")


def test_the_board_tells_of_it(target, capsys):
    target.move("approved")
    target.reject(recorded=False)
    target.status(mission=None)
    assert capsys.readouterr().err == ""
    target.status(mission="demo", json_output=True)
    assert target.called == ["status", "status"]
    out, err = capsys.readouterr()
    assert out == ""
    assert "demo, WP01: it is approved, but its latest review artifact review-cycle-1.md" in err


def test_a_move_that_is_refused_over_a_verdict_names_the_mission(target):
    refusal = "WP01 review-cycle-1.md has verdict: rejected."
    context = click.Context(click.Command("move-task"), info_name="move-task")
    context.params = {"mission": "demo"}
    with context:
        target._output_error(json_mode=False, error_message=refusal)
        target._output_error(json_mode=False, error_message="Agent mismatch")
    target._output_error(json_mode=False, error_message=refusal)
    assert target.called == [f"{issue_904.CODE}: mission demo: {refusal}", "Agent mismatch", refusal]


def test_a_merge_without_a_mission_has_its_own_words(target):
    target._validate_target_branch(target.root, None, "main", None, json_output=False)
    assert target.called == ["validate"]


def test_an_approval_in_passing_says_what_it_passes_over(target, capsys):
    target.reject()
    target.move("claimed", "in_progress", "for_review", "in_review", "approved")
    err = capsys.readouterr().err
    assert err.startswith(
        f"Warning: {issue_904.CODE}: mission demo, WP01: approved, although review-cycle-1.md"
    )
    assert issue_904.ANSWERS == []


def test_a_second_review_answers_a_rejection(target, capsys):
    target.reject(9)
    target.move("for_review", "in_review")
    target.next_command()
    target.move("approved")
    written = target.folder / "review-cycle-10.md"
    assert "'reviewer_agent': 'ann'" in written.read_text()
    assert target._collect_status_artifacts(target.mission) == [target.mission / "status.json", written]
    mission_review(target, mission="demo")
    assert capsys.readouterr() == ("", "")


def test_the_review_of_a_work_package_is_no_mission_review(target):
    target.move("approved")
    target.reject(recorded=False)
    mission_review(target, mission="demo", wp_id=None)
    assert target.called == ["materialize"]


def test_an_override_is_put_on_record(target, capsys):
    target.reject()
    context = click.Context(click.Command("move-task"), info_name="move-task")
    context.params = {"skip_review_artifact_check": True}
    with context:
        target.move("approved")
    assert "On record: override of review-cycle-1.md: PR 1" in issue_904.ANSWERS[0].read_text()
    assert capsys.readouterr() == ("", "")


def test_a_rejection_written_in_the_same_review_is_not_answered_by_its_approval(target, capsys):
    target.move("for_review", "in_review")
    target.next_command()
    target.reject(recorded=False)
    target.emit_status_transition(mission_dir=target.mission, to_lane="approved")
    assert "although review-cycle-1.md has verdict: rejected" in capsys.readouterr().err
    assert issue_904.ANSWERS == []


def test_where_nothing_is_rejected_nothing_is_said(target, capsys):
    target.move("for_review", "in_review")
    target.next_command()
    target.emit_status_transition(feature_dir=target.mission, to_lane="approved")
    assert capsys.readouterr() == ("", "")
    assert issue_904.ANSWERS == []
