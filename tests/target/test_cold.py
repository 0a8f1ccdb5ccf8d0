import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from kitty_conformance.errors import HarnessError, TargetUnavailableError
from kitty_conformance.target.cold import ColdLauncher
from kitty_conformance.target.launcher import Command, Completed, Launcher, Running


@pytest.fixture
def launcher() -> Iterator[ColdLauncher]:
    launcher = ColdLauncher()
    yield launcher
    launcher.close()


def _command(folder: Path, program: str, **options: object) -> Command:
    environment = {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
    return Command(argv=(sys.executable, "-c", program), cwd=folder, environment=environment, **options)  # type: ignore[arg-type]


def _run(launcher: ColdLauncher, folder: Path, program: str, **options: object) -> Completed:
    return launcher.start(_command(folder, program, **options)).wait()


def _is_running(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _wait_for(path: Path) -> str:
    """Content of a file that a process is about to write."""
    deadline = time.monotonic() + 20
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < deadline, f"{path} never came"
    return path.read_text()


def test_it_keeps_the_protocol_of_launchers(launcher: ColdLauncher, tmp_path: Path) -> None:
    as_launcher: Launcher = launcher
    running: Running = as_launcher.start(_command(tmp_path, ""))
    assert (as_launcher.name, running.wait().exit_status) == ("cold", 0)


def test_status_output_and_time_come_back_as_they_were(launcher: ColdLauncher, tmp_path: Path) -> None:
    program = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    completed = _run(launcher, tmp_path, program)
    assert (completed.exit_status, completed.stdout, completed.stderr) == (3, b"out\n", b"err\n")
    assert completed.seconds > 0
    assert not completed.timed_out
    assert not completed.flooded


def test_bytes_that_are_no_text_are_kept(launcher: ColdLauncher, tmp_path: Path) -> None:
    program = r"import sys; sys.stdout.buffer.write(b'\xff\x00\xfe')"
    assert _run(launcher, tmp_path, program).stdout == b"\xff\x00\xfe"


def test_the_environment_is_the_one_given_and_nothing_else(
    launcher: ColdLauncher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OURS", "leaks")
    completed = _run(launcher, tmp_path, "import os; print(sorted(os.environ), os.getcwd())")
    assert b"OURS" not in completed.stdout
    assert str(tmp_path).encode() in completed.stdout


def test_standard_input_is_given_whole(launcher: ColdLauncher, tmp_path: Path) -> None:
    program = "import sys; print(len(sys.stdin.buffer.read()))"
    assert _run(launcher, tmp_path, program, stdin=b"x" * 300_000).stdout == b"300000\n"


def test_standard_input_that_nobody_reads_does_no_harm(launcher: ColdLauncher, tmp_path: Path) -> None:
    program = "import os; os.close(0); print('done')"
    assert _run(launcher, tmp_path, program, stdin=b"x" * 300_000).stdout == b"done\n"


def test_without_standard_input_there_is_the_null_device(launcher: ColdLauncher, tmp_path: Path) -> None:
    assert _run(launcher, tmp_path, "import sys; print(sys.stdin.read() == '')").stdout == b"True\n"


def test_a_process_killed_by_a_signal_has_a_negative_status(launcher: ColdLauncher, tmp_path: Path) -> None:
    program = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    assert _run(launcher, tmp_path, program).exit_status == -signal.SIGTERM


def test_a_target_that_hangs_is_ended_when_its_time_is_up(launcher: ColdLauncher, tmp_path: Path) -> None:
    program = "import time; print('so far', flush=True); time.sleep(600)"
    completed = _run(launcher, tmp_path, program, timeout=1.5)
    assert completed.timed_out
    assert completed.stdout == b"so far\n"
    assert 1.5 <= completed.seconds < 30


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_is_cut_off_and_its_source_ended(launcher: ColdLauncher, tmp_path: Path, stream: str) -> None:
    program = f"import sys\nwhile True: sys.{stream}.write('x' * 4096)"
    completed = _run(launcher, tmp_path, program, output_limit=100_000)
    assert completed.flooded
    assert not completed.timed_out
    assert getattr(completed, stream) == b"x" * 100_000


def test_output_of_exactly_the_limit_is_no_flood(launcher: ColdLauncher, tmp_path: Path) -> None:
    completed = _run(launcher, tmp_path, "print('x' * 999)", output_limit=1000)
    assert (completed.flooded, len(completed.stdout)) == (False, 1000)


def test_a_child_left_behind_in_the_group_is_ended(launcher: ColdLauncher, tmp_path: Path) -> None:
    program = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid)"
    )
    completed = _run(launcher, tmp_path, program)
    assert completed.exit_status == 0
    assert completed.seconds < 30
    assert not _is_running(int(completed.stdout))


def test_a_daemon_that_holds_the_pipes_is_not_waited_for(launcher: ColdLauncher, tmp_path: Path) -> None:
    program = (
        "import subprocess, sys\n"
        "sleep = 'import os, time; print(os.getpid(), flush=True); time.sleep(600)'\n"
        "daemon = subprocess.Popen([sys.executable, '-c', sleep], start_new_session=True)\n"
        "print(daemon.pid)"
    )
    completed = _run(launcher, tmp_path, program, timeout=60.0)
    daemon = psutil.Process(int(completed.stdout.split()[0]))
    assert completed.exit_status == 0
    assert not completed.timed_out
    daemon.kill()


def test_a_signal_reaches_the_group_or_the_process_alone(launcher: ColdLauncher, tmp_path: Path) -> None:
    program = (
        "import os, signal, subprocess, sys\n"
        "signal.signal(signal.SIGUSR1, lambda *_: sys.exit(7))\n"
        "open('ready', 'w').write(str(os.getpid()))\n"
        "signal.pause()"
    )
    running = launcher.start(_command(tmp_path, program))
    assert int(_wait_for(tmp_path / "ready")) == running.pid == os.getpgid(running.pid)
    running.signal(signal.SIGUSR1, group=False)
    assert running.wait().exit_status == 7


def test_a_signal_to_a_process_already_gone_is_no_error(launcher: ColdLauncher, tmp_path: Path) -> None:
    running = launcher.start(_command(tmp_path, ""))
    running.wait()
    running.signal(signal.SIGTERM)
    assert running.wait().exit_status == 0


def test_two_commands_run_side_by_side(launcher: ColdLauncher, tmp_path: Path) -> None:
    """Each waits for the other's file: one after the other they would never end."""
    meet = (
        "import pathlib, sys\n"
        "pathlib.Path('{mine}').touch()\n"
        "while not pathlib.Path('{other}').exists(): pass\n"
    )
    both = [
        launcher.start(_command(tmp_path, meet.format(mine=mine, other=other), timeout=60.0))
        for mine, other in (("a", "b"), ("b", "a"))
    ]
    assert [running.wait().exit_status for running in both] == [0, 0]


def test_closing_ends_what_still_runs(tmp_path: Path) -> None:
    launcher = ColdLauncher()
    running = launcher.start(_command(tmp_path, "import time; time.sleep(600)"))
    launcher.close()
    assert running.wait().exit_status == -signal.SIGKILL


@pytest.mark.parametrize("content", [None, "#!/nowhere/python\n", ""])
def test_an_executable_that_cannot_be_started_is_one_clear_error(
    launcher: ColdLauncher, tmp_path: Path, content: str | None
) -> None:
    executable = tmp_path / "spec-kitty"
    if content is not None:
        executable.write_text(content)
        executable.chmod(0o755 if content else 0o644)
    with pytest.raises(TargetUnavailableError, match=r"spec-kitty cannot be started: \w"):
        launcher.start(Command(argv=(str(executable),), cwd=tmp_path, environment={}))


def test_a_missing_working_folder_is_our_own_error(launcher: ColdLauncher, tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"working folder .*nowhere does not exist"):
        launcher.start(_command(tmp_path / "nowhere", ""))
