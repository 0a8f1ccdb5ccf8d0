"""`kitty-conformance bisect`: over releases, and over the commits of a repository."""

import json
import subprocess

import pytest
from click.testing import CliRunner

from kitty_conformance.case import Verdict
from kitty_conformance.cli import bisect as bisect_module
from kitty_conformance.cli.bisect import bisect, verdict_of
from kitty_conformance.cli.release_run import ReleaseRun
from kitty_conformance.errors import ExitCode, TargetUnavailableError, UsageError
from kitty_conformance.signoff.halving import Told
from kitty_conformance.stream import read
from kitty_conformance.target.index import PackageIndex, Release

VERSIONS = ("3.1.8", "3.2.0a7", "3.2.0a8", "3.2.0a9", "3.2.0rc1", "3.2.0", "4.0.0rc1")


class Index(PackageIndex):
    """An index of these releases."""

    @property
    def _releases(self):
        return {
            each: Release(version=each, wheel="w", url="u", sha256="", uploaded=None) for each in VERSIONS
        }


@pytest.fixture
def releases(monkeypatch, recorded):
    """Answers for releases; what is said of each can be set: a verdict, or nothing for not to be had."""
    said = dict.fromkeys(VERSIONS, "violates") | dict.fromkeys(VERSIONS[3:], "conforms")

    def answer(_self, version, cases):
        if said[version] is None:
            raise TargetUnavailableError("its wheel is broken")
        return recorded(version, {case.id: said[version] for case in cases} | {"945-99": "violates"})

    monkeypatch.setattr(ReleaseRun, "__call__", answer)
    monkeypatch.setattr(PackageIndex, "configured", classmethod(lambda _: Index()))
    return said


def run(*arguments):
    ended = CliRunner().invoke(bisect, [*map(str, arguments)], standalone_mode=False, catch_exceptions=False)
    return ended.return_value, ended.stdout


@pytest.mark.usefixtures("releases")
def test_the_release_that_mended_an_issue_is_found_with_the_evidence():
    code, said = run("951")
    assert code is ExitCode.OK
    assert "951 was mended in 3.2.0a9; 3.2.0a8 is the last before" in said
    assert "VIOLATES" in said
    assert "broken in 3.2.0a8 too: 951-01/WP04, " in said
    assert said.endswith("next: kitty-conformance reproduce 951-01/WP02 --target 3.2.0a8\n")


@pytest.mark.usefixtures("releases")
def test_the_conclusion_alone_is_where_it_turned_and_what_to_type():
    _, said = run("#951", "--quiet")
    assert said.splitlines() == [
        "951 was mended in 3.2.0a9; 3.2.0a8 is the last before",
        "next: kitty-conformance reproduce 951-01/WP02 --target 3.2.0a8",
    ]


def test_in_full_each_release_says_what_it_says_of_each_case(releases):
    releases["3.2.0rc1"] = None
    _, said = run("951-01/WP02", "--good", "4.0.0rc1", "--bad", "3.2.0a8", "--verbose")
    told = said.splitlines()
    assert told[told.index("  3.2.0a8    broken") + 1] == (
        "    violates       951-01/WP02  951-01/WP02 violates in $MISSION"
    )
    assert told[told.index("  3.2.0a9    kept") + 1] == "    conforms       951-01/WP02"
    assert told[told.index("  3.2.0rc1   cannot tell") + 1] == "  4.0.0rc1   kept"


@pytest.mark.usefixtures("releases")
def test_a_program_gets_one_document_and_nothing_else():
    _, said = run("951-01/WP02", "--format", "json")
    found = json.loads(said)
    assert (found["became"], found["candidates"][0]["build"], found["last"]) == (
        "healed",
        "3.2.0a9",
        "3.2.0a8",
    )
    assert found["asked"][0] == {"build": "3.1.8", "said": "broken"}
    assert found["broken"][0]["reproduce"] == found["next"]
    code, said = run("951", "--good", "3.2.0", "--bad", "3.2.0a9", "--format", "json")
    assert code is ExitCode.INCONCLUSIVE
    assert json.loads(said)["nothing"] == "the promise is kept in 3.2.0a9 as in 3.2.0"


