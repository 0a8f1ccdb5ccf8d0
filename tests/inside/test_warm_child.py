"""What happens in forks after the last moment at which their coverage could be written down."""

import atexit
import gc
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kitty_conformance.inside import warm_child, warm_hook, warm_imports, warm_server


class Ended(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Keep the process of the tests from ending, and write down what would have ended it."""
    told: list[Any] = []

    def end(status: int) -> None:
        told.append(status)
        raise Ended

    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr(os, "kill", lambda _, number: told.append(-number))
    monkeypatch.setattr(signal, "signal", lambda number, _: told.append(f"default {number}"))
    monkeypatch.setattr(threading, "_shutdown", lambda: None)
    monkeypatch.setattr(atexit, "_run_exitfuncs", lambda: None)
    return told


def _closing() -> Iterator[int]:
    try:
        yield 1
    finally:
        gc.collect()


def _plain() -> Iterator[int]:
    yield 1


class _Talker:
    def __del__(self) -> None:
        pass


def test_only_what_may_be_heard_is_loud(tmp_path: Path) -> None:
    file = (tmp_path / "file").open("w")
    closing, plain, fresh = _closing(), _plain(), _closing()
    next(closing), next(plain)
    with subprocess.Popen(["true"]) as running:
        assert warm_child.is_loud(running)
    with socket.socket() as peer:
        assert warm_child.is_loud(peer)
    loud = [file, closing, _Talker()]
    quiet = [[], "text", plain, fresh, running, peer, sys.__stdout__, io.StringIO.__mro__]
    assert [warm_child.is_loud(each) for each in loud] == [True] * 3
    assert [warm_child.is_loud(each) for each in quiet] == [False] * 8
    file.close()
    assert not warm_child.is_loud(file)


def test_a_coroutine_that_nobody_awaited_is_loud() -> None:
    async def never() -> None: ...

    coroutine = never()
    assert warm_child.is_loud(coroutine)
    coroutine.close()


def test_a_process_with_nothing_loud_ends_at_once(
    process: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gc, "get_objects", list)
    monkeypatch.setattr(sys, "warnoptions", [])
    monkeypatch.setattr(sys, "_current_frames", lambda: {1: None})
    with pytest.raises(Ended):
        warm_child.end(259, interrupted=False, fast=True)
    assert process == [3]


def _full() -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("reason", ["asked", "loud", "warnings", "threads", "output"])
def test_any_other_is_left_to_the_interpreter(
    process: list[Any], monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    talker = _Talker()
    monkeypatch.setattr(gc, "get_objects", lambda: [talker] if reason == "loud" else [])
    monkeypatch.setattr(sys, "warnoptions", ["default"] if reason == "warnings" else [])
    frames = {1: None, 2: None} if reason == "threads" else {1: None}
    monkeypatch.setattr(sys, "_current_frames", lambda: frames)
    if reason == "output":
        monkeypatch.setattr(sys, "stdout", types.SimpleNamespace(flush=_full))
    warm_child.end(0, interrupted=False, fast=reason != "asked")
    assert process == []


def test_ctrl_c_ends_by_its_signal_and_trouble_of_threads_is_told(
    process: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def trouble() -> None:
        raise KeyboardInterrupt

    seen: list[Any] = []
    monkeypatch.setattr(threading, "_shutdown", trouble)
    monkeypatch.setattr(sys, "unraisablehook", seen.append)
    warm_child.end(1, interrupted=True, fast=False)
    assert process == [f"default {int(signal.SIGINT)}", -signal.SIGINT]
    assert [each.exc_type for each in seen] == [KeyboardInterrupt]


def test_the_command_is_asked_for_its_help_to_learn_what_it_imports_late(
    process: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def shows_help(script: str, _: object) -> None:
        monkeypatch.setitem(sys.modules, "late_and_new", types.ModuleType("late_and_new"))
        raise SystemExit(sys.argv != [script, "--help"])

    monkeypatch.setattr(os, "dup2", lambda *_: None)
    monkeypatch.setattr(sys, "argv", [])
    reading, writing = os.pipe()
    child: Any = types.SimpleNamespace(execute_script=shows_help)
    with pytest.raises(Ended):
        warm_imports._show_help(compile("", "x", "exec"), "/bin/fake", child, writing)
    assert (os.read(reading, 100), process) == (b"late_and_new", [0])
    os.close(reading)
    os.close(writing)


class CommandInfo:
    """Looks like typer's."""

    __module__ = "typer.models"

    def __init__(self, callback: Any) -> None:
        self.callback = callback


def test_signatures_are_ready_as_often_as_typer_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    utils, main = types.ModuleType("typer.utils"), types.ModuleType("typer.main")
    asked: list[Any] = []

    def get_params_from_function(func: Any) -> list[Any]:
        asked.append(func)
        if func is broken:
            raise ValueError
        return [func]

    def command() -> None: ...

    def other() -> None: ...

    def broken() -> None: ...

    infos = [CommandInfo(command), CommandInfo(None), CommandInfo(broken)]
    for module in (utils, main):
        vars(module)["get_params_from_function"] = get_params_from_function
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(gc, "get_objects", lambda: infos)
    warm_imports.lay_in_signatures()
    asked.clear()
    find_out = vars(main)["get_params_from_function"]
    answers = [find_out(command) for _ in range(2)]
    assert (answers, asked) == ([[command], [command]], [])
    assert answers[0] is not answers[1]
    assert (find_out(command), find_out(other), asked) == ([command], [other], [command, other])


def test_another_typer_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typer.utils", types.ModuleType("typer.utils"))
    warm_imports.lay_in_signatures()


@pytest.mark.parametrize(
    ("answers", "ended"),
    [
        ([{"pid": 1}, {"ended": 3}], [3]),
        ([{"pid": 1}, {"ended": -15}], ["default 15", -15, -15]),
        ([{"pid": 1}, {"ended": -9}], [-9, -9]),
        ([{"pid": 1}], [70]),
        ([{"declined": "why"}], []),
        ([], []),
    ],
    ids=["status", "signal", "kill", "server dies", "declined", "no server"],
)
def test_a_hook_ends_as_its_fork_did(
    process: list[Any], monkeypatch: pytest.MonkeyPatch, answers: list[Any], ended: list[Any]
) -> None:
    class Connection:
        socket = types.SimpleNamespace(sendall=lambda _: None)

        def __init__(self, _: str) -> None:
            pass

        def ask(self, message: dict[str, Any]) -> None:
            assert message["module"] == "the.hook"

        def answer(self) -> Any:
            if not answers:
                raise ConnectionError
            return answers.pop(0)

    monkeypatch.setenv("KITTY_INSIDE_WARM", "address")
    monkeypatch.setattr(warm_hook, "Connection", Connection)
    try:
        warm_hook.hand_over(["python", "-m", "the.hook", "argument"])
    except Ended:
        assert ended
    assert process == ended


def test_answers_arrive_in_pieces_and_together() -> None:
    ours, theirs = socket.socketpair()
    connection = warm_hook.Connection.__new__(warm_hook.Connection)
    vars(connection).update(socket=ours, data=b"")
    with ours:
        with theirs:
            warm_server.send(theirs, {"pid": 1})
            warm_server.send(theirs, {"ended": 2})
            assert (connection.answer(), connection.answer()) == ({"pid": 1}, {"ended": 2})
        with pytest.raises(ConnectionError):
            connection.answer()


def test_a_plan_that_came_before_the_hook_is_still_armed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = tmp_path / "then.py"
    then.write_text("import os\nos.environ['ARMED'] = __file__\n")
    monkeypatch.setenv("KITTY_INSIDE_THEN", str(then))
    monkeypatch.setenv("ARMED", "")
    warm_hook.boot()
    assert os.environ["ARMED"] == str(then)


def test_a_request_that_is_none_is_ignored() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"\0\0\0\x09{}")
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(EOFError):
            warm_server.receive(ours)
