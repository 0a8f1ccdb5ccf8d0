"""How a command tells what it does and finds: in which form, and how much of it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console

from kitty_conformance.errors import OutputUnwritableError

STEP_SUMMARY: Final = "GITHUB_STEP_SUMMARY"
"""Environment variable with the file in which GitHub takes the summary of a step."""


class Form(StrEnum):
    """Whom it is told to."""

    PRETTY = "pretty"
    """A person at a terminal: tables, colour, a progress bar."""
    PLAIN = "plain"
    """A log: one line is one fact."""
    JSON = "json"
    """A program: one document on standard output, and nothing else there."""
    GITHUB = "github"
    """A workflow of GitHub: as plain, and findings as annotations."""


@dataclass(frozen=True, kw_only=True)
class Telling:
    """Where and how a command speaks.

    Attributes
    ----------
    detail
        -1: the conclusion alone; 0: findings and progress; 1: also what conforms, and what was expected and
        seen.
    console
        Takes what was found.
    aside
        Takes what is done on the way there.
    token
        Until it is printed, GitHub takes no line for a command: the target has no say in a workflow.

    """

    form: Form
    detail: int
    console: Console
    aside: Console
    token: str

    @classmethod
    def of(cls, form: Form | None, detail: int) -> Telling:
        """Give the way that was asked for; by default pretty on a terminal, plain in a pipe."""
        form = form or (Form.PRETTY if Console().is_terminal else Form.PLAIN)
        return cls(
            form=form,
            detail=detail,
            console=_console(form, quiet=form is Form.JSON),
            aside=_aside(form, detail),
            token=secrets.token_hex(16),
        )

    @property
    def verbose(self) -> bool:
        """Whether what conforms is told of, too."""
        return self.detail > 0

    def begin(self) -> None:
        """Say what must be said before anything of the target is shown."""
        if self.form is Form.GITHUB:
            click.echo(f"::stop-commands::{self.token}")

    def annotate(self, commands: Iterable[str]) -> None:
        """Give commands to a workflow of GitHub; nobody else sees them."""
        if self.form is Form.GITHUB:
            click.echo(f"::{self.token}::")
            for each in commands:
                click.echo(each)

    def document(self, data: bytes) -> None:
        """Print the one document a program asked for; nobody else sees it."""
        if self.form is Form.JSON:
            click.echo(data, nl=False)


def error_command(arguments: Sequence[str], code: str, message: str) -> tuple[str, ...]:
    """Return what tells a workflow of GitHub of an error, if the command line asks for such; else nothing."""
    spelt = " ".join(arguments).replace("=", " ").split()
    asked = ("--format", Form.GITHUB) in pairwise(spelt)
    return (f"::error title=kitty-conformance {code}::{message.replace('%', '%25')}",) if asked else ()


def leave_step_summary(markdown: str) -> None:
    """Append to the summary of the step, if a workflow of GitHub runs us.

    Raises
    ------
    OutputUnwritableError
        The file it names cannot be written.

    """
    named = os.environ.get(STEP_SUMMARY)
    if not named:
        return
    try:
        with Path(named).open("a", encoding="utf-8") as file:
            file.write(f"{markdown}\n")
    except OSError as error:
        raise OutputUnwritableError(
            f"the step summary {named} cannot be written: {error.strerror}"
        ) from error


def telling_options(function: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options about how it tells, as one argument `telling`."""

    @wraps(function)
    def told(form: str | None, *, quiet: bool, verbose: bool, **given: Any) -> int:
        if quiet and verbose:
            raise click.UsageError("--quiet and --verbose: choose one")
        how = Telling.of(Form(form) if form else None, int(verbose) - int(quiet))
        how.begin()
        told_so_far = click.get_current_context().obj
        if isinstance(told_so_far, list):
            told_so_far.append(how)
        return function(telling=how, **given)

    for option in reversed(_OPTIONS):
        told = option(told)
    return told


_OPTIONS: Final = (
    click.option(
        "--format",
        "form",
        type=click.Choice([form.value for form in Form]),
        help="pretty: for a terminal; plain: for a log; json: one document and nothing else; github: "
        "annotations. Default: pretty on a terminal, plain in a pipe.",
    ),
    click.option("--quiet", "-q", is_flag=True, help="Tell the conclusion alone."),
    click.option("--verbose", "-v", is_flag=True, help="Tell of what conforms too, and what was seen."),
)


def _console(form: Form, *, quiet: bool, stderr: bool = False) -> Console:
    pretty = form is Form.PRETTY
    return Console(force_terminal=pretty, quiet=quiet, stderr=stderr)


def _aside(form: Form, detail: int) -> Console:
    """Beside a document for programs nothing is said, unless somebody asks for it: then on standard error."""
    stderr = form is Form.JSON
    return _console(form, quiet=detail < (1 if stderr else 0), stderr=stderr)
