"""What the latest review artifact says counts, whatever its name sorts like."""

from __future__ import annotations

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
