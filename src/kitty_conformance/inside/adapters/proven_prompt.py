"""Prompts that have a place of their own, say what they are about, and are what was written.

A prompt is about the work whose workspace was found last in this process: one command, one mission.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from typing import Any

WORK: dict[str, tuple[Path, Any]] = {}
"""Work package → repository and workspace."""


class PromptRefusedError(RuntimeError):
    """What lies at the place of a prompt is not the prompt that was requested."""


def noting_the_work(genuine: Any) -> Any:
    """Note where the work is done, as it is found out."""

    def resolve_workspace_for_wp(repo_root: Path, mission_slug: str, wp_id: str, **options: Any) -> Any:
        found = genuine(repo_root, mission_slug, wp_id, **options)
        WORK[wp_id] = (repo_root, found)
        return found

    return resolve_workspace_for_wp


def written(action: str, work_package: str, content: str) -> Path:
    """Write a prompt to a place of its own, and see that it is there.

    Raises
    ------
    PromptRefusedError
        Something else is there.
    OSError
        It cannot be written.

    """
    fields = identity(work_package)
    about = f"{action}-{work_package}-{fields['mission_slug'][:120]}"
    place = Path(tempfile.gettempdir(), f"spec-kitty-{about}-{fields['invocation']}.md")
    put(place, fields, f"\n{content}", f"the {action} of {work_package} of mission {fields['mission_slug']}")
    return place


def put(place: Path, fields: dict[str, str], body: str, requested: str) -> None:
    """Put metadata and text where nothing is yet, and see that they are there.

    Raises
    ------
    PromptRefusedError
        Something else is there.
    OSError
        It cannot be written.

    """
    head = "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in fields.items())
    text = f"---\n{head}---\n{body}".encode(errors="surrogateescape")
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
    prove(place, text, fields, requested)


def identity(work_package: str) -> dict[str, str]:
    """Return what a prompt is about, by the canonical state of its mission (C-004)."""
    from specify_cli.core.paths import get_feature_target_branch
    from specify_cli.lanes.persistence import read_lanes_json
    from specify_cli.mission_metadata import resolve_mission_identity

    root, workspace = WORK[work_package]
    slug = workspace.mission_slug
    folder = root / "kitty-specs" / slug
    lanes = read_lanes_json(folder) if workspace.resolution_kind == "lane_workspace" else None
    if lanes:
        branch, base = workspace.branch_name, lanes.mission_branch
    else:
        branch = base = get_feature_target_branch(root, slug)
    return {
        "repository": str(root),
        "mission_id": str(resolve_mission_identity(folder).mission_id or ""),
        "mission_slug": slug,
        "work_package": work_package,
        "worktree": str(workspace.worktree_path),
        "branch": branch,
        "base": base,
        "invocation": os.urandom(16).hex(),
    }


def prove(place: Path, text: bytes, fields: dict[str, str], requested: str) -> None:
    """Refuse what lies at the place of a prompt unless it is, to the byte, what was written there."""
    try:
        found = place.read_bytes()
    except OSError as error:
        raise PromptRefusedError(f"PROMPT_MISSING: {requested} was requested: {error}") from error
    if found == text:
        return
    head = found.partition(b"\n---\n")[0] if found.startswith(b"---\n") else b""
    said = dict(re.findall(r'^(\w+): "?(.*?)"?$', head.decode(errors="replace"), re.MULTILINE))
    differing = [name for name in fields if said.get(name) != fields[name]]
    wrong = [f"{name} {fields[name]} was requested, {said.get(name, 'none')} found" for name in differing]
    seen = "; ".join(wrong) or "its text is not what was written"
    raise PromptRefusedError(f"PROMPT_MISMATCH: {requested} was requested, {place} is another prompt: {seen}")
