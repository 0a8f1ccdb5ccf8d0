"""`kitty-conformance bisect`: which release, or which commit, broke or mended a promise."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click
from packaging.version import Version
from rich.console import Console

from kitty_conformance.case import Case, Verdict
from kitty_conformance.cli import options
from kitty_conformance.cli.lines import say
from kitty_conformance.cli.release_run import ReleaseRun
from kitty_conformance.errors import ExitCode, TargetUnavailableError, UsageError
from kitty_conformance.results import CaseResult
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.running.git_bisect import GitBisect
from kitty_conformance.running.release_choice import chosen
from kitty_conformance.running.release_store import ReleaseStore
from kitty_conformance.running.selection import select
from kitty_conformance.signoff.halving import NothingToFindError, Told, Turning, find
from kitty_conformance.signoff.reproduction import story_text
from kitty_conformance.stream import Results
from kitty_conformance.target.index import PackageIndex

_ENDS: Final = ("good", "bad")
_WORDS: Final = {Told.KEPT: "mended", Told.BROKEN: "broken"}


@click.command()
@click.argument("selection", metavar="ISSUE|CASE")
@options.running_cases
@click.option("--good", default="", metavar="X", help="A release (or revision) that keeps the promise.")
@click.option("--bad", default="", metavar="Y", help="A release (or revision) that breaks it.")
@click.option("--alphas/--no-alphas", default=True, show_default=True, help="Ask alpha releases too.")
@click.option(
    "--repository",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="PATH",
    help="A git checkout of spec-kitty: find the commit between --good and --bad. It is not touched.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports/history/data"),
    show_default=True,
    metavar="DIR",
    help="Folder of the results of releases, as of `history`.",
)
def bisect(
    selection: str,
    good: str,
    bad: str,
    data: Path,
    repository: Path | None,
    how: options.How,
    *,
    alphas: bool,
) -> int:
    """Find where a promise was broken or mended, by halving.

    Over releases, from --good to --bad in either order (default: from the oldest of 3.1 to the newest), or
    over the commits of a --repository, through `git bisect run`. A build that cannot tell is passed over.
    An issue is broken where any of its cases is. Exit code 0: found; 3: nothing to find.
    """
    console = Console()
    cases = select([selection], catalogue())
    if repository is not None:
        return _over_commits(selection, good, bad, repository, how, console)
    asking = _Asking(cases, ReleaseRun(store=ReleaseStore(data), how=how, console=console))
    try:
        turning = find(_releases(good, bad, alphas=alphas), asking)
    except NothingToFindError as nothing:
        say(console, f"nothing to find: {nothing}; name other ends with --good and --bad")
        return ExitCode.INCONCLUSIVE
    _tell(console, turning, asking, selection)
    return ExitCode.OK


def _releases(good: str, bad: str, *, alphas: bool) -> list[str]:
    index = PackageIndex.configured()
    named = [index.release(version).version for version in (good, bad) if version]
    all_of_them = [each.version for each in chosen(index.releases(), alphas=alphas)]
    if len(named) < len(_ENDS):
        oldest, newest = all_of_them[0], all_of_them[-1]
        named = [*(named or [oldest]), oldest if named == [newest] else newest]
    ends = sorted(map(Version, named))
    inside = [version for version in all_of_them if ends[0] < Version(version) < ends[-1]]
    return [str(ends[0]), *inside, str(ends[-1])]


@dataclass
class _Asking:
    """Asks a release, and keeps what it answered."""

    cases: tuple[Case, ...]
    run: ReleaseRun
    answers: dict[str, Results] = field(default_factory=dict)

    def __call__(self, version: str) -> Told:
        """Return what the cases say of a release; one that cannot be installed cannot tell."""
        try:
            self.answers[version] = self.run(version, self.cases)
        except TargetUnavailableError as error:
            say(self.run.console, f"not tested: {error}")
            return Told.CANNOT_TELL
        told = verdict_of(self.results(version))
        say(self.run.console, f"told    {version}: {told}")
        return told

    def results(self, version: str) -> list[CaseResult]:
        """Return the results of the cases asked, and of no others that are kept of a release."""
        asked = {case.id for case in self.cases}
        return [each for each in self.answers[version].results if each.case in asked]


def verdict_of(results: list[CaseResult]) -> Told:
    """Return what several cases say together: broken if any is, kept if all that apply are."""
    verdicts = {result.verdict for result in results} - {Verdict.NOT_APPLICABLE}
    if Verdict.VIOLATES in verdicts:
        return Told.BROKEN
    return Told.KEPT if verdicts == {Verdict.CONFORMS} else Told.CANNOT_TELL


def _tell(console: Console, turning: Turning, asking: _Asking, selection: str) -> None:
    evidence = turning.first if turning.became is Told.BROKEN else turning.last
    cases = {case.id: case for case in asking.cases}
    broken = [each for each in asking.results(evidence) if each.verdict is Verdict.VIOLATES]
    say(console, "\n" + story_text(cases[broken[0].case], broken[0]))
    say(console, "")
    for build, said in sorted(turning.asked, key=lambda asked: Version(asked[0])):
        say(console, f"  {build:<10} {said}")
    between = f", or in one of {', '.join(turning.between)}, which cannot tell" if turning.between else ""
    word = _WORDS[turning.became]
    say(console, f"{selection} was {word} in {turning.first}{between}; {turning.last} is the last before")
    others = [each.case for each in broken[1:]]
    if others:
        say(console, f"broken in {evidence} too: {', '.join(others)}")
    say(console, f"next: kitty-conformance reproduce {broken[0].case} --target {evidence}")


def _over_commits(
    selection: str, good: str, bad: str, repository: Path, how: options.How, console: Console
) -> int:
    if not good or not bad:
        raise UsageError("a search over commits needs both ends", hint="name --good and --bad revisions")
    search = GitBisect.between(repository, good=good, bad=bad, command=_judge(selection, how))
    found = search.search()
    say(console, found.log.rstrip())
    word = "mended" if search.mended else "broken"
    one_of = "by one of these, the others cannot tell" if len(found.commits) > 1 else "by"
    say(console, f"{selection} was {word} {one_of}")
    for commit, subject in found.commits:
        say(console, f"  {commit} {subject}")
    say(console, f"evidence {how.out.resolve()}")
    return ExitCode.OK


def _judge(selection: str, how: options.How) -> list[str]:
    """Return the command that judges the checkout it is started in."""
    command = [sys.executable, "-m", "kitty_conformance", "run", selection, "--target", "path:."]
    command += ["--launcher", how.launcher or "warm", "--workers", str(how.workers)]
    command += ["--resolve", how.resolve, "--command-timeout", str(how.command_timeout)]
    command += ["--crash-points", str(how.crash_points)] if how.crash_points else []
    return [*command, "--reuse", "--out", str(how.out.resolve())]
