"""Whoever reads what is printed may leave, and the place it goes to may be full: neither is a verdict."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kitty_conformance.cli.standard_output import guarded
from kitty_conformance.errors import ExitCode, OutputClosedError, OutputUnwritableError
from kitty_conformance.stream import read

COMMAND = Path(sys.executable).with_name("kitty-conformance")
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no full device")


@pytest.fixture
def unread():
    """The writing end of a pipe nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


def run(*arguments, stdout, stderr=subprocess.PIPE):
    return subprocess.run([COMMAND, *arguments], stdout=stdout, stderr=stderr, text=True, check=False)


@pytest.mark.parametrize("arguments", [("schema",), ("schema", "report"), ("trace",), ("--help",)])
def test_nobody_reads_on_is_a_code_of_its_own_and_no_word(unread, arguments):
    ended = run(*arguments, stdout=unread)
    assert (ended.returncode, ended.stderr) == (ExitCode.OUTPUT_CLOSED, "")


@needs_full
@pytest.mark.parametrize("arguments", [("schema",), ("trace", "--format", "json")])
def test_a_full_disk_is_no_defect_of_ours(arguments):
    with FULL.open("w") as full:
        ended = run(*arguments, stdout=full)
    assert ended.returncode == ExitCode.OUTPUT_UNWRITABLE
    assert (
        ended.stderr
        == "error[OUTPUT_UNWRITABLE]: standard output cannot be written: No space left on device\n"
    )


def test_an_error_that_nobody_hears_keeps_its_code(unread):
    assert run("report", "nowhere", stdout=unread, stderr=unread).returncode == ExitCode.RESULTS_UNUSABLE


@pytest.mark.timeout(120)
def test_a_run_whose_reader_left_keeps_its_results_and_is_resumed(command_line, build):
    build.does("sys.exit('no')")
    process = command_line.start(
        *("run", "949-03", "--target", build.target, "--out", command_line.out, "--runs", 3, "--workers", 1)
    )
    while "949-03 run" not in process.stdout.readline():
        assert process.poll() is None
    process.stdout.close()
    assert process.wait() == ExitCode.OUTPUT_CLOSED
    assert process.stderr.read() == ""
    process.stderr.close()
    assert command_line.processes == []
    assert command_line.left_in_scratch == []
    stream = command_line.results()
    assert command_line.recorded(stream)
    assert command_line("signoff", "--resume", stream).returncode == ExitCode.INCONCLUSIVE
    assert read(stream).footer.results == 3


def test_what_is_printed_arrives_as_it_was(tmp_path):
    path = tmp_path / "out"
    with path.open("w", encoding="ascii", errors="backslashreplace") as file:
        stream = guarded(file, "standard output")
        stream.write("→ é\n")
        stream.flush()
    assert path.read_text() == "\\u2192 \\xe9\n"


def test_it_is_told_once(unread):
    with os.fdopen(unread, "w", closefd=False) as file:
        stream = guarded(file, "standard output")
        stream.write("a")
        with pytest.raises(OutputClosedError, match="nobody reads"):
            stream.flush()
        stream.write("b")
        stream.flush()


@needs_full
def test_what_takes_no_more_says_why():
    with FULL.open("w") as file:
        stream = guarded(file, "standard output")
        stream.write("a")
        with pytest.raises(OutputUnwritableError, match="standard output cannot be written: No space left"):
            stream.flush()


def test_what_is_no_file_of_the_system_stays_as_it_is():
    text = io.StringIO()
    assert guarded(text, "") is text
    assert guarded(None, "") is None
