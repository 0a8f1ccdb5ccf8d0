"""The adapters there are, as their modules say it; nothing of them is imported here."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kitty_conformance.errors import HarnessError, UnknownAdapterError
from kitty_conformance.target.plan import INSIDE

FOLDER: Final = INSIDE / "adapters"
"""Where the adapters are."""

ALL: Final = "all"
NONE: Final = "none"

MECHANISM: Final = ("__init__", "applying", "reading", "trial")
"""Modules beside them that are no part of any adapter."""

_SHARED: Final = re.compile(r"^\s*from kitty_conformance\.inside\.adapters\.(\w+) import ", re.MULTILINE)
_SPOKEN: Final = re.compile(r"#?(?P<issue>\d+)")


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """One adapter.

    Attributes
    ----------
    issue
        The number of the issue it mends.
    requirements
        What of the specification a target keeps with it.
    wraps
        Module of the target → names in it that are wrapped or relied on.
    where_there
        The same of what only some releases have.
    purpose
        The first line of its documentation.

    """

    issue: str
    requirements: tuple[str, ...]
    wraps: Mapping[str, tuple[str, ...]]
    where_there: Mapping[str, tuple[str, ...]]
    purpose: str

    @property
    def modules(self) -> dict[str, tuple[str, ...]]:
        """Everything it wraps or relies on, demanded or not."""
        names = {module: self.wraps.get(module, ()) for module in (*self.wraps, *self.where_there)}
        return {module: (*found, *self.where_there.get(module, ())) for module, found in names.items()}

    @property
    def functions(self) -> tuple[str, ...]:
        """Every name it was verified on, as `module:name`."""
        return functions_of(self.modules)


def functions_of(modules: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return every name in these modules, as `module:name`."""
    return tuple(f"{module}:{name}" for module, names in modules.items() for name in names)


def known_adapters(folder: Path = FOLDER) -> tuple[Adapter, ...]:
    """Return every adapter of a folder, by issue.

    Raises
    ------
    HarnessError
        A module does not say what an adapter has to say.

    """
    return tuple(_read(path) for path in sorted(folder.glob("issue_*.py")))


def _read(path: Path) -> Adapter:
    tree = ast.parse(path.read_text("utf-8"))
    said: dict[str, Any] = {}
    try:
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                if name in {"ISSUE", "REQUIREMENTS", "WRAPS", "WHERE_THERE"}:
                    said[name] = ast.literal_eval(node.value)
        return Adapter(
            issue=said["ISSUE"],
            requirements=tuple(said["REQUIREMENTS"]),
            wraps={module: tuple(names) for module, names in said["WRAPS"].items()},
            where_there={module: tuple(names) for module, names in said.get("WHERE_THERE", {}).items()},
            purpose=(ast.get_docstring(tree) or "").partition("\n")[0],
        )
    except (LookupError, ValueError, AttributeError) as error:
        raise HarnessError(f"{path} is no adapter: {error!r}") from error


def chosen_adapters(text: str, known: Sequence[Adapter]) -> tuple[Adapter, ...]:
    """Return the adapters a person means: `all`, `none`, or issues such as `951,945`.

    Raises
    ------
    UnknownAdapterError
        There is none for an issue, or the text names nothing.

    """
    if text.strip().lower() in {ALL, NONE}:
        return tuple(known) if text.strip().lower() == ALL else ()
    by_issue = {adapter.issue: adapter for adapter in known}
    words = [word for word in re.split(r"[\s,]+", text) if word]
    wanted = {match["issue"] if (match := _SPOKEN.fullmatch(word)) else word for word in words}
    if unknown := sorted(wanted - by_issue.keys()):
        raise UnknownAdapterError(
            f"no adapter for {', '.join(unknown)}", hint=f"all, none, or some of {', '.join(by_issue)}"
        )
    if not wanted:
        raise UnknownAdapterError(f"{text!r} names no adapter", hint=f"all, none, or {', '.join(by_issue)}")
    return tuple(adapter for adapter in known if adapter.issue in wanted)


def shared_by(adapters: Sequence[Adapter], folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the modules of the folder that these adapters import, each after those it imports itself."""
    found: list[str] = []
    for adapter in adapters:
        _follow(f"issue_{adapter.issue}", folder, found, ())
    return tuple(name for name in found if not name.startswith("issue_"))


def _follow(name: str, folder: Path, found: list[str], above: tuple[str, ...]) -> None:
    """Add a module behind what it imports; what imports itself in a circle is left where it was met first."""
    if name in found or name in above:
        return
    for module in _SHARED.findall((folder / f"{name}.py").read_text("utf-8")):
        _follow(module, folder, found, (*above, name))
    found.append(name)


def source_of(adapters: Sequence[Adapter], folder: Path = FOLDER) -> str:
    """Return a hash of the source of these adapters, of what they import, and of what applies them."""
    names = [f"issue_{adapter.issue}" for adapter in adapters]
    found = hashlib.sha256()
    for name in sorted({*names, *shared_by(adapters, folder), *MECHANISM}):
        found.update(hashlib.sha256((folder / f"{name}.py").read_bytes()).digest())
    return found.hexdigest()
