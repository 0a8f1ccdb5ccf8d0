"""#951: the ownership guard goes by the work package that the event log proves to be active.

FR-007 asks ownership guards to follow the active work package, FR-008 to tell a problem of their own
context from a violation of a scope. Wrapped is the one function that judges a commit,
`validate_staged_files`: every answer of the guard comes from it, in warn and in block mode. It is given
what is true of the commit instead of what the hook found: the files as git has them (both names of a
renamed one, none quoted), and what the active work package owns. Which that is, `lanes.json` and the event
log of the mission tell; the workspace contexts beside them are notes, no evidence, and not asked (C-004).
What cannot be proven is a `GUARD_CONTEXT_…` problem; no file is out of a scope nobody knows. Every line
names the mission, and the work package where there is one (NFR-005).

Left alone: how a pattern of `owned_files` matches, the protection of `kitty-specs/`, the policy, the hook,
and what the target writes into a workspace context.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from kitty_conformance.inside.adapters.wrapping import wrap

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

ISSUE = "951"
REQUIREMENTS = ("FR-007", "FR-008")
WRAPS = {
    "specify_cli.policy.commit_guard": (
        "validate_staged_files",
        "is_implementation_branch",
        "CommitGuardResult",
    ),
    "specify_cli.lanes.branch_naming": ("lane_branch_name",),
    "specify_cli.lanes.persistence": ("read_lanes_json",),
    "specify_cli.status.store": ("read_events",),
    "specify_cli.status.reducer": ("reduce",),
    "specify_cli.frontmatter": ("FrontmatterManager.read", "read_frontmatter"),
}
ACTIVE = ("claimed", "in_progress")
"""Where a work package is that somebody works on."""


class Unproven(Exception):  # noqa: N818 - what the guard found out, no error of ours
    """The active work package or what it owns cannot be proven; says why, after the code of the problem."""


def apply(module: ModuleType) -> None:
    """Wrap the function that judges a commit; the other modules are asked by it."""
    if module.__name__ == "specify_cli.policy.commit_guard":
        wrap(module, "validate_staged_files", lambda genuine: judging_by_evidence(genuine, module))


def judging_by_evidence(genuine: Any, guard: ModuleType) -> Any:
    """Make a judgement that has the genuine one judge by what is proven, and says what is not."""

    def validate_staged_files(
        staged_files: Any, owned_files: Any, branch_name: str, policy: Any, **more: Any
    ) -> Any:
        if not policy.enabled or policy.mode == "off" or not guard.is_implementation_branch(branch_name):
            return genuine(staged_files, owned_files, branch_name, policy, **more)
        about, owned, problems = f"branch {branch_name}", [], []
        try:
            staged_files = staged()
            folder, work_packages = lane(branch_name)
            about = f"mission {folder.name}"
            if policy.enforce_ownership:
                active = active_among(work_packages, folder)
                about += f", {active} active"
                owned = files_of(active, folder)
        except Unproven as unproven:
            problems = [f"GUARD_CONTEXT_{unproven}"]
        found = genuine(staged_files, owned, branch_name, policy)
        said = [f"{about}: {each}" for each in (*problems, *found.violations, *found.warnings)]
        if policy.mode == "warn":
            return guard.CommitGuardResult(allowed=True, warnings=said)
        return guard.CommitGuardResult(allowed=not said, violations=said)

    return validate_staged_files


def staged() -> list[str]:
    """Every file that a commit adds, changes or takes away; a renamed one is taken away, too."""
    return git("diff", "--cached", "--name-only", "--no-renames", "-z").split("\0")[:-1]


def lane(branch: str) -> tuple[Path, tuple[str, ...]]:
    """Folder of the mission whose lane a branch is, and the work packages of that lane."""
    from specify_cli.lanes.branch_naming import lane_branch_name
    from specify_cli.lanes.persistence import read_lanes_json

    missions = Path(git("rev-parse", "--git-common-dir").removesuffix("\n")).absolute().parent / "kitty-specs"
    name = branch[branch.rindex("lane-") :]
    for folder in sorted(missions.glob("*/")):
        if lane_branch_name(folder.name, name) == branch:
            manifest = asked("lanes.json", read_lanes_json, folder)
            for each in manifest.lanes if manifest else ():
                if each.lane_id == name:
                    return folder, each.wp_ids
    raise Unproven(f"UNKNOWN: no mission in {missions} has computed this lane")


def active_among(work_packages: tuple[str, ...], folder: Path) -> str:
    """The one work package of a lane that the event log has in progress."""
    from specify_cli.status.reducer import reduce
    from specify_cli.status.store import read_events

    states = reduce(asked("the event log", read_events, folder)).work_packages
    found = [each for each in work_packages if states.get(each, {}).get("lane") in ACTIVE]
    if not found:
        raise Unproven(f"NONE_ACTIVE: none of {', '.join(work_packages)} is in progress by the event log")
    if len(found) > 1:
        raise Unproven(f"AMBIGUOUS: {', '.join(found)} are in progress in this lane; one can be active")
    return found[0]


def files_of(active: str, folder: Path) -> list[str]:
    """Patterns of the files that a work package owns; none where it may change the whole codebase."""
    from specify_cli.frontmatter import read_frontmatter

    for file in sorted(folder.glob(f"tasks/{active}*.md")):
        declared, _ = asked(file.name, read_frontmatter, file)
        if declared.get("work_package_id") != active:
            continue
        owned = declared.get("owned_files")
        if declared.get("scope") == "codebase-wide":
            return []
        if not isinstance(owned, list) or not owned:
            raise Unproven(f"UNOWNED: {file.name} names no owned_files of {active}")
        return [str(each) for each in owned]
    raise Unproven(f"UNOWNED: no file in {folder / 'tasks'} tells what {active} owns")


def asked(what: str, read: Any, path: Path) -> Any:
    """What a reader of the target gives; whatever it stumbles over, nothing is proven."""
    try:
        return read(path)
    except Exception as error:
        raise Unproven(f"UNREADABLE: {what} proves nothing: {' '.join(str(error).split())}") from error


def git(*arguments: str) -> str:
    """What git answers, in the worktree the guard was started in."""
    done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    if done.returncode:
        said = os.fsdecode(done.stderr).strip()
        raise Unproven(f"UNREADABLE: git {arguments[0]} answers nothing: {said}")
    return os.fsdecode(done.stdout)
