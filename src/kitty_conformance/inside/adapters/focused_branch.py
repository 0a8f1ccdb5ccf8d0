"""The way out of a diverged target: commands that make a branch of the mission's change alone."""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


def focused_branch(repo_root: Path, slug: str, target: str) -> list[str]:
    """Give the commands that make a branch on top of the origin's target, in a worktree of its own.

    It gets the mission's documents as the target here has them, then each commit of its lanes that neither
    target has: what else is on the target here stays behind.
    """
    from shlex import quote

    from specify_cli.core.paths import get_main_repo_root
    from specify_cli.lanes.persistence import read_lanes_json

    from kitty_conformance.inside.adapters.asking_git import asked, said

    root, theirs, documents = get_main_repo_root(repo_root), f"origin/{target}", f"kitty-specs/{slug}"
    manifest = read_lanes_json(root / documents)
    lanes = said(root, "for-each-ref", "--format=%(refname)", *(lane_refs(slug, manifest))).split()
    commits = said(
        root,
        *("rev-list", "--reverse", "--topo-order", "--no-merges", *lanes),
        *("--not", target, theirs),
    ).split()
    branch, folder = f"pr/{slug}", f".worktrees/pr-{slug}"
    there = f"git -C {quote(folder)}"
    lines = [f"git worktree add -b {quote(branch)} {quote(folder)} {quote(theirs)}"]
    if asked(root, "diff", "--quiet", theirs, target, "--", documents).returncode:
        lines += [f"{there} checkout {quote(target)} -- {quote(documents)}"]
        lines += [f"{there} commit --quiet --message {quote(f'Documents of mission {slug}')}"]
    if commits and lanes:
        lines += [f"{there} cherry-pick --keep-redundant-commits {' '.join(commits)}"]
    lines += [f"{there} push --set-upstream origin {quote(branch)}"]
    return [*lines, f"git worktree remove {quote(folder)}"]


def lane_refs(slug: str, manifest: Any) -> list[str]:
    """Give patterns for the branches of a mission's lanes, and for its own."""
    own = [f"refs/heads/{manifest.mission_branch}"] if manifest is not None else []
    return [*own, *(f"{each}-lane-*" for each in own), f"refs/heads/kitty/mission-{slug}-lane-*"]
