"""`git bisect run` over a copy of a repository: which commit broke or mended a promise.

The copy shares the objects of the repository and nothing else: checkout, refs and configuration of the
person's own are never touched.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Self

from kitty_conformance.errors import UsageError
from kitty_conformance.signoff.halving import Told, demand_difference

SKIP: Final = 125
"""The exit code by which git understands that a commit cannot be judged."""

_FIRST: Final = re.compile(r"^(?P<commit>[0-9a-f]{40,64}) is the first (?P<term>\w+) commit$", re.MULTILINE)
_CANDIDATE: Final = re.compile(r"^(?P<commit>[0-9a-f]{40,64})$", re.MULTILINE)
_STEP: Final = """\
#!/bin/sh
# Asks one commit: 0 as the old end, 1 as the new end, 125 cannot tell; anything else ends the search.
{command}
status=$?
case $status in
  {old}) exit 0 ;;
  {new}) exit 1 ;;
  3|4) exit 125 ;;
  *) exit 255 ;;
esac
"""
_SAID: Final = {0: Told.KEPT, 1: Told.BROKEN, SKIP: Told.CANNOT_TELL}
"""What the exit code of a step says where the old end keeps the promise."""


@dataclass(frozen=True, kw_only=True)
class FoundCommit:
    """What a search came to.

    Attributes
    ----------
    commits
        The commit that changed the promise, with its subject line; several if those between could not tell.
    became
        What the promise is from there on.
    log
        What `git bisect log` says: every commit that was asked, and what it was.

    """

    commits: tuple[tuple[str, str], ...]
    became: Told
    log: str


@dataclass(frozen=True, kw_only=True)
class GitBisect:
    """A search between two commits of a repository.

    Attributes
    ----------
    repository
        The person's repository.
    old, new
        Revisions; `old` is an ancestor of `new`.
    command
        Judges the folder it is started in: 0 kept, 1 broken, 3 or 4 cannot tell.

    """

    repository: Path
    old: str
    new: str
    command: Sequence[str]

    @classmethod
    def between(cls, repository: Path, *, good: str, bad: str, command: Sequence[str]) -> Self:
        """Return the search between a commit that keeps a promise and one that breaks it, in either order.

        Which of them does what is not taken on trust: both are judged before anything is searched for.

        Raises
        ------
        UsageError
            It is no repository, a revision is not in it, or neither is an ancestor of the other.

        """
        search = cls(repository=repository.resolve(), old=good, new=bad, command=command)
        if search.is_downwards:
            return search
        search = replace(search, old=bad, new=good)
        if search.is_downwards:
            return search
        raise UsageError(f"neither of {good} and {bad} is an ancestor of the other")

    @property
    def is_downwards(self) -> bool:
        """Whether `old` is an ancestor of `new`."""
        old, new = (self._commit(revision) for revision in (self.old, self.new))
        ended = _run("merge-base", "--is-ancestor", old, new, folder=self.repository)
        return old != new and ended.returncode == 0

    def search(self) -> FoundCommit:
        """Find the commit.

        Raises
        ------
        UsageError
            It is no repository, a revision is not in it, or git ends the search.
        NothingToFindError
            The two ends say the same, or one of them cannot tell.

        """
        old, new = (self._commit(revision) for revision in (self.old, self.new))
        with TemporaryDirectory(prefix="kitty-conformance-bisect-") as scratch:
            copy, step = Path(scratch, "copy"), Path(scratch, "step.sh")
            self._git("clone", "--quiet", "--shared", "--no-checkout", str(self.repository), str(copy))
            for each in {old, new}:
                # A commit that no branch of the copy holds is among the shared objects all the same.
                self._git("tag", f"kitty-conformance-{each}", each, folder=copy)
            step.write_text(self._step(old_end=Told.KEPT), encoding="utf-8")
            was, became = (self._judged(end, copy, step) for end in (self.old, self.new))
            demand_difference((self.old, was), (self.new, became))
            step.write_text(self._step(old_end=was), encoding="utf-8")
            terms = (f"--term-old={was}", f"--term-new={became}")
            self._git("bisect", "start", *terms, new, old, folder=copy)
            ended = _run("bisect", "run", "sh", str(step), folder=copy)
            log = self._git("bisect", "log", folder=copy)
            return FoundCommit(commits=tuple(self._told(ended)), became=became, log=log)

    def _judged(self, revision: str, copy: Path, step: Path) -> Told:
        """Return what one end says."""
        self._git("checkout", "--quiet", "--force", "--detach", self._commit(revision), folder=copy)
        ended = _started("sh", str(step), folder=copy)
        if ended.returncode not in _SAID:
            said = (ended.stderr or ended.stdout).strip().splitlines() or ["nothing"]
            raise UsageError(f"{revision} could not be judged: {said[-1]}")
        return _SAID[ended.returncode]

    def _step(self, *, old_end: Told) -> str:
        old, new = ("0", "1") if old_end is Told.KEPT else ("1", "0")
        return _STEP.format(command=shlex.join(self.command), old=old, new=new)

    def _told(self, ended: subprocess.CompletedProcess[str]) -> Iterable[tuple[str, str]]:
        first = _FIRST.search(ended.stdout)
        commits = [first["commit"]] if first else []
        if not first and "only skipped commits left" in ended.stdout.lower().replace("'skip'ped", "skipped"):
            commits = [match["commit"] for match in _CANDIDATE.finditer(ended.stdout)]
        if not commits:
            said = (ended.stderr or ended.stdout).strip().splitlines() or ["nothing"]
            raise UsageError(f"git bisect found nothing: {said[-1]}")
        for commit in commits:
            yield commit, self._git("show", "--no-patch", "--format=%s", commit).strip()

    def _commit(self, revision: str) -> str:
        return self._git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()

    def _git(self, *arguments: str, folder: Path | None = None) -> str:
        ended = _run(*arguments, folder=folder or self.repository)
        if ended.returncode != 0:
            said = ended.stderr.strip().splitlines() or [f"no {arguments[-1].removesuffix('^{commit}')}"]
            raise UsageError(f"git {arguments[0]} in {self.repository}: {said[-1]}")
        return ended.stdout


_NOT_PASSED_ON: Final = ("GIT_", "GITHUB_")
"""The copy is a repository of its own, and a commit that is judged writes no summary of a workflow step."""


def _run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return _started("git", "-C", str(folder), *arguments)


def _started(*command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED_ON)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
