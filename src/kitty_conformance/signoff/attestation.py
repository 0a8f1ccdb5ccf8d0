"""What makes a sign-off verifiable: the statement, its envelope, and whatever else must lie in the folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securesystemslib.signer import Signer

from kitty_conformance.errors import OutputUnwritableError, ResultsUnusableError, UsageError
from kitty_conformance.results import TargetIdentity
from kitty_conformance.signoff import envelope, statement
from kitty_conformance.signoff.document import Report
from kitty_conformance.signoff.folder import DEFERRALS, DOCUMENTS

MADE: Final = (*DOCUMENTS, statement.NAME, envelope.NAME)
"""Everything a sign-off makes anew in a report folder each time."""
OURS: Final = (*MADE, DEFERRALS)
"""Every name in a report folder that stands for something; results have another."""


@dataclass(frozen=True, kw_only=True)
class Papers:
    """What a sign-off rests on.

    Attributes
    ----------
    results
        The results stream.
    deferrals
        The deferrals, if there are any.
    signer
        The key it is signed with; `None` leaves it unsigned.

    """

    results: Path
    deferrals: Path | None = None
    signer: Signer | None = None


def attest(
    report: Report, documents: Mapping[str, bytes], papers: Papers, *, source: str, folder: Path
) -> dict[str, bytes]:
    """Return what is to be left in a report folder beside the documents, so that they can be verified there.

    `source` is the digest of the source of the suites, as the results stream has it.

    Raises
    ------
    UsageError
        It decides on no release: adapters were on.
    ResultsUnusableError
        The results or the deferrals cannot be read any more, or have the name of something else.
    OutputUnwritableError
        In the folder are other results of the same name.

    """
    demand_bare(report.target)
    demand_own_name(papers.results)
    bases = {papers.results.name: papers.results}
    if papers.deferrals is not None:
        bases[DEFERRALS] = papers.deferrals
    based_on = {name: _content(path) for name, path in bases.items()}
    stated = statement.state(report, {**documents, **based_on}, results=papers.results.name, source=source)
    left = {statement.NAME: stated}
    if papers.signer is not None:
        left[envelope.NAME] = envelope.seal(stated, papers.signer)
    elsewhere = [name for name, path in bases.items() if path.resolve() != (folder / name).resolve()]
    if papers.results.name in elsewhere:
        _demand_room(folder / papers.results.name, based_on[papers.results.name])
    return left | {name: based_on[name] for name in elsewhere}


def demand_own_name(results: Path) -> None:
    """Refuse results that have the name of a document: the report would be written over them.

    Raises
    ------
    ResultsUnusableError
        They have; nothing was written.

    """
    if results.name in OURS:
        raise ResultsUnusableError(
            f"{results} has the name of a document of the report, which would replace it",
            hint="give the results another name, results.ndjson for one",
        )


def demand_bare(target: TargetIdentity) -> None:
    """Refuse to attest what was found of a build with adapters on: the wheel alone does not do that.

    Raises
    ------
    UsageError
        Adapters were on.

    """
    if target.adapters:
        raise UsageError(
            f"spec-kitty {target.title} is no release: nothing about its wheel can be attested or signed",
            hint="leave --sign out, or run without adapters",
        )


def _demand_room(path: Path, content: bytes) -> None:
    if path.exists() and _content(path) != content:
        raise OutputUnwritableError(
            f"{path} holds other results, which would be lost", hint="choose another folder with --out DIR"
        )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ResultsUnusableError(f"{path} cannot be read: {error.strerror}") from error
