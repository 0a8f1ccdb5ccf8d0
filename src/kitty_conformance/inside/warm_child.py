"""From a fork to its end: become the process that a cold start would have made, run, end like it."""

from __future__ import annotations

import atexit
import ctypes
import gc
import io
import os
import resource
import runpy
import signal
import sys
import threading
import time
from types import CoroutineType, GeneratorType, ModuleType, SimpleNamespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType
    from typing import Any


# ruff: noqa: SLF001 - what the interpreter itself does at its start and end is done here

HERE = os.path.dirname(os.path.abspath(__file__))
ENVIRONMENT_FIELDS = slice(47, 49)
"""Where `/proc/PID/stat` tells the place of the environment, counted from behind the name of the program."""


def run(request: dict[str, Any], streams: list[int], imports: Any) -> None:
    """Be the command of a request, in a fork of the server; never returns."""
    error: BaseException | None = None
    become(request, streams, imports.added)
    arm()
    try:
        imports.put_right(request["environment"], request["cwd"])
        if request.get("module"):
            execute_module(request["module"])
        else:
            execute_script(imports.script, imports.code)
    except BaseException as caught:  # noqa: BLE001 - the interpreter, too, ends with whatever it is
        error = caught
    status = status_of(error)
    interrupted = isinstance(error, KeyboardInterrupt)
    del error
    end(status, interrupted=interrupted, fast=request["fast"] and not imports.loud)
    gc.unfreeze()  # or what the imports left is never taken apart, and a stream it holds never flushed
    raise SystemExit(status)


def become(request: dict[str, Any], streams: list[int], added: dict[str, str]) -> None:
    """Take over what belongs to a process: streams, limits, environment, working folder, arguments."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(len(streams), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    for number, limits in request["limits"]:
        resource.setrlimit(number, tuple(limits))
    os.umask(request["umask"])
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update({**added, **request["environment"]})
    show(request["environment"])
    time.tzset()
    renew_standard_input()
    parent = request["parent"]
    os.getppid = lambda: parent  # whoever asked for the command, not the server that forked it
    sys.argv = request["argv"]
    sys.orig_argv = [sys.executable, *request["orig"]]


def show(environment: dict[str, str]) -> None:
    """Let other processes see this environment: whoever looks for what a command left behind looks there.

    What the kernel shows is the memory where it put the environment when the interpreter was started; nothing
    refers to that since the environment was cleared.
    """
    with open("/proc/self/stat", "rb") as file:
        start, stop = map(int, file.read().rpartition(b")")[2].split()[ENVIRONMENT_FIELDS])
    block = bytearray()
    for name, value in environment.items():
        entry = os.fsencode(f"{name}={value}") + b"\0"
        if len(block) + len(entry) <= stop - start:
            block += entry
    ctypes.memmove(start, bytes(block.ljust(stop - start, b"\0")), stop - start)


def renew_standard_input() -> None:
    """Make sys.stdin what an interpreter makes of descriptor 0, in the same object: others may hold it."""
    stream: Any = sys.stdin
    raw: Any = io.FileIO(0, "rb", closefd=False)
    raw.name = "<stdin>"
    stream.__init__(io.BufferedReader(raw), encoding=stream.encoding, errors=stream.errors)
    stream.mode = "r"


def arm() -> None:
    """Execute what the environment names, as each interpreter of a target environment does first of all."""
    path = os.environ.get("KITTY_INSIDE_THEN")
    if path is not None:
        loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
        code = loader("kitty_inside", path).get_code("kitty_inside")
        exec(code, {"__name__": "kitty_inside", "__file__": path})  # noqa: S102 - that is its purpose


def execute_script(path: str, code: CodeType) -> None:
    """Execute a console script as the main module."""
    main = ModuleType("__main__")
    loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
    state = {"__file__": path, "__cached__": None, "__loader__": loader("__main__", path)}
    vars(main).update(state, __builtins__=sys.modules["builtins"])
    sys.modules["__main__"] = main
    exec(code, vars(main))  # noqa: S102 - that is its purpose


def execute_module(name: str) -> None:
    """Execute a module as `python -m` does."""
    sys.modules["__main__"] = ModuleType("__main__")
    sys.modules.pop(name, None)  # runpy would warn of a module that is there already
    sys.path[0] = os.getcwd()
    run_main: Any = vars(runpy)["_run_module_as_main"]
    run_main(name)


def status_of(error: BaseException | None) -> int:
    """Exit status for what came out of the main module; what the interpreter says of it is said."""
    if error is None:
        return 0
    if isinstance(error, SystemExit):
        if error.code is None or isinstance(error.code, int):
            return error.code or 0
        sys.stdout.flush()
        sys.stderr.write(f"{error.code}\n")
        return 1
    trace = error.__traceback__
    while trace is not None and os.path.dirname(trace.tb_frame.f_code.co_filename) == HERE:
        trace = trace.tb_next
    error.__traceback__ = trace  # what the usual hook prints, whatever it is given
    sys.excepthook(type(error), error, trace)
    return 1


def end(status: int, *, interrupted: bool, fast: bool) -> None:
    """End this process as the interpreter does; returns if the interpreter has to do the rest itself.

    The long way takes every object apart: work for nothing where nobody is there to notice, see `is_quiet`.
    """
    finish: Any = vars(threading)["_shutdown"]
    try:
        finish()
    except BaseException as error:  # noqa: BLE001 - the interpreter reports whatever it is, and goes on
        report: Any = sys.unraisablehook
        names = {"exc_type": type(error), "exc_value": error, "exc_traceback": error.__traceback__}
        report(SimpleNamespace(**names, err_msg=None, object=threading))
    atexit._run_exitfuncs()
    if interrupted:
        end_by(signal.SIGINT)
    if fast and is_quiet():
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):
            return  # the interpreter tries again, and says so
        os._exit(status & 0xFF)


def end_by(number: int) -> None:
    """End this process by a signal, as the interpreter does after ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def is_quiet() -> bool:
    """Whether nothing made since the fork is alive that does something when it is taken apart."""
    if sys.warnoptions or sys.flags.dev_mode or len(sys._current_frames()) > 1:
        return False
    gc.collect()
    return not any(loud_kinds())


def loud_kinds(*spared: Any) -> Iterator[str]:
    """Kinds of living objects that may do something observable when they are taken apart."""
    for thing in gc.get_objects():
        if is_loud(thing) and not any(thing is each for each in spared):
            yield type(thing).__qualname__


def is_loud(thing: Any) -> bool:
    """Whether an object may do something observable when it is taken apart."""
    kind = type(thing)
    if kind is GeneratorType:  # what stands in its `finally` is still to come, if it has one
        return bool(thing.gi_suspended and thing.gi_code.co_exceptiontable)
    if kind is CoroutineType:
        return True
    if getattr(kind, "__del__", None) is None:
        return False
    if isinstance(thing, io.IOBase):
        return not (thing.closed or _is_standard(thing))
    if kind.__module__ in ("socket", "_socket"):
        return bool(thing.fileno() >= 0)
    return not (kind.__module__ == "subprocess" and thing.returncode is not None)


def _is_standard(stream: Any) -> bool:
    files = (sys.stdin, sys.stdout, sys.stderr, sys.__stdin__, sys.__stdout__, sys.__stderr__)
    layers: list[Any] = [*files]
    for name in ("buffer", "raw"):
        layers += [getattr(each, name, None) for each in layers[-len(files) :]]
    return any(stream is each for each in layers)
