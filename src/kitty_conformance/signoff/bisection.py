"""What a search for the build that broke or mended a promise came to.

The contract of it as a document is `reports/schema/bisection.schema.json`.
"""

from __future__ import annotations

from typing import Final

import msgspec

from kitty_conformance import __version__
from kitty_conformance.contract import encoded
from kitty_conformance.signoff.halving import Told
from kitty_conformance.signoff.history_changes import Turn

FORMAT: Final = "kitty-conformance-bisection/1"


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A build in which the promise may have turned: a release, or a commit with its subject line."""

    build: str
    subject: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A release that was asked, and what it said."""

    build: str
    said: Told


class BrokenPromise(msgspec.Struct, frozen=True, kw_only=True):
    """A case that is broken on one side of the turn, and the command that shows it again there."""

    case: str
    promise: str
    reason: str
    reproduce: str


class Bisection(msgspec.Struct, frozen=True, kw_only=True):
    """Where a promise turned, or why that could not be found.

    Attributes
    ----------
    selection
        The issue or case that was asked about.
    became
        What became of it; nothing where nothing was found.
    candidates
        The build in which it turned; several if others than the last of them could not tell.
    last
        The last release before them; empty where the search was over commits.
    asked
        Every release that was asked, in the order of their versions.
    broken
        What the first release after the turn breaks or, where it was mended, the last before it.
    nothing
        Why nothing was found.
    next
        The command to type next.

    """

    selection: str
    became: Turn | None = None
    candidates: tuple[Candidate, ...] = ()
    last: str = ""
    asked: tuple[Asked, ...] = ()
    broken: tuple[BrokenPromise, ...] = ()
    nothing: str = ""
    next: str

    @property
    def in_short(self) -> str:
        """What became of the promise, and where."""
        if self.became is None:
            return "nothing to find"
        if self.last:
            return f"{self.became} in {self.candidates[-1].build}"
        commits = len(self.candidates)
        return f"{self.became} by {f'one of {commits} commits' if commits > 1 else self.candidates[0].build}"


def encode(found: Bisection) -> bytes:
    """Return it as JSON; the same bisection gives the same bytes.

    Raises
    ------
    HarnessError
        It does not match its own schema.

    """
    return encoded("bisection", {"format": FORMAT, "harness": __version__, **msgspec.to_builtins(found)})
