"""How the target branch of a mission stands to the origin's, and what to say of it."""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


def standing(repo_root: Path, target: str, *, fetch: bool = True) -> tuple[int, int]:
    """Give how many commits the target has that the origin's lacks, and the other way round.

    Where there is no origin, or it has no such branch, there is nothing to lack.
    """
    from kitty_conformance.inside.adapters.asking_git import asked, references, said

    theirs = f"refs/remotes/origin/{target}"
    if fetch and said(repo_root, "remote", "get-url", "origin"):
        asked(repo_root, "fetch", "--quiet", "origin", f"+refs/heads/{target}:{theirs}")
    if len(references(repo_root, f"refs/heads/{target}", theirs)) < 2:  # noqa: PLR2004 - both
        return 0, 0
    counted = said(repo_root, "rev-list", "--left-right", "--count", f"refs/heads/{target}...{theirs}")
    ahead, behind = map(int, counted.split())
    return ahead, behind


def unreachable(repo_root: Path, slug: str, target: str) -> list[str]:
    """Give what to say if the origin, which there is, cannot be asked for its branch."""
    from kitty_conformance.inside.adapters.asking_git import asked, said

    if not said(repo_root, "remote", "get-url", "origin"):
        return []
    answer = asked(repo_root, "ls-remote", "origin", f"refs/heads/{target}")
    if answer.returncode == 0:
        return []
    reason = next(iter(answer.stderr.strip().splitlines()), "no reason given")
    what = f"origin cannot be asked for branch '{target}', which was to be pushed there ({reason})"
    return [
        f"mission {slug} is not merged: ORIGIN_UNREACHABLE: {what}. Nothing was changed.",
        "remediation: merge without --push, or again once this works:",
        f"git ls-remote origin {target}",
    ]


def refusal(repo_root: Path, slug: Any, target: str) -> list[str]:
    """Give what to say if the target lacks commits of the origin's; each command is a line of its own."""
    ahead, behind = standing(repo_root, target)
    if not behind:
        return []
    state = (
        f"has diverged from origin/{target} ({ahead} commits here alone, {behind} there alone)"
        if ahead
        else f"is not synchronized with origin/{target}: it lacks {behind} commits"
    )
    lines = [f"mission {slug} is not merged: TARGET_NOT_SYNCHRONIZED: branch '{target}' {state}."]
    lines += ["Nothing was changed."]
    if not ahead:
        return [
            *lines,
            "remediation: bring the commits in, and merge again:",
            f"git pull --ff-only origin {target}",
        ]
    lines += ["remediation: put the two in line and merge again, or ship the mission on a branch of its own:"]
    from kitty_conformance.inside.adapters.focused_branch import focused_branch

    return [*lines, *(focused_branch(repo_root, slug, target) if slug else ())]
