"""How long a run will still take, from how long its cases took the last time and how they fare now."""

from __future__ import annotations

from collections.abc import Collection
from statistics import fmean
from typing import Self

from kitty_conformance.results import CaseResult
from kitty_conformance.running import durations
from kitty_conformance.running.session import Session


class Estimate:
    """Seconds that are left of a run.

    Parameters
    ----------
    planned
        What is to be run (case, number of the run) → the seconds it took the last time, `None` if unknown.
    workers
        How many cases run at the same time.

    """

    def __init__(self, planned: dict[tuple[str, int], float | None], workers: int) -> None:
        self._planned = dict(planned)
        self._workers = max(workers, 1)
        self._expected = self._took = 0.0
        self.total = len(planned)

    @classmethod
    def of(cls, session: Session, done: Collection[tuple[str, int]] = ()) -> Self:
        """Estimate a session, some results of which are there already."""
        known = durations.known(session.durations) if session.durations else {}
        planned = {
            (case, run): known.get(how.launcher, {}).get(case)
            for case, run, how in session.planned()
            if (case, run) not in done
        }
        return cls(planned, session.workers)

    def take(self, result: CaseResult) -> None:
        """Learn from a result."""
        expected = self._planned.pop((result.case, result.run), None)
        if not result.reused:
            self._took += result.seconds
            self._expected += result.seconds if expected is None else expected

    @property
    def seconds(self) -> float | None:
        """How many are left, if nothing gets in the way; `None` while there is nothing to go by."""
        known = [seconds for seconds in self._planned.values() if seconds is not None]
        if not self._planned:
            return 0.0
        done = self.total - len(self._planned)
        if not known and not self._took:
            return None
        average = fmean(known) if known else self._took / done
        pace = self._took / self._expected if self._expected else 1.0
        missing = len(self._planned) - len(known)
        return pace * (sum(known) + missing * average) / self._workers
