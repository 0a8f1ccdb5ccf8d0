"""Results of many releases, kept in a folder: one stream per release, whole or not there.

What is being recorded stands beside it under a name of its own, so that whatever ends a run, the stream that
was whole stays so, and the one that was not can be continued.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from kitty_conformance.case import Case
from kitty_conformance.errors import OutputUnwritableError, ResultsUnusableError
from kitty_conformance.results import Header
from kitty_conformance.signoff.merging import together, write
from kitty_conformance.stream import Results, read

_WHOLE = ".ndjson"
_DRAFT = ".ndjson.part"


@dataclass(frozen=True)
class ReleaseStore:
    """A folder of results streams, `<version>.ndjson` each."""

    folder: Path

    def versions(self) -> tuple[str, ...]:
        """Return the versions there are results of, the oldest first."""
        found = {path.name.removesuffix(_WHOLE) for path in self.folder.glob(f"*{_WHOLE}")}
        return tuple(sorted(filter(_is_version, found), key=Version))

    def whole(self, version: str) -> Results | None:
        """Return what is kept of a release; `None` if there is nothing.

        Raises
        ------
        ResultsUnusableError
            There is something, and it cannot be used: it is damaged, or somebody else's.

        """
        path = self._path(version)
        if not path.exists():
            return None
        try:
            return read(path)
        except ResultsUnusableError as error:
            hint = f"move it away, and history asks {version} anew"
            raise ResultsUnusableError(error.message, hint=hint) from error

    def missing(self, version: str, cases: Iterable[Case]) -> tuple[Case, ...]:
        """Return those of the cases nothing is kept of."""
        kept = self.whole(version)
        known = {case.id for case in kept.header.cases} if kept else set()
        return tuple(case for case in cases if case.id not in known)

    def draft(self, version: str) -> Path:
        """Return where results of a release are recorded until they are whole.

        Raises
        ------
        OutputUnwritableError
            The folder cannot be made.

        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputUnwritableError(f"{self.folder} cannot be made: {error.strerror}") from error
        return self.folder / f"{version}{_DRAFT}"

    def continues(self, version: str, header: Header) -> bool:
        """Whether a draft is there that asks the same of the same build; any other one is removed."""
        path = self.draft(version)
        try:
            begun = read(path, allow_truncated=True).header
        except ResultsUnusableError:
            path.unlink(missing_ok=True)
            return False
        if _question(begun) == _question(header):
            return True
        path.unlink()
        return False

    def finish(self, version: str) -> Results:
        """Take a draft that is whole into what is kept of its release, and return all that is kept now.

        Where another build or other disturbances were asked before, what was kept of them goes.

        Raises
        ------
        ResultsUnusableError, OutputUnwritableError
            The draft is not whole, or the folder cannot be written.

        """
        draft = self.draft(version)
        found = _joined(self.whole(version), read(draft))
        write(self._path(version), found)
        draft.unlink(missing_ok=True)
        return found

    def _path(self, version: str) -> Path:
        return self.folder / f"{version}{_WHOLE}"


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _question(header: Header) -> tuple[object, ...]:
    target = header.target
    build = (target.sha256, target.python, target.dependencies)
    return (*build, header.runs, header.shard, header.crash_points, _ids(header.cases))


def _ids(cases: Sequence[Case]) -> tuple[str, ...]:
    return tuple(case.id for case in cases)


def _joined(kept: Results | None, new: Results) -> Results:
    if kept is None:
        return new
    try:
        return together([kept, new], later_counts=True)
    except ResultsUnusableError:
        return new
