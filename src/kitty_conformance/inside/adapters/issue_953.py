"""#953, FR-012 FR-013: a target branch that has diverged stops a merge before anything is changed.

Every command that merges comes through one of two preflights, before it writes anything:
`_validate_target_branch` of the merge command (also `agent mission merge`, also a dry run) and
`_build_merge_preflight` of the orchestrator. Both are wrapped: the origin is asked for its branch, and a
target that lacks commits of it, whether it has some of its own (diverged) or not, is refused by name, with
the commands that make a branch of the mission's change alone (`focused_branch`).

Where the origin cannot be asked, only what is to be pushed is refused, or what is known to have diverged.
`_run_lane_based_merge` and `_execute_lane_merge` alone know of the push: that is looked at as they begin.

`merge`, which `agent mission merge` of 3.2.7 calls without every option, is given what a command line without
it means: a mission in sync must merge there too.

Acceptance (`record_acceptance`) and mission review (`resolve_mission_handle` as it calls it) go ahead, with a
word about the divergence on standard error, as far as git knows of it.

Leaves alone: a target that is in sync or ahead, that the origin does not have, or that has no origin.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType
    from typing import Any

ISSUE = "953"
REQUIREMENTS = ("FR-012", "FR-013", "NFR-005")
WRAPS = {
    "specify_cli.cli.commands.merge": ("_validate_target_branch", "_run_lane_based_merge", "merge"),
    "specify_cli.orchestrator_api.commands": (
        "_build_merge_preflight",
        "_execute_lane_merge",
        "merge_mission",
    ),
    "specify_cli.mission_metadata": ("record_acceptance",),
    "specify_cli.lanes.persistence": ("read_lanes_json",),
    "specify_cli.core.paths": ("get_feature_target_branch", "get_main_repo_root"),
}
WHERE_THERE = {
    "specify_cli.cli.commands.review": ("resolve_mission_handle", "review_mission")
}  # not in 3.1.x


def apply(module: ModuleType) -> None:
    """Put the wrappers in place."""
    from kitty_conformance.inside.adapters.wrapping import wrap

    for name, make in MAKERS.get(module.__name__, {}).items():
        wrap(module, name, make)


def _checked_target(original: Any) -> Any:
    def validate(repo_root: Path, slug: Any, target: str, source: Any, *, json_output: bool) -> None:
        from kitty_conformance.inside.adapters.target_branch import refusal

        original(repo_root, slug, target, source, json_output=json_output)
        if lines := refusal(repo_root, slug, target):
            stop(lines, json_output=json_output)

    return validate


def _plain_defaults(original: Any) -> Any:
    def merge(*arguments: Any, **named: Any) -> Any:
        import inspect

        signature = inspect.signature(original)
        given = signature.bind_partial(*arguments, **named).arguments
        for name, parameter in signature.parameters.items():
            if name not in given and hasattr(parameter.default, "param_decls"):
                named[name] = parameter.default.default
        return original(*arguments, **named)

    return merge


def _checked_push(original: Any) -> Any:
    def run(
        repo_root: Path, mission_slug: str, *, push: bool, target_override: Any = None, **more: Any
    ) -> Any:
        from kitty_conformance.inside.adapters.target_branch import unreachable

        target = target_override or target_of(repo_root, mission_slug)
        if push and (lines := unreachable(repo_root, mission_slug, target)):
            stop(lines)
        return original(repo_root, mission_slug, push=push, target_override=target_override, **more)

    return run


def _checked_preflight(original: Any) -> Any:
    def build(main_repo_root: Path, *mission_and_target: Any) -> Any:
        from kitty_conformance.inside.adapters.target_branch import refusal

        *_, mission_slug, _target = mission_and_target  # 3.2.0a8 names the mission's folder before
        found = original(main_repo_root, *mission_and_target)
        found.errors.extend(refusal(main_repo_root, mission_slug, found.target_branch))
        return found

    return build


def _checked_execution(original: Any) -> Any:
    def execute(root: Path, directory: Path, slug: str, target: str, *, push: bool, **more: Any) -> Any:
        from kitty_conformance.inside.adapters.target_branch import unreachable

        if push and (lines := unreachable(root, slug, target)):
            raise RuntimeError(" ".join(lines))
        return original(root, directory, slug, target, push=push, **more)

    return execute


def _told_acceptance(original: Any) -> Any:
    def record(feature_dir: Path, **more: Any) -> Any:
        warn(feature_dir.parent.parent, feature_dir.name)
        return original(feature_dir, **more)

    return record


def _told_review(original: Any) -> Any:
    def resolve(handle: str, repo_root: Path, **more: Any) -> Any:
        found = original(handle, repo_root, **more)
        warn(repo_root, found.mission_slug)
        return found

    return resolve


MAKERS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "specify_cli.cli.commands.merge": {
        "_validate_target_branch": _checked_target,
        "_run_lane_based_merge": _checked_push,
        "merge": _plain_defaults,
    },
    "specify_cli.orchestrator_api.commands": {
        "_build_merge_preflight": _checked_preflight,
        "_execute_lane_merge": _checked_execution,
    },
    "specify_cli.cli.commands.review": {"resolve_mission_handle": _told_review},
    "specify_cli.mission_metadata": {"record_acceptance": _told_acceptance},
}


def target_of(repo_root: Path, slug: str) -> str:
    """Give the target branch of a mission."""
    from specify_cli.core.paths import get_feature_target_branch

    return str(get_feature_target_branch(repo_root, slug))


def stop(lines: list[str], *, json_output: bool = False) -> None:
    """End the command with an error; a line stays a line, however narrow the terminal."""
    import json
    import sys

    import typer
    from specify_cli import __version__

    if json_output:
        told = {"spec_kitty_version": __version__, "error": lines[0], "remediation": lines[1:]}
        sys.stdout.write(json.dumps(told) + "\n")
    else:
        sys.stderr.write("\n".join([f"Error: {lines[0]}", *lines[1:], ""]))
    raise typer.Exit(1)


def warn(repo_root: Path, slug: str) -> None:
    """Say on standard error that the target of a mission has diverged, if git knows of it."""
    import sys

    from kitty_conformance.inside.adapters.target_branch import standing

    target = target_of(repo_root, slug)
    ahead, behind = standing(repo_root, target, fetch=False)
    if ahead and behind:
        sys.stderr.write(
            f"Warning: mission {slug}: TARGET_NOT_SYNCHRONIZED: branch '{target}' has diverged from "
            f"origin/{target} ({ahead} commits here alone, {behind} there alone); a merge will be refused.\n"
        )
