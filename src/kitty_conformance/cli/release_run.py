"""Running the cases a history asks of one release, into what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console

from kitty_conformance import __version__
from kitty_conformance.case import Case
from kitty_conformance.cli.build_under_test import installed
from kitty_conformance.cli.lines import say
from kitty_conformance.cli.options import How
from kitty_conformance.cli.progress import progress
from kitty_conformance.results import FORMAT, Header
from kitty_conformance.running.disturbance import disturbance
from kitty_conformance.running.durations import durations_of
from kitty_conformance.running.earlier import EarlierResults
from kitty_conformance.running.release_store import ReleaseStore
from kitty_conformance.running.session import Session
from kitty_conformance.stream import Results, resume
from kitty_conformance.target.environment import Environment


@dataclass(frozen=True, kw_only=True)
class ReleaseRun:
    """How releases are asked, and where what they answer is kept.

    Attributes
    ----------
    again
        Whether cases something is kept of are asked all the same; what did not change since, suites included,
        is taken from the results of earlier runs.
    shard
        Which part of what is asked of each release the cases are: `3/8`; empty for all of it.
    verbose
        Whether what conforms is told of on the way, too.

    """

    store: ReleaseStore
    how: How
    console: Console
    again: bool = False
    shard: str = ""
    verbose: bool = False

    def is_kept(self, version: str, cases: tuple[Case, ...]) -> bool:
        """Whether there is nothing to run.

        Raises
        ------
        ResultsUnusableError
            What is kept of the release cannot be used.

        """
        return not self.again and not self.store.missing(version, cases)

    def __call__(self, version: str, cases: tuple[Case, ...]) -> Results:
        """Return what is kept of a release once these cases are among it.

        Raises
        ------
        TargetUnavailableError
            It cannot be installed, and something is missing.
        KittyConformanceError
            As a session raises them; what was recorded stays, and is continued the next time.

        """
        kept = self.store.whole(version)
        missing = cases if self.again else self.store.missing(version, cases)
        if kept is not None and not missing:
            say(self.console, f"kept    {len(cases)} cases, nothing to run")
            return kept
        environment = installed(version, resolve=self.how.resolve, console=self.console)
        session = self._session(version, environment, missing)
        recorded = len(resume(session.results)) if session.resumed else 0
        with progress(self.console, len(missing) - recorded, verbose=self.verbose) as on_result:
            session.execute(on_result)
        return self.store.finish(version)

    def _session(self, version: str, environment: Environment, cases: tuple[Case, ...]) -> Session:
        how, launcher = self.how, self.how.launcher or "warm"
        header = Header(
            format=FORMAT,
            harness=__version__,
            target=environment.identity,
            cases=cases,
            runs=(disturbance(1, launcher=launcher),),
            crash_points=how.crash_points or 0,
            started=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            shard=self.shard,
        )
        return Session(
            environment=environment.root,
            identity=environment.identity,
            cases=cases,
            runs=1,
            workers=min(how.workers, len(cases)),
            command_timeout=how.command_timeout,
            launcher=launcher,
            durations=durations_of(environment),
            earlier=EarlierResults.of(
                environment.identity, command_timeout=how.command_timeout, crash_points=how.crash_points
            ),
            reuse=True,
            crash_points=how.crash_points,
            results=self.store.draft(version),
            resumed=self.store.continues(version, header),
            shard=self.shard,
        )
