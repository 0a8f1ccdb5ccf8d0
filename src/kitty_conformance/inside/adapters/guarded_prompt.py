"""Prompts and claims of releases that have spread `agent action` over several modules.

What is asked of them is what `issue_949` asks of the older ones; other functions decide. A prompt to implement
is written by `write_prompt_to_file`, knowing no more than it did before. One to review has metadata already,
and a place that cannot be guessed, but nobody looks at its text: what puts it there is `write_frontmatter`,
told everything. A claim is made by `start_review_status`, long before `review_finalize_and_print` comes to
write the prompt; if that fails, the claim made by this process is taken back and committed, as it was made.

Left alone: the folder that such releases have for prompts to implement. Its name is known to everybody, so
somebody else may own it; right among the temporary files nobody but its user can put another in their place.
"""

from __future__ import annotations

from kitty_conformance.inside.adapters.proven_prompt import put, written
from kitty_conformance.inside.adapters.wrapping import wrap

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType
    from typing import Any

CLAIMED: list[dict[str, Any]] = []
"""What this process has claimed reviews with."""


def guard(module: ModuleType) -> None:
    """Wrap what writes prompts and what claims reviews, where a module has it."""
    wrappers = {
        "write_prompt_to_file": writing_for_implementers,
        "write_frontmatter": writing_for_reviewers,
        "start_review_status": noting_claims,
        "review_finalize_and_print": dispatching,
    }
    for name in wrappers.keys() & vars(module).keys():
        wrap(module, name, wrappers[name])


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
    """Write a review prompt with the metadata it has, where nothing is yet, and see that all of it is there."""

    def write_frontmatter(file_path: Path, frontmatter: dict[str, str], body: str) -> None:
        about = f"{frontmatter['work_package_id']} of mission {frontmatter['mission_slug']}"
        put(file_path, frontmatter, body, f"the review of {about}")

    return write_frontmatter


def noting_claims(genuine: Any) -> Any:
    """Note a claim once it is made; one that was there before is none of this process."""

    def start_review_status(**claim: Any) -> Any:
        found = genuine(**claim)
        if not found.no_op:
            CLAIMED.append(claim)
        return found

    return start_review_status


def dispatching(genuine: Any) -> Any:
    """Send a reviewer to the prompt; if there is none in the end, no review is claimed for it."""

    def review_finalize_and_print(**about: Any) -> None:
        try:
            genuine(**about)
        except Exception:
            while CLAIMED:
                take_back(CLAIMED.pop(), about)
            raise

    return review_finalize_and_print


def take_back(claim: dict[str, Any], about: dict[str, Any]) -> None:
    """Let a work package be ready for review as before the claim: nobody was sent to review it."""
    from specify_cli.cli.commands.agent import workflow
    from specify_cli.coordination.status_transition import emit_status_transition_transactional
    from specify_cli.review.lock import ReviewLock
    from specify_cli.status.models import TransitionRequest

    names = ("feature_dir", "mission_slug", "wp_id", "actor", "execution_mode", "repo_root")
    same = {name: claim[name] for name in names}
    folder, slug, work_package, root = (same[n] for n in ("feature_dir", "mission_slug", "wp_id", "repo_root"))
    reason = "The prompt of this review was refused: no reviewer was dispatched"
    with workflow.feature_status_lock(root, slug):
        size = (folder / "status.events.jsonl").stat().st_size
        status = (folder / "status.json").read_bytes()
        emit_status_transition_transactional(
            TransitionRequest(**same, to_lane="for_review", force=True, reason=reason)
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
