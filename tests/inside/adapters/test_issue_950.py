import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from kitty_conformance.inside.adapters import issue_950

WORKFLOW = "specify_cli.cli.commands.agent.workflow"
BRANCH = "kitty/mission-alpha-lane-a"


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=k", "-c", "user.email=k@example.org", "-c", "init.defaultBranch=main")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path):
    """Main with one commit, a mission branch, and a lane that has two commits of its own."""
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "Begin")
    git(folder, "branch", "kitty/mission-alpha")
    git(folder, "switch", "-q", "-c", BRANCH)
    git(folder, "commit", "-q", "--allow-empty", "-m", "One")
    git(folder, "commit", "-q", "--allow-empty", "-m", "Two")
    git(folder, "switch", "-q", "main")
    return folder


@pytest.fixture
def workflow(pretended, repository):
    """The module of the review command, adapted; `review` asks for the workspace and what to compare."""
    manifest = SimpleNamespace(mission_branch="kitty/mission-alpha", target_branch="main")
    pretended("specify_cli")
    pretended("specify_cli.lanes")
    pretended("specify_cli.lanes.persistence", read_lanes_json=lambda _: manifest)

    def resolve_workspace_for_wp(repo_root, mission_slug, wp_id):
        return SimpleNamespace(
            mission_slug=mission_slug,
            wp_id=wp_id,
            resolution_kind=module.kind,
            branch_name=BRANCH,
            worktree_path=repo_root / "lane",
        )

    def _resolve_review_context(workspace_path, repo_root, mission_slug, wp_id, front_matter):  # noqa: ARG001
        return {"branch_name": "guessed"}

    def review(repo_root=repository):
        module.resolve_workspace_for_wp(repo_root, "alpha", "WP01")
        return module._resolve_review_context(repo_root / "lane", repo_root, "alpha", "WP01", "")

    module = pretended(
        WORKFLOW,
        kind="lane_workspace",
        resolve_workspace_for_wp=resolve_workspace_for_wp,
        _resolve_review_context=_resolve_review_context,
        review=review,
        app=SimpleNamespace(registered_commands=[SimpleNamespace(callback=review)]),
        manifest=manifest,
    )
    issue_950.apply(module)
    return module


def test_a_review_compares_with_the_commit_where_the_lane_began(workflow, repository):
    found = workflow.review()
    assert found == {
        "branch_name": BRANCH,
        "base_branch": git(repository, "rev-parse", "main"),
        "commit_count": 2,
    }


def test_the_registered_command_is_the_wrapped_one(workflow):
    assert workflow.app.registered_commands[0].callback is workflow.review


@pytest.mark.parametrize("moved", ["kitty/mission-alpha", "main"])
def test_the_nearer_of_mission_branch_and_target_decides(workflow, repository, moved):
    git(repository, "switch", "-q", moved)
    git(repository, "commit", "-q", "--allow-empty", "-m", "Not of this work package")
    git(repository, "switch", "-q", BRANCH)
    git(repository, "rebase", "-q", "--keep-empty", moved)
    assert workflow.review()["commit_count"] == 2


def test_a_target_that_is_gone_leaves_the_mission_branch(workflow):
    workflow.manifest.target_branch = "renamed"
    assert workflow.review()["commit_count"] == 2


def test_a_lane_without_any_origin_is_refused_by_name(workflow):
    workflow.manifest.target_branch = workflow.manifest.mission_branch = "gone"
    with pytest.raises(RuntimeError, match=r"mission alpha, WP01: no review: .* shares no commit"):
        workflow.review()


def test_without_a_record_of_lanes_a_review_is_refused_by_name(workflow, pretended):
    pretended("specify_cli.lanes.persistence", read_lanes_json=lambda _: None)
    with pytest.raises(RuntimeError, match="mission alpha, WP01: no review"):
        workflow.review()


def test_a_fresh_clone_gets_branch_and_worktree_of_the_lane(workflow, repository, tmp_path):
    git(tmp_path, "clone", "-q", str(repository), "clone")
    clone = tmp_path / "clone"
    assert workflow.review(clone)["commit_count"] == 2
    assert git(clone / "lane", "log", "-1", "--format=%s") == "Two"
    assert git(clone / "lane", "rev-parse", "--abbrev-ref", "HEAD") == BRANCH


def test_a_lane_whose_branch_is_nowhere_is_refused_before_anything_else(workflow, repository):
    git(repository, "branch", "-q", "-D", BRANCH)
    with pytest.raises(RuntimeError, match=f"WP01: no review: its lane branch {BRANCH} is not here"):
        workflow.review()
    assert BRANCH not in git(repository, "branch")


def test_other_commands_get_their_workspace_as_before(workflow, repository):
    git(repository, "branch", "-q", "-D", BRANCH)
    workflow.resolve_workspace_for_wp(repository, "alpha", "WP01")
    assert not (repository / "lane").exists()


def test_a_planning_work_package_is_left_alone(workflow):
    workflow.kind = "repo_root"
    assert workflow.review() == {"branch_name": "guessed"}


@pytest.fixture(params=issue_950.LOOPS)
def loop(request, workflow, pretended):
    """The module that words the prompts of `next`, adapted."""

    def _build_wp_prompt(action, mission_slug, wp_id, repo_root):  # noqa: ARG001
        return "REVIEW COMMANDS:\n  git log main..HEAD --oneline\n  git diff main..HEAD --stat\n"

    for parent in ("specify_cli.next", "runtime", "runtime.next"):
        pretended(parent)
    resolve = workflow.resolve_workspace_for_wp
    module = pretended(request.param, _build_wp_prompt=_build_wp_prompt, resolve_workspace_for_wp=resolve)
    module.workflow = workflow
    issue_950.apply(module)
    return module


@pytest.mark.parametrize(
    ("action", "kind", "mended"),
    [("review", "lane_workspace", True), ("implement", "lane_workspace", False), ("review", "root", False)],
)
def test_a_review_prompt_of_the_loop_begins_at_the_same_commit(loop, repository, action, kind, mended):
    loop.workflow.kind = kind
    text = loop._build_wp_prompt(action, "alpha", wp_id="WP01", repo_root=repository)
    base = git(repository, "rev-parse", "main") if mended else "main"
    assert f"  git log {base}..HEAD --oneline\n  git diff {base}..HEAD --stat\n" in text


def test_other_modules_are_left_alone(pretended):
    module = pretended("specify_cli.lanes.models", LanesManifest=1)
    issue_950.apply(module)
    assert module.LanesManifest == 1
