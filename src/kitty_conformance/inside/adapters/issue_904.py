"""#904: an approval that the latest review artifact contradicts does not pass in silence.

FR-014 asks that work packages that are approved or done are checked against the verdict of their latest
review artifact. What contradicts them (see `contradictions`) ends every command that would sign them off:

- `_validate_target_branch` is asked by `merge` and `agent mission merge`, of a dry run, too, right before the
  mission is looked at; `_build_merge_preflight` by the merge of the orchestrator API.
- `collect_feature_summary` is what acceptance goes by, `record_acceptance` what the orchestrator's ends with.
- `materialize` is what a mission review calls first of all.
- `status` signs nothing off: it tells.
- `_output_error` says that a move is refused over a verdict: the mission is named as well (NFR-005).

`emit_status_transition` leads a work package to approved or done; over a contradiction it says so. Where the
approval ends a second review, begun after the event log recorded the rejection, or where the approver says
`--skip-review-artifact-check`, it resolves it: it becomes a review artifact of its own, and the rejection is
no longer the latest word. `_collect_status_artifacts` names what is committed with a move, and so this.

Left alone: who may approve what, and every artifact there is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from kitty_conformance.inside.adapters.contradictions import (
    NUMBER,
    against,
    contradictions,
    latest,
    objection,
)
from kitty_conformance.inside.adapters.refusal import command, mission_folder, mission_of, refuse, tell
from kitty_conformance.inside.adapters.wrapping import wrap, wrap_command

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

ISSUE = "904"
REQUIREMENTS = ("FR-014", "C-005", "NFR-005")
WRAPS = {
    "specify_cli.cli.commands.merge": ("_validate_target_branch", "get_main_repo_root"),
    "specify_cli.orchestrator_api.commands": ("_build_merge_preflight", "_fail", "app"),
    "specify_cli.acceptance": ("collect_feature_summary", "AcceptanceError"),
    "specify_cli.mission_metadata": ("record_acceptance",),
    "specify_cli.status.reducer": ("materialize",),
    "specify_cli.status.emit": ("emit_status_transition",),
    "specify_cli.status.store": ("read_events",),
    "specify_cli.status.lane_reader": ("get_all_wp_lanes",),
    "specify_cli.review.artifacts": ("ReviewCycleArtifact",),
    "specify_cli.cli.commands.agent.tasks": (
        "_collect_status_artifacts",
        "_output_error",
        "status",
        "_find_mission_slug",
        "locate_project_root",
        "get_main_repo_root",
    ),
}
WHERE_THERE = {"specify_cli.coordination.status_transition": ("emit_status_transition_transactional",)}
CODE = "REJECTED_REVIEW_ARTIFACT_CONFLICT"
VERDICT = "has verdict: rejected"
"""What a move says that is refused over it."""
WAY_ON = "have it reviewed again and approved by that review, or correct the artifact"

IN_REVIEW: set[tuple[Path, str]] = set()
"""Work packages that this very command has brought to in_review, in passing: nobody is reviewing them."""
ANSWERS: list[Path] = []
"""Review artifacts that this command has written."""


def apply(module: ModuleType) -> None:
    """Wrap what the module has of it."""
    for name, make in WRAPPERS.get(module.__name__, {}).items():
        if hasattr(module, name):
            (wrap_command if name == "status" else wrap)(module, name, partial(make, module))


def stop(mission: Path) -> None:
    """End the command if something contradicts the lanes of a mission."""
    found = contradictions(mission)
    if found:
        refuse(CODE, f"{'; '.join(found)}; {WAY_ON}")


def merging(merge: ModuleType, original: Any) -> Callable[..., Any]:
    """Make a `_validate_target_branch` that looks at the mission as well."""

    def _validate_target_branch(repo_root: Path, mission_slug: str | None, *args: Any, **kwargs: Any) -> Any:
        original(repo_root, mission_slug, *args, **kwargs)
        if mission_slug:
            stop(merge.get_main_repo_root(repo_root) / "kitty-specs" / mission_slug)

    return _validate_target_branch


def preparing(_: ModuleType, original: Any) -> Callable[..., Any]:
    """Make a `_build_merge_preflight` that stops over a contradiction."""

    def _build_merge_preflight(main_repo_root: Path, mission: Path | str, *args: Any) -> Any:
        stop(Path(main_repo_root, "kitty-specs", mission))  # its folder, or what that is called
        return original(main_repo_root, mission, *args)

    return _build_merge_preflight


def summing_up(acceptance: ModuleType, original: Any) -> Callable[..., Any]:
    """Make a `collect_feature_summary` that is refused over a contradiction."""

    def collect_feature_summary(*args: Any, **kwargs: Any) -> Any:
        summary = original(*args, **kwargs)
        found = contradictions(summary.feature_dir)
        if found:
            raise acceptance.AcceptanceError(f"{CODE}: {'; '.join(found)}; {WAY_ON}")
        return summary

    return collect_feature_summary


def accepting(_: ModuleType, original: Any) -> Callable[..., Any]:
    """Make a `record_acceptance` that stops over a contradiction."""

    def record_acceptance(feature_dir: Path, *args: Any, **kwargs: Any) -> Any:
        stop(feature_dir)
        return original(feature_dir, *args, **kwargs)

    return record_acceptance


def reviewing(_: ModuleType, original: Any) -> Callable[..., Any]:
    """Make a `materialize` that stops a mission review over a contradiction."""

    def materialize(feature_dir: Path) -> Any:
        name, parameters = command()
        if name == "review" and "wp_id" not in parameters:  # with one, it is the review of a work package
            stop(feature_dir)
        return original(feature_dir)

    return materialize


def approving(emit: ModuleType, original: Any) -> Callable[..., Any]:
    """Make an `emit_status_transition` that says what an approval is at odds with, or answers it."""

    def emit_status_transition(*args: Any, **kwargs: Any) -> Any:
        event = original(*args, **kwargs)
        mission = getattr(emit, "canonicalize_feature_dir", Path)(mission_folder(args, kwargs))
        if event.to_lane == "in_review":
            IN_REVIEW.add((mission, event.wp_id))
        artifact = latest(mission, event.wp_id) if event.to_lane in ("approved", "done") else None
        why = against(artifact) if artifact else ""
        if artifact and why and is_second_review(mission, event, artifact):
            answer(mission, event, artifact, "approved by a review after")
        elif artifact and why and command()[1].get("skip_review_artifact_check"):
            answer(mission, event, artifact, "override of")
        elif artifact and (why := objection(mission, event.wp_id)):
            where = f"mission {mission.name}, {event.wp_id}: {event.to_lane}"
            tell(f"Warning: {CODE}: {where}, although {why}; {WAY_ON}")
        return event

    return emit_status_transition


def is_second_review(mission: Path, event: Any, artifact: Path) -> bool:
    """Whether an approval ends a review that was begun after the rejection was recorded."""
    from specify_cli.status.store import read_events

    if event.from_lane != "in_review" or (mission, event.wp_id) in IN_REVIEW:
        return False
    reference = f"{artifact.parent.name}/{artifact.name}"
    earlier = [each for each in read_events(mission) if each.wp_id == event.wp_id]
    recorded = [n for n, each in enumerate(earlier) if str(each.review_ref or "").endswith(reference)]
    return bool(recorded) and any(each.to_lane == "in_review" for each in earlier[recorded[-1] :])


def answer(mission: Path, event: Any, artifact: Path, how: str) -> None:
    """Let an approval be the review cycle after the one it answers."""
    from specify_cli.review.artifacts import ReviewCycleArtifact

    found = NUMBER.fullmatch(artifact.name)
    number = int(found[1]) + 1 if found else 1
    review = getattr(event.evidence, "review", None)
    path = artifact.with_name(f"review-cycle-{number}.md")
    ReviewCycleArtifact(
        cycle_number=number,
        wp_id=event.wp_id,
        mission_slug=mission.name,
        reviewer_agent=str(getattr(review, "reviewer", event.actor)),
        verdict="approved",
        reviewed_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        body=f"On record: {how} {artifact.name}: {getattr(review, 'reference', event.reason)}\n",
    ).write(path)
    ANSWERS.append(path)


def collecting(_: ModuleType, original: Any) -> Callable[..., list[Path]]:
    """Make a `_collect_status_artifacts` that knows of answers."""

    def _collect_status_artifacts(feature_dir: Path) -> list[Path]:
        return [*original(feature_dir), *ANSWERS]

    return _collect_status_artifacts


def naming(tasks: ModuleType, original: Any) -> Callable[..., None]:
    """Make an `_output_error` that names the mission of a work package refused over its verdict."""

    def _output_error(json_mode: Any, error_message: str, *args: Any, **kwargs: Any) -> None:
        mission = mission_of(tasks, command()[1]) if VERDICT in error_message else None
        message = f"{CODE}: mission {mission.name}: {error_message}" if mission else error_message
        original(json_mode, message, *args, **kwargs)

    return _output_error


def showing(tasks: ModuleType, original: Any) -> Callable[..., None]:
    """Make a `status` that tells what contradicts what it shows."""

    def status(**options: Any) -> None:
        original(**options)
        mission = mission_of(tasks, options)
        for each in contradictions(mission) if mission else ():
            tell(f"Warning: {CODE}: {each}; {WAY_ON}")

    return status


WRAPPERS: dict[str, dict[str, Any]] = {
    "specify_cli.cli.commands.merge": {"_validate_target_branch": merging},
    "specify_cli.orchestrator_api.commands": {"_build_merge_preflight": preparing},
    "specify_cli.acceptance": {"collect_feature_summary": summing_up},
    "specify_cli.mission_metadata": {"record_acceptance": accepting},
    "specify_cli.status.reducer": {"materialize": reviewing},
    "specify_cli.status.emit": {"emit_status_transition": approving},
    "specify_cli.coordination.status_transition": {"emit_status_transition_transactional": approving},
    "specify_cli.cli.commands.agent.tasks": {
        "_collect_status_artifacts": collecting,
        "_output_error": naming,
        "status": showing,
    },
}
