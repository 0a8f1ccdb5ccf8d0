"""From a fork to the end of a command: become the process that a cold start would have made, run, end like it."""

from __future__ import annotations

import atexit
import gc
import io
import os
import resource
import signal
import sys
import threading
import time
from types import CoroutineType, GeneratorType, ModuleType, SimpleNamespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# ruff: noqa: PTH118, PTH120, PTH123, SLF001 - what the interpreter itself does at its start and end is done here

FLUSH_FAILED = 120
"""Exit status of an interpreter whose last output could not be written."""


def become(request: dict[str, Any], streams: list[int]) -> None:
    """Take over what belongs to a process: session, streams, limits, environment, working folder."""
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    _renew_standard_input()
    for number, limits in request["limits"]:
        resource.setrlimit(number, tuple(limits))
    os.umask(request["umask"])
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    parent = request["parent"]
    os.getppid = lambda: parent  # whoever asked for the command, not the server that forked it
    sys.argv = request["argv"]
    sys.orig_argv = [sys.executable, *request["orig"]]


def _renew_standard_input() -> None:
    """Make sys.stdin what the interpreter makes of descriptor 0, in the same object: somebody may hold it."""
    old = sys.stdin
    raw = io.FileIO(0, "rb", closefd=False)
    raw.name = "<stdin>"  # type: ignore[misc]
    options = {"encoding": old.encoding, "errors": old.errors, "line_buffering": raw.isatty()}
    old.__init__(io.BufferedReader(raw), **options)  # type: ignore[misc]
    old.mode = "r"  # type: ignore[misc,assignment]


def arm() -> None:
    """Execute what the environment names, as every interpreter of a target environment does when it starts."""
    path = os.environ.get("KITTY_INSIDE_THEN") or os.environ.get("KITTY_INSIDE")
    if path and os.path.basename(path) != "warm_hook.py":
        loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
        code = loader("kitty_inside", path).get_code("kitty_inside")
        exec(code, {"__name__": "kitty_inside", "__file__": path})  # noqa: S102 - that is its purpose


def execute_script(path: str, code: Any) -> None:
    """Execute a console script as the main module; returns or raises as the script does."""
    main = ModuleType("__main__")
    loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
    main.__dict__.update(__file__=path, __cached__=None, __builtins__=sys.modules["builtins"])
    main.__loader__ = loader("__main__", path)
    sys.modules["__main__"] = main
    exec(code, main.__dict__)  # noqa: S102 - that is its purpose


def execute_module(name: str) -> None:
    """Execute a module as `python -m` does."""
    import runpy  # noqa: PLC0415 - for this alone

    sys.modules["__main__"] = ModuleType("__main__")
    sys.modules.pop(name, None)  # runpy would warn of a module that is already there
    sys.path[0] = os.getcwd()  # noqa: PTH109 - as python does it
    runpy._run_module_as_main(name)  # type: ignore[attr-defined]


def status_of(error: BaseException | None, script: str) -> int:
    """Exit status for what came out of the main module, said on standard error as the interpreter says it."""
    if error is None:
        return 0
    if isinstance(error, SystemExit):
        if error.code is None or isinstance(error.code, int):
            return int(error.code or 0)
        sys.stdout.flush()
        sys.stderr.write(f"{error.code}\n")
        return 1
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != script:
        trace = trace.tb_next
    sys.excepthook(type(error), error, trace or error.__traceback__)
    return 1


def end(status: int, *, interrupted: bool, loud: bool, fast: bool) -> None:
    """End this process as the interpreter does; returns only if it has to do the rest itself.

    The long way takes every object apart, and all that work is lost with the process. It is spared where nothing
    is alive that could be heard then: see `is_quiet`.
    """
    try:
        threading._shutdown()  # type: ignore[attr-defined]
    except BaseException as error:  # noqa: BLE001 - the interpreter reports whatever it is, and goes on
        seen = SimpleNamespace(exc_type=type(error), exc_value=error, exc_traceback=None, err_msg=None, object=threading)
        sys.unraisablehook(seen)  # type: ignore[arg-type]
    atexit._run_exitfuncs()
    if interrupted:
        _end_by(signal.SIGINT)
    if not fast or loud or not is_quiet():
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # the interpreter tries again, and says so
    os._exit(status & 0xFF)


def _end_by(number: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def is_quiet() -> bool:
    """Whether nothing made since the fork is alive that does something when it is taken apart."""
    if sys.warnoptions or sys.flags.dev_mode or len(sys._current_frames()) > 1:
        return False
    gc.collect()
    return not any(is_loud(each) for each in gc.get_objects())


def is_loud(thing: Any) -> bool:
    """Whether an object may do something observable when it is taken apart."""
    kind = type(thing)
    if kind is GeneratorType:
        # What stands in its `finally` is still to come, if it has one.
        return bool(thing.gi_suspended and thing.gi_code.co_exceptiontable)
    if kind is CoroutineType:
        return thing.cr_frame is not None
    if getattr(kind, "__del__", None) is None:
        return False
    if isinstance(thing, io.IOBase):
        return not (thing.closed or _is_standard(thing))
    if kind.__name__ == "socket" and kind.__module__ in ("socket", "_socket"):
        return bool(thing.fileno() >= 0)
    if kind.__module__ == "subprocess" and kind.__name__ == "Popen":
        return thing.returncode is None
    return True


def _is_standard(stream: Any) -> bool:
    ours = [sys.stdin, sys.stdout, sys.stderr, sys.__stdin__, sys.__stdout__, sys.__stderr__]
    buffers = [getattr(each, "buffer", None) for each in ours]
    raws = [getattr(each, "raw", None) for each in buffers]
    return any(stream is each for each in (*ours, *buffers, *raws))
