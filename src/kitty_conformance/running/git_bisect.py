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


@dataclass(frozen=True, kw_only=True)
class FoundCommit:
    """What a search came to.

    Attributes
    ----------
    commits
        The commit that changed the promise, with its subject line; several if those between could not tell.
    log
        What `git bisect log` says: every commit that was asked, and what it was.

    """

    commits: tuple[tuple[str, str], ...]
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
    mended
        Whether the promise is broken at `old` and kept at `new`; else it is the other way round.
    command
        Judges the folder it is started in: 0 kept, 1 broken, 3 or 4 cannot tell.

    """

    repository: Path
    old: str
    new: str
    mended: bool
    command: Sequence[str]

    @classmethod
    def between(cls, repository: Path, *, good: str, bad: str, command: Sequence[str]) -> Self:
        """Return the search between a commit that keeps a promise and one that breaks it, in either order.

        Raises
        ------
        UsageError
            It is no repository, a revision is not in it, or neither is an ancestor of the other.

        """
        search = cls(repository=repository, old=good, new=bad, mended=False, command=command)
        if search.is_downwards:
            return search
        search = replace(search, old=bad, new=good, mended=True)
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

        """
        old, new = (self._commit(revision) for revision in (self.old, self.new))
        with TemporaryDirectory(prefix="kitty-conformance-bisect-") as scratch:
            copy, step = Path(scratch, "copy"), Path(scratch, "step.sh")
            step.write_text(self._step(), encoding="utf-8")
            self._git("clone", "--quiet", "--shared", "--no-checkout", str(self.repository), str(copy))
            for each in {old, new}:
                # A commit that no branch of the copy holds is among the shared objects all the same.
                self._git("tag", f"kitty-conformance-{each}", each, folder=copy)
            self._git("checkout", "--quiet", "--detach", new, folder=copy)
            was, is_now = ("broken", "kept") if self.mended else ("kept", "broken")
            terms = (f"--term-old={was}", f"--term-new={is_now}")
            self._git("bisect", "start", *terms, new, old, folder=copy)
            ended = _run("bisect", "run", "sh", str(step), folder=copy)
            log = self._git("bisect", "log", folder=copy)
            return FoundCommit(commits=tuple(self._told(ended)), log=log)

    def _step(self) -> str:
        old, new = ("1", "0") if self.mended else ("0", "1")
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
    return subprocess.run(
        ["git", "-C", str(folder), *arguments],
        env={name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED_ON)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
