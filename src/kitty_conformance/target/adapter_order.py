"""A set of adapters as the inside reads it, and the trial that finds out whether it fits a target."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from kitty_conformance.errors import AdapterRefusedError, HarnessError
from kitty_conformance.target.adapters import FOLDER, Adapter, functions_of, shared_by, source_of
from kitty_conformance.target.plan import ADAPTERS
from kitty_conformance.target.specification import DISTRIBUTION

TRIAL_TIMEOUT: Final = 180.0
"""Seconds a trial may take on a loaded machine: it imports the target once."""


class AdapterOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What the inside reads; the fields are explained in `kitty_conformance.inside.adapters.applying`.

    Attributes
    ----------
    source
        A hash of the adapters, so that another text of them is another order.

    """

    release: str
    mark: str
    shared: list[str]
    folder: str
    root: str
    wanted: dict[str, list[str]]
    modules: dict[str, tuple[str, int, int]]
    functions: dict[str, dict[str, str]]
    optional: list[str]
    advice: str
    source: str

    @classmethod
    def of(
        cls, adapters: Sequence[Adapter], *, release: str, root: Path, folder: Path = FOLDER, advice: str = ""
    ) -> AdapterOrder:
        """Draw up an order that has not been tried: nothing is known of the files yet."""
        wanted: dict[str, list[str]] = {}
        functions: dict[str, dict[str, str]] = {}
        for adapter in adapters:
            for module, names in adapter.modules.items():
                wanted.setdefault(module, []).append(adapter.issue)
                functions.setdefault(module, {}).update(dict.fromkeys(names, ""))
        demanded = {function for adapter in adapters for function in functions_of(adapter.wraps)}
        return cls(
            release=release,
            mark=f"{DISTRIBUTION.replace('-', '_')}-{release}.dist-info",
            shared=list(shared_by(adapters, folder)),
            folder=str(folder),
            root=str(root),
            wanted=wanted,
            modules={},
            functions=functions,
            optional=sorted(set(functions_of(functions)) - demanded),
            advice=advice,
            source=source_of(adapters, folder),
        )

    def digest_of(self, function: str) -> str:
        """Return the digest of a function (`module:name`) as the target has it."""
        module, _, name = function.partition(":")
        return self.functions.get(module, {}).get(name, "")


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a trial prints."""

    modules: dict[str, tuple[str, int, int]]
    functions: dict[str, dict[str, str]]
    missing: str
    problem: str


def tried(order: AdapterOrder, python: Path) -> AdapterOrder:
    """Apply the adapters to a target, in a process that does nothing else; return the order with what it saw.

    Nothing is written into the environment of the target, byte code neither.

    Raises
    ------
    AdapterRefusedError
        An adapter does not apply, or names something that is not there; or the target does not start at all,
        because something that it imports is not installed.

    """
    with tempfile.TemporaryDirectory(prefix="kitty-conformance-") as home:
        file = Path(home, "order.json")
        file.write_bytes(msgspec.json.encode(order))
        found = _found(_output(python, Path(order.folder, "trial.py"), file, home))
    if found.missing:
        raise AdapterRefusedError(
            f"spec-kitty-cli {order.release} does not start by itself: it imports {found.missing}, which is "
            f"not installed with {python}",
            hint=f"put {found.missing} into that environment first",
        )
    if found.problem:
        raise AdapterRefusedError(
            f"the adapters do not fit spec-kitty-cli {order.release}: {found.problem}",
            hint="leave out the one that does not fit, or use a release it was verified on",
        )
    return msgspec.structs.replace(order, modules=found.modules, functions=found.functions)


def _output(python: Path, trial: Path, file: Path, home: str) -> bytes:
    try:
        ended = subprocess.run(
            [python, "-B", "-P", trial, file],
            cwd=home,
            env=_surroundings(home),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TRIAL_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AdapterRefusedError(f"the adapters cannot be tried with {python}: {error}") from None
    if ended.returncode != 0:
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines() or ["no message"]
        raise AdapterRefusedError(f"the adapters cannot be tried with {python}: {said[-1]}")
    return ended.stdout


def _found(output: bytes) -> _Found:
    try:
        return msgspec.json.decode(output.splitlines()[-1], type=_Found)
    except (msgspec.MsgspecError, IndexError) as error:
        raise HarnessError(f"the trial of the adapters printed {output[-200:]!r}: {error}") from error


def _surroundings(home: str) -> dict[str, str]:
    """Return an environment in which the target finds nothing of a person, and adapters keep still."""
    return {
        "HOME": home,
        "TMPDIR": home,
        "PATH": os.defpath,
        "SPEC_KITTY_HOME": str(Path(home, ".kittify")),
        "SPEC_KITTY_NO_UPGRADE_CHECK": "1",
        ADAPTERS: "",
    }


def read_order(file: Path) -> AdapterOrder | None:
    """Return an order that was written down; `None` if it is not there or cannot be read."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=AdapterOrder)
    except (OSError, msgspec.MsgspecError):
        return None


def order_text(order: AdapterOrder) -> bytes:
    """Return an order as it is written down, the same bytes for the same order."""
    return (json.dumps(msgspec.to_builtins(order), indent=1, sort_keys=True) + "\n").encode()
