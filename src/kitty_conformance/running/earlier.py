"""Results of earlier runs, kept in the cache, to be had again for the very same question.

The same question is: the same bytes of target and dependencies, the same source of suite, fixtures and
harness, the same adapters, case, disturbance (launcher included) and limits, on the same kind of machine.
"""

from __future__ import annotations

import hashlib
import platform
import sqlite3
import subprocess
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from kitty_conformance.case import Verdict
from kitty_conformance.results import FORMAT, CaseResult, Disturbance, TargetIdentity
from kitty_conformance.running import suite_source
from kitty_conformance.target.environment import cache_root

LIMIT: Final = 256 * 1024**2
"""Bytes the results of all targets together may take; one takes about 5 kB."""

_TABLE: Final = """
create table if not exists results
    (key text primary key, recorded text not null, used real not null, body blob not null) without rowid
"""


class EarlierResults:
    """A file of results.

    A file that is damaged, or a cache that cannot be written, is as if nothing had been kept.

    Parameters
    ----------
    file
        The database; made when the first result is kept.
    identity
        The target.
    command_timeout
        Seconds a command may take.
    crash_points
        How many mutating steps a command is ended at; `None` for every one.
    source
        From the name of a suite to a hash of the source that decides what its cases find.

    """

    def __init__(
        self,
        file: Path,
        identity: TargetIdentity,
        *,
        command_timeout: float,
        crash_points: int | None = None,
        source: Callable[[str], str] = suite_source.digest,
    ) -> None:
        self._file = file
        self._source = source
        installed = (identity.sha256, identity.python, identity.dependencies, identity.adapters)
        self._always = (FORMAT, installed, command_timeout, crash_points, _machine())

    @classmethod
    def of(
        cls, identity: TargetIdentity, *, command_timeout: float, crash_points: int | None = None
    ) -> EarlierResults:
        """Return those kept in the user's cache."""
        return cls(
            cache_root() / "results.sqlite",
            identity,
            command_timeout=command_timeout,
            crash_points=crash_points,
        )

    def find(self, asked: Iterable[tuple[str, int, Disturbance]]) -> Iterator[CaseResult]:
        """Yield what earlier runs found of the cases and runs asked for, marked as reused.

        Which of the runs it was then is no part of the question: the disturbance is.
        """
        if not self._file.exists():
            return
        with suppress(sqlite3.Error, zlib.error, msgspec.MsgspecError), self._opened() as database:
            for case, run, disturbance in asked:
                key = self._key(case, disturbance)
                found = database.execute(
                    "select recorded, body from results where key = ?", (key,)
                ).fetchone()
                if found is not None:
                    database.execute("update results set used = ? where key = ?", (time.time(), key))
                    result = msgspec.json.decode(zlib.decompress(found[1]), type=CaseResult)
                    yield msgspec.structs.replace(result, run=run, reused=found[0])

    def keep(self, results: Iterable[tuple[CaseResult, Disturbance]], recorded: str) -> None:
        """Keep what was found at a moment (RFC 3339): verdicts, not what could not be put to the test."""
        rows = [
            (self._key(result.case, disturbance), recorded, time.time(), _body(result))
            for result, disturbance in results
            if result.verdict is not Verdict.INCONCLUSIVE and not result.reused
        ]
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._opened() as database:
                database.execute(_TABLE)
                database.executemany("insert or replace into results values (?, ?, ?, ?)", rows)
                _prune(database)
        except (sqlite3.OperationalError, OSError):
            return  # it is busy, or cannot be written
        except sqlite3.DatabaseError:
            self._file.unlink(missing_ok=True)  # damaged: the next run begins anew

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=20)) as database, database:
            database.execute("pragma synchronous = off")  # what is lost with the power is found out again
            yield database

    def _key(self, case: str, disturbance: Disturbance) -> str:
        suite = case.partition("-")[0]
        question = (*self._always, self._source(suite), case, disturbance)
        return hashlib.sha256(msgspec.json.encode(question)).hexdigest()


def _body(result: CaseResult) -> bytes:
    return zlib.compress(msgspec.json.encode(result), level=1)


def _prune(database: sqlite3.Connection) -> None:
    """Let go of the least recently used results beyond `LIMIT`."""
    database.execute(
        "delete from results where key in (select key from (select key, "
        "sum(length(body)) over (order by used desc, key) as taken from results) where taken > ?)",
        (LIMIT,),
    )


@cache
def _machine() -> tuple[str, ...]:
    """Return what of a machine may decide what a case finds."""
    asked = subprocess.run(["git", "--version"], capture_output=True, text=True, check=False)
    return platform.system(), platform.machine(), asked.stdout.strip()
