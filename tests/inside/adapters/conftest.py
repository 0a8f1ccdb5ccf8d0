"""A target of a few lines, an adapter for it, and the interpreter they meet in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from kitty_conformance.inside.adapters.reading import digests
from kitty_conformance.target.plan import INSIDE

GREETING = "def greet(name):\n    return f'hello {name}'\n"
ADAPTER = '''"""#900, FR-900: greetings are loud."""
ISSUE = "900"
REQUIREMENTS = ("FR-900",)
WRAPS = {"specify_cli.greeting": ("greet",)}
def apply(module):
    from kitty_conformance.inside.adapters.wrapping import wrap
    wrap(module, "greet", lambda original: lambda name: original(name).upper())
'''


@dataclass
class Stage:
    """A package `specify_cli` with a module `greeting`, and an order to adapt it."""

    root: Path
    folder: Path
    order: Path
    hook: Path

    @property
    def greeting(self) -> Path:
        """The module that is adapted."""
        return self.root / "specify_cli" / "greeting.py"

    def write(self, **changes: object) -> None:
        """Write the order anew, as of the files there are now, with these changes."""
        status = self.greeting.stat()
        order = {
            "release": "9.9",
            "shared": ["wrapping"],
            "mark": "spec_kitty_cli-9.9.dist-info",
            "folder": str(self.folder),
            "root": str(self.root),
            "wanted": {"specify_cli.greeting": ["900"]},
            "modules": {
                "specify_cli.greeting": ["specify_cli/greeting.py", status.st_size, status.st_mtime_ns]
            },
            "functions": {"specify_cli.greeting": digests(self.greeting.read_bytes(), ["greet"])},
            "optional": [],
            "advice": "install again",
        }
        self.order.write_text(json.dumps({**order, **changes}))

    def python(
        self, code: str, *, measured: bool = True, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a program with the adapters on; what measures coverage imports things of its own."""
        own = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        environment = {
            "PATH": os.defpath,
            "PYTHONPATH": f"{self.hook}:{self.root}",
            "KITTY_INSIDE": str(INSIDE / "boot.py"),
            "KITTY_INSIDE_ADAPTERS": str(self.order),
            "PYTHONDONTWRITEBYTECODE": "1",
            **(own if measured else {}),
            **variables,
        }
        command = [sys.executable, "-c", code]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


HOOK = """
import os
if "KITTY_INSIDE" in os.environ:
    with open(os.environ["KITTY_INSIDE"]) as file:
        exec(compile(file.read(), file.name, "exec"), {"__name__": "kitty_conformance.inside.boot"})
"""


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    root, folder, hook = (tmp_path / name for name in ("root", "adapters", "hook"))
    (root / "specify_cli").mkdir(parents=True)
    (root / "specify_cli" / "__init__.py").touch()
    (root / "spec_kitty_cli-9.9.dist-info").mkdir()
    (root / "specify_cli" / "greeting.py").write_text(GREETING)
    folder.mkdir()
    for path in (INSIDE / "adapters").glob("[!i]*.py"):
        (folder / path.name).symlink_to(path)  # no copy: coverage is to see the module itself
    (folder / "issue_900.py").write_text(ADAPTER)
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(HOOK)
    made = Stage(root, folder, tmp_path / "order.json", hook)
    made.write()
    return made


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModuleType]:
    """Pretends that the target has a module with these things in it."""

    def pretend(name: str, **things: object) -> ModuleType:
        module = ModuleType(name)
        vars(module).update(things)
        monkeypatch.setitem(sys.modules, name, module)
        return module

    return pretend
