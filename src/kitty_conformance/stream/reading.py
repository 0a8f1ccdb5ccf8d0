"""Reading a results stream: nothing is believed that is torn, out of order, or breaks the schema."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from kitty_conformance.contract import breach
from kitty_conformance.errors import ResultsUnusableError
from kitty_conformance.results import FORMAT, CaseResult, Footer, Header, Line
from kitty_conformance.stream.order import Sequence

BEGINNING: Final = b'{"kind":"header"'
"""How every stream of ours begins; what else is found at a path given to resume is somebody's own file."""


@dataclass(frozen=True, kw_only=True)
class Results:
    """What a results stream holds. `footer` is `None` for a truncated one."""

    header: Header
    results: tuple[CaseResult, ...]
    footer: Footer | None

    @property
    def recorded(self) -> frozenset[tuple[str, int]]:
        """Every (case, run) that has a result."""
        return frozenset((result.case, result.run) for result in self.results)

    @property
    def planned(self) -> int:
        """How many results a stream has that ran to its end."""
        return len(self.header.cases) * len(self.header.runs)


def read(path: Path, *, allow_truncated: bool = False) -> Results:
    """Read a results stream.

    Raises
    ------
    ResultsUnusableError
        It is missing, empty, not ours, contradicts itself or its schema, or (unless `allow_truncated`) it was
        cut short. Where `allow_truncated`, a torn last line is dropped: its case counts as not recorded.

    """
    data = content(path)
    if not data:
        raise ResultsUnusableError(f"{path} is empty: nothing was recorded")
    lines, torn = split(data)
    if not lines and not torn.startswith(BEGINNING):
        raise not_ours(path, "its first line is no header")
    sequence = ordered(path, lines)
    if sequence.header is None:
        raise ResultsUnusableError(f"{path} is truncated: not even its header was recorded whole")
    if torn and sequence.footer is not None:
        raise ResultsUnusableError(f"{path}, line {len(lines) + 1}: there is a line after the footer")
    results = Results(
        header=sequence.header, results=tuple(sequence.results.values()), footer=sequence.footer
    )
    if results.footer is None and not allow_truncated:
        raise ResultsUnusableError(
            f"{path} is truncated: no footer, {len(results.results)} of {results.planned} results recorded",
            hint=f"kitty-conformance signoff --resume {shlex.quote(str(path))} runs what is missing",
        )
    return results


def ordered(path: Path, lines: list[bytes]) -> Sequence:
    """Decode whole lines and hold them to their order.

    Raises
    ------
    ResultsUnusableError
        With the number of the line that is wrong.

    """
    sequence = Sequence()
    for number, data in enumerate(lines, start=1):
        objection = sequence.take(_decode(path, number, data))
        if objection:
            raise ResultsUnusableError(f"{path}, line {number}: {objection}")
    return sequence


def _decode(path: Path, number: int, data: bytes) -> Line:
    try:
        document: Any = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if number == 1:
            raise not_ours(path, "its first line is not JSON") from error
        raise ResultsUnusableError(f"{path}, line {number} is not JSON: {error}") from error
    if number == 1:
        _check_format(path, document)
    departure = breach("results", document)
    if departure:
        raise ResultsUnusableError(f"{path}, line {number} does not match the results schema: {departure}")
    decoded: Line = msgspec.convert(document, Line)
    return decoded


def _check_format(path: Path, document: Any) -> None:
    if not isinstance(document, dict) or document.get("kind") != "header" or "format" not in document:
        raise not_ours(path, "its first line is no header")
    if document["format"] != FORMAT:
        raise ResultsUnusableError(
            f"{path} is in format {document['format']}, this harness reads {FORMAT}",
            hint="read it with the version of kitty-conformance that wrote it",
        )


def split(data: bytes) -> tuple[list[bytes], bytes]:
    """Return the whole lines with their ends, and what follows the last end: torn off by a kill."""
    *lines, torn = data.split(b"\n")
    return [line + b"\n" for line in lines], torn


def content(path: Path) -> bytes:
    """Return all bytes of a results file.

    Raises
    ------
    ResultsUnusableError
        It is missing or cannot be read.

    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ResultsUnusableError(f"there is no results file {path}") from error
    except OSError as error:
        raise ResultsUnusableError(f"{path} cannot be read: {error.strerror}") from error


def not_ours(path: Path, why: str) -> ResultsUnusableError:
    """Return the error for a file that somebody else wrote."""
    return ResultsUnusableError(f"{path} is not a results file of kitty-conformance: {why}")
