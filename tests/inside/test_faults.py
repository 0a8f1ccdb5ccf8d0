import errno
import shlex
import signal
import sys
from collections.abc import Callable

import pytest

from kitty_conformance.target.plan import (
    Alter,
    Count,
    Delay,
    Fail,
    FaultRule,
    Kill,
    Lose,
    Short,
    read_fired,
    read_starts,
    ways_to,
)

Rule = Callable[..., FaultRule]

WRITERS = {
    "append": "with open('log', 'a') as f: f.write('new\\n')",
    "overwrite": "with open('log', 'w') as f: f.write('new\\n')",
    "update": "with open('log', 'r+') as f: f.truncate(0)",
    "pathlib": "import pathlib; pathlib.Path('log').write_text('new\\n')",
    "descriptor": (
        "import os; d = os.open('log', os.O_WRONLY | os.O_APPEND); os.write(d, b'new\\n'); os.close(d)"
    ),
    "replace": "import os; open('log.tmp', 'w').write('new\\n'); os.replace('log.tmp', 'log')",
    "rename from a temporary file": (
        "import tempfile, os\n"
        "with tempfile.NamedTemporaryFile('w', dir='.', delete=False) as f: f.write('new\\n')\n"
        "os.rename(f.name, 'log')"
    ),
    "copy": "import shutil; open('other', 'w').write('new\\n'); shutil.copy('other', 'log')",
    "truncate": "import os; os.truncate('log', 0)",
    "remove": "import os; os.remove('log')",
    "remove in an open folder": "import os; os.remove('log', dir_fd=os.open('.', os.O_RDONLY))",
    "move away": "import os; os.rename('log', 'elsewhere')",
    "link": "import os; open('other', 'w').write('new\\n'); os.remove('log'); os.link('other', 'log')",
    "symbolic link": (
        "import os; open('other', 'w').write('new\\n'); os.remove('log'); os.symlink('other', 'log')"
    ),
    "database": "import sqlite3; sqlite3.connect('log')",
}
OPENERS = {name: WRITERS[name] for name in ("append", "overwrite", "pathlib", "descriptor")}
TWO_STEPS = ("link", "symbolic link", "database")  # more than one event, or none that changes anything


@pytest.mark.parametrize("program", WRITERS.values(), ids=WRITERS)
def test_every_way_a_file_may_change_can_fail(target, on_log: Rule, program: str) -> None:
    outcome = target.run(program, on_log(Fail(errno=errno.ENOSPC)))
    assert outcome.status == 1
    assert "[Errno 28] No space left on device" in outcome.stderr
    assert target.log.read_text() == "old\n"
    assert outcome.fired == (1,)


@pytest.mark.parametrize("name", [name for name in WRITERS if name not in TWO_STEPS])
def test_every_way_a_file_may_change_can_be_lost(target, on_log: Rule, name: str) -> None:
    outcome = target.run(WRITERS[name], on_log(Lose()))
    assert (outcome.status, outcome.stderr) == (0, "")
    assert target.log.read_text() == "old\n"
    assert outcome.fired == (1,)


@pytest.mark.parametrize("program", WRITERS.values(), ids=WRITERS)
def test_a_killed_process_has_not_changed_the_file(target, on_log: Rule, program: str) -> None:
    outcome = target.run(program, on_log(Kill()))
    assert outcome.status == -signal.SIGKILL
    assert target.log.read_text() == "old\n"
    assert outcome.fired == (1,)


@pytest.mark.parametrize("program", WRITERS.values(), ids=WRITERS)
def test_counting_changes_nothing(target, on_log: Rule, program: str) -> None:
    counted = target.run(program, on_log(Count()))
    after = target.log.read_text() if target.log.exists() else None
    target.log.unlink(missing_ok=True)
    target.log.write_text("old\n")
    plain = target.run(program)
    assert (counted.status, counted.stderr) == (plain.status, plain.stderr) == (0, "")
    assert after == (target.log.read_text() if target.log.exists() else None)
    assert counted.fired[0] >= 1


