import json
import shlex
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from kitty_conformance.inside.adapters import issue_953
from kitty_conformance.inside.adapters.focused_branch import focused_branch
from kitty_conformance.inside.adapters.target_branch import refusal, standing, unreachable

LANE = "kitty/mission-alpha-lane-a"
DOCUMENTS = "kitty-specs/alpha"
IDENTITY = ("-c", "user.name=k", "-c", "user.email=k@example.org", "-c", "init.defaultBranch=main")


class ExitError(Exception):
    """What typer raises."""


def git(folder: Path, *arguments: str) -> str:
    command = ["git", *IDENTITY, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path, name: str, text: str = "text\n") -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    git(folder, "add", name)
    git(folder, "commit", "-q", "-m", f"Change {name}")


@pytest.fixture
def repository(tmp_path, pretended):
    """A mission whose planning is on main, here and at the origin, and whose lane has two commits."""
    manifest = SimpleNamespace(mission_branch="kitty/mission-alpha", target_branch="main")
    pretended("typer", Exit=ExitError)
    pretended("specify_cli", __version__="9.9")
    pretended("specify_cli.lanes")
    pretended("specify_cli.core")
    pretended("specify_cli.lanes.persistence", read_lanes_json=lambda _: manifest)
    pretended(
        "specify_cli.core.paths",
        get_main_repo_root=lambda root: root,
        get_feature_target_branch=lambda _root, _slug: "main",
    )
    folder, bare = tmp_path / "repo", tmp_path / "origin.git"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "config", "user.name", "k")
    git(folder, "config", "user.email", "k@example.org")
    commit(folder, "README")
    commit(folder, f"{DOCUMENTS}/spec.md")
    git(tmp_path, "clone", "-q", "--bare", str(folder), str(bare))
    git(folder, "remote", "add", "origin", str(bare))
    git(folder, "fetch", "-q", "origin")
    git(folder, "branch", "kitty/mission-alpha")
    git(folder, "switch", "-q", "-c", LANE)
    commit(folder, "src/a.py")
    commit(folder, "src/b.py")
    git(folder, "switch", "-q", "main")
    return folder


def there_moves_on(repository: Path, name: str = "elsewhere.txt") -> None:
    """Let the origin get a commit that is not here."""
    clone = repository.parent / "clone"
    git(repository.parent, "clone", "-q", str(repository.parent / "origin.git"), str(clone))
    commit(clone, name)
    git(clone, "push", "-q", "origin", "main")


