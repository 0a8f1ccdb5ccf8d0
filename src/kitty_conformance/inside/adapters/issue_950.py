"""#950, FR-006: the git commands a review prints show exactly the change of the work package.

Wraps `_resolve_review_context`, the one place where a review makes up what to compare: there, instead of the
closest of some branches of habit (`main`, `2.x`, `master`, `develop`), the comparison begins at the commit
where the lane left its mission branch, or its target, whichever is nearer. Lane, mission branch and target
are those of the mission's `lanes.json`; the base is a commit, so no branch that moves later changes it.

Wraps `resolve_workspace_for_wp` as a review calls it, before anything is claimed: a lane whose branch is at
the remote alone (a fresh clone) gets its branch from there, instead of an empty one of the same name; a lane
without any branch is refused by name of mission and work package.

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
    "specify_cli.workspace.context": ("ResolvedWorkspace", "resolve_workspace_for_wp"),
}
WORKFLOW = "specify_cli.cli.commands.agent.workflow"


def apply(module: ModuleType) -> None:
    """Put the wrappers in place."""
    if module.__name__ != WORKFLOW:
        return
    from kitty_conformance.inside.adapters.wrapping import wrap, wrap_command

    reviewing: list[bool] = []

    def canonical(original: Any) -> Any:
        def resolve(workspace_path: Path, repo_root: Path, mission_slug: str, wp_id: str, *rest: Any) -> Any:
            found = original(workspace_path, repo_root, mission_slug, wp_id, *rest)
            return review_context(repo_root, mission_slug, wp_id, found)

        return resolve

    def attached(original: Any) -> Any:
        def resolve(repo_root: Path, mission_slug: str, wp_id: str) -> Any:
            workspace = original(repo_root, mission_slug, wp_id)
            if reviewing and workspace.resolution_kind == "lane_workspace":
                attach(repo_root, mission_slug, wp_id, workspace.branch_name)
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


def review_context(repo_root: Path, mission_slug: str, wp_id: str, found: dict[str, Any]) -> dict[str, Any]:
    """Give what a review compares, from the mission's own record of lanes."""
    from specify_cli.lanes.persistence import read_lanes_json

    manifest = read_lanes_json(repo_root / "kitty-specs" / mission_slug)
    lane = manifest.lane_for_wp(wp_id) if manifest is not None else None
    branch = found["branch_name"]
    if lane is None or branch in {"unknown", "HEAD"}:
        return found
    bases = [
        merge_base(repo_root, branch, each) for each in (manifest.mission_branch, manifest.target_branch)
    ]
    counted = [(count(repo_root, base, branch), base) for base in bases if base]
    if not counted:
        message = f"mission {mission_slug}, {wp_id}: {branch} and {manifest.mission_branch} share no commit"
        raise RuntimeError(message)
    ahead, base = min(counted)
    return {**found, "base_branch": base, "commit_count": ahead}


def attach(repo_root: Path, mission_slug: str, wp_id: str, branch: str) -> None:
    """See to it that the branch of a lane is here; from the remote that has it, if only one does."""
    if git(repo_root, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}"):
        return
    remotes = git(repo_root, "for-each-ref", "--format=%(refname)", f"refs/remotes/*/{branch}").split()
    if len(remotes) != 1:
        where = "at several remotes" if remotes else "here and at no remote"
        message = f"mission {mission_slug}, {wp_id}: its lane branch {branch} is {where}"
        raise RuntimeError(message.replace("is here and at no", "is neither here nor at a"))
    git(repo_root, "branch", "--track", branch, remotes[0].removeprefix("refs/remotes/"))


def merge_base(repo_root: Path, branch: str, other: str) -> str:
    """Give the commit where a branch left another, here or at a remote; empty if there is none."""
    refs = git(
        repo_root,
        "for-each-ref",
        "--format=%(refname)",
        f"refs/heads/{other}",
        f"refs/remotes/*/{other}",
    ).split()
    return git(repo_root, "merge-base", branch, refs[0]) if refs else ""


def count(repo_root: Path, base: str, branch: str) -> int:
    """Give the number of commits a branch is ahead of a commit."""
    return int(git(repo_root, "rev-list", "--count", f"{base}..{branch}"))


def git(repo_root: Path, *arguments: str) -> str:
    """Give what git prints; nothing where it fails."""
    import subprocess

    command = ["git", *arguments]
    done = subprocess.run(command, cwd=repo_root, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