@pytest.mark.parametrize("program", OPENERS.values(), ids=OPENERS)
def test_a_short_write_leaves_the_first_bytes(target, on_log: Rule, program: str) -> None:
    outcome = target.run(program, on_log(Short(bytes=2)))
    assert outcome.fired == (1,)
    assert target.log.read_text() in ("old\nne", "ne")
    assert ("File too large" in outcome.stderr) == ("os.write" not in program)


def test_a_short_write_reaches_the_temporary_file_too(target) -> None:
    rule = FaultRule(events=("write",), paths=ways_to(target.log), action=Short(bytes=2))
    outcome = target.run(
        "import os\nwith open('log.tmp', 'w') as f: f.write('new\\n')\nos.replace('log.tmp', 'log')", rule
    )
    assert "File too large" in outcome.stderr
    assert (target.log.read_text(), (target.sandbox.work / "log.tmp").read_text()) == ("old\n", "ne")


def test_no_byte_written_is_a_failure_only_at_close(target, on_log: Rule) -> None:
    program = (
        "f = open('log', 'a'); f.write('new\\n'); print('written')\n"
        "try: f.close()\n"
        "except OSError as error: print(error.strerror)"
    )
    assert target.run(program, on_log(Short(bytes=0))).stdout == "written\nFile too large\n"
    assert target.log.read_text() == "old\n"


def test_a_short_write_is_about_one_file_and_ends_with_it(target, on_log: Rule) -> None:
    program = (
        "f = open('log', 'a'); g = open('other', 'w')\n"
        "try: print('new', file=f, flush=True)\n"
        "except OSError: pass\n"
        "try: f.close()\n"
        "except OSError: pass\n"
        "open('third', 'w').write('x' * 99); print('y' * 99, file=g, flush=True)"
    )
    outcome = target.run(program, on_log(Short(bytes=1)))
    assert outcome.status == 0
    assert [len((target.sandbox.work / name).read_text()) for name in ("log", "other", "third")] == [
        5,
        100,
        99,
    ]


def test_a_child_started_meanwhile_is_not_cut_short(target, on_log: Rule) -> None:
    program = (
        "import subprocess, sys\n"
        "f = open('log', 'a')\n"
        "subprocess.run([sys.executable, '-c', \"open('child', 'w').write('x' * 99)\"], check=True)"
    )
    assert target.run(program, on_log(Short(bytes=1))).status == 0
    assert len((target.sandbox.work / "child").read_text()) == 99


def test_a_delayed_write_happens_later(target, on_log: Rule) -> None:
    outcome = target.run(WRITERS["append"], on_log(Delay(seconds=0.3)))
    assert (outcome.status, outcome.fired) == (0, (1,))
    assert outcome.completed.seconds > 0.3
    assert target.log.read_text() == "old\nnew\n"


def test_a_delay_ends_as_soon_as_another_rule_has_come_to_act(target, on_log: Rule) -> None:
    program = (
        "import threading, time\n"
        "def append(): open('log', 'a').close()\n"
        "begun = time.monotonic()\n"
        "first = threading.Thread(target=append); first.start(); time.sleep(0.2)\n"
        "append(); first.join()\n"
        "print(time.monotonic() - begun)"
    )
    held = on_log(Delay(seconds=60, until=1), nth=1)
    outcome = target.run(program, held, on_log(Count(), nth=2))
    assert 0.2 <= float(outcome.stdout) < 10
    assert outcome.fired == (1, 1)


def test_a_lost_write_is_gone_as_soon_as_anybody_looks(target, on_log: Rule) -> None:
    program = (
        "import subprocess\n"
        f"{WRITERS['append']}\n"
        "print(open('log').read(), end='')\n"
        "with open('log', 'a') as f: f.write('again\\n')\n"
        "print(subprocess.run(['cat', 'log'], capture_output=True, text=True).stdout, end='')"
    )
    outcome = target.run(program, on_log(Lose()))
    assert outcome.stdout == "old\nold\n"
    assert outcome.fired == (2,)


