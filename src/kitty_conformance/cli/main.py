"""`kitty-conformance`: the commands people and CI type.

Every error a person can cause is one line on standard error, `error[CODE]: what (what to do)`, and a
documented exit code; never a traceback.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import click
from rich.console import Console

from kitty_conformance import __version__
from kitty_conformance.cli.catalogue import cases
from kitty_conformance.cli.report import report
from kitty_conformance.cli.reproduce import reproduce
from kitty_conformance.cli.run import run
from kitty_conformance.cli.signoff import signoff
from kitty_conformance.errors import ExitCode, KittyConformanceError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="kitty-conformance")
def commands() -> None:
    """Tell which of the 3.2.0 workflow-reliability promises a build of spec-kitty keeps."""


for command in (signoff, reproduce, run, cases, report):
    commands.add_command(command)


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    sys.exit(_exit_code())


def _exit_code() -> int:
    try:
        result = commands.main(standalone_mode=False)
    except KittyConformanceError as error:
        return _complain(error.code, str(error), error.exit_code)
    except click.ClickException as error:
        return _complain("USAGE", error.format_message(), ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        return _complain("INTERRUPTED", "stopped; results so far are kept", ExitCode.INTERRUPTED)
    return int(result) if isinstance(result, int) else ExitCode.OK


def _complain(code: str, message: str, exit_code: int) -> int:
    text = f"error[{code}]: {message}"
    Console(stderr=True, highlight=False).print(text, markup=False, soft_wrap=True)
    return exit_code
