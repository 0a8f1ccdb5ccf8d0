from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest
import uv
from pytest_subprocess import FakeProcess

from kitty_conformance.errors import ExitCode, TargetUnavailableError
from kitty_conformance.target.index import PackageIndex
from kitty_conformance.target.installer import Installer, telling_line

INDEX = "https://me:secret@packages.example/simple/"

REFUSED_CONNECTION = """\
error: Request failed after 3 retries in 9.5s
  cause: Failed to fetch: http://127.0.0.1:9/simple/spec-kitty-cli/
  cause: client error (Connect)
  cause: Connection refused (os error 111)
"""
WRONG_HASH = """\
Using Python 3.11.7 environment at: env
Resolved 47 packages in 1.10s
error: Failed to download `spec-kitty-cli==3.2.0a8`
  cause: Hash mismatch for `spec-kitty-cli==3.2.0a8`

         Expected:
           sha256:0000000000000000000000000000000000000000000000000000000000000000
"""
NO_SOLUTION = """\
  \N{MULTIPLICATION SIGN} No solution found when resolving dependencies:
  ╰─▶ Because there is no version of spec-kitty-cli==9.9.9 and you require
      spec-kitty-cli==9.9.9, we can conclude that your requirements are
      unsatisfiable.
"""
BROKEN_BUILD = """\
Building wheel...
Traceback (most recent call last):
  File "<string>", line 8, in <module>
ModuleNotFoundError: No module named 'nope'
error: Failed to build `/home/me/spec-kitty`
  cause: The build backend returned an error
  cause: Call to `nope.get_requires_for_build_wheel` failed (exit status: 1)

hint: This error likely indicates that a build dependency is missing
"""


@pytest.fixture
def installer() -> Installer:
    return Installer(PackageIndex(INDEX))


@pytest.mark.parametrize(
    ("stderr", "line"),
    [
        (REFUSED_CONNECTION, "Request failed after 3 retries in 9.5s: Connection refused (os error 111)"),
        (
            WRONG_HASH,
            "Failed to download `spec-kitty-cli==3.2.0a8`: Hash mismatch for `spec-kitty-cli==3.2.0a8`",
        ),
        (
            NO_SOLUTION,
            (
                "No solution found when resolving dependencies: Because there is no version of "
                "spec-kitty-cli==9.9.9 and you require spec-kitty-cli==9.9.9, we can conclude that your "
                "requirements are unsatisfiable."
            ),
        ),
        (BROKEN_BUILD, "Failed to build `/home/me/spec-kitty`: ModuleNotFoundError: No module named 'nope'"),
        ("thread 'main' panicked\n", "thread 'main' panicked"),
        ("\n", "uv gave no reason"),
    ],
)
def test_the_telling_line_names_the_failure_and_its_deepest_cause(stderr: str, line: str) -> None:
    assert telling_line(stderr) == line


def test_the_telling_line_stays_short() -> None:
    assert len(telling_line(f"error: {'x' * 5000}")) == 300


def test_a_failure_is_one_line_with_the_phrase_of_what_was_tried(
    installer: Installer, fp: FakeProcess
) -> None:
    fp.register([fp.any()], returncode=1, stderr=WRONG_HASH)
    with pytest.raises(TargetUnavailableError, match="could not install it: Failed to download") as failed:
        installer.run(["pip", "install"], doing="install it")
    assert failed.value.exit_code == ExitCode.TARGET_UNAVAILABLE
    assert "\n" not in str(failed.value)


def test_an_unreachable_index_comes_with_advice(installer: Installer, fp: FakeProcess) -> None:
    fp.register([fp.any()], returncode=2, stderr=REFUSED_CONNECTION)
    with pytest.raises(TargetUnavailableError) as failed:
        installer.run(["pip", "install"], doing="install it")
    assert "network" in failed.value.hint


def test_uv_is_told_only_how_to_reach_the_index(
    installer: Installer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UV_EXCLUDE_NEWER", "UV_FIND_LINKS", "PIP_FIND_LINKS", "PYTHONPATH", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "foreign")
    monkeypatch.setenv("UV_HTTP_TIMEOUT", "7")
    monkeypatch.setattr(uv, "find_uv_bin", lambda: sys.executable)
    say = "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], 'w'))"
    installer.run(["-Ic", say, str(tmp_path / "seen")], doing="try", environment={"SOURCE_DATE_EPOCH": "1"})
    environment = json.loads((tmp_path / "seen").read_text())
    assert "foreign" not in environment.values()
    assert environment["UV_HTTP_TIMEOUT"] == "7"
    assert environment["UV_DEFAULT_INDEX"] == INDEX
    assert environment["UV_NO_CONFIG"] == "1"
    assert environment["UV_PYTHON_DOWNLOADS"] == "never"
    assert environment["SOURCE_DATE_EPOCH"] == "1"
    assert environment["PATH"] == os.environ["PATH"]


def test_a_hanging_uv_is_ended(installer: Installer, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*arguments: Any, **_: Any) -> NoReturn:
        raise subprocess.TimeoutExpired(arguments, 900)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(TargetUnavailableError, match="could not install it: no end after 900 s"):
        installer.run(["pip", "install"], doing="install it")


def test_a_missing_uv_is_one_clear_line(installer: Installer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uv, "find_uv_bin", lambda: "/nowhere/uv")
    with pytest.raises(TargetUnavailableError, match=r"uv does not start: .*/nowhere/uv"):
        installer.run(["--version"], doing="install it")


def test_a_descriptor_can_be_kept_open_by_uv(
    installer: Installer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uv, "find_uv_bin", lambda: sys.executable)
    with (tmp_path / "lock").open("w") as kept:
        say = f"import os; os.write({kept.fileno()}, b'held')"
        installer.run(["-c", say], doing="hold it", keep=kept.fileno())
    assert (tmp_path / "lock").read_text() == "held"


def test_a_checkout_is_built_without_regard_to_when(
    installer: Installer, tmp_path: Path, fp: FakeProcess
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    wheel = out / "spec_kitty_cli-1-py3-none-any.whl"
    command = [uv.find_uv_bin(), "build", "--wheel", "--out-dir", str(out), str(tmp_path)]
    fp.register(command, callback=lambda _: wheel.touch())
    assert installer.build_wheel(tmp_path, out) == wheel