def test_a_file_first_written_by_the_lost_write_does_not_come_to_be(target, on_log: Rule) -> None:
    target.log.unlink()
    outcome = target.run(WRITERS["append"], on_log(Lose()))
    assert (outcome.status, outcome.fired) == (0, (1,))
    assert not target.log.exists()


def test_what_is_still_in_a_buffer_at_the_end_is_lost_too(target, on_log: Rule) -> None:
    outcome = target.run("f = open('log', 'a'); f.write('new\\n')", on_log(Lose()))
    assert (outcome.status, outcome.stderr, outcome.fired) == (0, "", (1,))
    assert target.log.read_text() == "old\n"


def test_a_writer_is_let_finish_before_its_write_is_lost(target, on_log: Rule) -> None:
    program = (
        "f = open('log', 'a'); f.write('new\\n'); f.flush()\n"
        "print(open('log').read(), end='')\n"
        "f.close()\n"
        "print(open('log').read(), end='')"
    )
    assert target.run(program, on_log(Lose())).stdout == "old\nnew\nold\n"


def test_a_write_that_changed_nothing_was_not_lost(target, on_log: Rule) -> None:
    outcome = target.run("open('log', 'a').close(); open('log').close()", on_log(Lose()))
    assert outcome.fired == (0,)


@pytest.mark.parametrize("name", [*OPENERS, "replace", "rename from a temporary file", "copy"])
def test_what_was_written_can_be_altered_before_it_is_read_back(target, on_log: Rule, name: str) -> None:
    program = f"{WRITERS[name]}\nprint(open('log').read())"
    outcome = target.run(program, on_log(Alter(changes=((r"absent", "x"), (r"(?m)^ne(.)$", r"ol\1er")))))
    assert "olwer\n" in outcome.stdout
    assert "new" not in target.log.read_text()
    assert outcome.fired == (1,)


def test_a_file_that_holds_nothing_to_be_altered_stays_as_it_is(target, on_log: Rule) -> None:
    outcome = target.run(WRITERS["append"], on_log(Alter(changes=(("absent", "x"), ("new", "new")))))
    assert (target.log.read_text(), outcome.fired) == ("old\nnew\n", (0,))


def test_a_file_still_being_written_is_altered_once_its_writer_is_done(target, on_log: Rule) -> None:
    program = (
        "f = open('log', 'a'); f.write('new\\n'); f.flush()\n"
        "print(open('log').read(), end='')\n"
        "f.close()\n"
        "print(open('log').read(), end='')"
    )
    outcome = target.run(program, on_log(Alter(changes=(("new", "other"),))))
    assert outcome.stdout == "old\nnew\nold\nother\n"


def test_a_folder_cannot_be_lost(target, on_log: Rule) -> None:
    target.log.unlink()
    target.log.mkdir()
    outcome = target.run("import os; os.rename('log', 'elsewhere')", on_log(Lose()))
    assert (outcome.status, outcome.fired) == (0, (0,))


def test_where_nothing_can_be_put_back_nothing_was_lost(target) -> None:
    rule = FaultRule(events=("write",), paths=("*/folder/log",), action=Lose())
    folder = target.sandbox.work / "folder"
    folder.mkdir()
    (folder / "log").write_text("old\n")
    program = (
        "import os\nf = open('folder/log', 'a'); f.write('new\\n'); os.rename('folder', 'moved'); f.close()"
    )
    outcome = target.run(program, rule)
    assert (outcome.status, outcome.fired) == (0, (0,))
    assert (target.sandbox.work / "moved" / "log").read_text() == "old\nnew\n"


