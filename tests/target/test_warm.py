"""A made-up target with every habit that makes forks differ from new processes."""

import errno
import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import coverage
import psutil
import pytest

import kitty_conformance
from kitty_conformance.errors import HarnessError
from kitty_conformance.target import warm_server
from kitty_conformance.target.cold import ColdLauncher
from kitty_conformance.target.launcher import Command, Completed
from kitty_conformance.target.plan import (
    Action,
    Count,
    Fail,
    FaultRule,
    InsidePlan,
    Kill,
    Lose,
    count_fired,
    read_breaches,
    read_starts,
)
from kitty_conformance.target.remains import group_lives
from kitty_conformance.target.warm import WarmLauncher
from kitty_conformance.target.warm_running import WarmRunning

PACKAGE = """
import sys
import settings
NEXT = "next" in sys.argv
def main():
    import late
    return late.commands[sys.argv[1]](*sys.argv[2:])
"""

SETTINGS = """
import logging, os, sys
from pathlib import Path
from habit import shared
LOG = logging.getLogger("fake")
LOG.addHandler(logging.StreamHandler())
class Console:
    file = sys.stdout
    terminal = sys.stdout.isatty(), sys.stderr.isatty(), sys.stdin.isatty()
    width = os.environ.get("COLUMNS", "80")
    colour = "NO_COLOR" not in os.environ
CONSOLE = Console()
SYNC = os.environ.get("FAKE_SYNC")
HOME = Path.home() / ".fake"
NESTED = {"paths": [str(HOME), ("a", str(HOME))], "cache": HOME / "cache"}
class Config:
    home = str(HOME)
    def __init__(self):
        self.cache = str(HOME / "cache")
CONFIG = Config()
def where(path=str(HOME)):
    return path
"""

LATE = """
import atexit, json, os, random, resource, secrets, signal, subprocess, sys, tempfile, threading, time
import uuid
import fake, settings
def shows():
    c = settings.CONSOLE
    print(c.width, c.colour, c.terminal, sys.stdout.encoding, sys.stdout.line_buffering, file=c.file)
    settings.LOG.warning("a warning")
    sys.stdout.write("not flushed")
def places():
    n = settings.NESTED
    c = settings.CONFIG
    seen = [settings.HOME, *n["paths"], n["cache"], c.home, c.cache, settings.where()]
    print(json.dumps([str(each) for each in seen]))
def state(*_):
    print(json.dumps({
        "argv": sys.argv, "orig": sys.orig_argv[1:], "cwd": os.getcwd(),
        "environment": sorted(os.environ.items()),
        "umask": os.umask(0),
        "session": os.getsid(0) == os.getpid() == os.getpgid(0), "next": fake.NEXT,
        "zone": time.tzname, "main": sys.modules["__main__"].__file__, "path": sys.path[:1],
        "sync": settings.SYNC,
        "files": sorted(os.listdir("/proc/self/fd"))[:3], "limit": resource.getrlimit(resource.RLIMIT_FSIZE),
        "interrupt": str(signal.getsignal(signal.SIGINT)), "pipe": str(signal.getsignal(signal.SIGPIPE)),
        "hash": hash("text"),
        "seen": subprocess.check_output(["env"]).count(b"HOME="), "tmp": tempfile.gettempdir(),
        "parent": os.getppid(), "executable": sys.executable, "kind": sys.stdin.seekable(),
    }))
def ids():
    name = next(tempfile._get_candidate_names())
    print(uuid.uuid4(), secrets.token_hex(), random.random(), name, settings.shared.random())
def fails():
    raise ValueError("no such thing")
def says(what):
    sys.exit(what)
def ends(code):
    sys.exit(int(code))
def copies():
    sys.stdout.write(sys.stdin.read())
def dies(number):
    os.kill(os.getpid(), int(number))
    time.sleep(30)
def waits():
    print("waiting", flush=True)
    time.sleep(60)
def floods():
    while True:
        print("x" * 10000)
def lingers():
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stdout=-3, stderr=-3)
def at_exit():
    atexit.register(print, "at exit")
    threading.Thread(target=lambda: (time.sleep(0.05), print("thread"))).start()
    print("main")
def begins_late():
    atexit.register(threading.Thread(target=print, args=("late",)).start)
    print("main")
class Talker:
    def __del__(self):
        print("taken apart")
def talks():
    global kept
    kept = Talker()
def interrupts():
    raise KeyboardInterrupt
def closed():
    os.close(1)
    print("nobody reads this")
def visible():
    print(json.dumps(sorted(open("/proc/self/environ").read().strip(chr(0)).split(chr(0)))))
def writes(path):
    open(path, "w").close()
commands = {name: value for name, value in globals().items() if callable(value)}
"""

