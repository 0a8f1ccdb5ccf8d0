"""Apply adapters to the modules of the target as they are imported; refuse before anything is done.

A set of adapters is a JSON file, written outside:

    release    the version of the target it was written for
    mark       a file or folder below the root that this version alone has
    shared     modules beside the adapters that they import, each after those it needs itself
    folder     where the adapters are; the folder of this file if it is empty
    root       the folder that files are relative to; the one that holds this package if it is empty
    wanted     module of the target → issues whose adapters want to see it
    modules    module → its file, its size and its time of change (nanoseconds) when it was looked at
    functions  module → name → digest of its source text then; empty if it was not there
    optional   those of them (`module:name`) that need not be there
    advice     what to do where it does not fit

Put in place it is one entry of `sys.meta_path`, and nothing else happens until the target is imported. Then,
before its first module is executed, the files are compared; those that were touched are read, and what does
not hold ends the process with one line and exit status 70.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any, NoReturn

PACKAGE = "kitty_conformance.inside.adapters"
TARGET = "specify_cli"
HERE = os.path.dirname(os.path.abspath(__file__))
REFUSED = 70
"""Exit status of a process that does nothing because adapters do not fit."""


class Finder:
    """Sees to it that adapters are applied to each module they want, right after it was executed."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.order: dict[str, Any] = {}
        self.wanted: dict[str, list[str]] = {}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Find a module as without us, and have adapters applied to it if one wants that."""
        if name == TARGET:
            self.begin()
        if name not in self.wanted:
            return None
        for finder in sys.meta_path:
            found = None if finder is self else finder.find_spec(name, path, target)
            if found is not None:
                self.follow(found)
                return found
        return None

    def begin(self) -> None:
        """Read the order and look whether the target is the one it was written for."""
        import json  # the target imports it anyway, other programs need not

        try:
            with open(self.file, encoding="utf-8") as file:
                self.order = json.load(file)
            self.order["folder"] = self.order["folder"] or HERE
            self.order["root"] = self.order["root"] or os.path.dirname(HERE)
            self.check()
        except Exception as error:  # noqa: BLE001 - whatever it is, the target must not run without them
            refuse(f"the adapters cannot be read: {error!r}")
        self.wanted = self.order["wanted"]

    def check(self) -> None:
        """End the process if the target is another one than was looked at."""
        root, release = self.order["root"], self.order["release"]
        if not os.path.exists(os.path.join(root, self.order["mark"])):
            refuse(f"the adapters were put here for spec-kitty-cli {release}, which is gone{self.advice()}")
        for module, (name, size, changed) in self.order["modules"].items():
            path = os.path.join(root, name)
            try:
                status = os.stat(path)
            except OSError:
                self.object_to(module, next(iter(self.order["functions"][module])), "gone")
            if (status.st_size, status.st_mtime_ns) != (size, changed):
                self.reread(module, path)

    def reread(self, module: str, path: str) -> None:
        """Read a file that was touched: what adapters rely on in it must be what it was."""
        seen = self.order["functions"][module]
        load("reading", self.order["folder"])
        with open(path, "rb") as file:
            found = sys.modules[f"{PACKAGE}.reading"].digests(file.read(), seen)
        for name, digest in seen.items():
            if found[name] != digest:
                self.object_to(module, name, "another one than it was verified on")

    def object_to(self, module: str, name: str, what: str) -> NoReturn:
        """End the process because of one function."""
        issues = ", ".join(f"#{issue}" for issue in self.order["wanted"][module])
        release = f"spec-kitty-cli {self.order['release']}"
        refuse(f"the adapter of {issues} is refused: {module}:{name} of {release} is {what}{self.advice()}")

    def advice(self) -> str:
        """What to do about it."""
        return f" ({self.order['advice']})"

    def follow(self, spec: ModuleSpec) -> None:
        """Let the loader of a module apply adapters once it has executed it; then it is as it was."""
        loader: Any = spec.loader
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module
            execute(module)
            self.apply(module)

        loader.exec_module = exec_module

    def apply(self, module: ModuleType) -> None:
        """Apply the adapters that want a module; a process with an adapter missing does nothing at all."""
        for issue in self.wanted[module.__name__]:
            try:
                adapter(issue, self.order).apply(module)
            except Exception as error:  # noqa: BLE001 - whatever it is, the target must not run half mended
                release = self.order["release"]
                refuse(f"the adapter of #{issue} does not apply to {module.__name__} of {release}: {error!r}")


def put_on(file: str) -> None:
    """Have a set of adapters applied to what is imported from now on; putting it on again does nothing."""
    if not any(getattr(each, "file", "") == file for each in sys.meta_path):
        sys.meta_path.insert(0, Finder(file))


def put_on_installed() -> None:
    """Put on the adapters that lie beside this file, unless a harness has the say."""
    if "KITTY_INSIDE_ADAPTERS" not in os.environ:
        put_on(os.path.join(HERE, "order.json"))


def adapter(issue: str, order: dict[str, Any]) -> Any:
    """Give the module of an adapter, loaded now if it is not yet, with what it imports from beside it."""
    for name in (*order["shared"], f"issue_{issue}"):
        if f"{PACKAGE}.{name}" not in sys.modules:
            load(name, order["folder"])
    return sys.modules[f"{PACKAGE}.issue_{issue}"]


def load(name: str, folder: str) -> None:
    """Load a module of a folder of adapters."""
    full = f"{PACKAGE}.{name}"
    loader = sys.modules["_frozen_importlib_external"].SourceFileLoader  # uses byte code where there is some
    module = sys.modules[full] = type(sys)(full)
    module.__file__ = os.path.join(folder, f"{name}.py")
    loader(full, module.__file__).exec_module(module)


def refuse(reason: str) -> NoReturn:
    """End this process before it has done anything."""
    os.write(2, f"kitty-conformance: {reason}\n".encode())
    os._exit(REFUSED)