def test_only_the_n_th_match_is_acted_on(target, on_log: Rule) -> None:
    program = (
        "for line in 'abc':\n"
        "    try:\n"
        "        with open('log', 'a') as f: f.write(line)\n"
        "    except OSError as error: print(line, error.errno)"
    )
    outcome = target.run(program, on_log(Fail(errno=errno.EIO), nth=2))
    assert (outcome.stdout, outcome.fired) == ("b 5\n", (1,))
    assert target.log.read_text() == "old\nac"


def test_matches_are_counted_over_all_processes(target, on_log: Rule) -> None:
    program = (
        "import subprocess, sys\n"
        "append = \"open('log', 'a').write('x')\"\n"
        "print([subprocess.run([sys.executable, '-c', append], stderr=-3).returncode for _ in range(3)])"
    )
    assert target.run(program, on_log(Fail(errno=errno.EIO), nth=2)).stdout == "[0, 1, 0]\n"


CHILDREN = {
    "another interpreter": (
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', \"open('log', 'a').write('child\\\\n')\"], check=True)\n"
    ),
    "a fork": (
        "import os\n"
        "if not (pid := os.fork()):\n"
        "    open('log', 'a').write('child\\n')\n"
        "    os._exit(0)\n"
        "os.waitpid(pid, 0)\n"
    ),
}


@pytest.mark.parametrize("child", CHILDREN.values(), ids=CHILDREN)
def test_a_rule_for_the_command_itself_leaves_its_children_alone(target, on_log: Rule, child: str) -> None:
    program = child + "with open('log', 'a') as f: f.write('command\\n')"
    outcome = target.run(program, on_log(Fail(errno=errno.EIO), process="main"))
    assert (outcome.status, outcome.fired) == (1, (1,))
    assert target.log.read_text() == "old\nchild\n"
    assert [firing.main for firing in read_fired(outcome.plan)] == [True]


def test_what_a_command_has_under_way_is_not_undone_by_its_fork(target, on_log: Rule) -> None:
    program = (
        "import os\n"
        "f = open('log', 'a')\n"
        "if not (pid := os.fork()):\n"
        "    print(open('log').read(), end='', flush=True)\n"
        "    os._exit(0)\n"
        "os.waitpid(pid, 0)\n"
        "f.write('new\\n'); f.close()"
    )
    outcome = target.run(program, on_log(Lose()))
    assert (outcome.stdout, outcome.fired) == ("old\n", (1,))
    assert target.log.read_text() == "old\n"


def test_each_command_under_one_plan_is_the_command_itself(target, on_log: Rule) -> None:
    plan = target.sandbox.plan(on_log(Count(), process="main"))
    for _ in range(2):
        target.start(WRITERS["append"], target.environment(plan))
    assert [start.main for start in read_starts(plan)] == [True, True]
    assert len(read_fired(plan)) == 2


def test_a_read_after_the_write_is_a_readback(target, on_log: Rule) -> None:
    program = f"open('log').close()\n{WRITERS['append']}\nopen('log').close()"
    readback = FaultRule(events=("read",), paths=(str(target.log),), after=0, action=Fail(errno=errno.EIO))
    outcome = target.run(program, on_log(Count()), readback)
    assert "line 3" in outcome.stderr
    assert target.log.read_text() == "old\nnew\n"
    assert outcome.fired == (1, 1)


def test_a_thread_sees_its_write_lost_while_others_work(target, on_log: Rule) -> None:
    program = (
        "import threading\n"
        "def work():\n"
        "    for number in range(50):\n"
        "        with open(f'other-{threading.get_ident()}', 'a') as f: f.write('x')\n"
        "        with open('log', 'a') as f: f.write('new')\n"
        "threads = [threading.Thread(target=work) for _ in range(4)]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()"
    )
    outcome = target.run(program, on_log(Lose()))
    assert (outcome.status, outcome.stderr) == (0, "")
    assert target.log.read_text() == "old\n"
    assert [len(path.read_text()) for path in target.sandbox.work.glob("other-*")] == [50] * 4


