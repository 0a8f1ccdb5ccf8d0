"""#949: every prompt has a place of its own and says what it is about, and nobody is sent to another one.

FR-004 asks for prompts that cannot collide and identify themselves, FR-005 for a dispatch that fails
closed. Wrapped are the two functions that write the prompt of a work package, `_write_prompt_to_file`
(`agent action`) and `_write_to_temp` (`next`): every prompt passes there, with its whole text. It is
written to a new file, never to one that exists or through a link, with metadata that identifies it, and
read back: unless it is what was written, to the byte, the request fails and says what was requested and
what was found. What the two are not told, `resolve_workspace_for_wp` has found out before, as the two
modules call it.

Releases that have spread `agent action` over several modules are in `guarded_prompt`.

A review is claimed before there is a prompt. Where that is refused the claim made for it is taken back, by
an event of its own: no review has begun. And claims of one repository exclude each other whatever mission
they are of (`feature_status_lock`): they share an index and a branch, and of two that met one was left half
done.

Left alone: the text of prompts, those about no work package, claims of implementations, and what earlier
prompts have left in the folder for temporary files.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

from kitty_conformance.inside.adapters.guarded_prompt import guard
from kitty_conformance.inside.adapters.proven_prompt import WORK, noting_the_work, written
from kitty_conformance.inside.adapters.wrapping import wrap

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType
    from typing import Any

ISSUE = "949"
REQUIREMENTS = ("FR-004", "FR-005")
WORKFLOW = "specify_cli.cli.commands.agent.workflow"
LOOPS = ("specify_cli.next.prompt_builder", "runtime.next.prompt_builder")
WRAPS = {
    "specify_cli.cli.commands.agent.workflow": (
        "_write_prompt_to_file",
        "resolve_workspace_for_wp",
        "feature_status_lock",
        "_collect_status_artifacts",
        "safe_commit",
        "review",
    ),
    "specify_cli.core.paths": ("get_feature_target_branch",),
    "specify_cli.lanes.persistence": ("read_lanes_json",),
    "specify_cli.mission_metadata": ("resolve_mission_identity",),
    "specify_cli.review.lock": ("ReviewLock.release",),
}
WHERE_THERE = {
    "specify_cli.cli.commands.agent.workflow": (
        "emit_status_transition",
        "_executor",
        "_commit_workflow_change",
    ),
    "specify_cli.next.prompt_builder": ("_write_to_temp", "resolve_workspace_for_wp"),
    "runtime.next.prompt_builder": ("_write_to_temp", "resolve_workspace_for_wp"),
    "specify_cli.cli.commands.agent.workflow_executor": (
        "write_prompt_to_file",
        "review_finalize_and_print",
        "review_claim_transition",
        "commit_workflow_change",
    ),
    "specify_cli.coordination.status_transition": ("emit_status_transition_transactional",),
    "specify_cli.review.prompt_metadata": ("write_frontmatter", "write_review_prompt_with_metadata"),
    "specify_cli.status.work_package_lifecycle": ("start_review_status",),
}
EVERY_MISSION = "every-mission"
"""Name of the lock that the claims of a repository share."""

CLAIMED: list[Any] = []
"""Transitions by which this process has claimed a review: the function, and what it was given."""


def apply(module: ModuleType) -> None:
    """Wrap what writes prompts and what is known before; the other modules are relied on."""
    if module.__name__ in {WORKFLOW, *LOOPS}:
        wrap(module, "resolve_workspace_for_wp", noting_the_work)
    if module.__name__ in LOOPS:
        wrap(module, "_write_to_temp", writing_for_the_loop)
    if module.__name__ == WORKFLOW:
        wrap(module, "feature_status_lock", excluding_every_mission)
        if hasattr(module, "emit_status_transition"):
            wrap(module, "emit_status_transition", noting_claims)
            wrap(module, "_write_prompt_to_file", lambda _: writing_for_commands(module))
        elif not hasattr(module, "_executor"):
            raise LookupError("nothing known claims reviews")
    guard(module)


def noting_claims(genuine: Any) -> Any:
    """Note a claim once it is made."""

    def emit_status_transition(*request: Any, **fields: Any) -> Any:
        found = genuine(*request, **fields)
        CLAIMED.append((genuine, request, fields))
        return found

    return emit_status_transition


def excluding_every_mission(genuine: Any) -> Any:
    """Exclude every other claim in the repository, beside what is excluded anyway."""

    @contextmanager
    def feature_status_lock(repo_root: Path, mission_slug: str, **options: Any) -> Iterator[Path]:
        with (
            genuine(repo_root, mission_slug, **options) as path,
            genuine(repo_root, EVERY_MISSION, **options),
        ):
            yield path

    return feature_status_lock


def writing_for_commands(workflow: ModuleType) -> Any:
    """Write the prompt of a command; if there is none in the end, no review is claimed for it."""

    def _write_prompt_to_file(command_type: str, wp_id: str, content: str) -> Path:
        try:
            return written(command_type, wp_id, content)
        except Exception:
            while CLAIMED:
                take_back(CLAIMED.pop(), workflow)
            raise

    return _write_prompt_to_file


def writing_for_the_loop(genuine: Any) -> Any:
    """Write the prompt of a work package; other prompts as ever."""

    def _write_to_temp(action: str, wp_id: str | None, content: str, **about: Any) -> Any:
        return written(action, wp_id, content) if wp_id in WORK else genuine(action, wp_id, content, **about)

    return _write_to_temp


def take_back(claim: tuple[Any, ...], workflow: ModuleType) -> None:
    """Let a work package be ready for review as before the claim: nobody was sent to review it."""
    from specify_cli.review.lock import ReviewLock

    emit, request, fields = claim
    made = SimpleNamespace(
        **fields, **{name: value for each in request for name, value in vars(each).items()}
    )
    reason = "The prompt of this review was refused: no reviewer was dispatched"
    back = {"to_lane": "for_review", "force": True, "reason": reason, "review_ref": None}
    root, workspace = WORK[made.wp_id]
    with workflow.feature_status_lock(root, made.mission_slug):
        emit(*(replace(each, **back) for each in request), **({**fields, **back} if fields else {}))
        workflow.safe_commit(
            repo_path=root,
            files_to_commit=workflow._collect_status_artifacts(made.feature_dir),  # noqa: SLF001 - as `review` does
            commit_message=f"chore: Take back {made.wp_id} review [{made.actor}]",
            allow_empty=True,
        )
    ReviewLock.release(workspace.worktree_path)
