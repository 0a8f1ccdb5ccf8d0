"""#950, FR-006: the git commands a review prints show exactly the change of the work package.

Wraps `_resolve_review_context`, the one place where a review makes up what to compare: there, instead of the
closest of some branches of habit (`main`, `2.x`, `master`, `develop`), the comparison begins at the commit
where the lane left its mission branch, or its target, whichever is nearer. Lane, mission branch and target
are those of the mission's `lanes.json`; the base is a commit, so no branch that moves later changes it.

Wraps `resolve_workspace_for_wp` as a review calls it, before anything is claimed: a lane whose branch is at
the remote alone (a fresh clone) gets branch and worktree from there, instead of an empty branch of the same
name; a lane without any branch is refused by name of mission and work package.

Wraps `_build_wp_prompt`, which words the prompts that `next` hands out: the commands of a review prompt begin
at the same commit.

Leaves alone: planning work packages, reviewed in the repository itself; implement, and all other commands.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType
    from typing import Any

ISSUE = "950"
REQUIREMENTS = ("FR-006", "C-004")
WRAPS = {
    "specify_cli.cli.commands.agent.workflow": (
        "_resolve_review_context",
        "resolve_workspace_for_wp",
        "review",
        "app",
    ),
    "specify_cli.lanes.persistence": ("read_lanes_json",),
    "specify_cli.lanes.models": ("LanesManifest",),
}
WHERE_THERE = {
    "specify_cli.workspace.context": ("ResolvedWorkspace", "resolve_workspace_for_wp"),
    "specify_cli.workspace_context": ("ResolvedWorkspace", "resolve_workspace_for_wp"),  # of 3.1.x
    "specify_cli.next.prompt_builder": ("_build_wp_prompt", "resolve_workspace_for_wp"),
    "runtime.next.prompt_builder": ("_build_wp_prompt", "resolve_workspace_for_wp"),  # of 3.2.7
}
LOOPS = ("specify_cli.next.prompt_builder", "runtime.next.prompt_builder")


def apply(module: ModuleType) -> None:
    """Put the wrappers in place."""
    if module.__name__ in LOOPS:
        apply_to_loop(module)
    if module.__name__ == "specify_cli.cli.commands.agent.workflow":
        apply_to_review(module)


def apply_to_review(module: ModuleType) -> None:
    """Put the wrappers of the review command in place."""
    from kitty_conformance.inside.adapters.wrapping import wrap, wrap_command

    reviewing: list[bool] = []

    def canonical(original: Any) -> Any:
        def resolve(
            workspace_path: Path, repo_root: Path, mission_slug: str, wp_id: str, *rest: Any, **more: Any
        ) -> Any:
            workspace = vars(module)["resolve_workspace_for_wp"](repo_root, mission_slug, wp_id)
            if workspace.resolution_kind != "lane_workspace":
                return original(workspace_path, repo_root, mission_slug, wp_id, *rest, **more)
            return compared(repo_root, workspace)

        return resolve

    def attached(original: Any) -> Any:
        def resolve(repo_root: Path, mission_slug: str, wp_id: str, **more: Any) -> Any:
            workspace = original(repo_root, mission_slug, wp_id, **more)
            if reviewing and workspace.resolution_kind == "lane_workspace":
                attach(repo_root, workspace)
            return workspace

        return resolve

    def watched(original: Any) -> Any:
        def review(*arguments: Any, **keywords: Any) -> Any:
            reviewing.append(True)
            try:
                return original(*arguments, **keywords)
            finally:
                reviewing.pop()

        return review

    wrap(module, "_resolve_review_context", canonical)
    wrap(module, "resolve_workspace_for_wp", attached)
    wrap_command(module, "review", watched)


def apply_to_loop(module: ModuleType) -> None:
    """Put the wrapper of the prompts of `next` in place."""
    from kitty_conformance.inside.adapters.wrapping import wrap

    def canonical(original: Any) -> Any:
        def build(*arguments: Any, **named: Any) -> Any:
            import inspect
            import re

            text = original(*arguments, **named)
            given = inspect.signature(original).bind(*arguments, **named).arguments
            mission = given["repo_root"], given["mission_slug"], given["wp_id"]
            workspace = vars(module)["resolve_workspace_for_wp"](*mission)
            if given["action"] != "review" or workspace.resolution_kind != "lane_workspace":
                return text
            base = compared(given["repo_root"], workspace)["base_branch"]
            return re.sub(r"(?m)^( *git (?:log|diff) )\S+\.\.HEAD\b", rf"\g<1>{base}..HEAD", text)

        return build

    wrap(module, "_build_wp_prompt", canonical)


def compared(repo_root: Path, workspace: Any) -> dict[str, Any]:
    """Give what a review of a lane compares, from the mission's own record of lanes."""
    from specify_cli.lanes.persistence import read_lanes_json

    from kitty_conformance.inside.adapters.asking_git import said

    manifest = read_lanes_json(repo_root / "kitty-specs" / workspace.mission_slug)
    origins = (manifest.mission_branch, manifest.target_branch) if manifest is not None else ()
    branch = workspace.branch_name
    bases = filter(None, (parting(repo_root, branch, origin) for origin in origins))
    counted = [(int(said(repo_root, "rev-list", "--count", f"{base}..{branch}")), base) for base in bases]
    if not counted:
        raise refusal(workspace, f"its lane branch {branch} shares no commit with mission branch or target")
    ahead, base = min(counted)
    return {"branch_name": branch, "base_branch": base, "commit_count": ahead}


def attach(repo_root: Path, workspace: Any) -> None:
    """See to it that branch and worktree of a lane are here, from the one remote that has the branch."""
    from kitty_conformance.inside.adapters.asking_git import references, said

    branch, folder = workspace.branch_name, workspace.worktree_path
    if not references(repo_root, f"refs/heads/{branch}"):
        remotes = references(repo_root, f"refs/remotes/*/{branch}")
        if len(remotes) != 1:
            raise refusal(workspace, f"its lane branch {branch} is not here, and at {len(remotes)} remotes")
        said(repo_root, "branch", "--track", branch, remotes[0].removeprefix("refs/remotes/"))
    if not folder.exists():
        said(repo_root, "worktree", "add", str(folder), branch)


def parting(repo_root: Path, branch: str, other: str) -> str:
    """Give the commit where a branch left another, here or at a remote; empty if there is none."""
    from kitty_conformance.inside.adapters.asking_git import references, said

    found = references(repo_root, f"refs/heads/{other}", f"refs/remotes/*/{other}")
    return said(repo_root, "merge-base", branch, found[0]) if found else ""


def refusal(workspace: Any, reason: str) -> Exception:
    """Give the error that the command reports: nothing is compared rather than the wrong thing."""
    return RuntimeError(f"mission {workspace.mission_slug}, {workspace.wp_id}: no review: {reason}")
