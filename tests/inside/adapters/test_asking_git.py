import subprocess

from kitty_conformance.inside.adapters.asking_git import asked, references, said


def test_what_git_prints_is_given_without_the_end_of_its_line(fp, tmp_path):
    fp.register(["git", "rev-parse", "HEAD"], stdout="abc\n")
    assert said(tmp_path, "rev-parse", "HEAD") == "abc"


def test_a_failure_says_nothing(fp, tmp_path):
    fp.register(["git", "rev-parse", "HEAD"], stdout="HEAD\n", returncode=128)
    assert said(tmp_path, "rev-parse", "HEAD") == ""


def test_references_are_full_names(fp, tmp_path):
    fp.register(
        ["git", "for-each-ref", "--format=%(refname)", "refs/heads/a"], stdout="refs/heads/a\n", returncode=0
    )
    assert references(tmp_path, "refs/heads/a") == ["refs/heads/a"]


def test_nobody_is_asked_for_a_password(tmp_path, monkeypatch):
    seen = {}

    def run(command, **options):
        seen.update(options, command=command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    asked(tmp_path, "fetch", "origin")
    assert (seen["command"], seen["env"]["GIT_TERMINAL_PROMPT"]) == (["git", "fetch", "origin"], "0")


def test_an_origin_that_does_not_answer_is_a_failure(tmp_path, monkeypatch):
    def run(command, **options):
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(subprocess, "run", run)
    assert (asked(tmp_path, "fetch").returncode, said(tmp_path, "fetch")) == (124, "")
