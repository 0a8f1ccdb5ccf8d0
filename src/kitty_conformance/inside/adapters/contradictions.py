"""Contradictions: work packages that are approved or done while their latest review artifact says otherwise.

The latest artifact of a work package is the `review-cycle-<n>.md` with the highest number in the folder named
like its file. One that says nothing contradicts nothing; one that cannot be read has not been checked. Newer
releases keep the verdict in the event log alone: there a rejection stands until it is overridden on record or
the next review begins.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from kitty_conformance.inside.adapters.recorded import records

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from typing import Any

REJECTIONS = ("rejected", "changes_requested")
OVERRIDES = ("arbiter_override", "review_artifact_override_reason")
NUMBER = re.compile(r"review-cycle-(\d+)\.md")


def contradictions(mission: Path) -> list[str]:
    """Say of each work package of a mission what contradicts its lane."""
    from specify_cli.status.lane_reader import get_all_wp_lanes

    lanes: dict[str, str] = {}
    with suppress(Exception):  # what cannot be read is for others to say
        lanes = {name: str(lane) for name, lane in get_all_wp_lanes(mission).items()}
    return [
        f"mission {mission.name}, {name}: it is {lane}, but its latest review artifact {why}"
        for name, lane in sorted(lanes.items())
        if lane in ("approved", "done") and (why := objection(mission, name))
    ]


def objection(mission: Path, work_package: str) -> str:
    """Say which artifact has what against an approval, or nothing."""
    path = latest(mission, work_package)
    why = against(path) if path else ""
    return f"{path.name} {why}" if path and why else unanswered(mission, work_package)


def unanswered(mission: Path, work_package: str) -> str:
    """Say which artifact rejects a work package by the event log alone, with nothing since to answer it."""
    rejecting = verdict = ""
    found: list[dict[str, Any]] = []
    with suppress(OSError, ValueError):  # what cannot be read is for others to say
        found = records(mission / "status.events.jsonl")
    for record in found:
        if record.get("wp_id") == work_package:
            said = (record.get("review_result") or {}).get("verdict", "")
            override = ((record.get("delta") or {}).get("review") or {}).get("reason")
            if said in REJECTIONS or override or record.get("to_lane") == "in_review":
                rejecting, verdict = str(record.get("review_ref") or "").rpartition("/")[2], said
    path = next(mission.glob(f"tasks/{work_package}[-_.]*/{rejecting}"), None) if rejecting else None
    return f"{rejecting} has verdict: {verdict}" if path and not decided(path) else ""


def decided(artifact: Path) -> bool:
    """Whether an artifact has a verdict of its own, or an override on record."""
    with suppress(Exception):
        return any(front_matter(artifact).get(name) for name in ("verdict", *OVERRIDES))
    return True


def latest(mission: Path, work_package: str) -> Path | None:
    """Give the latest review artifact of a work package."""
    found = [
        (int(match[1]), path)
        for folder in (work_package, f"{work_package}[-_.]*")
        for path in mission.glob(f"tasks/{folder}/review-cycle-*.md")
        if (match := NUMBER.fullmatch(path.name))
    ]
    return max(found)[1] if found else None


def against(artifact: Path) -> str:
    """Say what an artifact has against an approval: nothing, if it was overridden on record."""
    try:
        fields = front_matter(artifact)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it
        return f"is malformed, no verdict can be read: {' '.join(str(error).split())}"
    if any(fields.get(name) for name in OVERRIDES):
        return ""
    verdict = str(fields.get("verdict") or "").strip().lower()
    return f"has verdict: {verdict}" if verdict in REJECTIONS else ""


def front_matter(artifact: Path) -> dict[str, Any]:
    """Give the front matter of a file; none where there is none.

    Raises
    ------
    Exception
        It has no end, is no YAML, or no mapping.

    """
    text = artifact.read_text(encoding="utf-8")
    if not text.startswith("---"):
        return {}
    from ruamel.yaml import YAML

    head, end, _ = text[3:].partition("\n---")
    fields = YAML(typ="safe", pure=True).load(head)
    if not end or not isinstance(fields, dict):
        raise ValueError("its front matter has no end or is no mapping")
    return fields