PROCESS_STARTS = {
    "subprocess": "import subprocess; subprocess.run(['true', 'now'])",
    "shell": "import os; os.system('true now')",
    "spawn": "import os; os.posix_spawn('/bin/true', ['true', 'now'], os.environ)",
    "exec": "import os; os.execvp('true', ['true', 'now'])",
}


@pytest.mark.parametrize("program", PROCESS_STARTS.values(), ids=PROCESS_STARTS)
def test_the_start_of_a_process_is_known_by_its_command_line(target, program: str) -> None:
    rule = FaultRule(events=("spawn",), paths=("true now",), action=Fail(errno=errno.EAGAIN))
    outcome = target.run(program, rule)
    assert "Resource temporarily unavailable" in outcome.stderr
    assert outcome.fired[0] >= 1  # exec tries every folder of PATH


def test_a_connection_is_known_by_host_and_port(target) -> None:
    rule = FaultRule(events=("connect",), paths=("127.0.0.1:9",), action=Fail(errno=errno.ECONNRESET))
    program = "import socket; socket.create_connection(('127.0.0.1', 9))"
    outcome = target.run(program, rule)
    assert "Connection reset by peer" in outcome.stderr
    assert outcome.fired == (1,)


THREAD_STARTS = {
    "thread": "import threading; threading.Thread(target=print, args=('ran',)).start()",
    "timer": "import threading; threading.Timer(0, print, ('ran',)).start()",
    "bare": "import _thread; _thread.start_new_thread(print, ('ran',))",
}


@pytest.mark.parametrize("program", THREAD_STARTS.values(), ids=THREAD_STARTS)
def test_a_thread_that_cannot_be_started_is_known_by_what_it_executes(target, program: str) -> None:
    rule = FaultRule(events=("thread",), paths=("builtins.print",), action=Fail())
    outcome = target.run(program, rule)
    assert "RuntimeError: can't create new thread at interpreter shutdown" in outcome.stderr
    assert (outcome.stdout, outcome.fired) == ("", (1,))


@pytest.mark.parametrize("end", ["atexit.register", "threading._register_atexit"])
def test_a_late_thread_is_one_started_once_the_interpreter_has_begun_to_end(target, end: str) -> None:
    program = (
        "import atexit, threading\n"
        "def begin(*said):\n"
        "    thread = threading.Thread(target=print, args=said); thread.start(); thread.join()\n"
        f"{end}(begin, 'late')\n"
        "begin('early')"
    )
    outcome = target.run(program, FaultRule(events=("late-thread",), action=Fail()))
    assert outcome.stdout == "early\n"
    assert "can't create new thread at interpreter shutdown" in outcome.stderr
    assert outcome.fired == (1,)


def test_the_end_of_the_interpreter_can_be_held_up_while_threads_run(target) -> None:
    program = (
        "import atexit, threading\n"
        "atexit.register(print, 'atexit')\n"
        "timer = threading.Timer(0.1, print, ('timer',)); timer.daemon = True; timer.start()"
    )
    outcome = target.run(program, FaultRule(events=("end",), action=Delay(seconds=0.5)))
    assert outcome.stdout == "timer\natexit\n"
    assert outcome.fired == (1,)


def test_every_change_of_a_tree_is_a_mutation_and_nothing_else_is(target) -> None:
    program = (
        "import os, shutil\n"
        "os.makedirs('a/b'); os.makedirs('a', exist_ok=True)\n"
        "open('a/f', 'w').close(); open('a/f').close(); os.chmod('a/f', 0o600); os.utime('a/f')\n"
        "os.rename('a/f', 'a/g'); os.listdir('a'); os.system('true')\n"
        "open(os.devnull, 'w').close()\n"
        "shutil.rmtree('a')"
    )
    rule = FaultRule(events=("mutate",), action=Count())
    outcome = target.run(program, rule)
    work = f"{target.sandbox.work}/"
    seen = [f"{firing.event} {firing.subject.removeprefix(work)}" for firing in read_fired(outcome.plan)]
    assert seen[:6] == ["mkdir a", "mkdir a/b", "write a/f", "metadata a/f", "metadata a/f", "write a/g"]
    assert sorted(seen[6:]) == ["rmdir a", "rmdir a/b", "write a/g"]


