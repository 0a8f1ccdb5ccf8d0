"""Verifying a report: that it is what was signed, whole, about this wheel, and what its results give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securesystemslib.signer import Key

from kitty_conformance.contract import encoded
from kitty_conformance.errors import NotVerifiedError, ResultsUnusableError
from kitty_conformance.signoff import document, envelope, statement
from kitty_conformance.signoff.deferral import Deferral, load
from kitty_conformance.signoff.document import Report
from kitty_conformance.signoff.folder import DEFERRALS, DOCUMENTS, JSON
from kitty_conformance.signoff.statement import Statement
from kitty_conformance.stream import Results, read

FORMAT: Final = "kitty-conformance-verification/1"

Rewritten = Callable[[Results, Report, tuple[Deferral, ...]], Mapping[str, bytes]]
"""Writes every document anew, from results and deferrals, as of the day that the report names."""


@dataclass(frozen=True, kw_only=True)
class Verified:
    """A report that was found to be true.

    Attributes
    ----------
    files
        How many files agree with the statement.
    signers
        Ids of the keys that signed it.
    checked
        Id of the key whose signature was checked; empty if none was given.

    """

    report: Report
    statement: Statement
    files: int
    signers: tuple[str, ...]
    checked: str


def encode(found: Verified) -> bytes:
    """Return what was verified as JSON, for programs.

    Raises
    ------
    HarnessError
        It does not match its own schema.

    """
    subject = found.statement.subject[0]
    document = {
        "format": FORMAT,
        "harness": found.report.harness,
        "subject": {"name": subject.name, "sha256": subject.sha256},
        "decision": found.report.decision.decision,
        "files": found.files,
        "signers": found.signers,
        "key": found.checked,
    }
    return encoded("verification", document)


def verify(
    place: Path, rewritten: Rewritten, *, key: Key | None = None, wheel: Path | None = None
) -> Verified:
    """Verify the report in a folder, or the one that a file is of.

    Parameters
    ----------
    place
        A report folder, or any file in it.
    rewritten
        Writes the documents anew.
    key
        The public key it must be signed with; without one no signature is asked for.
    wheel
        The wheel it must be about.

    Raises
    ------
    NotVerifiedError
        It is not what it says; the first thing that is wrong.
    ResultsUnusableError
        There is no statement, or a file cannot be read.

    """
    folder = place if place.is_dir() else place.parent
    data = _content(folder, statement.NAME, hint="only a sign-off has one")
    signers = _signers(folder, data, key)
    stated = statement.decode(data)
    if wheel is not None and statement.sha256(_content(wheel.parent, wheel.name)) != stated.subject[0].sha256:
        raise NotVerifiedError(f"the report is about another wheel than {wheel}: {stated.subject[0].name}")
    files = _files(folder, stated)
    report = document.decode(files[JSON], name=JSON)
    if report.target.adapters:
        raise NotVerifiedError(
            f"what was tested is {report.target.title}; {statement.NAME} speaks of the wheel alone"
        )
    _demand_derived(folder, stated, data, files, rewritten)
    return Verified(
        report=report,
        statement=stated,
        files=len(files),
        signers=signers,
        checked=key.keyid if key else "",
    )


def _signers(folder: Path, data: bytes, key: Key | None) -> tuple[str, ...]:
    if not (folder / envelope.NAME).exists():
        if key is not None:
            raise NotVerifiedError(f"the report is not signed: there is no {envelope.NAME} in {folder}")
        return ()
    sealed = envelope.opened(_content(folder, envelope.NAME))
    if key is not None:
        envelope.check(sealed, key)
    if sealed.payload != data:
        raise NotVerifiedError(f"{statement.NAME} was changed: it is not the one that was signed")
    return tuple(sealed.signatures)


def _files(folder: Path, stated: Statement) -> dict[str, bytes]:
    """Read every file the statement names, and hold it to its digest."""
    named = {each.name for each in stated.files}
    unnamed = [name for name in DOCUMENTS if name not in named]
    if unnamed:
        raise NotVerifiedError(f"{statement.NAME} says nothing of {', '.join(unnamed)}")
    files = {}
    for each in stated.files:
        if not (folder / each.name).is_file():
            raise NotVerifiedError(f"{each.name}, which {statement.NAME} names, is missing")
        files[each.name] = _content(folder, each.name)
        if statement.sha256(files[each.name]) != each.sha256:
            raise NotVerifiedError(f"{each.name} was changed: its sha256 is not the one in {statement.NAME}")
    return files


def _demand_derived(
    folder: Path, stated: Statement, data: bytes, files: Mapping[str, bytes], rewritten: Rewritten
) -> None:
    """Write everything anew from the results, and compare."""
    named = [each.name for each in stated.files if each.media_type == statement.RESULTS_MEDIA]
    if len(named) != 1:
        raise NotVerifiedError(f"{statement.NAME} does not say which file the results are in")
    results = read(folder / named[0])
    report = document.decode(files[JSON], name=JSON)
    deferrals = load(folder / DEFERRALS) if DEFERRALS in files else ()
    documents = rewritten(results, report, deferrals)
    hint = f"it was written by kitty-conformance {report.harness}: another version may tell it otherwise"
    for name, content in documents.items():
        if files[name] != content:
            raise NotVerifiedError(f"{name} is not what {named[0]} gives", hint=hint)
    anew = statement.state(
        document.decode(documents[JSON]), files, results=named[0], source=results.header.source
    )
    if anew != data:
        raise NotVerifiedError(f"{statement.NAME} does not say what {named[0]} gives", hint=hint)


def _content(folder: Path, name: str, *, hint: str = "") -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise ResultsUnusableError(f"{folder / name} cannot be read: {error.strerror}", hint=hint) from error
