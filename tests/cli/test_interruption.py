"""Runs that are stopped, killed, resumed, or not alone on the machine."""

import os
import signal
from contextlib import suppress

import psutil
import pytest

from kitty_conformance.errors import ExitCode
from kitty_conformance.stream import read

pytestmark = pytest.mark.timeout(120)

WAITS_IN_THE_LAST_RUN = """
if os.environ["TZ"] == "NST+3:30":
    open({gate!r}).read()
sys.exit("no")
"""
"""Only the third run has this time zone. A named pipe opens when there is somebody at either end."""


@pytest.fixture
def under_way(command_line, build, tmp_path):
    """Starts three runs of a case; gives the process when one is recorded and the last under way."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    build.does(WAITS_IN_THE_LAST_RUN.format(gate=str(gate)))
    processes, ends = [], []

    def start(*options):
        arguments = ("--target", build.target, "--out", command_line.out, "--runs", 3, *options)
        process = command_line.start("run", "949-03", *arguments)
        processes.append(process)
        while "949-03 run" not in process.stdout.readline():
            assert process.poll() is None
        ends.append(os.open(gate, os.O_WRONLY))
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()
    for end in ends:
        os.close(end)


def test_a_run_killed_in_the_middle_leaves_nothing_running_and_is_resumed(under_way, command_line, build):
    killed = under_way("--workers", "2")
    others = [process for process in command_line.processes if process.pid != killed.pid]
    killed.kill()
    assert psutil.wait_procs(others, timeout=150)[1] == []
    assert command_line.left_in_scratch == []

    stream = command_line.results()
    recorded = command_line.recorded(stream)
    assert recorded
    assert ("949-03", 3) not in recorded
    before = stream.read_bytes()
    assert command_line.refused("report", stream) == ("RESULTS_UNUSABLE", ExitCode.RESULTS_UNUSABLE)
    assert list(stream.parent.iterdir()) == [stream]

    build.does("sys.exit('no')")
    resumed = command_line("signoff", "--resume", stream)
    assert resumed.returncode == ExitCode.INCONCLUSIVE
    assert resumed.stdout.count("949-03 run ") == 3 - len(recorded)
    assert stream.read_bytes().startswith(before)
    assert read(stream).recorded == {("949-03", 1), ("949-03", 2), ("949-03", 3)}
    assert read(stream).footer.results == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_keeps_what_was_recorded_and_leaves_nothing_behind(under_way, command_line, number):
    stopped = under_way("--workers", "1")
    stopped.send_signal(number)
    _, stderr = stopped.communicate()
    assert stderr.strip() == "error[INTERRUPTED]: stopped; results so far are kept"
    assert stopped.returncode == ExitCode.INTERRUPTED
    assert command_line.processes == []
    assert command_line.left_in_scratch == []
    assert command_line.recorded(command_line.results()) == [("949-03", 1), ("949-03", 2)]
    assert list(command_line.results().parent.iterdir()) == [command_line.results()]


def test_what_is_left_when_all_of_us_are_killed_is_swept_up_by_the_next_run(under_way, command_line, build):
    killed = under_way("--workers", "1")
    for process in command_line.processes:
        with suppress(psutil.Error):  # it may have followed another one already
            if {"kitty_suites", str(command_line.out)} & set(process.cmdline()):
                process.kill()
    killed.wait()
    assert command_line.left_in_scratch != []

    build.does("sys.exit('no')")
    command_line("run", "949-03", "--target", build.target, "--out", command_line.folder / "other")
    assert command_line.processes == []
    assert command_line.left_in_scratch == []


def test_two_runs_started_at_once_do_not_disturb_each_other(command_line, build):
    build.does("sys.exit('no')")
    arguments = ("run", "949-03", "--target", build.target, "--out", command_line.out)
    both = [command_line.start(*arguments) for _ in range(2)]
    for process in both:
        _, stderr = process.communicate()
        assert (process.returncode, stderr) == (ExitCode.INCONCLUSIVE, "")
    streams = list(command_line.out.glob("9.9/*/results.ndjson"))
    assert [read(stream).footer.results for stream in streams] == [1, 1]
    for stream in streams:
        assert sorted(path.name for path in stream.parent.iterdir()) == [
            "badge.json",
            "junit.xml",
            "report.html",
            "report.json",
            "report.md",
            "results.ndjson",
        ]
    assert command_line.left_in_scratch == []


def test_results_of_another_build_are_not_continued(command_line, build, wheel_in):
    build.does("sys.exit('no')")
    target = wheel_in(command_line.folder / "wheels", "def main(): print('one')")
    command_line("run", "949-03", "--target", target, "--out", command_line.out)
    wheel_in(command_line.folder / "wheels", "def main(): print('another')")
    ended = command_line("signoff", "--resume", command_line.results())
    assert "was recorded on another build of wheel:" in ended.stderr
    assert ended.returncode == ExitCode.RESULTS_UNUSABLE
