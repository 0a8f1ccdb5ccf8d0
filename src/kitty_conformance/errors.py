"""What can go wrong for a person who uses the harness, and the exit code that says so.

Two families: the person asked for something that cannot be (`UsageError` and its kin: say what and
where), or something below us failed (`TargetUnavailableError`, `HarnessError`). Each carries one line of
message and one line of advice; no command of ours shows a traceback for any of them.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """Exit codes of every `kitty-conformance` command. They are part of the contract (docs/exit-codes.md)."""

    OK = 0
    """Every promise asked about holds; the release is releasable; the command did what it says."""
    VIOLATED = 1
    """At least one promise is broken, or a case is flaky: blocked; the violation was reproduced."""
    USAGE = 2
    """The command line asks for something that does not exist: issue, case, option, target form."""
    INCONCLUSIVE = 3
    """At least one promise could not be put to the test, and none is known to be broken."""
    TARGET_UNAVAILABLE = 4
    """The build under test could not be had: unknown version, no network, broken wheel, it does not start."""
    RESULTS_UNUSABLE = 5
    """A results or report file is missing, truncated, not ours, or does not match its schema."""
    OUTPUT_UNWRITABLE = 6
    """The report folder, a file in it or standard output cannot be written."""
    NOT_VERIFIED = 7
    """A report is not what was signed, or not what its results give: it was changed."""
    INTERNAL = 70
    """A defect of the harness itself."""
    INTERRUPTED = 130
    """Stopped by the person (ctrl-C); what was recorded so far is kept and can be resumed."""
    OUTPUT_CLOSED = 141
    """Nobody reads standard output any more; what was recorded so far is kept and can be resumed."""


class KittyConformanceError(Exception):
    """Base of all errors a person may see: a stable code, one line that says what, one that says what to do.

    Parameters
    ----------
    message
        What was wrong and where, one line, no full stop needed.
    hint
        What to do about it, one line; empty if there is nothing to advise.

    """

    code: ClassVar[str] = "INTERNAL"
    exit_code: ClassVar[ExitCode] = ExitCode.INTERNAL

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = " ".join(message.split())
        self.hint = " ".join(hint.split())

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class UsageError(KittyConformanceError):
    """The person asked for something that does not exist."""

    code = "USAGE"
    exit_code = ExitCode.USAGE


class UnknownIssueError(UsageError):
    """No suite has this issue number or case id."""

    code = "UNKNOWN_ISSUE"


class UnknownAdapterError(UsageError):
    """There is no adapter for an issue."""

    code = "UNKNOWN_ADAPTER"


class UnknownTargetError(UsageError):
    """The target is not of a known form (`3.2.0a8`, `pypi:3.2.0a8`, `path:DIR`, `wheel:FILE`)."""

    code = "UNKNOWN_TARGET"


class NoCaseSelectedError(UsageError):
    """The selection is valid but matches no case; nothing run is not a success."""

    code = "NO_CASE_SELECTED"


class TargetUnavailableError(KittyConformanceError):
    """The build under test could not be resolved, installed or started."""

    code = "TARGET_UNAVAILABLE"
    exit_code = ExitCode.TARGET_UNAVAILABLE


class AdapterRefusedError(TargetUnavailableError):
    """An adapter does not fit the build under test, or was not verified on it."""

    code = "ADAPTER_REFUSED"


class ResultsUnusableError(KittyConformanceError):
    """A results file is missing, truncated (no footer), not ours, or does not match its schema."""

    code = "RESULTS_UNUSABLE"
    exit_code = ExitCode.RESULTS_UNUSABLE


class OutputUnwritableError(KittyConformanceError):
    """A report folder or file cannot be written, or standard output takes no more."""

    code = "OUTPUT_UNWRITABLE"
    exit_code = ExitCode.OUTPUT_UNWRITABLE


class OutputClosedError(KittyConformanceError):
    """Whoever read standard output has stopped reading."""

    code = "OUTPUT_CLOSED"
    exit_code = ExitCode.OUTPUT_CLOSED


class NotVerifiedError(KittyConformanceError):
    """A report was changed after it was written, is not signed with the key given, or was never true."""

    code = "NOT_VERIFIED"
    exit_code = ExitCode.NOT_VERIFIED


class HarnessError(KittyConformanceError):
    """The harness itself failed; never a statement about the target."""

    code = "HARNESS_FAILED"
