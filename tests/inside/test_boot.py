import os
import subprocess
import sys

import pytest

from kitty_conformance.target.plan import Count, read_breaches, read_fired, read_starts

SHOW = (
    "import os, sys; print(len([n for n in sys.modules if 'kitty' in n]), 'KITTY_INSIDE_MAIN' in os.environ)"
)


def test_without_a_plan_nothing_is_loaded(target) -> None:
    environment = target.environment(target.sandbox.plan())
    del environment["KITTY_INSIDE_PLAN"]
    assert target.start(SHOW, environment).stdout == b"0 False\n"


def test_with_a_plan_every_interpreter_says_that_it_was_armed(target) -> None:
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'pass'], check=True)"
    starts = read_starts(target.run(program).plan)
    assert [(start.main, start.argv[1]) for start in starts] == [(True, "-c"), (False, "-c")]


def test_an_interpreter_told_twice_is_armed_once(target, on_log) -> None:
    hook = target.hook / "sitecustomize.py"
    hook.write_text(hook.read_text() * 2)
    outcome = target.run("open('log', 'a').close()", on_log(Count()))
    assert (len(read_starts(outcome.plan)), len(read_fired(outcome.plan))) == (1, 1)


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"folder": "/nowhere/at/all", "rules": []}'])
def test_what_cannot_be_armed_does_not_run(target, content: bytes | None) -> None:
    plan = target.sandbox.plan()
    environment = target.environment(plan)
    plan.file.unlink()
    if content is not None:
        plan.file.write_bytes(content)
    completed = target.start("print('ran')", environment)
    assert (completed.exit_status, completed.stdout) == (70, b"")
    assert completed.stderr.startswith(b"kitty-conformance: cannot arm this interpreter: ")
    assert completed.stderr.count(b"\n") == 1


def test_it_can_be_executed_in_the_middle_of_a_function(target) -> None:
    hook = target.hook / "sitecustomize.py"
    hook.write_text("import os\ndef start():\n    exec(open(os.environ['KITTY_INSIDE']).read())\nstart()\n")
    outcome = target.run("open('/nowhere', 'w') if 0 else None")
    assert (outcome.status, outcome.stderr, len(read_starts(outcome.plan))) == (0, "", 1)


def test_a_hook_that_git_starts_is_armed(target, tmp_path) -> None:
    plan = target.sandbox.plan()
    environment = target.environment(plan)
    work = target.sandbox.work
    subprocess.run(["git", "init", "-q"], cwd=work, env=environment, check=True)
    hook = work / ".git" / "hooks" / "pre-commit"
    hook.write_text(f"#!/bin/sh\nexec {sys.executable} -c \"open('{tmp_path}/f', 'w').close()\"\n")
    hook.chmod(0o755)
    program = (
        "import subprocess; subprocess.run(['git', 'commit', '-q', '--allow-empty', '-m', 'x'], check=True)"
    )
    assert target.start(program, environment).exit_status == 0
    assert [start.main for start in read_starts(plan)] == [True, False]
    assert os.fspath(tmp_path / "f") in [breach.subject for breach in read_breaches(plan)]


def test_an_undisturbed_program_behaves_the_same(target) -> None:
    program = (
        "import os, sys, threading, subprocess\n"
        "print(sys.argv, sys.path[1:], sys.flags, threading.active_count())\n"
        "print(sorted(os.listdir('/proc/self/fd')))\n"
        "print(subprocess.run(['sh', '-c', 'exit 3']).returncode, open('log').read())\n"
        "raise SystemExit('end')"
    )
    armed = target.run(program)
    plain = target.start(program, target.environment(None))
    assert (armed.completed.exit_status, armed.completed.stdout, armed.completed.stderr) == (
        plain.exit_status,
        plain.stdout,
        plain.stderr,
    )
