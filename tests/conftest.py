"""What tests of several parts share: tiny builds that call themselves spec-kitty, and a real release."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import venv
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest

from kitty_conformance.case import Case, Verdict
from kitty_conformance.results import FORMAT, CaseResult, Footer, Header, TargetIdentity
from kitty_conformance.running.disturbance import disturbance
from kitty_conformance.story import Story
from kitty_conformance.stream import Results
from kitty_conformance.target.adapters import FOLDER
from kitty_conformance.target.environment import obtain
from kitty_conformance.target.specification import TargetSpecification

STARTS = 'def main():\n    print("spec-kitty-cli version 9.9")\n'

REAL_RELEASE = os.environ.get("KITTY_CONFORMANCE_REAL_RELEASE", "3.2.0a8")
"""The release that tests marked `real` run; from its committed lock."""


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell without job control starts background commands so, and every process started here inherits it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def real_target():
    """A real release, installed in the user's cache of target environments."""
    return obtain(TargetSpecification.parse(REAL_RELEASE))


@pytest.fixture(scope="session")
def wheel_in():
    """Makes a wheel that calls itself spec-kitty-cli 9.9 and depends on nothing; gives its target text."""

    def make(folder, code=STARTS, *, requires="", command=True):
        folder.mkdir(exist_ok=True)
        file = folder / "spec_kitty_cli-9.9-py3-none-any.whl"
        info = "spec_kitty_cli-9.9.dist-info"
        files = {
            "specify_cli/__init__.py": code,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: spec-kitty-cli\nVersion: 9.9\n{requires}",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        if command:
            files[f"{info}/entry_points.txt"] = "[console_scripts]\nspec-kitty = specify_cli:main\n"
        files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in files) + f"{info}/RECORD,,\n"
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in files.items():
                archive.writestr(zipfile.ZipInfo(name), content)
        return f"wheel:{file}"

    return make


@pytest.fixture
def make_wheel(tmp_path, wheel_in):
    """Makes such a wheel in a folder of this test."""

    def make(code=STARTS, *, folder="wheels", **others):
        return wheel_in(tmp_path / folder, code, **others)

    return make


GREETING = "def greet(name):\n    return f'hello {name}'\n"
PROGRAM = "from specify_cli.greeting import greet; print(greet('you'))"
ADAPTER = '''"""#{issue}, FR-{issue}: greetings are {change}."""
ISSUE = "{issue}"
REQUIREMENTS = ("FR-{issue}",)
WRAPS = {{"specify_cli.greeting": ("greet",)}}
def apply(module):
    from kitty_conformance.inside.adapters.wrapping import wrap
    wrap(module, "greet", lambda original: lambda name: original(name).{change}())
'''


@dataclass
class Kennel:
    """A virtual environment that holds spec-kitty-cli 9.9.

    Attributes
    ----------
    root
        Of the environment.
    adapters
        A folder with adapters 900 (upper case) and 901 (swaps cases).

    """

    root: Path
    adapters: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.root / "bin" / "python"

    @property
    def packages(self) -> Path:
        """Where its distributions are."""
        return next(self.root.glob("lib/python3.*/site-packages"))

    @property
    def greeting(self) -> Path:
        """The module that is adapted."""
        return self.packages / "specify_cli" / "greeting.py"

    def greets(self) -> subprocess.CompletedProcess[str]:
        """Run it, as a person would."""
        environment = {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [self.python, "-c", PROGRAM]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def hashed(self) -> dict[str, str]:
        """Return every file and folder of it, with what is in it and what may be done with it."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            what = path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else b""
            content = what if isinstance(what, bytes) else os.fsencode(what)
            mode = oct(path.lstat().st_mode)
            found[str(path.relative_to(self.root))] = f"{mode} {hashlib.sha256(content).hexdigest()}"
        return found


@pytest.fixture
def kennel(tmp_path: Path) -> Kennel:
    root, adapters = tmp_path / "environment", tmp_path / "adapters"
    venv.create(root, symlinks=True, with_pip=False)
    shutil.copytree(
        FOLDER, adapters, ignore=lambda _, names: [n for n in names if n.startswith(("issue_", "__py"))]
    )
    for issue, change in (("900", "upper"), ("901", "swapcase")):
        (adapters / f"issue_{issue}.py").write_text(ADAPTER.format(issue=issue, change=change))
    made = Kennel(root, adapters)
    (made.packages / "specify_cli").mkdir()
    (made.packages / "specify_cli" / "__init__.py").touch()
    made.greeting.write_text(GREETING)
    info = made.packages / "spec_kitty_cli-9.9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: spec-kitty-cli\nVersion: 9.9\n")
    return made


@pytest.fixture(scope="session")
def recorded():
    """Makes results of one release: case id to verdict, or to a verdict per run."""

    def make(version="3.2.0", found=(), **others):
        others = {"shard": "", "observations": {}, "harness": "0.1.0", "whole": True, "sha256": ""} | others
        verdicts = {case: (each,) if isinstance(each, str) else each for case, each in dict(found).items()}
        runs = max(map(len, verdicts.values()), default=1)
        results = tuple(
            CaseResult(
                case=case,
                run=run,
                verdict=Verdict(verdict),
                reason="" if verdict == "conforms" else f"{case} {verdict} in @{{MISSION}}",
                observations=others["observations"].get(case, {"exit": "0"}),
                story=Story(),
                seconds=1.0,
            )
            for case, each in verdicts.items()
            for run, verdict in enumerate(each, start=1)
        )
        header = Header(
            format=FORMAT,
            harness=others["harness"],
            target=TargetIdentity(
                requested=f"pypi:{version}",
                version=version,
                sha256=others["sha256"] or hashlib.sha256(version.encode()).hexdigest(),
                resolution="era",
                python="3.11.7",
                dependencies=(),
            ),
            cases=tuple(
                Case(
                    id=case,
                    requirements=("FR-001",),
                    scenario="US1.1",
                    promise=f"{case} is kept.",
                    rationale="r",
                )
                for case in sorted(verdicts)
            ),
            runs=tuple(disturbance(run, launcher="warm") for run in range(1, runs + 1)),
            started="2026-05-03T10:00:00Z",
            shard=others["shard"],
        )
        footer = Footer(results=len(results), finished="2026-05-03T10:05:00Z")
        return Results(header=header, results=results, footer=footer if others["whole"] else None)

    return make


@pytest.fixture(scope="session")
def with_adapters():
    """Makes results into those of the same build with adapters on."""

    def make(results, *issues):
        target = msgspec.structs.replace(results.header.target, adapters=issues)
        return replace(results, header=msgspec.structs.replace(results.header, target=target))

    return make
