"""Sessions of the project; `nox -l` is the table of contents."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "types", "layers", "workflows", "tests"]
nox.options.reuse_existing_virtualenvs = True

ADAPTERS = "src/kitty_conformance/inside/adapters"
PYPROJECT = nox.project.load_toml("pyproject.toml")

SAMPLE = (
    "smoke-01",
    "945-01/move-task",
    "945-02/implement",
    "945-04/review/root",
    "949-03",
    "951-01",
    "951-04/WP02",
)
"""Cases that a newer release must keep, chosen so that each suite and each fault is there."""


MENDED = (
    *("smoke-01", "904-01/merge", "904-04/move-task", "944-07", "944-08", "945-02/implement", "949-03"),
    *("950-02", "951-01", "952-10/agent", "953-01/merge"),
)
"""Cases that 3.2.0a8 breaks and keeps with the adapters, chosen so that each adapter is there."""


SUPPORTED = ("3.2.0a8", "3.2.0a9", "3.2.7", "4.0.0rc7")
"""Releases on which cold and warm commands are held to be equal."""


def install(session: nox.Session, *groups: str) -> None:
    """Install the project, editable, with its dependency groups."""
    session.install("-e", ".", *nox.project.dependency_groups(PYPROJECT, *groups))


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff: rules and format."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict."""
    install(session, "types")
    session.run("mypy")


@nox.session
def layers(session: nox.Session) -> None:
    """Imports point downwards only."""
    install(session, "layers")
    session.run("lint-imports")


NOT_HERE = "not saboteur and not browser"
"""What has a session of its own."""


