"""`kitty-conformance verify`: whether a report is what was signed, and what its results give."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from kitty_conformance.cli.lines import say
from kitty_conformance.cli.telling import Telling, telling_options
from kitty_conformance.cli.verdict import documents_of
from kitty_conformance.errors import ExitCode
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.signoff.decision import SIGNOFF_RUNS, in_words
from kitty_conformance.signoff.deferral import Deferral
from kitty_conformance.signoff.envelope import public_key
from kitty_conformance.signoff.report import Report, build
from kitty_conformance.signoff.verification import Verified, encode, verify
from kitty_conformance.stream import Results


@click.command("verify")
@click.argument("report", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PUBLIC.pem",
    help="Ed25519 public key the report must be signed with.",
)
@click.option(
    "--wheel",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The wheel the report must be about.",
)
@telling_options
def verify_command(report: Path, key: Path | None, wheel: Path | None, telling: Telling) -> int:
    """Verify a sign-off: REPORT is its folder, or a file in it.

    Its signature fits the key, its statement is about the wheel, no file was changed, and everything in it is
    written anew from the results and comes out the same.

    Exit code 0: it is true, whatever it decided; 7: it is not, and one line says what is wrong.
    """
    trusted = public_key(key) if key else None
    found = verify(report, _rewritten, key=trusted, wheel=wheel)
    _tell(found, telling)
    telling.annotate(())
    telling.document(encode(found))
    return ExitCode.OK


def _rewritten(results: Results, told: Report, deferrals: tuple[Deferral, ...]) -> Mapping[str, bytes]:
    anew = build(
        results,
        today=told.deferrals_as_of,
        deferrals=deferrals,
        known={case.id for case in catalogue()},
        needed_runs=SIGNOFF_RUNS,
        signing_off=True,
    )
    return documents_of(anew, results)


def _tell(found: Verified, telling: Telling) -> None:
    console, subject = telling.console, found.statement.subject[0]
    decided = in_words(found.report.decision.decision, signing_off=True)
    say(console, f"verified  {subject.name}, wheel sha256 {subject.sha256}: {decided}")
    if telling.detail < 0:
        return
    say(console, f"files     {found.files} are as the statement has them, and as the results give them")
    signers = ", ".join(found.signers)
    if found.checked:
        say(console, f"signed    by the key given, {found.checked}")
    elif signers:
        say(console, f"signed    by {signers}, not checked: name its public key with --key")
    else:
        say(console, "signed    by nobody: whoever can write all of its files can have written another")