HABIT = "import random\nshared = random.Random()\n"
HOOK = """
import os, sys
with open("who", "w") as file:
    file.write(open("/proc/self/stat").read().split()[3])
print("hook", sys.argv, os.getcwd(), __name__, file=sys.stderr)
sys.exit(3 if "refuse" in os.environ else 0)
"""

SCRIPT = "#!{python}\nimport sys\nfrom fake import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
PTH = (
    "import os; os.environ.get('KITTY_INSIDE') and exec(__import__('importlib.machinery').machinery."
    "SourceFileLoader('kitty_inside', os.environ['KITTY_INSIDE']).get_code('kitty_inside'), "
    "{'__name__': 'kitty_conformance.inside.warm_hook', '__file__': os.environ['KITTY_INSIDE']})\n"
)


MEASURED = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}


@dataclass
class Installed:
    """A target environment, and one sandbox for its commands."""

    root: Path
    box: Path

    @property
    def python(self) -> Path:
        """Interpreter."""
        return self.root / "bin" / "python"

    @property
    def script(self) -> Path:
        """Console script."""
        return self.root / "bin" / "fake"

    @property
    def packages(self) -> Path:
        """Where things are installed."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.root / "lib" / version / "site-packages"

    def command(self, *arguments: str, **options: object) -> Command:
        """Make a command of the console script."""
        environment = {
            "PATH": os.defpath,
            "HOME": str(self.box),
            "TMPDIR": str(self.box),
            "PYTHONHASHSEED": "3",
        }
        environment |= MEASURED
        environment |= options.pop("environment", {})  # type: ignore[call-overload]
        options = {"cwd": self.box, **options}
        return Command(argv=(str(self.script), *arguments), environment=environment, **options)  # type: ignore[arg-type]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    root = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root], check=True)
    (tmp_path / "box").mkdir()
    made = Installed(root, tmp_path / "box")
    metadata = made.packages / "fake-1.dist-info"
    metadata.mkdir()
    (metadata / "entry_points.txt").write_text("[console_scripts]\nfake = fake:main\n")
    for name, text in {
        "fake": PACKAGE,
        "settings": SETTINGS,
        "late": LATE,
        "habit": HABIT,
        "fake_hook": HOOK,
    }.items():
        (made.packages / f"{name}.py").write_text(text)
    (made.packages / "inside.pth").write_text(PTH)
    if MEASURED:
        places = [str(Path(module.__file__ or "").parents[1]) for module in (coverage, kitty_conformance)]
        start = "import coverage; coverage.process_startup()"
        (made.packages / "first.pth").write_text("\n".join((*places, start)))
        always = f"{warm_server.ALWAYS_ASKED.pattern}|COVERAGE_.*"
        monkeypatch.setattr(warm_server, "ALWAYS_ASKED", re.compile(always))
    made.script.write_text(SCRIPT.format(python=made.python))
    made.script.chmod(0o755)
    return made


@pytest.fixture
def launcher(installed: Installed) -> Iterator[WarmLauncher]:
    launcher = WarmLauncher(installed.python, installed.script)
    yield launcher
    launcher.close()


Both = Callable[..., tuple[Completed, Completed]]


@pytest.fixture
def both(installed: Installed, launcher: WarmLauncher) -> Both:
    """Run a command cold and warm, and see to it that warm was warm."""

    def run(*arguments: str, **options: object) -> tuple[Completed, Completed]:
        command = installed.command(*arguments, **options)
        cold = ColdLauncher().start(command).wait()
        warm = launcher.start(command).wait()
        assert launcher.reason == ""
        return cold, warm

    return run


def _seen(completed: Completed) -> tuple[int, bytes, bytes]:
    return completed.exit_status, completed.stdout, completed.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("places",),
        ("fails",),
        ("says", "a last word"),
        ("ends", "0"),
        ("ends", "7"),
        ("ends", "259"),
        ("at_exit",),
        ("talks",),
        ("interrupts",),
        ("dies", "9"),
        ("dies", "15"),
        ("lingers",),
    ],
    ids=" ".join,
)
def test_a_fork_ends_as_a_new_process_does_and_says_the_same(both: Both, arguments: tuple[str, ...]) -> None:
    cold, warm = both(*arguments)
    assert _seen(warm) == _seen(cold)


def test_a_last_output_that_cannot_be_written_is_reported(both: Both) -> None:
    cold, warm = both("closed")
    assert _seen(warm) == _seen(cold)
    assert warm.exit_status == 120


def test_a_fork_finds_the_state_of_a_new_process(both: Both) -> None:
    cold, warm = both(
        "state", "next", stdin=b"", environment={"TZ": "Asia/Tokyo", "ODD": "\udcff", "FAKE_SYNC": "1"}
    )
    assert (warm.stderr, cold.stderr) == (b"", b"")
    seen, reference = (json.loads(each.stdout) for each in (warm, cold))
    for each in (seen, reference):
        each["environment"] = [item for item in each["environment"] if not item[0].startswith("KITTY_INSIDE")]
    assert seen == reference
    assert (seen["next"], seen["sync"]) == (True, "1")


def test_folders_seen_by_imports_become_those_of_each_command(
    installed: Installed, launcher: WarmLauncher
) -> None:
    for name in ("one", "two"):
        home = installed.box / name
        home.mkdir()
        told = launcher.start(installed.command("places", environment={"HOME": str(home)})).wait()
        nested = f"{home}/.fake"
        cache = f"{nested}/cache"
        assert json.loads(told.stdout) == [nested, nested, f"('a', '{nested}')", cache, nested, cache, nested]
    assert launcher.forked == 2
    assert len(launcher._servers) == 1


@pytest.mark.parametrize(
    "environment", [{}, {"COLUMNS": "400", "NO_COLOR": "1"}, {"PYTHONIOENCODING": "latin-1"}]
)
def test_consoles_and_loggers_made_by_imports_are_those_of_a_new_process(
    both: Both, environment: dict[str, str]
) -> None:
    cold, warm = both("shows", environment=environment)
    assert _seen(warm) == _seen(cold)
    assert warm.stderr == b"a warning\n"
    assert warm.stdout.startswith(environment.get("COLUMNS", "80").encode())


def test_a_fork_is_limited_as_a_new_process_is(both: Both) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        cold, warm = both("state")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    limits = [json.loads(each.stdout)["limit"] for each in (cold, warm)]
    assert limits == [[1_000_000, before[1]]] * 2


@pytest.mark.parametrize(
    ("action", "exit_status"),
    [(Kill(), -signal.SIGKILL), (Fail(errno=errno.ENOSPC), 1), (Lose(), 0)],
    ids=str,
)
def test_faults_and_crash_points_work_as_in_a_new_process(
    installed: Installed, launcher: WarmLauncher, action: Action, exit_status: int
) -> None:
    seen = []
    for name, each in (("cold", ColdLauncher()), ("warm", launcher)):
        written = installed.box / "written"
        written.write_text("before")
        plan = InsidePlan(
            folder=str(installed.box / name),
            rules=(FaultRule(events=("write",), paths=("*/written",), action=action),),
            writable=(str(installed.box / name),),
        )
        plan.write()
        environment = {**plan.environment(), "PYTHONDONTWRITEBYTECODE": "1"}
        ended = each.start(installed.command("writes", str(written), environment=environment)).wait()
        # What measures the coverage of the interpreter writes a file of another name each time.
        breaches = [
            (breach.event, breach.subject)
            for breach in read_breaches(plan)
            if ".coverage." not in breach.subject
        ]
        seen.append((_seen(ended), count_fired(plan), breaches, written.read_text()))
    assert launcher.forked == 1
    assert seen[1] == seen[0]
    assert seen[1][0][0] == exit_status


def test_no_thread_is_started_at_the_end_of_either(installed: Installed, launcher: WarmLauncher) -> None:
    seen = []
    for name, each in (("cold", ColdLauncher()), ("warm", launcher)):
        rule = FaultRule(events=("late-thread",), paths=("builtins.print",), action=Fail())
        plan = InsidePlan(folder=str(installed.box / name), rules=(rule,), guard=False)
        plan.write()
        ended = each.start(installed.command("begins_late", environment=plan.environment())).wait()
        last = ended.stderr.decode().splitlines()[-1]
        seen.append((ended.exit_status, ended.stdout, last, count_fired(plan)))
    assert launcher.forked == 1
    assert seen[1] == seen[0]
    assert seen[0][1:] == (b"main\n", "RuntimeError: can't create new thread at interpreter shutdown", (1,))


def test_standard_input_arrives(both: Both) -> None:
    cold, warm = both("copies", stdin=b"a line\nanother")
    assert warm.stdout == cold.stdout == b"a line\nanother"


def test_an_environment_that_imports_can_tell_gets_a_server_of_its_own(
    installed: Installed, launcher: WarmLauncher
) -> None:
    for value in ("1", "2", "1"):
        told = launcher.start(installed.command("state", environment={"FAKE_SYNC": value})).wait()
        assert json.loads(told.stdout)["sync"] == value
    launcher.start(installed.command("ends", "0", environment={"PYTHONHASHSEED": "4"})).wait()
    assert len(launcher._servers) == 3
    assert (launcher.forked, launcher.cold) == (4, 0)


def test_only_so_many_servers_wait_and_a_retired_one_ends_its_command(installed: Installed) -> None:
    launcher = WarmLauncher(installed.python, installed.script, servers=1)
    running = launcher.start(installed.command("waits"))
    (first,) = launcher._servers
    launcher.start(installed.command("ends", "0", environment={"FAKE_SYNC": "1"})).wait()
    assert psutil.pid_exists(first.pid)
    running.signal(signal.SIGTERM)
    assert running.wait().exit_status == -signal.SIGTERM
    first._process.wait(timeout=20)
    launcher.close()


def test_identifiers_never_repeat(installed: Installed, launcher: WarmLauncher) -> None:
    told = [launcher.start(installed.command("ids")).wait().stdout.split() for _ in range(60)]
    assert all(len(set(column)) == 60 for column in list(zip(*told, strict=True))[:4])


def test_a_generator_made_by_an_import_repeats_no_number_either(
    installed: Installed, launcher: WarmLauncher
) -> None:
    told = {launcher.start(installed.command("ids")).wait().stdout.split()[4] for _ in range(3)}
    assert len(told) == 3


def test_the_environment_of_a_fork_can_be_seen_from_outside(both: Both) -> None:
    cold, warm = both("visible", environment={"HOME": "/somewhere"})
    seen = {each for each in json.loads(warm.stdout) if not each.startswith("KITTY_INSIDE")}
    assert seen == set(json.loads(cold.stdout))


def test_a_server_shows_no_folder_of_a_case(installed: Installed, launcher: WarmLauncher) -> None:
    launcher.start(installed.command("ends", "0", environment={"CEILING": str(installed.box)})).wait()
    (server,) = launcher._servers
    shown = psutil.Process(server.pid)
    assert not any(str(installed.box) in value for value in shown.environ().values())
    assert shown.cwd() == "/"


def test_a_command_that_hangs_is_ended(installed: Installed, launcher: WarmLauncher) -> None:
    completed = launcher.start(installed.command("waits", timeout=0.5)).wait()
    assert (completed.timed_out, completed.stdout) == (True, b"waiting\n")


def test_a_command_that_floods_is_ended(installed: Installed, launcher: WarmLauncher) -> None:
    completed = launcher.start(installed.command("floods", output_limit=1000)).wait()
    assert (completed.flooded, len(completed.stdout)) == (True, 1000)


def test_a_signal_reaches_the_process_whose_number_was_told(
    installed: Installed, launcher: WarmLauncher
) -> None:
    running = launcher.start(installed.command("waits"))
    assert os.getpgid(running.pid) == running.pid
    assert isinstance(running, WarmRunning)
    deadline = time.monotonic() + 20
    while not running._streams.stdout and time.monotonic() < deadline:
        os.sched_yield()
    running.signal(signal.SIGINT, group=False)
    completed = running.wait()
    assert completed.exit_status == -signal.SIGINT
    assert b"KeyboardInterrupt" in completed.stderr
    running.signal(signal.SIGTERM)  # gone: no error


def test_what_a_command_leaves_in_its_group_is_ended(installed: Installed, launcher: WarmLauncher) -> None:
    running = launcher.start(installed.command("lingers"))
    running.wait()
    assert not group_lives(running.pid)


def test_many_threads_may_start_commands_at_once(installed: Installed, launcher: WarmLauncher) -> None:
    codes: list[int] = []

    def run(code: int) -> None:
        codes.append(launcher.start(installed.command("ends", str(code))).wait().exit_status)

    threads = [threading.Thread(target=run, args=(code,)) for code in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == list(range(20))
    assert len(launcher._servers) == 1


def test_closing_ends_servers_and_commands(installed: Installed) -> None:
    launcher = WarmLauncher(installed.python, installed.script)
    running = launcher.start(installed.command("waits"))
    (server,) = launcher._servers
    launcher.close()
    assert running.wait().exit_status == -signal.SIGKILL
    assert not psutil.pid_exists(server.pid)


OWNER = """
import os, sys
from pathlib import Path
from kitty_conformance.target.launcher import Command
from kitty_conformance.target.remains import group_lives
from kitty_conformance.target.warm import WarmLauncher
python, script, box = map(Path, sys.argv[1:])
launcher = WarmLauncher(python, script)
running = launcher.start(Command(argv=(str(script), "waits"), cwd=box, environment={"HOME": str(box)}))
print(next(iter(launcher._servers)).pid, running.pid, flush=True)
sys.stdin.read()
"""


def test_nothing_outlives_an_owner_that_is_killed(installed: Installed) -> None:
    argv = [sys.executable, "-c", OWNER, *map(str, (installed.python, installed.script, installed.box))]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        started = [psutil.Process(int(pid)) for pid in owner.stdout.readline().split()]
        owner.kill()
    _, alive = psutil.wait_procs(started, timeout=20)
    assert alive == []


def test_a_server_that_was_killed_is_replaced(installed: Installed, launcher: WarmLauncher) -> None:
    launcher.start(installed.command("ends", "0")).wait()
    (server,) = launcher._servers
    os.kill(server.pid, signal.SIGKILL)
    server._process.wait()
    assert launcher.start(installed.command("ends", "5")).wait().exit_status == 5
    assert "gone" in launcher.reason
    assert launcher.start(installed.command("ends", "6")).wait().exit_status == 6
    assert (launcher.forked, launcher.cold) == (2, 1)


def test_other_programs_and_bad_folders_are_as_with_the_cold_launcher(
    installed: Installed, launcher: WarmLauncher
) -> None:
    command = Command(argv=(sys.executable, "-c", "print(1)"), cwd=installed.box, environment={})
    assert launcher.start(command).wait().stdout == b"1\n"
    with pytest.raises(HarnessError, match="does not exist"):
        launcher.start(installed.command("ends", "0", cwd=installed.box / "nowhere"))


UNWARMABLE = {
    "threads": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(2,)).start()\n",
        "the number of threads",
    ),
    "open files": ("kept = open(__file__)\n", "what files are open"),
    "signals": ("import signal\nsignal.signal(signal.SIGTERM, lambda *_: None)\n", "what signals do"),
    "processes": ("import subprocess\nsubprocess.run(['true'])\n", "start processes (fake)"),
    "output": ("print('hello')\n", "imports print b'hello"),
    "environment": ("import os\nos.environ['FAKE_NEW'] = '1'\n", "change the environment"),
    "a class that depends on the folder": (
        "import os\nos.stat('.')\nclass Here: pass\n",
        "is another in each process, and defines classes",
    ),
    "a path as a key": ("from pathlib import Path\nknown = {Path.home(): 1}\n", "cannot be replaced"),
    "text as a key": ("import os\nknown = {os.environ['HOME']: 1}\n", "cannot be replaced"),
    "text in a frozen set": ("import os\nknown = frozenset([os.environ['HOME']])\n", "cannot be replaced"),
    "an error": ("raise RuntimeError('broken install')\n", "does not import: RuntimeError: broken install"),
}


@pytest.mark.parametrize("habit", UNWARMABLE)
def test_a_target_that_cannot_be_warmed_runs_cold_and_the_reason_is_told(
    installed: Installed, launcher: WarmLauncher, habit: str
) -> None:
    source, reason = UNWARMABLE[habit]
    (installed.packages / "fake.py").write_text(
        source + "def main():\n    import os\n    os.write(1, b'done')\n    os._exit(4)\n"
    )
    for _ in range(2):
        completed = launcher.start(installed.command("any")).wait()
        assert (completed.exit_status, completed.stdout[-4:]) in {(4, b"done"), (1, b"")}
    assert reason in launcher.reason
    assert (launcher.forked, launcher.cold) == (0, 2)


def test_a_script_that_no_distribution_declares_runs_cold(
    installed: Installed, launcher: WarmLauncher
) -> None:
    (installed.packages / "fake-1.dist-info" / "entry_points.txt").unlink()
    assert launcher.start(installed.command("ends", "2")).wait().exit_status == 2
    assert "no distribution" in launcher.reason


def test_an_import_that_takes_too_long_is_given_up(
    installed: Installed, launcher: WarmLauncher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm_server, "START_PATIENCE", 0.2)
    (installed.packages / "fake.py").write_text("import time\ntime.sleep(1)\ndef main(): return 8\n")
    assert launcher.start(installed.command("any")).wait().exit_status == 8
    assert "not imported within" in launcher.reason


def test_a_module_that_depends_on_the_folder_is_executed_again(
    installed: Installed, launcher: WarmLauncher
) -> None:
    source = "import os, pathlib\nHERE = pathlib.Path('marker').exists()\ndef main():\n    print(HERE)\n"
    (installed.packages / "fake.py").write_text(source)
    assert launcher.start(installed.command("any")).wait().stdout == b"False\n"
    (installed.box / "marker").touch()
    assert launcher.start(installed.command("any")).wait().stdout == b"True\n"
    assert launcher.forked == 2


def test_an_imported_random_generator_is_no_reason_to_refuse(both: Both) -> None:
    cold, warm = both("ids")
    assert cold.exit_status == warm.exit_status == 0


def _repository(installed: Installed, launcher: WarmLauncher) -> Callable[..., Completed]:
    environment = {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org",
    }

    def git(*arguments: str, **more: str) -> Completed:
        command = installed.command(environment={**environment, **more})
        return launcher.start(
            Command(argv=("git", *arguments), cwd=installed.box, environment=command.environment)
        ).wait()

    git("init", "-q")
    hook = installed.box / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nexec "{installed.python}" -m fake_hook "$@"\n')
    hook.chmod(0o755)
    return git


def test_a_git_hook_is_served_with_the_same_outcome(installed: Installed, launcher: WarmLauncher) -> None:
    git = _repository(installed, launcher)
    cold = git("commit", "--allow-empty", "-qm", "cold")
    launcher.start(installed.command("ends", "0")).wait()
    (server,) = launcher._servers
    warm = git("commit", "--allow-empty", "-qm", "warm")
    refused = git("commit", "--allow-empty", "-qm", "refused", refuse="1")
    parent = int((installed.box / "who").read_text())
    assert _seen(warm) == _seen(cold)
    assert re.match(rb"hook \['.*fake_hook.py'\] .*box __main__\n", warm.stderr)
    assert (warm.exit_status, refused.exit_status) == (0, 1)
    assert parent == server.pid


BUSY = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end:\n    pass\n"


def test_the_time_of_commands_and_of_their_hooks_is_known(
    installed: Installed, launcher: WarmLauncher
) -> None:
    git = _repository(installed, launcher)
    (installed.packages / "fake_hook.py").write_text(BUSY)
    cold = git("commit", "--allow-empty", "-qm", "cold")
    assert 0.3 < cold.cpu <= launcher.cpu
    launcher.start(installed.command("ends", "0")).wait()
    before = launcher.cpu
    served = git("commit", "--allow-empty", "-qm", "served")
    assert launcher.cpu - before > 0.3 > served.cpu
    spent = launcher.cpu
    launcher.close()
    assert launcher.cpu >= spent


def test_a_hook_is_not_served_where_its_folder_shadows_what_is_imported(
    installed: Installed, launcher: WarmLauncher
) -> None:
    git = _repository(installed, launcher)
    launcher.start(installed.command("ends", "0")).wait()
    (installed.box / "habit.py").write_text("raise RuntimeError('the wrong one')\n")
    (installed.packages / "fake_hook.py").write_text("import habit\n")
    assert b"the wrong one" in git("commit", "--allow-empty", "-qm", "shadowed").stderr


def test_plans_arm_forks_hooks_and_nothing_else(installed: Installed, launcher: WarmLauncher) -> None:
    plan = InsidePlan(
        folder=str(installed.box / "plan"),
        rules=(FaultRule(events=("write",), paths=("*/written",), action=Count()),),
        guard=False,
    )
    plan.write()
    written = str(installed.box / "written")
    running = launcher.start(installed.command("writes", written, environment=plan.environment()))
    assert _seen(running.wait()) == (0, b"", b"")
    assert count_fired(plan) == (1,)
    (start,) = read_starts(plan)
    assert (start.pid, start.main) == (running.pid, True)
    assert start.argv[1:] == (str(installed.script), "writes", written)


def test_full_ends_can_be_asked_for(installed: Installed) -> None:
    launcher = WarmLauncher(installed.python, installed.script, fast=False)
    running = launcher.start(installed.command("ends", "9"))
    assert isinstance(running, WarmRunning)
    completed = running.wait()
    assert completed.exit_status == 9
    assert 0 < completed.cpu <= launcher.cpu + 1e-6  # sums of microseconds
    launcher.close()


def test_starting_a_fork_takes_little_of_our_own_time(installed: Installed, launcher: WarmLauncher) -> None:
    command = installed.command("ends", "0")
    launcher.start(command).wait()
    before = time.process_time()
    for _ in range(20):
        launcher.start(command).wait()
    assert (time.process_time() - before) / 20 < 0.015
