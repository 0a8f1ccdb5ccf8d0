"""The statement: what a sign-off found, bound by digest to the wheel tested and to every file of the report.

An in-toto Statement v1 with a test-result predicate, which policy engines read
(https://in-toto.io/Statement/v1, https://in-toto.io/attestation/test-result/v0.1). The contract is
`reports/schema/statement.schema.json`. Same report, same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from kitty_conformance.contract import breach, encoded
from kitty_conformance.errors import NotVerifiedError
from kitty_conformance.results import TargetIdentity
from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.decision import Decision
from kitty_conformance.signoff.document import CasePart, Report

NAME: Final = "statement.json"
"""The file it is left in, beside the report."""
TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://in-toto.io/attestation/test-result/v0.1"
RESULTS_MEDIA: Final = "application/x-ndjson"
"""Tells the results stream, which may have any name, from the other files."""
SOURCE: Final = "kitty_suites"
"""Names the source of suites, fixtures and harness, whose digest the results stream recorded."""


class Descriptor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something named by its digest; a file lies beside the statement."""

    name: str
    digest: dict[str, str]
    uri: str = ""
    media_type: str = msgspec.field(default="", name="mediaType")

    @property
    def sha256(self) -> str:
        """The digest, in hexadecimal digits."""
        return self.digest["sha256"]


class Predicate(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What came of the tests, and what they were run with."""

    result: str
    configuration: tuple[Descriptor, ...]
    passed_tests: tuple[str, ...]
    warned_tests: tuple[str, ...]
    failed_tests: tuple[str, ...]


class Statement(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The whole document."""

    type: str = msgspec.field(name="_type")
    subject: tuple[Descriptor, ...]
    predicate_type: str
    predicate: Predicate

    @property
    def files(self) -> tuple[Descriptor, ...]:
        """Every file it names."""
        return tuple(each for each in self.predicate.configuration if each.name != SOURCE)


def state(report: Report, files: Mapping[str, bytes], *, results: str, source: str) -> bytes:
    """Return the statement about a sign-off.

    Parameters
    ----------
    report
        The sign-off.
    files
        Every file it rests on or is told in, by name.
    results
        Which of them is the results stream.
    source
        Digest of the source of the suites, as the results stream has it; empty if it has none.

    Raises
    ------
    HarnessError
        It does not match its own schema.

    """
    statement = Statement(
        type=TYPE,
        subject=(_subject(report.target),),
        predicate_type=PREDICATE,
        predicate=Predicate(
            result=_result(report),
            configuration=_configuration(files, results=results, source=source),
            passed_tests=_having(report, _passed),
            warned_tests=_having(report, _warned),
            failed_tests=_having(report, _failed),
        ),
    )
    return encoded("statement", statement)


def decode(data: bytes) -> Statement:
    """Read a statement back.

    Raises
    ------
    NotVerifiedError
        It is no JSON or does not match the schema.

    """
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotVerifiedError(f"{NAME} is not JSON: {error}") from error
    departure = breach("statement", document)
    if departure:
        raise NotVerifiedError(f"{NAME} does not match the statement schema: {departure}")
    return msgspec.convert(document, Statement)


def sha256(content: bytes) -> str:
    """Return the digest of a file's content, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _subject(target: TargetIdentity) -> Descriptor:
    released = target.requested.startswith("pypi:")
    return Descriptor(
        name=f"spec-kitty-cli {target.version}",
        digest={"sha256": target.sha256},
        uri=f"pkg:pypi/spec-kitty-cli@{target.version}" if released else "",
    )


def _configuration(files: Mapping[str, bytes], *, results: str, source: str) -> tuple[Descriptor, ...]:
    found = [
        Descriptor(
            name=name,
            digest={"sha256": sha256(content)},
            media_type=RESULTS_MEDIA if name == results else "",
        )
        for name, content in sorted(files.items())
    ]
    return (*found, Descriptor(name=SOURCE, digest={"sha256": source})) if source else tuple(found)


def _result(report: Report) -> str:
    if report.decision.decision is not Decision.RELEASABLE:
        return "FAILED"
    return "WARNED" if any(map(_warned, report.cases)) else "PASSED"


def _having(report: Report, wanted: Callable[[CasePart], bool]) -> tuple[str, ...]:
    return tuple(part.case.id for part in report.cases if wanted(part))


def _passed(part: CasePart) -> bool:
    return part.outcome is Outcome.CONFORMS


def _warned(part: CasePart) -> bool:
    return bool(part.deferred)


def _failed(part: CasePart) -> bool:
    return not (_passed(part) or _warned(part) or part.outcome is Outcome.NOT_APPLICABLE)
