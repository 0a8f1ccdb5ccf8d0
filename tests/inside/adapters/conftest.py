"""Stand-ins for modules of the target, as small as what an adapter wraps or asks."""

import sys
from types import ModuleType

import pytest


@pytest.fixture
def stand_ins(monkeypatch):
    """Let `import specify_cli.…` find modules: dotted name below `specify_cli` → what the module holds."""

    def put_in_place(modules):
        for name, content in modules.items():
            full = f"specify_cli.{name}"
            module = ModuleType(full)
            vars(module).update(content)
            for parent in packages_of(full):
                if parent not in sys.modules:
                    monkeypatch.setitem(sys.modules, parent, package(parent))
            monkeypatch.setitem(sys.modules, full, module)

    return put_in_place


def packages_of(name):
    """Names of the packages that a module is in, the outermost first."""
    parts = name.split(".")[:-1]
    return [".".join(parts[: number + 1]) for number in range(len(parts))]


def package(name):
    """An empty package."""
    made = ModuleType(name)
    made.__path__ = []
    return made
