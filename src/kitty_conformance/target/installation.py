"""One installation: a virtual environment, the target in it, the inside hook, the proof that it starts."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from kitty_conformance.errors import HarnessError, TargetUnavailableError
from kitty_conformance.results import Dependency, TargetIdentity
from kitty_conformance.target.installer import Installer
from kitty_conformance.target.recipe import Recipe
from kitty_conformance.target.specification import DISTRIBUTION, TargetSpecification

INSIDE_VARIABLE: Final = "KITTY_INSIDE"
"""Environment variable naming the Python file an interpreter of a target executes before anything else."""

HOOK: Final = "kitty_inside.pth"

HOOK_LINE: Final = (
    f"import os; os.environ.get({INSIDE_VARIABLE!r}) and exec("
    "__import__('importlib.machinery').machinery.SourceFileLoader("
    f"'kitty_inside', os.environ[{INSIDE_VARIABLE!r}]).get_code('kitty_inside'), "
    f"{{'__name__': 'kitty_inside', '__file__': os.environ[{INSIDE_VARIABLE!r}]}})\n"
)
"""Executed by `site` at every start of the interpreter; `os` is always imported by then.

In a virtual environment `site` goes through the same folder twice: what is executed has to bear that.
"""

START_TIMEOUT: Final = 180.0
"""Seconds `spec-kitty --version` may take on a loaded machine."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Installation:
    """A build on its way into a folder that does not exist yet.

    Attributes
    ----------
    tell
        Told in a few words whenever something begins that takes time.
    keep
        A file descriptor the installer holds open as long as it lives.

    """

    root: Path
    specification: TargetSpecification
    recipe: Recipe
    installer: Installer
    tell: Progress
    keep: int | None = None

    def carry_out(self) -> TargetIdentity:
        """Install, and give what exactly has been installed.

        Raises
        ------
        TargetUnavailableError
            It cannot be installed, or does not start.

        """
        self.tell(f"creating an environment for {self.specification}")
        # uv takes the base of the interpreter we run on, so that ours may go away.
        self._uv("venv", "--quiet", "--python", sys.executable, str(self.root))
        (self._site_packages / HOOK).write_text(HOOK_LINE, encoding="utf-8")
        self.tell(f"installing {self.specification}, dependencies {self._resolution}")
        self._install()
        self.tell(f"starting {self.specification} for the first time")
        self._prove_it_starts()
        return self._identity()

    @property
    def _site_packages(self) -> Path:
        return site_packages(self.root)

    @property
    def _resolution(self) -> str:
        before = self.recipe.resolved_before
        return f"as of {before} ({self.recipe.resolution})" if before else "of today"

    def _uv(self, *arguments: str) -> None:
        self.installer.run(arguments, doing=f"install {self.specification}", keep=self.keep)

    def _install(self) -> None:
        requirements, constraints = self.root / "requirements.txt", self.root / "constraints.txt"
        requirements.write_text(self.recipe.requirements, encoding="utf-8")
        constraints.write_text(self.recipe.constraints, encoding="utf-8")
        # Copies, not links: a target that writes into its installation must not reach the installer's cache.
        how = ["--quiet", "--compile-bytecode", "--link-mode", "copy", *self.recipe.options]
        what = ["--requirement", str(requirements), "--constraint", str(constraints)]
        self._uv("pip", "install", "--python", str(self.root / "bin" / "python"), *how, *what)

    def _prove_it_starts(self) -> None:
        with tempfile.TemporaryDirectory(prefix="kitty-conformance-") as home:
            try:
                ended = subprocess.run(
                    [self.root / "bin" / "spec-kitty", "--version"],
                    cwd=home,
                    env=_bare_environment(home),
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=START_TIMEOUT,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise self._does_not_start(f"no end after {START_TIMEOUT:.0f} s") from None
            except OSError as error:
                raise self._does_not_start(str(error)) from None
        if ended.returncode != 0:
            said = ended.stderr.decode("utf-8", "replace").strip() or f"exit code {ended.returncode}"
            raise self._does_not_start(said.splitlines()[-1])

    def _does_not_start(self, reason: str) -> TargetUnavailableError:
        advice = "with --resolve era it gets the dependencies of its release day"
        return TargetUnavailableError(
            f"{self.specification} is installed but `spec-kitty --version` does not run: {reason}",
            hint=advice if self.specification.resolve == "today" else "",
        )

    def _identity(self) -> TargetIdentity:
        version, dependencies = _installed(self._site_packages)
        return TargetIdentity(
            requested=str(self.specification),
            version=version,
            sha256=self.recipe.sha256,
            resolution=self.recipe.resolution,
            python=platform.python_version(),
            dependencies=dependencies,
            resolved_before=self.recipe.resolved_before,
        )


def site_packages(root: Path) -> Path:
    """Give the folder of a virtual environment into which distributions are installed."""
    return next((root / "lib").glob("python3.*/site-packages"))


def _bare_environment(home: str) -> dict[str, str]:
    return {
        "HOME": home,
        "TMPDIR": home,
        "PATH": os.defpath,
        "SPEC_KITTY_HOME": str(Path(home, ".kittify")),
        "SPEC_KITTY_NO_UPGRADE_CHECK": "1",
        "NO_COLOR": "1",
        "COLUMNS": "400",
    }


def _installed(folder: Path) -> tuple[str, tuple[Dependency, ...]]:
    found = {
        canonicalize_name(distribution.name): distribution.version
        for distribution in importlib.metadata.distributions(path=[str(folder)])
    }
    try:
        version = found.pop(canonicalize_name(DISTRIBUTION))
    except KeyError:
        raise HarnessError(f"{DISTRIBUTION} was installed but is not in {folder}") from None
    return version, tuple(Dependency(name=name, version=found[name]) for name in sorted(found))
