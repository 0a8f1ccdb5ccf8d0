"""`kitty-conformance history`: what each of many releases keeps, and where that changed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click
import msgspec
from packaging.version import InvalidVersion, Version

from kitty_conformance.case import Case
from kitty_conformance.cli import options
from kitty_conformance.cli.given_results import results_file
from kitty_conformance.cli.lines import say
from kitty_conformance.cli.release_run import ReleaseRun
from kitty_conformance.cli.telling import Form, Telling, telling_options
from kitty_conformance.errors import ExitCode, TargetUnavailableError, UnknownTargetError, UsageError
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.running.disturbance import first_variants
from kitty_conformance.running.release_choice import chosen, dates
from kitty_conformance.running.release_store import ReleaseStore
from kitty_conformance.running.selection import select
from kitty_conformance.running.shard import Shard
from kitty_conformance.signoff import history_markdown, history_page, history_table
from kitty_conformance.signoff.annotations import commands_of_history
from kitty_conformance.signoff.folder import write
from kitty_conformance.signoff.history import History, decode, encode
from kitty_conformance.stream import read
from kitty_conformance.target.index import PackageIndex

JSON: Final = "history.json"
PAGE: Final = "history.html"
MARKDOWN: Final = "history.md"


@click.command()
@click.argument("releases", nargs=-1)
@options.running_cases
@options.shard
@telling_options
@click.option("--only", multiple=True, metavar="CASES", help="Issues, cases or variants; all by default.")
@click.option("--quick", is_flag=True, help="The first variant of each case only.")
@click.option("--alphas", is_flag=True, help="Alpha releases too.")
@click.option(
    "--untested",
    multiple=True,
    metavar="RELEASE=WHY",
    callback=lambda _context, _option, texts: tuple(map(_untested, texts)),
    help="A release that could not be tested elsewhere: a row with the reason.",
)
@click.option("--list", "listing", is_flag=True, help="Only print the releases, as a JSON list.")
@click.option("--again", is_flag=True, help="Ask what is kept, too: where suites changed since, it is run.")
@click.option(
    "--stored", is_flag=True, help="Run nothing: draw what the data folder holds, and files that are named."
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports/history/data"),
    show_default=True,
    metavar="DIR",
    help="Folder of the results, one file per release.",
)
@click.option(
    "--known",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="An earlier history.json; what is found now is laid over it.",
)
def history(
    releases: tuple[str, ...],
    only: tuple[str, ...],
    data: Path,
    known: Path | None,
    untested: tuple[tuple[str, str], ...],
    how: options.How,
    shard: Shard | None,
    telling: Telling,
    *,
    quick: bool,
    again: bool,
    alphas: bool,
    listing: bool,
    stored: bool,
) -> int:
    """Tell which releases keep which promises, and where one was mended or broken.

    RELEASES are versions, or results files and report folders to read; by default every final release and
    release candidate from 3.1 on. What the data folder holds is not run again; stopped at any moment, the
    same command goes on. Leaves history.json, history.html and history.md in the report folder; the first is
    what `--format json` prints.
    """
    if listing and telling.form is Form.GITHUB:
        raise click.UsageError("--list prints a JSON list and nothing else; drop --format github")
    cases = _cases(only, quick=quick, shard=shard)
    asked = _Asked.understood(releases)
    index = PackageIndex.configured()
    if listing:
        return _list(_versions(asked, index, alphas=alphas))
    past = decode(known) if known else History()
    for path in asked.files:
        past = past.with_results(read(path))
    for version, reason in untested:
        past = past.with_unavailable(version, reason)
    store = ReleaseStore(data)
    if stored:
        kept = asked.versions or store.versions()
        for results in filter(None, map(store.whole, kept)):
            past = past.with_results(results)
    elif asked.versions or not asked.files:
        versions = _versions(asked, index, alphas=alphas)
        run = ReleaseRun(
            store=store,
            how=how,
            console=telling.aside,
            again=again,
            verbose=telling.verbose,
            shard=str(shard or ""),
        )
        past = _run(versions, cases, run, past)
    if only or quick or shard:
        past = past.only({case.id for case in cases})
    found = past.dated(_dates(index, past))
    if not found.tested:
        raise UsageError("nothing is known of any release", hint="name releases, or leave --stored out")
    history_table.show(telling.console, found, detail=telling.detail)
    document = encode(found)
    written = write(
        how.out,
        {
            JSON: document,
            PAGE: history_page.render(found).encode(),
            MARKDOWN: history_markdown.render(found).encode(),
        },
    )
    say(telling.console, f"history {' '.join(map(str, written))}")
    telling.document(document)
    telling.annotate(commands_of_history(found))
    return ExitCode.OK


def _versions(asked: _Asked, index: PackageIndex, *, alphas: bool) -> Sequence[str]:
    return asked.versions or [each.version for each in chosen(index.releases(), alphas=alphas)]


def _list(versions: Sequence[str]) -> int:
    click.echo(msgspec.json.encode(versions).decode())
    return ExitCode.OK


def _cases(only: tuple[str, ...], *, quick: bool, shard: Shard | None) -> tuple[Case, ...]:
    cases = select(only, catalogue())
    if quick:
        first = first_variants(case.id for case in cases)
        cases = tuple(case for case in cases if case.id in first)
    return shard.of(cases) if shard else cases


def _untested(text: str) -> tuple[str, str]:
    version, _, reason = text.partition("=")
    if not reason.strip():
        raise click.BadParameter(f"{text!r} gives no reason: RELEASE=WHY.")
    return _version(version.strip()), " ".join(reason.split())


def _version(text: str) -> str:
    try:
        return str(Version(text))
    except InvalidVersion:
        raise UnknownTargetError(
            f"{text!r} is neither a version nor a results file", hint="a history is of releases"
        ) from None


@dataclass
class _Asked:
    """What of the arguments are files to read, and what are versions to run."""

    files: list[Path] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)

    @classmethod
    def understood(cls, texts: Sequence[str]) -> _Asked:
        asked = cls()
        for text in texts:
            path = results_file(text)
            if path is not None:
                asked.files.append(path)
            else:
                asked.versions.append(_version(text))
        return asked


def _run(versions: Sequence[str], cases: tuple[Case, ...], run: ReleaseRun, past: History) -> History:
    """Run what is missing, release by release, and tell how long the rest will take."""
    pace = _Pace(version for version in versions if not run.is_kept(version, cases))
    for place, version in enumerate(versions, start=1):
        say(run.console, f"release {version}, {place} of {len(versions)}{pace.told}")
        try:
            with pace.of_one(version):
                past = past.with_results(run(version, cases))
        except TargetUnavailableError as error:
            say(run.console, f"not tested: {error}")
            past = past.with_unavailable(version, error.message)
    return past


class _Pace:
    """How long a release takes that something is to be run on, and so how long the rest of those will."""

    def __init__(self, to_run: Iterable[str]) -> None:
        self._to_run, self._seconds = set(to_run), list[float]()

    @contextmanager
    def of_one(self, version: str) -> Iterator[None]:
        """Time one release; what is kept, or does not install, tells nothing of the others."""
        ran, began = version in self._to_run, time.monotonic()
        self._to_run.discard(version)
        yield
        if ran:
            self._seconds.append(time.monotonic() - began)

    @property
    def told(self) -> str:
        """About how long they all take from here; nothing where nobody can say, or nothing is to be run."""
        if not self._seconds or not self._to_run:
            return ""
        left = sum(self._seconds) / len(self._seconds) * len(self._to_run)
        return f", about {max(1, round(left / 60))} min left"


def _dates(index: PackageIndex, history: History) -> dict[str, str]:
    if all(each.released for each in history.releases):
        return {}
    try:
        return dates(index.releases())
    except TargetUnavailableError:
        return {}
