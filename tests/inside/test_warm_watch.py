import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from kitty_conformance.inside.warm_watch import Watch

Import = Callable[[str], Watch]


@pytest.fixture
def imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Import]:
    """Import a module made of some lines, watched."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "stand-ins" / "home"))
    (tmp_path / "stand-ins" / "scratch").mkdir(parents=True)

    def run(source: str) -> Watch:
        (tmp_path / "watched.py").write_text(source)
        root = str(tmp_path / "stand-ins")
        with Watch(root, (f"{root}/scratch",)) as watch:
            import_module("watched")
        return watch

    yield run
    sys.modules.pop("watched", None)


@pytest.mark.parametrize(
    "source",
    [
        "import os; os.environ.get('ODD')",
        "import os; os.getenv('ODD')",
        "import os; 'ODD' in os.environ",
        "import os; os.environb.get(b'ODD'); os.getenv('ODD')",
        "import os\ndef f(): return os.environ.get('ODD')\nf()",
    ],
)
def test_variables_that_are_read_are_known(imported: Import, source: str) -> None:
    watch = imported(source)
    assert "ODD" in watch.variables()
    assert "watched" not in watch.volatile()


@pytest.mark.parametrize(
    "source",
    [
        "import os; dict(os.environ)",
        "import sys; '--json' in sys.argv",
        "import sys; sys.argv[1:]",
        "import os; os.path.exists('here')",
        "import os; os.listdir()\nimport pathlib; pathlib.Path('.git').exists()",
        "import pathlib; (pathlib.Path.home() / '.config').exists()",
        "import pathlib\ntry: (pathlib.Path.home() / 'x').read_text()\nexcept OSError: pass",
        "import uuid; SESSION = uuid.uuid4()",
        "import secrets; TOKEN = secrets.token_hex()",
    ],
)
def test_what_is_another_in_each_process_makes_a_module_volatile(imported: Import, source: str) -> None:
    assert "watched" in imported(source).volatile()


@pytest.mark.parametrize(
    "source",
    [
        "import os; os.stat('/'); open(os.devnull).close(); os.fstat(0)",
        "import os; os.path.exists(os.environ['HOME'][:-4] + 'scratch/new')",
        "import os, pathlib; HOME = pathlib.Path.home() / 'x'",
    ],
)
def test_what_is_the_same_everywhere_does_not(imported: Import, source: str) -> None:
    assert "watched" not in imported(source).volatile()


def test_variables_of_a_volatile_module_do_not_count(imported: Import) -> None:
    watch = imported("import os, sys; os.environ.get('ODD'); sys.argv[0]")
    assert "ODD" not in watch.variables()


def test_processes_and_generators_of_random_numbers_are_known(imported: Import) -> None:
    watch = imported(
        "import random, subprocess; A = random.Random(); B = random.Random(3); subprocess.run(['true'])"
    )
    assert watch.started == {"watched"}
    assert watch.seeded == [sys.modules["watched"].A]


def test_afterwards_everything_is_as_it_was(imported: Import) -> None:
    before = (os.stat, open, os.urandom, type(os.environ), type(sys.argv))
    imported("from os import stat, urandom; import subprocess")
    module = sys.modules["watched"]
    assert (os.stat, open, os.urandom, type(os.environ), type(sys.argv)) == before
    assert (module.stat, module.urandom) == (os.stat, os.urandom)
    assert subprocess.run(["true"], check=False).returncode == 0
