"""Adapters in a real environment, for daily use: copied there, nothing of ours being importable; taken off.

Two things lie in the folder for distributions: `kitty_adapters/`, which holds copies of the adapters that are
on and the order that says so, and `kitty_adapters.pth`, which puts them on at each start. The second is there
only while the first is whole: whatever is killed in between leaves remains that do nothing.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import msgspec

from kitty_conformance.errors import OutputUnwritableError, UsageError
from kitty_conformance.target.adapter_order import AdapterOrder, order_text, read_order, tried
from kitty_conformance.target.adapters import FOLDER, Adapter
from kitty_conformance.target.specification import DISTRIBUTION

PACKAGE: Final = "kitty_adapters"
START_LINE: Final = f"import {PACKAGE}.applying as _k; _k.put_on_installed()\n"
"""Executed by `site` at every start of the interpreter; twice in some environments, which does no harm."""

ORDER: Final = "order.json"
DRAFTS: Final = f".{PACKAGE}-*"
"""What a killed installation leaves."""

PATIENCE: Final = 60.0
"""Seconds an interpreter may take to tell about itself."""

_NEEDED: Final = ("__init__", "applying", "reading")

_TELL: Final = """
import importlib.metadata, json, sysconfig
try:
    version = importlib.metadata.version("spec-kitty-cli")
except importlib.metadata.PackageNotFoundError:
    version = ""
print(json.dumps({"folder": sysconfig.get_path("purelib"), "version": version}))
"""


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    folder: str
    version: str


@dataclass(frozen=True, kw_only=True)
class Installed:
    """What there is of adapters in one environment.

    Attributes
    ----------
    python
        Its interpreter.
    folder
        Where its distributions are.
    release
        Of spec-kitty, as its metadata says.

    """

    python: Path
    folder: Path
    release: str

    @classmethod
    def at(cls, python: Path) -> Self:
        """Ask an interpreter about its environment; nothing is written there.

        Raises
        ------
        UsageError
            It is no interpreter, or its environment has no spec-kitty.

        """
        try:
            ended = subprocess.run(
                [python, "-I", "-B", "-c", _TELL],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PATIENCE,
                check=True,
            )
            told = msgspec.json.decode(ended.stdout.splitlines()[-1], type=_Told)
        except (OSError, subprocess.SubprocessError, msgspec.MsgspecError, IndexError) as error:
            raise UsageError(
                f"{python} is no Python interpreter that runs: {error}",
                hint="name bin/python of an environment",
            ) from None
        if not told.version:
            raise UsageError(
                f"{DISTRIBUTION} is not installed for {python}", hint="name the environment that it is in"
            )
        return cls(python=python, folder=Path(told.folder), release=told.version)

    @property
    def package(self) -> Path:
        """Where the adapters are, if they are."""
        return self.folder / PACKAGE

    @property
    def start(self) -> Path:
        """The file that puts them on."""
        return self.folder / f"{PACKAGE}.pth"

    @property
    def order(self) -> AdapterOrder | None:
        """What is on; `None` if nothing is, or if it is not whole."""
        return read_order(self.package / ORDER) if self.start.exists() else None

    @property
    def remains(self) -> tuple[Path, ...]:
        """What is there although it does nothing: of an installation or a removal that was killed."""
        drafts = tuple(sorted(self.folder.glob(DRAFTS)))
        whole = self.order is not None
        return (
            drafts
            if whole
            else tuple(each for each in (self.start, self.package, *drafts) if _is_there(each))
        )

    def misfit(self) -> str:
        """Say why commands refuse to run with what is on; empty if they run."""
        order = self.order
        if order is None:
            return ""
        if not (self.folder / order.mark).exists():
            return f"they were put on for {order.release}, and {self.release} is installed"
        looked = msgspec.structs.replace(order, folder=str(FOLDER), root=str(self.folder), wanted={})
        functions = tried(looked, self.python).functions
        for module, names in order.functions.items():
            for name, digest in names.items():
                if functions[module].get(name) != digest:
                    return f"{module}:{name} is another one than it was"
        return ""

    def try_on(self, adapters: Sequence[Adapter], folder: Path = FOLDER) -> AdapterOrder:
        """Try adapters on this environment; nothing is changed.

        Raises
        ------
        AdapterRefusedError
            One does not apply.

        """
        advice = (
            f"`kitty-conformance adapters install --python {self.python}` puts on what fits, "
            f"`… uninstall …` takes them off"
        )
        order = AdapterOrder.of(
            adapters, release=self.release, root=self.folder, folder=folder, advice=advice
        )
        return tried(order, self.python)

    def install(self, adapters: Sequence[Adapter], order: AdapterOrder) -> None:
        """Put adapters on, in the place of those that are; `order` is from `try_on`.

        Raises
        ------
        OutputUnwritableError
            The environment cannot be written; it is as it was, or has remains that do nothing.

        """
        names = [f"issue_{adapter.issue}" for adapter in adapters]
        here = msgspec.structs.replace(order, folder="", root="")
        try:
            draft = Path(tempfile.mkdtemp(dir=self.folder, prefix=f".{PACKAGE}-"))
            for name in (*_NEEDED, *order.shared, *names):
                shutil.copy(Path(order.folder, f"{name}.py"), draft)
            (draft / ORDER).write_bytes(order_text(here))
            draft.chmod(0o755)
            self.uninstall(spared=draft)
            draft.rename(self.package)
            self._compile()
            line = self.folder / f".{PACKAGE}-start"
            line.write_text(START_LINE, "utf-8")
            line.rename(self.start)
        except OSError as error:
            raise _unwritable(error, self.folder) from error

    def _compile(self) -> None:
        """Spare each start the compilation of what it loads."""
        command = [str(self.python), "-I", "-B", "-m", "compileall", "-q", str(self.package)]
        with suppress(subprocess.SubprocessError):  # it works without, only not as quickly
            subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)

    def uninstall(self, *, spared: Path | None = None) -> bool:
        """Take everything of ours off; whether there was anything.

        Raises
        ------
        OutputUnwritableError
            It cannot be removed.

        """
        found = [self.start, self.package, *sorted(self.folder.glob(DRAFTS))]
        found = [each for each in found if each != spared and _is_there(each)]
        try:
            for path in found:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
        except OSError as error:
            raise _unwritable(error, self.folder) from error
        return bool(found)


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _unwritable(error: OSError, folder: Path) -> OutputUnwritableError:
    return OutputUnwritableError(
        f"{error.filename or folder} cannot be written: {error.strerror}",
        hint="whoever installed spec-kitty there can",
    )