def test_two_rules_see_the_same_event(target, on_log: Rule) -> None:
    outcome = target.run(WRITERS["append"], on_log(Fail(errno=errno.EIO)), on_log(Count()))
    assert outcome.fired == (1, 0)
    assert (target.sandbox.logs / "plan-1" / "rule-1").read_bytes() == b"."


def test_a_fault_of_another_file_changes_nothing(target) -> None:
    rule = FaultRule(events=("mutate", "read"), paths=("*/elsewhere",), action=Kill())
    outcome = target.run(WRITERS["replace"], rule)
    assert (outcome.status, outcome.fired) == (0, (0,))


@pytest.mark.parametrize("call", ["open('a\\0b', 'w')", "import os; os.remove(object())", "open(3.5, 'w')"])
def test_a_malformed_call_fails_as_it_always_does(target, call: str) -> None:
    rule = FaultRule(events=("mutate",), action=Count())
    armed, plain = target.run(call, rule), target.start(call, target.environment(None))
    assert (armed.stderr, armed.status) == (plain.stderr.decode(), plain.exit_status)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_process_can_be_sent_another_signal(target, on_log: Rule, name: str) -> None:
    outcome = target.run(WRITERS["append"], on_log(Kill(signal=name)))
    assert outcome.status == -getattr(signal, name)
    assert target.log.read_text() == "old\n"


def test_a_process_that_handles_the_signal_goes_on_from_there(target, on_log: Rule) -> None:
    program = f"try:\n    {WRITERS['append']}\nexcept KeyboardInterrupt: print('handled')"
    outcome = target.run(program, on_log(Kill(signal="SIGINT")))
    assert (outcome.status, outcome.stdout) == (0, "handled\n")
    assert target.log.read_text() == "old\n"


def test_a_child_takes_the_command_and_all_between_along(target, on_log: Rule) -> None:
    shell = f"{sys.executable} -c {shlex.quote(WRITERS['append'])}; touch survived"
    program = f"import subprocess; subprocess.run(['sh', '-c', {shell!r}]); open('survived', 'w')"
    outcome = target.run(program, on_log(Kill(), process="child"))
    assert outcome.status == -signal.SIGKILL
    assert not (target.sandbox.work / "survived").exists()


def test_a_child_that_nothing_links_to_the_command_ends_alone(target, on_log: Rule) -> None:
    orphan = f"import os, time\nwhile os.getppid() == {{}}: time.sleep(0.01)\n{WRITERS['append']}"
    middle = (
        "import os, subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', {orphan!r}.format(os.getpid())])"
    )
    program = (
        f"import os, subprocess, sys, time\nsubprocess.run([sys.executable, '-c', {middle!r}])\n"
        f"while not os.path.exists('{target.sandbox.logs}/plan-1/fired.jsonl'): time.sleep(0.01)\n"
        "time.sleep(0.1)"
    )
    outcome = target.run(program, on_log(Kill(), process="child"))
    assert (outcome.status, outcome.fired) == (0, (1,))
    assert target.log.read_text() == "old\n"


def test_a_rule_may_be_about_what_the_command_starts_alone(target, on_log: Rule) -> None:
    program = (
        f"import subprocess, sys\n{WRITERS['append']}\n"
        f"subprocess.run([sys.executable, '-c', {WRITERS['append']!r}])"
    )
    for process, times in (("main", 1), ("child", 1), ("any", 2)):
        assert target.run(program, on_log(Count(), process=process)).fired == (times,)
