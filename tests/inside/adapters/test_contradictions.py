"""What the latest review artifact says counts, whatever its name sorts like."""

from __future__ import annotations

import json
import sys
from types import ModuleType

import pytest

from kitty_conformance.inside.adapters import contradictions

REJECTED = "---\nverdict: rejected\nwp_id: WP01\n---\n\nNo.\n"


@pytest.fixture
def mission(tmp_path, monkeypatch):
    reader = ModuleType("specify_cli.status.lane_reader")
    reader.lanes = {"WP01": "approved", "WP02": "in_progress"}
    reader.get_all_wp_lanes = lambda _: reader.lanes
    for name in ("specify_cli", "specify_cli.status", reader.__name__):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, reader.__name__, reader)
    return tmp_path / "demo"


def write(mission, number, text, folder="WP01-one"):
    path = mission / "tasks" / folder / f"review-cycle-{number}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_without_artifacts_nothing_contradicts(mission):
    assert contradictions.contradictions(mission) == []


@pytest.mark.parametrize("folder", ["WP01-one", "WP01"])
def test_a_rejection_contradicts_an_approval(mission, folder):
    write(mission, 1, REJECTED, folder)
    write(mission, 1, REJECTED, "WP02-two")
    (line,) = contradictions.contradictions(mission)
    assert all(
        word in line for word in ("demo", "WP01", "approved", "review-cycle-1.md", "has verdict: rejected")
    )


def test_of_ten_cycles_the_tenth_is_the_latest(mission):
    write(mission, 9, REJECTED)
    write(mission, 10, REJECTED.replace("rejected", "approved"))
    write(mission, "x", REJECTED)
    assert contradictions.contradictions(mission) == []


def test_lanes_that_cannot_be_read_are_for_others_to_tell(mission, monkeypatch):
    write(mission, 1, REJECTED)
    monkeypatch.delattr(sys.modules["specify_cli.status.lane_reader"], "get_all_wp_lanes")
    monkeypatch.setattr(
        sys.modules["specify_cli.status.lane_reader"], "get_all_wp_lanes", lambda _: 1 / 0, raising=False
    )
    assert contradictions.contradictions(mission) == []


@pytest.mark.parametrize(
    "text",
    [
        REJECTED.replace("\n---\n", "\n"),
        REJECTED.replace("rejected", "rejected ]: ["),
        REJECTED.replace("verdict: rejected\n", "<<<<<<< HEAD\nverdict: rejected\n=======\n>>>>>>> lane\n"),
        "---\n- verdict\n---\n",
    ],
)
def test_what_cannot_be_read_has_not_been_checked(mission, text):
    write(mission, 1, text)
    (line,) = contradictions.contradictions(mission)
    assert "WP01" in line
    assert "malformed" in line
    assert "\n" not in line


@pytest.mark.parametrize(
    "text",
    [
        "No front matter.\n",
        "",
        "---\nwp_id: WP01\n---\n",
        REJECTED.replace("wp_id: WP01", "review_artifact_override_reason: checked"),
        REJECTED.replace("wp_id: WP01", "arbiter_override:\n  category: custom"),
    ],
)
def test_what_says_nothing_or_was_overridden_contradicts_nothing(mission, text):
    write(mission, 1, text)
    assert contradictions.contradictions(mission) == []


SAID_BY_THE_LOG = "---\nwp_id: WP01\n---\n\nNo.\n"
REJECTION = {
    "wp_id": "WP01",
    "to_lane": "planned",
    "review_ref": "review-cycle://demo/WP01-one/review-cycle-1.md",
    "review_result": {"verdict": "changes_requested"},
}
APPROVAL = {"wp_id": "WP01", "to_lane": "approved", "review_ref": None}


def logged(mission, *events):
    lines = "".join(f"{json.dumps(event)}\n" for event in events)
    (mission / "status.events.jsonl").write_text(lines)


def test_a_rejection_by_the_event_log_alone_stands_until_it_is_answered(mission):
    write(mission, 1, SAID_BY_THE_LOG)
    write(mission, 2, SAID_BY_THE_LOG)
    logged(mission, REJECTION, APPROVAL)
    (line,) = contradictions.contradictions(mission)
    assert "WP01: it is approved, but its latest review artifact review-cycle-1.md" in line
    assert "has verdict: changes_requested" in line


@pytest.mark.parametrize(
    "answer",
    [
        {"wp_id": "WP01", "to_lane": "in_review"},
        {"wp_id": "WP01", "kind": "annotation", "delta": {"review": {"reason": "It does not apply"}}},
    ],
    ids=["review", "override"],
)
def test_a_review_and_an_override_on_record_are_answers(mission, answer):
    write(mission, 1, SAID_BY_THE_LOG)
    logged(mission, REJECTION, {**answer, "wp_id": "WP02"}, answer, APPROVAL)
    assert contradictions.contradictions(mission) == []


@pytest.mark.parametrize(
    "text", [REJECTED.replace("rejected", "approved"), SAID_BY_THE_LOG.replace("wp_id", "arbiter_override")]
)
def test_what_an_artifact_says_itself_counts_more_than_the_log(mission, text):
    write(mission, 1, text)
    logged(mission, REJECTION, APPROVAL)
    assert contradictions.contradictions(mission) == []


def test_a_rejection_whose_artifact_is_gone_or_unreadable_is_for_others_to_tell(mission):
    mission.mkdir()
    logged(mission, REJECTION, APPROVAL)
    assert contradictions.contradictions(mission) == []
    (mission / "status.events.jsonl").write_text("{")
    assert contradictions.objection(mission, "WP01") == ""


def test_an_artifact_that_cannot_be_read_is_objected_to_as_such(mission):
    write(mission, 1, "---\n- verdict\n---\n")
    assert contradictions.decided(mission / "tasks/WP01-one/review-cycle-1.md")
