"""Try a set of adapters in the interpreter of a target, where nothing else is done; tell what was found.

Run as a program: `python trial.py ORDER`, a file as `applying` reads it. Prints one JSON document:

    modules    module → its file below the root, its size, its time of change
    functions  module → name → digest of its source text, empty if it is not there
    missing    what the target imports and is not installed, adapters or not; empty if all is there
    problem    why the adapters do not apply; empty if they do
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FOLDER = os.path.dirname(os.path.abspath(__file__))


def load(name: str) -> Any:
    """Load a neighbour of this file."""
    full = f"kitty_conformance.inside.adapters.{name}"
    module = sys.modules[full] = type(sys)(full)
    module.__file__ = os.path.join(FOLDER, f"{name}.py")
    sys.modules["_frozen_importlib_external"].SourceFileLoader(full, module.__file__).exec_module(module)
    return module


def main(file: str) -> None:
    """Look at the source of every function, then apply every adapter."""
    with open(file, encoding="utf-8") as stream:
        order = json.load(stream)
    applying, reading = load("applying"), load("reading")
    found: dict[str, Any] = {"modules": {}, "functions": {}, "missing": "", "problem": ""}
    for module, names in order["functions"].items():
        look(module, names, order["root"], reading, found)
    lost = [
        f"{module}:{name}"
        for module, names in found["functions"].items()
        for name, digest in names.items()
        if not digest and f"{module}:{name}" not in order["optional"]
    ]
    there = [module for module in order["wanted"] if module in found["modules"]]
    try:
        found["problem"] = f"there is no {lost[0]}" if lost else trouble(order, there, applying)
    except ModuleNotFoundError as error:
        found["missing"] = error.name
    sys.stdout.write(json.dumps(found))


def look(module: str, names: dict[str, str], root: str, reading: Any, found: dict[str, Any]) -> None:
    """Take down what a module's file is like, and what each name in it stands for."""
    found["functions"][module] = dict.fromkeys(names, "")
    stem = module.replace(".", "/")
    for name in (f"{stem}.py", f"{stem}/__init__.py"):
        path = os.path.join(root, name)
        if os.path.isfile(path):
            status = os.stat(path)
            found["modules"][module] = [name, status.st_size, status.st_mtime_ns]
            with open(path, "rb") as file:
                found["functions"][module] = reading.digests(file.read(), names)
            return


def trouble(order: dict[str, Any], modules: list[str], applying: Any) -> str:
    """Import these modules with the adapters on; say why that does not work, or nothing.

    Raises
    ------
    ModuleNotFoundError
        The target imports something of somebody else's that is not installed.

    """
    finder = applying.Finder("")
    finder.order, finder.wanted = order, order["wanted"]
    finder.begin = lambda: None
    sys.meta_path.insert(0, finder)

    def remember(reason: str) -> None:
        raise Refused(reason)

    applying.refuse = remember
    for module in modules:
        try:
            import_module(module)
        except Refused as refusal:
            return str(refusal)
        except Exception as error:
            if isinstance(error, ModuleNotFoundError) and foreign(error.name, modules):
                raise
            return f"{module} cannot be imported: {error!r}"
    return ""


def foreign(missing: str | None, modules: list[str]) -> bool:
    """Tell whether what is missing belongs to none of the packages of these modules."""
    packages = {module.partition(".")[0] for module in modules}
    return (missing or "").partition(".")[0] not in {"", *packages}


class Refused(BaseException):
    """What would have ended a process of the target; no handler of the target's is to swallow it."""


if __name__ == "__main__":
    main(sys.argv[1])