@pytest.mark.parametrize(("here", "there"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_the_origin_is_asked_how_the_target_stands(repository, here, there):
    if here:
        commit(repository, "here.txt")
    if there:
        there_moves_on(repository)
    assert standing(repository, "main") == (here, there)
    assert bool(refusal(repository, "alpha", "main")) == bool(there)


def test_without_asking_git_goes_by_what_it_knows(repository):
    there_moves_on(repository)
    assert standing(repository, "main", fetch=False) == (0, 0)


@pytest.mark.parametrize("branch", ["local", "gone"])
def test_a_branch_that_the_origin_does_not_have_lacks_nothing(repository, branch):
    git(repository, "branch", "local")
    assert standing(repository, branch) == (0, 0)
    assert unreachable(repository, "alpha", branch) == []


def test_without_an_origin_nothing_is_lacked(repository):
    git(repository, "remote", "remove", "origin")
    assert (standing(repository, "main"), unreachable(repository, "alpha", "main")) == ((0, 0), [])


def test_an_origin_that_cannot_be_asked_is_named_with_its_reason(fp, tmp_path):
    fp.register(["git", "remote", "get-url", "origin"], stdout="https://nowhere.example\n")
    fp.register(
        ["git", "ls-remote", "origin", "refs/heads/main"], stderr="fatal: no route to host\n", returncode=128
    )
    lines = unreachable(tmp_path, "alpha", "main")
    assert "mission alpha is not merged: ORIGIN_UNREACHABLE" in lines[0]
    assert "branch 'main'" in lines[0]
    assert "fatal: no route to host" in lines[0]


def test_a_target_that_is_behind_is_told_to_catch_up(repository):
    there_moves_on(repository)
    lines = refusal(repository, "alpha", "main")
    assert "branch 'main' is not synchronized with origin/main: it lacks 1 commits" in lines[0]
    git(repository, *shlex.split(lines[-1])[1:])
    assert refusal(repository, "alpha", "main") == []


def test_a_diverged_target_is_named_with_the_way_to_a_branch_of_the_mission_alone(repository):
    commit(repository, "unrelated.txt")
    commit(repository, f"{DOCUMENTS}/plan.md")
    there_moves_on(repository)
    lines = refusal(repository, "alpha", "main")
    assert "mission alpha is not merged" in lines[0]
    assert "branch 'main' has diverged from origin/main (2 commits here alone, 1 there alone)" in lines[0]
    for line in lines:
        if line.startswith("git "):
            git(repository, *shlex.split(line)[1:])
    assert git(repository, "diff", "--name-only", "origin/main", "pr/alpha").split() == [
        f"{DOCUMENTS}/plan.md",
        "src/a.py",
        "src/b.py",
    ]
    assert git(repository, "ls-remote", "origin", "refs/heads/pr/alpha")
    assert git(repository, "worktree", "list").count("\n") == 0


def test_a_file_that_changed_on_both_sides_keeps_both_changes(repository):
    git(repository, "switch", "-q", LANE)
    commit(repository, "README", "text\n\n\n\n\nend\n")
    git(repository, "switch", "-q", "main")
    commit(repository, "here.txt")
    there_moves_on(repository, "README2")
    for line in filter(lambda each: each.startswith("git "), refusal(repository, "alpha", "main")):
        git(repository, *shlex.split(line)[1:])
    assert git(repository, "show", "pr/alpha:README") == "text\n\n\n\n\nend"


def test_documents_that_are_at_the_origin_are_not_committed_again(repository):
    commit(repository, "unrelated.txt")
    there_moves_on(repository)
    standing(repository, "main")
    assert not any(" commit " in line for line in focused_branch(repository, "alpha", "main"))


AS_TYPED = SimpleNamespace(default="not given", param_decls=("--option",))
"""What stands for an option until the command line was read."""


def merges(pretended):
    done = []
    module = pretended(
        "specify_cli.cli.commands.merge",
        _validate_target_branch=lambda *_, **__: done.append("validated"),
        _run_lane_based_merge=lambda *_, push, **__: done.append(f"merged, push {push}"),
        merge=lambda mission=AS_TYPED, *, push=AS_TYPED, yes=True: done.append((mission, push, yes)),
    )
    issue_953.apply(module)
    return module, done


def test_a_merge_into_a_diverged_target_stops_at_its_preflight(repository, pretended, capfd):
    module, done = merges(pretended)
    commit(repository, "here.txt")
    there_moves_on(repository)
    with pytest.raises(ExitError):
        module._validate_target_branch(repository, "alpha", "main", "meta.json", json_output=False)
    out, err = capfd.readouterr()
    assert (out, done) == ("", ["validated"])
    assert err.startswith("Error: mission alpha is not merged: TARGET_NOT_SYNCHRONIZED")


def test_a_dry_run_in_json_stays_json(repository, pretended, capfd):
    module, _ = merges(pretended)
    there_moves_on(repository)
    with pytest.raises(ExitError):
        module._validate_target_branch(repository, "alpha", "main", "meta.json", json_output=True)
    out, err = capfd.readouterr()
    told = json.loads(out)
    assert (told["spec_kitty_version"], err) == ("9.9", "")
    assert "not synchronized" in told["error"]


def test_what_a_caller_of_the_merge_leaves_out_means_what_it_means_on_the_command_line(pretended):
    module, done = merges(pretended)
    module.merge("alpha")
    module.merge(push=True, yes=False)
    assert done == [("alpha", "not given", True), ("not given", True, False)]


def test_a_mission_that_is_not_known_is_refused_without_a_branch_of_its_own(repository):
    commit(repository, "here.txt")
    there_moves_on(repository)
    assert not any(line.startswith("git ") for line in refusal(repository, None, "main"))


def test_a_target_in_sync_is_merged(repository, pretended):
    module, done = merges(pretended)
    module._validate_target_branch(repository, "alpha", "main", "meta.json", json_output=False)
    module._run_lane_based_merge(repository, "alpha", push=True)
    assert done == ["validated", "merged, push True"]


def test_nothing_is_pushed_to_an_origin_that_cannot_be_asked(repository, pretended, capfd):
    module, done = merges(pretended)
    git(repository, "remote", "set-url", "origin", "/nowhere/at/all")
    module._run_lane_based_merge(repository, "alpha", push=False, target_override="main")
    with pytest.raises(ExitError):
        module._run_lane_based_merge(repository, "alpha", push=True, target_override="main")
    assert done == ["merged, push False"]
    assert "ORIGIN_UNREACHABLE" in capfd.readouterr().err


def orchestrator(pretended):
    module = pretended(
        "specify_cli.orchestrator_api.commands",
        _build_merge_preflight=lambda *_: SimpleNamespace(target_branch="main", errors=["of its own"]),
        _execute_lane_merge=lambda *_, push, **__: f"merged, push {push}",
    )
    issue_953.apply(module)
    return module


def test_the_preflight_of_the_orchestrator_has_the_refusal_among_its_errors(repository, pretended):
    module = orchestrator(pretended)
    directory = repository / DOCUMENTS
    assert module._build_merge_preflight(repository, directory, "alpha", None).errors == ["of its own"]
    there_moves_on(repository)
    for known in ((directory, "alpha", None), ("alpha", None)):
        errors = module._build_merge_preflight(repository, *known).errors
        assert "mission alpha is not merged" in errors[1]


def test_the_orchestrator_pushes_to_no_origin_that_cannot_be_asked(repository, pretended):
    module = orchestrator(pretended)
    directory = repository / DOCUMENTS
    assert (
        module._execute_lane_merge(repository, directory, "alpha", "main", push=True) == "merged, push True"
    )
    git(repository, "remote", "set-url", "origin", "/nowhere/at/all")
    assert module._execute_lane_merge(repository, directory, "alpha", "main", push=False)
    with pytest.raises(RuntimeError, match="ORIGIN_UNREACHABLE"):
        module._execute_lane_merge(repository, directory, "alpha", "main", push=True)


@pytest.mark.parametrize("diverged", [True, False])
def test_acceptance_and_review_go_ahead_with_a_word_about_the_divergence(
    repository, pretended, capfd, diverged
):
    metadata = pretended("specify_cli.mission_metadata", record_acceptance=lambda _, **more: more)
    review = pretended(
        "specify_cli.cli.commands.review",
        resolve_mission_handle=lambda handle, *_: SimpleNamespace(mission_slug=handle),
    )
    issue_953.apply(metadata)
    issue_953.apply(review)
    commit(repository, "here.txt")
    if diverged:
        there_moves_on(repository)
        git(repository, "fetch", "-q", "origin")
    assert metadata.record_acceptance(repository / DOCUMENTS, mode="auto") == {"mode": "auto"}
    assert review.resolve_mission_handle("alpha", repository).mission_slug == "alpha"
    out, err = capfd.readouterr()
    assert (out, err.count("branch 'main' has diverged from origin/main")) == ("", 2 * diverged)


def test_other_modules_are_left_alone(pretended):
    module = pretended("specify_cli.core.paths", get_main_repo_root=1)
    issue_953.apply(module)
    assert module.get_main_repo_root == 1
