"""`git bisect run` over a copy: the commit is found, the person's repository stays as it was."""

import shutil
import subprocess
from pathlib import Path

import pytest

from kitty_conformance.errors import UsageError
from kitty_conformance.running.git_bisect import GitBisect
from kitty_conformance.signoff.halving import NothingToFindError

JUDGE = [
    "sh",
    "-c",
    "case $(cat state) in kept) exit 0;; broken) exit 1;; silent) exit 3;; *) exit 70;; esac",
]


def git(folder, *arguments):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    ended = subprocess.run(
        ["git", "-C", folder, *identity, *arguments], check=True, capture_output=True, encoding="utf-8"
    )
    return ended.stdout


@pytest.fixture
def repository(tmp_path):
    """Makes a repository with one commit for each state, tagged c1, c2 and so on."""

    def make(*states):
        folder = tmp_path / "repository"
        git(tmp_path, "init", "--quiet", str(folder))
        for number, state in enumerate(states, start=1):
            (folder / "state").write_text(state)
            (folder / "number").write_text(str(number))
            git(folder, "add", ".")
            git(folder, "commit", "--quiet", "--message", f"Commit {number} is {state}")
            git(folder, "tag", f"c{number}")
        return folder

    return make


def everything(folder):
    """Return what of a repository must not change: refs, checkout, configuration, worktrees."""
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return git(folder, "for-each-ref"), git(folder, "status", "--porcelain"), files


@pytest.mark.parametrize(
    ("states", "good", "bad"),
    [
        (["kept", "kept", "kept", "broken", "broken"], "c1", "c5"),
        (["broken", "broken", "broken", "kept", "kept"], "c5", "c1"),
        (["broken", "broken", "broken", "kept", "kept"], "c1", "c5"),
    ],
)
def test_the_commit_that_changed_it_is_found_in_either_direction(repository, states, good, bad):
    folder = repository(*states)
    (folder / "state").write_text("a change nobody committed")
    before = everything(folder)
    found = GitBisect.between(folder, good=good, bad=bad, command=JUDGE).search()
    assert found.became == states[-1]
    ((commit, subject),) = found.commits
    assert (commit, subject) == (git(folder, "rev-parse", "c4").strip(), f"Commit 4 is {states[3]}")
    assert f"# first {states[3]} commit" in found.log
    assert everything(folder) == before


def test_commits_that_cannot_tell_are_passed_over_and_named(repository):
    folder = repository("kept", "silent", "silent", "broken")
    found = GitBisect.between(folder, good="c1", bad="c4", command=JUDGE).search()
    assert {subject for _, subject in found.commits} == {
        "Commit 2 is silent",
        "Commit 3 is silent",
        "Commit 4 is broken",
    }


@pytest.mark.parametrize(
    ("states", "nothing"),
    [
        (["kept", "broken", "kept"], "the promise is kept in c1 as in c3"),
        (["broken", "kept", "broken"], "the promise is broken in c1 as in c3"),
        (["silent", "kept", "broken"], "c1 cannot tell"),
        (["kept", "kept", "silent"], "c3 cannot tell"),
    ],
)
def test_ends_that_do_not_differ_have_nothing_between_them(repository, states, nothing):
    folder = repository(*states)
    before = everything(folder)
    with pytest.raises(NothingToFindError, match=nothing):
        GitBisect.between(folder, good="c1", bad="c3", command=JUDGE).search()
    assert everything(folder) == before


def test_an_end_at_which_the_judge_fails_is_named(repository):
    folder = repository("odd", "broken")
    judge = ("sh", "-c", f"echo 'no such case' >&2; {JUDGE[-1]}")
    with pytest.raises(UsageError, match="c1 could not be judged: no such case"):
        GitBisect.between(folder, good="c1", bad="c2", command=judge).search()


def test_a_repository_may_be_named_from_here(repository, monkeypatch):
    folder = repository("kept", "broken")
    monkeypatch.chdir(folder.parent)
    found = GitBisect.between(Path(folder.name), good="c1", bad="c2", command=JUDGE).search()
    assert [subject for _, subject in found.commits] == ["Commit 2 is broken"]


def test_a_judge_that_fails_ends_the_search(repository):
    folder = repository("kept", "odd", "broken")
    with pytest.raises(UsageError, match="git bisect found nothing"):
        GitBisect.between(folder, good="c1", bad="c3", command=JUDGE).search()


def test_an_unknown_revision_is_named(repository):
    with pytest.raises(UsageError, match="no c9"):
        GitBisect.between(repository("kept"), good="c1", bad="c9", command=JUDGE)


def test_the_two_ends_must_follow_each_other(repository):
    folder = repository("kept", "broken")
    git(folder, "checkout", "--quiet", "-b", "aside", "c1")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "Aside")
    with pytest.raises(UsageError, match="neither of aside and c2"):
        GitBisect.between(folder, good="aside", bad="c2", command=JUDGE)


def test_what_is_no_repository_is_named(repository, tmp_path):
    shutil.rmtree(repository("kept") / ".git")
    with pytest.raises(UsageError, match="not a git repository"):
        GitBisect.between(tmp_path / "repository", good="c1", bad="c2", command=JUDGE)


def test_a_commit_is_judged_without_the_summary_of_a_workflow_step(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    judge = ("sh", "-c", f'test -z "$GITHUB_STEP_SUMMARY" || exit 9; {JUDGE[-1]}')
    folder = repository("kept", "broken")
    found = GitBisect.between(folder, good="c1", bad="c2", command=judge).search()
    assert [subject for _, subject in found.commits] == ["Commit 2 is broken"]
