"""Where values taken from a person's folders (HOME, TMPDIR, the working folder) ended up during imports.

While the imports happen those folders have stand-ins below one root, whose text occurs nowhere else. Every
object that holds such text is found once; a fork puts the command's own folders in those places.
"""

from __future__ import annotations

import gc
from pathlib import PurePath
from types import CellType, FrameType, FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Rewrite = Callable[[str], str]
    Patch = Callable[[Rewrite], None]


class Unpatchable(Exception):  # noqa: N818 - a finding, not an error
    """A value taken from a folder lies where it cannot be replaced; the message says where."""


def find(root: str, spared: set[int]) -> list[Patch]:
    """Every place that holds text below `root`, as functions that rewrite it.

    Parameters
    ----------
    root
        Folder that holds the stand-ins.
    spared
        `id` of containers that are not the target's.

    Raises
    ------
    Unpatchable
        There is one that cannot be rewritten.

    """
    containers = _containers()
    spared = {*spared, id(containers)}
    paths = [each for each in containers if isinstance(each, PurePath) and root in str(each)]
    patches: list[Patch] = [_path_patch(path) for path in paths]
    inner = {id(part) for path in paths for part in gc.get_referents(path)}
    for holder in containers:
        if id(holder) in spared or id(holder) in inner or isinstance(holder, (PurePath, FrameType)):
            continue
        keys = (
            list(holder) if isinstance(holder, dict) else []
        )  # the collector passes over keys that are text
        for value in gc.get_referents(holder) + keys:
            if type(value) is str and root in value and value != root:
                patches += _patches(holder, value, spared)
    return patches


def rewriting(folders: Mapping[str, str]) -> Rewrite:
    """Make a function that puts real folders in the place of their stand-ins."""

    def rewrite(text: str) -> str:
        for stand_in, real in folders.items():
            text = text.replace(stand_in, real)
        return text

    return rewrite


def _containers() -> list[Any]:
    """Everything that can hold a reference, also what the collector does not track."""
    found = gc.get_objects()
    seen = {id(found)}
    layer: list[Any] = found
    untracked = (dict, tuple)
    while layer:
        layer = [
            each
            for each in gc.get_referents(*layer)
            if type(each) in untracked and not gc.is_tracked(each) and id(each) not in seen
        ]
        layer = list({id(each): each for each in layer}.values())
        seen.update(map(id, layer))
        found = found + layer
    return found


def _path_patch(path: PurePath) -> Patch:
    """Rewrite a path where it is, so that everything that holds it holds the new one."""
    for holder in gc.get_referrers(path):
        if isinstance(holder, (set, frozenset)) or (isinstance(holder, dict) and path in holder):
            kind = type(holder).__name__
            raise Unpatchable(f"{path} is a key of a {kind}")
    slots = [
        name
        for kind in type(path).__mro__
        for name in getattr(kind, "__slots__", ())
        if name != "__weakref__"
    ]

    def patch(rewrite: Rewrite) -> None:
        renewed = type(path)(rewrite(str(path)))
        for name in slots:
            if hasattr(path, name):
                object.__delattr__(path, name)
            if hasattr(renewed, name):
                object.__setattr__(path, name, getattr(renewed, name))

    return patch


def _patches(holder: Any, value: Any, spared: set[int]) -> list[Patch]:
    """Ways to replace a value in one holder."""
    if isinstance(holder, dict):
        return _dict_patches(holder, value)
    if isinstance(holder, list):
        return [_item_patch(holder, index, value) for index, each in enumerate(holder) if each is value]
    if type(holder) is tuple:
        return _tuple_patches(holder, spared)
    if isinstance(holder, CellType):
        return [lambda rewrite: setattr(holder, "cell_contents", rewritten(value, rewrite))]
    if isinstance(holder, FunctionType):
        return _attribute_patches(holder, value, ("__defaults__", "__doc__"))
    names = [*getattr(holder, "__dict__", ())]
    names += [name for kind in type(holder).__mro__ for name in _slots(kind)]
    return _attribute_patches(holder, value, names)


def _slots(kind: type) -> tuple[str, ...]:
    slots = kind.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _dict_patches(holder: dict[Any, Any], value: Any) -> list[Patch]:
    if any(key is value for key in holder):
        raise Unpatchable(f"{value} is a key of a dict")
    keys = [key for key, each in holder.items() if each is value]
    for owner in gc.get_referrers(holder):
        if isinstance(owner, type) and all(owner.__dict__.get(key) is value for key in keys):
            return [_attribute_patch(owner, key, value, type.__setattr__) for key in keys]  # it has caches
    return [_item_patch(holder, key, value) for key in keys]


def _item_patch(holder: Any, key: Any, value: Any) -> Patch:
    return lambda rewrite: holder.__setitem__(key, rewritten(value, rewrite))


def _attribute_patches(holder: Any, value: Any, names: Any) -> list[Patch]:
    found = [name for name in names if getattr(holder, name, None) is value]
    if not found:
        raise Unpatchable(f"{str(value)[:200]} lies in a {type(holder).__name__}")
    return [_attribute_patch(holder, name, value, object.__setattr__) for name in found]


def _attribute_patch(holder: Any, name: str, value: Any, assign: Callable[..., None]) -> Patch:
    return lambda rewrite: assign(holder, name, rewritten(value, rewrite))


def _tuple_patches(holder: tuple[Any, ...], spared: set[int]) -> list[Patch]:
    """Replace a tuple, which cannot be changed, in whatever holds it."""
    outer = [
        each
        for each in gc.get_referrers(holder)
        if id(each) not in spared and type(each).__name__ not in ("frame", "list_iterator")
    ]
    return [patch for each in outer for patch in _patches(each, holder, spared)]


def rewritten(value: Any, rewrite: Rewrite) -> Any:
    """Give the value with the text in it rewritten."""
    if isinstance(value, tuple):
        return tuple(rewritten(each, rewrite) for each in value)
    return rewrite(value) if type(value) is str else value
