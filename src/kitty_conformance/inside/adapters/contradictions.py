"""Contradictions: work packages that are approved or done while their latest review artifact says otherwise.

The latest artifact of a work package is the `review-cycle-<n>.md` with the highest number in the folder named
like its file. One that says nothing contradicts nothing; one that cannot be read has not been checked.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from typing import Any

REJECTIONS = ("rejected", "changes_requested")
NUMBER = re.compile(r"review-cycle-(\d+)\.md")


def contradictions(mission: Path) -> list[str]:
    """Say of each work package of a mission what contradicts its lane."""
    from specify_cli.status.lane_reader import get_all_wp_lanes

    lanes: dict[str, str] = {}
    with suppress(Exception):  # what cannot be read is for others to say
        lanes = {name: str(lane) for name, lane in get_all_wp_lanes(mission).items()}
    found = [(name, lane, latest(mission, name)) for name, lane in sorted(lanes.items())]
    return [
        f"mission {mission.name}, {name}: it is {lane}, but its latest review artifact {path.name} {why}"
        for name, lane, path in found
        if lane in ("approved", "done") and path and (why := against(path))
    ]


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
    if fields.get("arbiter_override") or fields.get("review_artifact_override_reason"):
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
