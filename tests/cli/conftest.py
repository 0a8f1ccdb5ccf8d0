"""The command line as people start it, and a build that does whatever a test tells it to."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from kitty_conformance.stream import read

PLAYS = """\
import os, sys, time

def main():
    if sys.argv[1:] == ["--version"]:
        print("spec-kitty-cli version 9.9")
    else:
        exec(open({script!r}).read())
"""
ONE_ERROR = re.compile(r"\Aerror\[(?P<code>[A-Z_]+)\]: [^\n]+\n\Z")


@dataclass
class Build:
    """A build of spec-kitty that follows a script; only its `--version` is always right."""

    target: str
    script: Path
    cache: Path

    def does(self, code: str, *, knows_help: bool = True) -> None:
        """Tell it what to do from now on when asked anything; its help is plain unless told otherwise."""
        for asked_before in self.cache.glob("dialects/*.json"):
            asked_before.unlink()
        answer = 'if "--help" in sys.argv: print("Usage: spec-kitty"); sys.exit()\n' if knows_help else ""
        self.script.write_text(answer + code, encoding="utf-8")


@dataclass
class CommandLine:
    """`kitty-conformance` as a process, with folders of its own."""

    folder: Path
    cache: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def out(self) -> Path:
        """The report folder."""
        return self.folder / "reports"

    @property
    def scratch(self) -> Path:
        """Where sandboxes are made."""
        return self.folder / "scratch"

    @property
    def left_in_scratch(self) -> list[str]:
        """Names of everything left in the folder of sandboxes."""
        return sorted(path.name for path in self.scratch.glob("*/*"))

    @property
    def processes(self) -> list[psutil.Process]:
        """Every process that was started by or for this command line."""
        found = []
        for process in psutil.process_iter():
            try:
                mentions = any(str(self.folder) in value for value in process.environ().values())
                found += [process] if mentions and process.status() != psutil.STATUS_ZOMBIE else []
            except psutil.Error:
                continue
        return found

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Start it without waiting."""
        return subprocess.Popen(
            [Path(sys.executable).with_name("kitty-conformance"), *map(str, arguments)],
            cwd=self.folder,
            env={
                **os.environ,
                "KITTY_CONFORMANCE_CACHE": str(self.cache),
                "KITTY_CONFORMANCE_SCRATCH": str(self.scratch),
                "UV_OFFLINE": "1",
                **self.settings,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )

    def __call__(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        process = self.start(*arguments)
        stdout, stderr = process.communicate()
        assert "Traceback" not in stdout + stderr
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def refused(self, *arguments: object) -> tuple[str, int]:
        """Run it; it must say nothing but one line of error. Give the error's code and the exit code."""
        ended = self(*arguments)
        error = ONE_ERROR.match(ended.stderr)
        assert error, ended.stderr
        assert ended.stdout == ""
        return error["code"], ended.returncode

    def results(self) -> Path:
        """Give the one results stream in the report folder."""
        (stream,) = self.out.glob("*/*/results.ndjson")
        return stream

    def recorded(self, stream: Path) -> list[tuple[str, int]]:
        """Give what a results stream holds, whole or not, in the order it was recorded."""
        return [(each.case, each.run) for each in read(stream, allow_truncated=True).results]


@pytest.fixture
def command_line(tmp_path, cache) -> CommandLine:
    """The command line, its cache shared by the tests of this folder, everything else its own."""
    return CommandLine(tmp_path, cache)


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> Path:
    """A cache of target environments for the tests of this folder."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def _one_build(tmp_path_factory, wheel_in, cache) -> Build:
    folder = tmp_path_factory.mktemp("build")
    script = folder / "script.py"
    return Build(wheel_in(folder, PLAYS.format(script=str(script))), script, cache)


@pytest.fixture
def build(_one_build) -> Build:
    """A build that follows a script; installed once for all tests."""
    _one_build.does("sys.exit('nothing was asked of this build')")
    return _one_build
