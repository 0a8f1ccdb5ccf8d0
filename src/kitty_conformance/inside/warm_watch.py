"""What imports ask of the process they happen in: variables, working folder, arguments, files of a person.

A process forked later has other answers to give. What was asked decides whether, and how, it can still pass
for one that imported everything itself.
"""

from __future__ import annotations

import _posixsubprocess
import builtins
import io
import os
import random
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Self

LOOKING = ("stat", "lstat", "access", "listdir", "scandir", "open", "readlink", "mkdir")
"""Functions of `os` by which a file is looked at."""


class Watch:
    """Records what is asked while it is on. Imports alone may happen meanwhile, in one thread.

    Parameters
    ----------
    root
        Folder that holds the stand-ins of a person's folders.
    temporary
        Those below it for temporary files: what is found there was put there by the import itself.

    Attributes
    ----------
    asked
        Variables that were read, by the module whose body did it; `*` means all of them.
    looked
        Modules whose body looked at a file below `root`, or at one by a relative path.
    argued
        Modules whose body read the arguments.
    started
        Modules whose body started a process.
    drawn
        Modules whose body drew random bytes.
    seeded
        Generators of random numbers that were made with a seed of chance.

    """

    def __init__(self, root: str, temporary: tuple[str, ...] = ()) -> None:
        self.root, self.temporary = root, temporary
        self.asked: dict[str, set[str]] = {}
        self.looked: set[str] = set()
        self.argued: set[str] = set()
        self.started: set[str] = set()
        self.drawn: set[str] = set()
        self.seeded: list[random.Random] = []
        self.stand_ins: list[tuple[Any, str, Any, Any]] = []  # owner, name, original, stand-in

    def __enter__(self) -> Self:
        """Begin to record."""
        os.environ.__class__ = _recording_environment(self)
        self.arguments, sys.argv = sys.argv, _recording_list(self)(sys.argv)
        for name in LOOKING:
            self._stand_in(os, name, self.looks)
        self._stand_in(io, "open", self.looks)
        self._stand_in(builtins, "open", self.looks)
        self._stand_in(os, "posix_spawn", self.starts)
        self._stand_in(os, "urandom", self.draws)
        self._stand_in(random, "_urandom", self.draws)
        self._stand_in(random.Random, "seed", self.seeds)
        self._stand_in(_posixsubprocess, "fork_exec", self.starts)
        if "subprocess" in sys.modules:
            self._stand_in(sys.modules["subprocess"], "_fork_exec", self.starts)
        return self

    def __exit__(self, *_: object) -> None:
        """Put everything back, also where an import kept hold of a stand-in."""
        import gc  # noqa: PLC0415 - here alone

        os.environ.__class__ = os._Environ  # noqa: SLF001 - there is no other way back
        sys.argv = self.arguments
        for owner, name, original, stand_in in self.stand_ins:
            setattr(owner, name, original)
            for holder in gc.get_referrers(stand_in):
                if isinstance(holder, dict):
                    for key in [key for key, value in holder.items() if value is stand_in]:
                        holder[key] = original
        self.stand_ins.clear()

    def volatile(self) -> set[str]:
        """Modules to be executed again in each fork: their bodies saw more than can be answered for."""
        everything = {module for module, names in self.asked.items() if "*" in names}
        return everything | self.looked | self.argued | self.drawn

    def variables(self) -> set[str]:
        """Names read by modules that are not executed again."""
        again = self.volatile()
        return {name for module, names in self.asked.items() if module not in again for name in names}

    def asks(self, name: str | bytes) -> None:
        """Remember that a variable was read."""
        self.asked.setdefault(_asking_module(), set()).add(os.fsdecode(name))

    def argues(self) -> None:
        """Remember that the arguments were read."""
        self.argued.add(_asking_module())

    def looks(self, path: Any = None, *_: object, **__: object) -> None:
        """Remember that a file was looked at, if it may be another one for each command."""
        if path is None or isinstance(path, int):
            return
        text = os.fsdecode(path)
        if not text.startswith("/") or (text.startswith(self.root) and not text.startswith(self.temporary)):
            self.looked.add(_asking_module())

    def starts(self, *_: object, **__: object) -> None:
        """Remember that a process was started."""
        self.started.add(_asking_module())

    def draws(self, *_: object) -> None:
        """Remember that random bytes were drawn."""
        self.drawn.add(_asking_module())

    def seeds(self, generator: random.Random, seed: object = None, *_: object, **__: object) -> None:
        """Remember a generator whose seed is chance."""
        if seed is None:
            self.seeded.append(generator)

    def _stand_in(self, owner: Any, name: str, notice: Callable[..., None]) -> None:
        original = getattr(owner, name)

        def stand_in(*arguments: Any, **keywords: Any) -> Any:
            notice(*arguments, **keywords)
            return original(*arguments, **keywords)

        setattr(owner, name, stand_in)
        self.stand_ins.append((owner, name, original, stand_in))


def _asking_module() -> str:
    """Name of the module whose body is being executed, the innermost one."""
    frame = sys._getframe(2)  # noqa: SLF001 - inspect would import half the library
    while frame.f_back is not None and frame.f_code.co_name != "<module>":
        frame = frame.f_back
    return str(frame.f_globals.get("__name__"))


def _recording_environment(watch: Watch) -> type:
    class Recording(os._Environ):  # type: ignore[type-arg]  # noqa: SLF001 - the class of os.environ
        def __getitem__(self, key: Any) -> Any:
            watch.asks(key)
            return super().__getitem__(key)

        def __iter__(self) -> Iterator[Any]:
            watch.asks("*")
            return super().__iter__()

    return Recording


def _recording_list(watch: Watch) -> type:
    def recorded(name: str) -> Callable[..., Any]:
        original = getattr(list, name)

        def method(self: list[str], *arguments: Any) -> Any:
            watch.argues()
            return original(self, *arguments)

        return method

    names = ("__getitem__", "__iter__", "__len__", "__contains__")
    return type("Arguments", (list,), {name: recorded(name) for name in names})