@nox.session
def workflows(session: nox.Session) -> None:
    """The workflows of GitHub Actions keep to its schema."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "workflows"))
    found = sorted(map(str, Path(".github/workflows").glob("*.yml")))
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *found)


@nox.session
def tests(session: nox.Session) -> None:
    """The tests of the harness itself, on two processes, with branch coverage of our own code."""
    install(session, "tests")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "-n", "2", "-m", NOT_HERE, *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session(default=False)
def saboteurs(session: nox.Session) -> None:
    """Break one promise of a good release at a time: the cases of that promise must notice, and no others."""
    install(session, "tests")
    session.run("pytest", "-n", "2", "-m", "saboteur", "tests/suites", *session.posargs)


@nox.session(default=False)
def accessibility(session: nox.Session) -> None:
    """Look at the HTML pages in Chromium: axe-core, keyboard, phone, paper, no script, no network."""
    install(session, "tests", "browser")
    session.run("pytest", "-m", "browser", "tests/signoff", *session.posargs)


@nox.session(default=False)
def signoff(session: nox.Session) -> None:
    """Sign off a release: `nox -s signoff -- 3.2.0a8`; without argument the newest final release."""
    install(session)
    session.run("kitty-conformance", "signoff", *session.posargs)


@nox.session(default=False)
def reproduce(session: nox.Session) -> None:
    """Reproduce a blocker: `nox -s reproduce -- 951 --target 3.2.0a8`."""
    install(session)
    session.run("kitty-conformance", "reproduce", *session.posargs)


@nox.session(default=False)
def smoke(session: nox.Session) -> None:
    """A quarter of all cases on an old release, found broken, and a sample either way on a newer.

    Then a sample on the old release again with its adapters on, which must mend it.
    """
    install(session)
    run = ("kitty-conformance", "run", "--launcher", "warm")
    session.run(*run, "--shard", "1/4", "--target", "3.2.0a8", success_codes=[1])
    session.run(*run, *MENDED, "--target", "3.2.0a8", "--adapters", "all")
    equal(session, "3.2.7", *SAMPLE, success_codes=[0])


@nox.session(default=False)
def equality(session: nox.Session) -> None:
    """Every case cold and warm, with the same outcome; for nights: `nox -s equality -- 3.2.7`."""
    install(session)
    for release in session.posargs or SUPPORTED:
        equal(session, release)


def equal(session: nox.Session, release: str, *cases: str, success_codes: Sequence[int] = (0, 1, 3)) -> None:
    """Run cases cold and warm; they must come to the same verdicts and observations."""
    out = Path(session.create_tmp(), "equality", release)
    shutil.rmtree(out, ignore_errors=True)
    run = ("kitty-conformance", "run", "--launcher", "both", "--target", release, "--out", str(out))
    session.run(*run, *cases, success_codes=success_codes)
    (report,) = out.glob("*/*/report.json")
    differing = json.loads(report.read_text(encoding="utf-8"))["determinism"]["flaky"]
    if differing:
        session.error(f"cold and warm differ on {release}: {', '.join(differing)}; see {report.parent}")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """What the harness costs, into docs/benchmarks.md: `nox -s bench -- --quick`, `-- --only signoff`."""
    install(session, "bench")
    session.run("python", "-m", "kitty_conformance.bench", *session.posargs)


RELEASES = (
    *("3.1.8", "3.2.0a7", "3.2.0a8", "3.2.0a9", "3.2.0a10", "3.2.0rc1", "3.2.0rc20", "3.2.0rc45", "3.2.0"),
    *("3.2.3", "3.2.5", "3.2.7", "4.0.0rc1", "4.0.0rc7"),
)
"""Releases whose stages and smoke are in docs/releases.md."""


@nox.session(default=False)
def releases(session: nox.Session) -> None:
    """Walk each release, or those named, and draw docs/releases.md from the results."""
    install(session)
    with tempfile.TemporaryDirectory() as out:
        for version in session.posargs or RELEASES:
            run = (
                "kitty-conformance",
                "run",
                "smoke",
                "--launcher",
                "warm",
                "--target",
                version,
                "--out",
                out,
            )
            session.run(*run, success_codes=[0, 1, 3])
        found = map(str, Path(out).glob("*/*/results.ndjson"))
        session.run("python", "-m", "kitty_conformance.signoff.release_table", "docs", *found)


ADAPTED = ("3.2.0a8", "3.2.0a7", "3.1.8")
"""Releases that adapters are for."""


@nox.session(default=False)
def adapters(session: nox.Session) -> None:
    """All cases on old releases, or those named: without adapters, with each, with all; verify, and compare.

    Takes hours. Records what the adapters are verified on, and writes docs/adapters-matrix.md.
    """
    install(session)
    issues = sorted(path.stem.removeprefix("issue_") for path in Path(ADAPTERS).glob("issue_*.py"))
    out = Path(session.create_tmp(), "adapters")
    shutil.rmtree(out, ignore_errors=True)
    run = ("kitty-conformance", "run", "--launcher", "warm", "--runs", "3", "--unverified-adapters")
    for version in session.posargs or ADAPTED:
        for chosen in ("none", *issues, "all"):
            where = ("--target", version, "--adapters", chosen, "--out", str(out / chosen))
            session.run(*run, *where, success_codes=[0, 1, 3, 4])
    alone = [str(path) for issue in issues for path in (out / issue).glob("*/*/results.ndjson")]
    session.run("kitty-conformance", "adapters", "verify", *alone, success_codes=[0, 3])
    found = sorted(map(str, out.glob("*/*/*/results.ndjson")))
    with Path("docs", "adapters-matrix.md").open("w", encoding="utf-8") as page:
        session.run("kitty-conformance", "matrix", *found, stdout=page, stderr=sys.stderr)


HISTORY = (
    *("smoke-01", "smoke-03/approved"),
    *("944-07", "944-08/given-back"),
    "945-01/emit/lane-worktree",
    *("945-01/move-task/root", "945-02/implement/root", "945-02/move-task/root", "945-03/move-task/root"),
    *("945-04/implement/root/EIO", "945-05/implement/root", "945-07/move-task/torn", "945-08/move-task"),
    *("945-10/move-task", "945-11/implement/hook", "945-12/implement", "945-14/move-task/no-final-newline"),
    "945-15/emit/torn-line",
    *("949-03", "949-06", "949-07/review/foreign-file", "949-10/base", "949-11/cut-off"),
    *("950-02/context-lost", "950-02/fresh-clone", "950-02/mission-branch-moved"),
    *("951-01/WP02", "951-02/WP02", "951-03/WP02", "951-04/WP02", "951-05/block/modify"),
    *("951-05/block/rename", "951-06/block/rename", "951-08/knows-a-shorter-lane", "951-09/block/deleted"),
    *("951-09/block/two-active", "951-12/out-of-scope"),
    "952-03/closed",
    *("953-01/merge/known", "953-01/merge-push/known", "953-02/dry-run", "953-03/accept"),
    *("953-05/merge-push/known", "953-06/merge-push/unreachable", "953-07/planned-at-origin"),
    *("904-01/merge", "904-01/mission-review", "904-01/accept", "904-02/merge", "904-04/move-task"),
    *("904-05/merge", "904-07/merge/no-artifact", "904-10"),
)
"""Cases whose history is in docs/history: for each promise a variant that tells much and costs little."""


@nox.session(default=False)
def history(session: nox.Session) -> None:
    """Ask many releases, or those named, and draw docs/history: `nox -s history -- 3.2.1`, `-- --stored`.

    What was asked once is kept in reports/history/data and not asked again; what is committed stays.
    """
    install(session)
    only = [part for case in HISTORY for part in ("--only", case)]
    drawn = ("--known", "docs/history/history.json", "--out", "docs/history")
    session.run("kitty-conformance", "history", "--launcher", "warm", *only, *drawn, *session.posargs)


@nox.session(default=False)
def findings(session: nox.Session) -> None:
    """Run the scripts of docs/findings on releases and draw the table: `nox -s findings -- 3.2.7`."""
    install(session)
    session.run("python", "docs/findings/run.py", *session.posargs)


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Write the committed lock of one or more releases: `nox -s lock -- 3.2.7`."""
    install(session)
    session.run("python", "-m", "kitty_conformance.target.lock", *session.posargs)
