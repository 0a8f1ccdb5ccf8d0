"""What a warm server imports, once, and what has to be put right in each fork because of it."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module, reload
from types import FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, ModuleType
    from typing import Any


# ruff: noqa: SLF001 - the state of the interpreter itself is asked for

TEMPORARY = ("TMPDIR", "TEMP", "TMP")
SIGNATURES_WANTED = 2
"""How often typer finds out about the function behind a command while it makes the command."""


class Refused(Exception):  # noqa: N818 - a finding about the target, not an error
    """The target cannot be warmed; the message says why."""


class Imports:
    """The imports of one console script.

    Parameters
    ----------
    order
        `module` that the script imports; `script`, its path; `root` of the stand-ins; `folders`, the stand-in
        of each folder variable and of the working folder (`.`); `learned`, names of modules it imports late,
        or `None` to find out.
    added
        Variables that the interpreter itself has set when it was started.
    watch, traces, child
        The neighbours of this module.

    Attributes
    ----------
    asked
        Variables that were read, with what was got; a fork serves only an environment that agrees.
    again
        Modules whose body is executed again in each fork.
    patches
        Where text below the stand-ins ended up.
    loud
        Kinds of objects that may be heard when the interpreter ends.

    Raises
    ------
    Refused
        A fork could not pass for a process that has imported all that itself.

    """

    def __init__(
        self,
        order: dict[str, Any],
        added: dict[str, str],
        *,
        watch: ModuleType,
        traces: ModuleType,
        child: ModuleType,
    ) -> None:
        self.script, self.folders = order["script"], order["folders"]
        self.rewriting: Callable[..., Any] = traces.rewriting
        sys.argv, sys.path[0] = [self.script], os.path.dirname(self.script)
        with open(self.script, "rb") as file:
            self.code = compile(file.read(), self.script, "exec")
        before, environment = _state(), dict(os.environ)
        temporary = tuple(self.folders[name] for name in TEMPORARY if name in self.folders)
        with watch.Watch(order["root"], temporary) as watching:
            import_module(order["module"])
            late = order["learned"]
            self.learned: list[str] = learned(self.code, self.script, child) if late is None else late
            for name in self.learned:
                import_module(name)
        self.again = [name for name in list(sys.modules) if name in watching.volatile()]
        self.added = added
        self.asked = {name: environment.get(name) for name in sorted(watching.variables() - added.keys())}
        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # the owner sees what imports print, and no fork inherits it
        self.seeded = watching.seeded
        self._judge(before, environment, watching.started)
        lay_in_signatures()
        spared = {
            id(each)
            for each in (vars(self), self.folders, self.asked, order["environment"], environment, before)
        }
        try:
            self.patches = traces.find(order["root"], spared)
        except traces.Unpatchable as error:
            raise Refused(f"its imports keep what cannot be replaced: {error}") from None
        self.loud: list[str] = []

    def _judge(self, before: dict[str, Any], environment: dict[str, str], started: set[str]) -> None:
        if started:
            raise Refused(f"its imports start processes ({', '.join(sorted(started))})")
        for name, value in _state().items():
            if value != before[name]:
                raise Refused(f"its imports change {name}")
        if dict(os.environ) != environment and not self.again:
            raise Refused("its imports change the environment")
        for name in self.again:
            if any(getattr(each, "__module__", "") == name for each in _classes_of(name)):
                raise Refused(f"{name} is another in each process, and defines classes")

    def answer(self) -> dict[str, Any]:
        """What the owner has to know to choose the commands that can be served."""
        return {name: getattr(self, name) for name in ("asked", "again", "learned", "loud")}

    def differs(self, environment: dict[str, str]) -> str:
        """Name a variable that imports read and that is another in this environment; empty if none is."""
        for name, seen in self.asked.items():
            if name in self.folders and seen is not None and name in environment:
                continue
            if environment.get(name) != seen:
                return str(name)
        return ""

    def put_right(self, environment: dict[str, str], working_folder: str) -> None:
        """Make what the imports left behind fit a command. In the fork, which has its environment by now."""
        real = {**environment, ".": working_folder}
        rewrite = self.rewriting({self.folders[name]: real[name] for name in self.folders if name in real})
        for patch in self.patches:
            patch(rewrite)
        for generator in self.seeded:
            generator.seed()
        for name in self.again:
            reload(sys.modules[name])


def _state() -> dict[str, Any]:
    """What of a process a fork would share with its server, by what to call it."""
    import signal  # noqa: PLC0415 - here alone

    descriptors = os.listdir("/proc/self/fd")
    return {
        "the number of threads": len(sys._current_frames()),
        "what files are open": {
            os.readlink(f"/proc/self/fd/{each}") for each in descriptors if _is_open(each)
        },
        "what signals do": [signal.getsignal(each) for each in signal.valid_signals()],
        "the working folder": os.getcwd(),
        "standard streams": [id(each) for each in (sys.stdin, sys.stdout, sys.stderr)],
    }


def _is_open(descriptor: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{descriptor}")


def _classes_of(name: str) -> list[type]:
    return [each for each in vars(sys.modules[name]).values() if isinstance(each, type)]


def learned(code: CodeType, script: str, child: ModuleType) -> list[str]:
    """Names of modules that the script imports only when it runs: found out by a fork that shows its help."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        _show_help(code, script, child, writing)
    os.close(writing)
    with open(reading, "rb") as pipe:
        names = pipe.read().decode().split("\n")
    os.waitpid(pid, 0)
    return [name for name in names if name and name not in sys.modules]


def _show_help(code: CodeType, script: str, child: ModuleType, writing: int) -> None:
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(null, number)
        sys.argv = [script, "--help"]
        known = {*sys.modules, "__main__"}
        try:
            child.execute_script(script, code)
        except SystemExit:
            names = [name for name in sys.modules if name not in known]
            os.write(writing, "\n".join(names).encode())
    finally:
        os._exit(0)


def lay_in_signatures() -> None:
    """Have ready what typer finds out about the functions behind commands: in each fork it is the same.

    A fork gets an answer of its own each time it asks, as often as typer does for one command.
    """
    find_out = getattr(sys.modules.get("typer.utils"), "get_params_from_function", None)
    if find_out is None:
        return  # another typer, which will take its time
    store: dict[Any, list[Any]] = {}
    for function in {getattr(each, "callback", None) for each in gc.get_objects() if _is_command(each)}:
        if isinstance(function, FunctionType):
            try:
                store[function] = [find_out(function) for _ in range(SIGNATURES_WANTED)]
            except Exception:  # noqa: BLE001, S112 - it is for the command to say so, in the fork
                continue

    def get_params_from_function(func: Any) -> Any:
        ready = store.get(func)
        return ready.pop() if ready else find_out(func)

    for module in list(sys.modules.values()):
        if vars(module).get("get_params_from_function") is find_out:
            vars(module)["get_params_from_function"] = get_params_from_function


def _is_command(thing: Any) -> bool:
    kind = type(thing)
    return kind.__module__ == "typer.models" and kind.__name__ in ("CommandInfo", "TyperInfo")
