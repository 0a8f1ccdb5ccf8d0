"""`kitty-conformance bisect`: which release, or which commit, broke or mended a promise."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import Final

import click
from packaging.version import Version

from kitty_conformance.case import Case, Verdict
from kitty_conformance.cli import options
from kitty_conformance.cli.lines import say
from kitty_conformance.cli.release_run import ReleaseRun
from kitty_conformance.cli.telling import Telling, telling_options
from kitty_conformance.errors import ExitCode, TargetUnavailableError, UsageError
from kitty_conformance.results import CaseResult
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.running.git_bisect import GitBisect
from kitty_conformance.running.release_choice import chosen
from kitty_conformance.running.release_store import ReleaseStore
from kitty_conformance.running.selection import select
from kitty_conformance.signoff.again import reproduce_command
from kitty_conformance.signoff.annotations import commands_of_bisection
from kitty_conformance.signoff.bisection import Asked, Bisection, BrokenPromise, Candidate, encode
from kitty_conformance.signoff.halving import NothingToFindError, Told, find
from kitty_conformance.signoff.history_changes import Turn
from kitty_conformance.signoff.reproduction import story_text
from kitty_conformance.signoff.shell import readable
from kitty_conformance.stream import Results
from kitty_conformance.target.index import PackageIndex

_ENDS: Final = ("good", "bad")
_DATA: Final = Path("reports/history/data")
_WORDS: Final = {Turn.HEALED: "mended", Turn.BROKEN: "broken"}


@click.command()
@click.argument("selection", metavar="ISSUE|CASE")
@options.running_cases
@telling_options
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
    default=_DATA,
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
    telling: Telling,
    *,
    alphas: bool,
) -> int:
    """Find where a promise was broken or mended, by halving.

    Over releases, from --good to --bad in either order (default: from the oldest of 3.1 to the newest), or
    over the commits of a --repository, through `git bisect run`. A build that cannot tell is passed over.
    An issue is broken where any of its cases is. Exit code 0: found; 3: nothing to find.
    """
    selection = selection.lstrip("#")
    cases = select([selection], catalogue())
    if repository is not None:
        found = _over_commits(selection, (good, bad), repository, how, telling)
    else:
        run = ReleaseRun(store=ReleaseStore(data), how=how, console=telling.aside, verbose=telling.verbose)
        found = _over_releases(_Asking(selection, cases, run), good, bad, telling, alphas=alphas)
    for line in _conclusion(found, detail=telling.detail):
        say(telling.console, line)
    if repository is not None:
        say(telling.console, f"evidence {how.out.resolve()}")
    telling.document(encode(found))
    telling.annotate(commands_of_bisection(found))
    return ExitCode.INCONCLUSIVE if found.nothing else ExitCode.OK


def _over_releases(asking: _Asking, good: str, bad: str, telling: Telling, *, alphas: bool) -> Bisection:
    try:
        turning = find(_releases(good, bad, alphas=alphas), asking)
    except NothingToFindError as nothing:
        everywhere = _history_command(asking.selection, asking.run.store.folder, alphas=alphas)
        return Bisection(selection=asking.selection, asked=asking.told, nothing=str(nothing), next=everywhere)
    shown_on = turning.first if turning.became is Told.BROKEN else turning.last
    broken = asking.broken(shown_on)
    if telling.detail >= 0:
        case, result = broken[0]
        say(telling.console, "\n" + story_text(case, result))
        for line in asking.lines(in_full=telling.verbose):
            say(telling.console, line)
    target = asking.answers[shown_on].header.target
    promises = tuple(
        BrokenPromise(
            case=case.id,
            promise=readable(case.promise),
            reason=readable(result.reason),
            reproduce=reproduce_command(target, case.id),
        )
        for case, result in broken
    )
    return Bisection(
        selection=asking.selection,
        became=Turn.BROKEN if turning.became is Told.BROKEN else Turn.HEALED,
        candidates=tuple(Candidate(build=each) for each in (*turning.between, turning.first)),
        last=turning.last,
        asked=asking.told,
        broken=promises,
        next=promises[0].reproduce,
    )


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


def _history_command(selection: str, data: Path, *, alphas: bool) -> str:
    """Return the command that asks every release, into the same folder."""
    all_of_them = " --alphas" if alphas else ""
    kept = f" --data {quote(str(data))}" if data != _DATA else ""
    return f"kitty-conformance history --only {selection}{all_of_them}{kept}"


@dataclass
class _Asking:
    """Asks a release, and keeps what it answered."""

    selection: str
    cases: tuple[Case, ...]
    run: ReleaseRun
    answers: dict[str, Results] = field(default_factory=dict)
    said: dict[str, Told] = field(default_factory=dict)

    def __call__(self, version: str) -> Told:
        """Return what the cases say of a release; one that cannot be installed cannot tell."""
        self.said[version] = Told.CANNOT_TELL
        try:
            self.answers[version] = self.run(version, self.cases)
        except TargetUnavailableError as error:
            say(self.run.console, f"not tested: {error}")
            return Told.CANNOT_TELL
        self.said[version] = verdict_of(self.results(version))
        say(self.run.console, f"told    {version}: {self.said[version]}")
        return self.said[version]

    @property
    def told(self) -> tuple[Asked, ...]:
        """What each release said, in the order of their versions."""
        return tuple(Asked(build=each, said=self.said[each]) for each in sorted(self.said, key=Version))

    def results(self, version: str) -> list[CaseResult]:
        """Return the results of the cases asked, and of no others that are kept of a release."""
        if version not in self.answers:
            return []
        asked = {case.id for case in self.cases}
        return [each for each in self.answers[version].results if each.case in asked]

    def broken(self, version: str) -> list[tuple[Case, CaseResult]]:
        """Return the cases a release breaks, each with its result."""
        cases = {case.id: case for case in self.cases}
        results = self.results(version)
        return [(cases[each.case], each) for each in results if each.verdict is Verdict.VIOLATES]

    def lines(self, *, in_full: bool) -> Iterator[str]:
        """Yield what each release said; in full also of each case."""
        yield ""
        for each in self.told:
            yield f"  {each.build:<10} {each.said}"
            for result in self.results(each.build) if in_full else ():
                yield f"    {result.verdict:<14} {result.case}  {readable(result.reason)}".rstrip()


def verdict_of(results: list[CaseResult]) -> Told:
    """Return what several cases say together: broken if any is, kept if all that apply are."""
    verdicts = {result.verdict for result in results} - {Verdict.NOT_APPLICABLE}
    if Verdict.VIOLATES in verdicts:
        return Told.BROKEN
    return Told.KEPT if verdicts == {Verdict.CONFORMS} else Told.CANNOT_TELL


def _conclusion(found: Bisection, *, detail: int) -> Iterator[str]:
    """Yield where the promise turned, and what to type next."""
    if found.became is None:
        yield f"nothing to find: {found.nothing}; name other ends with --good and --bad"
    elif found.last:
        yield from _release(found, _WORDS[found.became], detail=detail)
    else:
        one_of = "by one of these, the others cannot tell" if len(found.candidates) > 1 else "by"
        yield f"{found.selection} was {_WORDS[found.became]} {one_of}"
        yield from (f"  {each.build} {each.subject}" for each in found.candidates)
    yield f"next: {found.next}"


def _release(found: Bisection, word: str, *, detail: int) -> Iterator[str]:
    *untold, first = (each.build for each in found.candidates)
    between = f", or in one of {', '.join(untold)}, which cannot tell" if untold else ""
    yield f"{found.selection} was {word} in {first}{between}; {found.last} is the last before"
    others = [each.case for each in found.broken[1:]]
    if others and detail >= 0:
        shown_on = first if found.became is Turn.BROKEN else found.last
        yield f"broken in {shown_on} too: {', '.join(others)}"


def _over_commits(
    selection: str, ends: tuple[str, str], repository: Path, how: options.How, telling: Telling
) -> Bisection:
    if not all(ends):
        raise UsageError("a search over commits needs both ends", hint="name --good and --bad revisions")
    good, bad = ends
    search = GitBisect.between(repository, good=good, bad=bad, command=_judge(selection, how))
    try:
        found = search.search()
    except NothingToFindError as nothing:
        everywhere = _history_command(selection, _DATA, alphas=True)
        return Bisection(selection=selection, nothing=str(nothing), next=everywhere)
    if telling.detail >= 0:
        say(telling.console, found.log.rstrip())
    commits = " ".join(commit for commit, _ in found.commits)
    return Bisection(
        selection=selection,
        became=Turn.BROKEN if found.became is Told.BROKEN else Turn.HEALED,
        candidates=tuple(Candidate(build=commit, subject=subject) for commit, subject in found.commits),
        next=f"git -C {quote(str(repository))} show {commits}",
    )


def _judge(selection: str, how: options.How) -> list[str]:
    """Return the command that judges the checkout it is started in."""
    command = [sys.executable, "-m", "kitty_conformance", "run", selection, "--target", "path:."]
    command += ["--launcher", how.launcher or "warm", "--workers", str(how.workers)]
    command += ["--resolve", how.resolve, "--command-timeout", str(how.command_timeout)]
    command += ["--crash-points", str(how.crash_points)] if how.crash_points else []
    return [*command, "--reuse", "--out", str(how.out.resolve())]
