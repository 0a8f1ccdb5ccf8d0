"""What tests of several parts share: a tiny build that calls itself spec-kitty, and a real release."""

import hashlib
import os
import signal
import zipfile

import pytest

from kitty_conformance.case import Case, Verdict
from kitty_conformance.results import FORMAT, CaseResult, Footer, Header, TargetIdentity
from kitty_conformance.running.disturbance import disturbance
from kitty_conformance.story import Story
from kitty_conformance.stream import Results
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