@pytest.mark.usefixtures("releases")
def test_a_workflow_gets_where_it_turned_after_what_a_log_gets():
    _, said = run("951-01/WP02", "--format", "github")
    lines = said.splitlines()
    assert lines[0].startswith("::stop-commands::")
    assert lines[-3] == "next: kitty-conformance reproduce 951-01/WP02 --target 3.2.0a8"
    assert lines[-1].startswith("::notice title=#951 951-01/WP02 healed in 3.2.0a9::")


def test_the_release_that_broke_a_case_is_found(releases):
    releases |= dict.fromkeys(VERSIONS, "conforms") | {"4.0.0rc1": "violates", "3.2.0": None}
    code, said = run("951-01/WP02")
    assert code is ExitCode.OK
    assert "951-01/WP02 was broken in 4.0.0rc1, or in one of 3.2.0, which cannot tell" in said
    assert "3.2.0rc1 is the last before" in said
    assert "not tested: its wheel is broken" in said


@pytest.mark.parametrize(
    ("options", "ends"),
    [
        ((), ("3.1.8", "4.0.0rc1")),
        (("--good", "3.2.0a9", "--bad", "3.2.0a7"), ("3.2.0a7", "3.2.0a9")),
        (("--bad", "3.2.0a7"), ("3.2.0a7", "4.0.0rc1")),
        (("--good", "4.0.0rc1"), ("3.1.8", "4.0.0rc1")),
    ],
)
@pytest.mark.usefixtures("releases")
def test_from_which_release_to_which(options, ends):
    _, said = run("951-01/WP02", *options)
    for end in ends:
        assert f"told    {end}: " in said
    asked = [version for version in VERSIONS if f"told    {version}: " in said]
    assert (asked[0], asked[-1]) == ends


@pytest.mark.usefixtures("releases")
def test_where_nothing_changed_there_is_nothing_to_find():
    code, said = run("951", "--good", "3.2.0", "--bad", "3.2.0a9")
    assert code is ExitCode.INCONCLUSIVE
    assert "nothing to find: the promise is kept in 3.2.0a9 as in 3.2.0" in said
    assert said.endswith("next: kitty-conformance history --only 951 --alphas\n")
    _, said = run("951", "--good", "3.2.0", "--bad", "3.2.0a9", "--data", "my data", "--no-alphas")
    assert said.endswith("next: kitty-conformance history --only 951 --data 'my data'\n")


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [
        (("conforms", "violates", "inconclusive"), Told.BROKEN),
        (("conforms", "not-applicable"), Told.KEPT),
        (("conforms", "inconclusive"), Told.CANNOT_TELL),
        (("not-applicable",), Told.CANNOT_TELL),
    ],
)
def test_what_several_cases_say_together(recorded, verdicts, told):
    found = {f"945-{number:02}": Verdict(each) for number, each in enumerate(verdicts, start=1)}
    assert verdict_of(list(recorded("3.2.0", found).results)) is told


def git(folder, *arguments):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)


BACKEND = """\
import zipfile
from pathlib import Path


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = "spec_kitty_cli-9.9-py3-none-any.whl"
    info = "spec_kitty_cli-9.9.dist-info"
    files = {
        "specify_cli/__init__.py": Path("cli.py").read_text(),
        f"{info}/METADATA": "Metadata-Version: 2.1\\nName: spec-kitty-cli\\nVersion: 9.9\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        f"{info}/entry_points.txt": "[console_scripts]\\nspec-kitty = specify_cli:main\\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{each},,\\n" for each in files) + f"{info}/RECORD,,\\n"
    with zipfile.ZipFile(Path(wheel_directory, name), "w") as archive:
        for each, content in files.items():
            archive.writestr(zipfile.ZipInfo(each), content)
    return name
"""
PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "spec-kitty-cli"
version = "9.9"
"""
CLI = """\
import sys


def main():
    if sys.argv[1:] == ["--version"]:
        print("spec-kitty-cli version 9.9")
    elif "--help" in sys.argv:
        print("Usage: spec-kitty")
    else:
        sys.exit({end!r})
