"""`kitty-conformance`: the commands people and CI type.

Every error a person can cause is one line on standard error, `error[CODE]: what (what to do)`, and a
documented exit code; never a traceback.
"""

from __future__ import annotations

import io
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console

from kitty_conformance import __version__
from kitty_conformance.cli.adapters import adapters_command
from kitty_conformance.cli.bisect import bisect
from kitty_conformance.cli.catalogue import cases
from kitty_conformance.cli.diff import diff
from kitty_conformance.cli.history import history
from kitty_conformance.cli.lines import say
from kitty_conformance.cli.matrix import matrix_command
from kitty_conformance.cli.report import report
from kitty_conformance.cli.reproduce import reproduce
from kitty_conformance.cli.results import results
from kitty_conformance.cli.run import run
from kitty_conformance.cli.schema import print_schema, schema_command
from kitty_conformance.cli.signoff import signoff
from kitty_conformance.cli.snapshots import snapshots
from kitty_conformance.cli.standard_output import guarded
from kitty_conformance.cli.telling import Telling, error_command
from kitty_conformance.cli.trace import trace_command
from kitty_conformance.cli.verify import verify_command
from kitty_conformance.contract import NAMES
from kitty_conformance.errors import ExitCode, KittyConformanceError, OutputClosedError


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    no_args_is_help=False,
)
@click.version_option(__version__, prog_name="kitty-conformance")
@click.option(
    "--schema",
    type=click.Choice(NAMES),
    expose_value=False,
    is_eager=True,
    callback=print_schema,
    help="Print the JSON Schema of a document and exit.",
)
def commands() -> None:
    """Tell which of the 3.2.0 workflow-reliability promises a build of spec-kitty keeps."""


for command in (
    *(signoff, reproduce, run, history, diff, bisect, cases, trace_command),
    *(report, verify_command, schema_command, matrix_command, results, snapshots, adapters_command),
):
    commands.add_command(command)


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    _bear_any_encoding()
    sys.stdout = guarded(sys.stdout, "standard output")
    sys.stderr = guarded(sys.stderr, "standard error")
    _stop_in_order()
    sys.exit(_exit_code())


def _stop_in_order() -> None:
    """Let whoever asks us to end have what ctrl-C has: nothing is left behind, and the results are kept."""

    def stop(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup has its word
            signal.signal(number, stop)


def _bear_any_encoding() -> None:
    """Let a terminal that knows no `→` or `…` show an escape instead of ending the run."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _exit_code() -> int:
    tellings = list[Telling]()
    try:
        result = commands.main(prog_name="kitty-conformance", standalone_mode=False, obj=tellings)
        if sys.stdout is not None:
            sys.stdout.flush()
    except OutputClosedError as closed:
        return closed.exit_code  # without a word, as other programs end there
    except KittyConformanceError as error:
        return _complain(tellings, error.code, str(error), error.exit_code)
    except click.ClickException as error:
        return _complain(tellings, "USAGE", f"{error.format_message()} ({_advice(error)})", ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        told = "stopped; results so far are kept"
        return _complain(tellings, "INTERRUPTED", told, ExitCode.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the last resort: whatever it is, it is one line
        return _complain(tellings, "INTERNAL", _defect(error), ExitCode.INTERNAL)
    return int(result) if isinstance(result, int) else ExitCode.OK


def _advice(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"`{context.command_path if context else 'kitty-conformance'} --help` tells more"


def _defect(error: Exception) -> str:
    """Say where in our own code it came to an error nobody foresaw, for the report of the defect."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
    return f"a defect of kitty-conformance, please report it: {type(error).__name__} at {place}: {error}"


def _complain(tellings: Sequence[Telling], code: str, message: str, exit_code: int) -> int:
    """Say what is wrong, to a workflow of GitHub too: after the telling that was begun, if one was."""
    one_line = " ".join(message.split())
    with suppress(KittyConformanceError):  # nobody hears it; the exit code says it all the same
        say(Console(stderr=True), f"error[{code}]: {one_line}")
        commands_of_workflow = error_command(sys.argv[1:], code, one_line)
        for telling in tellings:
            telling.annotate(commands_of_workflow)
        for each in () if tellings else commands_of_workflow:
            click.echo(each)
    return exit_code
