"""Put a wrapper in the place of a function, so that nobody can tell but by what it does."""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any


def wrap(module: ModuleType, name: str, make: Callable[[Any], Any]) -> Any:
    """Replace `function` or `Class.method` of a module by what `make` makes of it; gives the original.

    A static or class method stays one. Signature, name and documentation are seen as before.

    Raises
    ------
    LookupError
        The module has no such function.

    """
    owner: Any = module
    *path, last = name.split(".")
    for part in path:
        owner = vars(owner)[part]
    found = vars(owner)[last]
    kind = type(found) if isinstance(found, (staticmethod, classmethod)) else None
    original = found.__func__ if kind else found
    wrapper = dressed(make(original), original)
    setattr(owner, last, kind(wrapper) if kind else wrapper)
    return original


def dressed(wrapper: Any, original: Any) -> Any:
    """Let a wrapper look like the function behind it."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(wrapper, name, getattr(original, name))
    wrapper.__dict__.update(vars(original))
    wrapper.__annotations__ = original.__annotations__
    wrapper.__wrapped__ = original
    return wrapper


def wrap_command(module: ModuleType, name: str, make: Callable[[Any], Any]) -> Any:
    """Replace a function that the module itself has registered as a command, there as well.

    Raises
    ------
    LookupError
        The module has no such function, or has not registered it.

    """
    original = wrap(module, name, make)
    registered = [
        command
        for each in vars(module).values()
        for command in getattr(each, "registered_commands", ())
        if command.callback is original
    ]
    if not registered:
        message = f"{module.__name__} has not registered {name} as a command"
        raise LookupError(message)
    for command in registered:
        command.callback = vars(module)[name]
    return original
