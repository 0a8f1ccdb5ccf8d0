"""Prompts and claims of releases that have spread `agent action` over several modules.

What is asked of them is what `issue_949` asks of the older ones; other functions decide. A prompt to
implement is written by `write_prompt_to_file`. One to review has metadata and a place that cannot be guessed,
but nobody compares its text; all that is in it passes `write_frontmatter`. A claim is made by
`start_review_status`, long before `review_finalize_and_print` comes to write the prompt: if that fails, the
claim is taken back, and that is committed as the claim was.

Left alone: the folder that such releases have for prompts to implement. Everybody knows its name, so somebody
else may own it; right among the temporary files nobody but its user can put another prompt in its place.
"""

from __future__ import annotations

from kitty_conformance.inside.adapters.proven_prompt import put, written
from kitty_conformance.inside.adapters.wrapping import wrap

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType
    from typing import Any

CLAIMED: dict[tuple[str, str], dict[str, Any]] = {}
"""Mission and work package → what this process has claimed the review with."""


def guard(module: ModuleType) -> None:
    """Wrap what writes prompts and what claims reviews."""
    for name, make in WRAPPERS.get(module.__name__, {}).items():
        wrap(module, name, make)


def writing_for_implementers(_: Any) -> Any:
    """Write the prompt of a work package to a place of its own, with metadata."""

    def write_prompt_to_file(
        command_type: str,
        mission_slug: str,  # noqa: ARG001 - it is known with the workspace
        wp_id: str,
        content: str,
        *,
        repo_root: Path,  # noqa: ARG001 - it is known with the workspace
    ) -> Path:
        return written(command_type, wp_id, content)

    return write_prompt_to_file


def writing_for_reviewers(_: Any) -> Any:
    """Write a review prompt with the metadata it has, and see that all of it is there."""

    def write_frontmatter(file_path: Path, frontmatter: dict[str, str], body: str) -> None:
        about = f"{frontmatter['work_package_id']} of mission {frontmatter['mission_slug']}"
        put(file_path, frontmatter, body, f"the review of {about}")

    return write_frontmatter


def noting_claims(genuine: Any) -> Any:
    """Note a claim once it is made; one that was there before is none of this process."""

    def start_review_status(**claim: Any) -> Any:
        found = genuine(**claim)
        if not found.no_op:
            CLAIMED[claim["mission_slug"], claim["wp_id"]] = claim
        return found

    return start_review_status


def dispatching(genuine: Any) -> Any:
    """Send a reviewer to the prompt; if there is none in the end, no review is claimed for it."""

    def review_finalize_and_print(**about: Any) -> None:
        claim = CLAIMED.pop((about["mission_slug"], about["normalized_wp_id"]), None)
        try:
            genuine(**about)
        except Exception:
            if claim:
                take_back(claim, about)
            raise

    return review_finalize_and_print


def take_back(claim: dict[str, Any], about: dict[str, Any]) -> None:
    """Let a work package be ready for review as before the claim: nobody was sent to review it."""
    from specify_cli.cli.commands.agent import workflow
    from specify_cli.coordination.status_transition import emit_status_transition_transactional
    from specify_cli.review.lock import ReviewLock
    from specify_cli.status.models import TransitionRequest

    root, folder, slug, work_package = (
        claim[name] for name in ("repo_root", "feature_dir", "mission_slug", "wp_id")
    )
    reason = "The prompt of this review was refused: no reviewer was dispatched"
    with workflow.feature_status_lock(root, slug):
        size = (folder / "status.events.jsonl").stat().st_size
        status = (folder / "status.json").read_bytes()
        emit_status_transition_transactional(
            TransitionRequest(
                feature_dir=folder,
                mission_slug=slug,
                repo_root=root,
                wp_id=work_package,
                actor=claim["actor"],
                execution_mode=claim["execution_mode"],
                to_lane="for_review",
                force=True,
                reason=reason,
            )
        )
        workflow._commit_workflow_change(  # noqa: SLF001 - as the claim was committed
            repo_root=root,
            feature_dir=folder,
            mission_slug=slug,
            target_branch=about["target_branch"],
            paths=workflow._collect_status_artifacts(folder),  # noqa: SLF001
            message=f"chore: Take back {work_package} review",
            operation=f"in_review -> for_review for {work_package}",
            wp_id=work_package,
            pre_emit_event_size=size,
            pre_emit_status_bytes=status,
            auto_rebase_lane_after_commit=True,
        )
    ReviewLock.release(about["workspace_path"])


WRAPPERS: dict[str, dict[str, Any]] = {
    "specify_cli.cli.commands.agent.workflow_executor": {
        "write_prompt_to_file": writing_for_implementers,
        "review_finalize_and_print": dispatching,
    },
    "specify_cli.review.prompt_metadata": {"write_frontmatter": writing_for_reviewers},
    "specify_cli.status.work_package_lifecycle": {"start_review_status": noting_claims},
}