"""


@pytest.fixture
def repository(tmp_path):
    """Four commits of a build; from the third on no step of the walk works any more."""
    folder = tmp_path / "spec-kitty"
    git(tmp_path, "init", "--quiet", str(folder))
    for name, text in (("pyproject.toml", PROJECT), ("backend.py", BACKEND)):
        (folder / name).write_text(text)
    for number in range(1, 5):
        (folder / "cli.py").write_text(CLI.format(end=f"no such step, {number}" if number > 2 else 0))
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--allow-empty", "--message", f"Commit {number}")
        git(folder, "tag", f"v{number}")
    return folder


@pytest.fixture
def judged_by_what_it_is(monkeypatch):
    """A build that does nothing cannot keep the walk: stand in for the suites, by what the checkout is."""
    script = "! grep -q 'no such step' cli.py"
    monkeypatch.setattr(bisect_module, "_judge", lambda *_: ["sh", "-c", script])


@pytest.mark.usefixtures("judged_by_what_it_is")
def test_the_commit_is_found_in_a_repository(repository, tmp_path):
    code, said = run("smoke-01", "--repository", repository, "--good", "v1", "--bad", "v4", "--out", tmp_path)
    assert code is ExitCode.OK
    assert "smoke-01 was broken by\n" in said
    commit, next_command, _ = said.splitlines()[-3:]
    assert commit.endswith(" Commit 3")
    assert next_command == f"next: git -C {repository} show {commit.split()[0]}"
    code, said = run("smoke-01", "--repository", repository, "--good", "v1", "--bad", "v3", "--out", tmp_path)
    assert "# first broken commit" in said
    ends = ("--repository", repository, "--good", "v1", "--bad", "v4", "--out", tmp_path)
    _, said = run("smoke-01", *ends, "--quiet")
    assert len(said.splitlines()) == len(("what it came to", "the commit", "next", "evidence"))


@pytest.mark.timeout(120)
def test_commits_are_judged_by_the_suites_on_a_copy(command_line, repository):
    """Both ends are really built: 4 is found broken; 1 answers nothing and cannot tell."""
    ended = command_line(
        "bisect",
        *("smoke-01", "--repository", repository.name, "--good", "v1", "--bad", "v4"),
        *("--launcher", "cold", "--resolve", "today", "--out", command_line.out),
    )
    assert (ended.returncode, ended.stderr) == (ExitCode.INCONCLUSIVE, "")
    assert "nothing to find: v1 cannot tell; name other ends with --good and --bad" in ended.stdout
    verdicts = {
        result.verdict
        for stream in command_line.out.glob("9.9/*/results.ndjson")
        for result in read(stream).results
    }
    assert verdicts == {Verdict.INCONCLUSIVE, Verdict.VIOLATES}


@pytest.mark.usefixtures("judged_by_what_it_is")
def test_two_commits_that_say_the_same_have_nothing_between_them(repository, tmp_path):
    ends = ("--repository", repository, "--good", "v3", "--bad", "v4", "--out", tmp_path)
    code, said = run("smoke-01", *ends)
    assert code is ExitCode.INCONCLUSIVE
    assert "nothing to find: the promise is broken in v3 as in v4" in said
    assert "next: kitty-conformance history --only smoke-01 --alphas\n" in said
    assert json.loads(run("smoke-01", *ends, "--format", "json")[1])["candidates"] == []
    assert "::warning title=smoke-01 nothing to find::" in run("smoke-01", *ends, "--format", "github")[1]


def test_a_search_over_commits_needs_both_ends(repository):
    with pytest.raises(UsageError, match="needs both ends"):
        run("smoke-01", "--repository", repository, "--good", "v1")


@pytest.mark.real
@pytest.mark.timeout(600)
def test_real_releases_are_bisected(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, said = run("951-01/WP02", "--bad", "3.2.0a8", "--good", "3.2.0a9", "--launcher", "warm", "-n", "1")
    assert code is ExitCode.OK
    assert "951-01/WP02 was mended in 3.2.0a9; 3.2.0a8 is the last before" in said
    assert "Out of scope: src/b.py" in said
