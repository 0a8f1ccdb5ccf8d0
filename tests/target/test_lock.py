from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version
from pytest_subprocess import FakeProcess

from kitty_conformance.errors import (
    ExitCode,
    HarnessError,
    OutputUnwritableError,
    TargetUnavailableError,
    UnknownTargetError,
)
from kitty_conformance.target import lock
from kitty_conformance.target.index import PackageIndex, Release
from kitty_conformance.target.installer import Installer
from kitty_conformance.target.lock import LOCKS, Lock, era_cutoff, find_lock, main, write_lock

COMMITTED = sorted(LOCKS.glob("*.txt"))

RELEASE = Release(
    version="3.1.10",
    wheel="spec_kitty_cli-3.1.10-py3-none-any.whl",
    url="https://packages.example/spec_kitty_cli-3.1.10-py3-none-any.whl",
    sha256="ab" * 32,
    uploaded=datetime(2026, 6, 4, 14, 8, 13, tzinfo=UTC),
)

RESOLVED = """\
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:01
spec-kitty-cli==3.1.10 \\
    --hash=sha256:02
typer==0.25.1 \\
    --hash=sha256:03 \\
    --hash=sha256:04
"""

WITHDRAWN = """\
error: No solution found when resolving dependencies
  cause: Because companion==0.4.3 was yanked (reason: Retired) and spec-kitty-cli==3.1.10 depends on it
"""


class Compiler:
    """Stands in for `uv pip compile`: fails until every withdrawn requirement is named outright."""

    def __init__(self, fp: FakeProcess, *withdrawn: str) -> None:
        self.withdrawn = withdrawn
        self.commands: list[list[str]] = []
        fp.register([fp.any()], callback=self._compile, occurrences=9)

    def _compile(self, process: Any) -> None:
        command = [str(word) for word in process.args]
        self.commands.append(command)
        wanted = Path(command[-1]).read_text()
        missing = [requirement for requirement in self.withdrawn if requirement not in wanted]
        if missing:
            process.returncode = 1
            process.stderr = io.StringIO(WITHDRAWN.replace("companion==0.4.3", missing[0]))
        else:
            Path(command[command.index("--output-file") + 1]).write_text(RESOLVED)


@pytest.fixture
def installer() -> Installer:
    return Installer(PackageIndex("https://packages.example/simple/"))


@pytest.mark.parametrize("file", COMMITTED, ids=lambda file: file.stem)
def test_every_committed_lock_can_be_used(file: Path) -> None:
    found = find_lock(file.stem)
    assert found is not None
    assert found.version == file.stem == str(Version(file.stem))
    assert f"spec-kitty-cli=={file.stem} " in found.text
    assert f"--hash=sha256:{found.sha256}" in found.text
    assert datetime.fromisoformat(found.resolved_before).tzinfo is not None


@pytest.mark.parametrize("file", COMMITTED, ids=lambda file: file.stem)
def test_no_committed_lock_names_a_host_or_a_folder(file: Path) -> None:
    assert not re.search(r"://|find-links|index-url|/home/|/tmp/", file.read_text())


@pytest.mark.parametrize("file", COMMITTED, ids=lambda file: file.stem)
def test_every_requirement_of_a_committed_lock_has_hashes(file: Path) -> None:
    text = re.sub(r"^#.*\n", "", file.read_text(), flags=re.MULTILINE)
    requirements = re.split(r"\n(?=\S)", text.strip())
    assert all("==" in line and "--hash=sha256:" in line for line in requirements)


def test_a_release_without_a_lock_has_none() -> None:
    assert find_lock("0.0.1") is None


def test_a_file_that_is_no_lock_of_ours_is_a_defect(tmp_path: Path) -> None:
    (tmp_path / "1.0.txt").write_text("# release: 1.0\n")
    with pytest.raises(HarnessError, match="'wheel'"):
        find_lock("1.0", tmp_path)


def test_constraints_are_the_dependencies_without_hashes() -> None:
    found = Lock(version="3.1.10", sha256="", resolved_before="", text=RESOLVED)
    assert found.constraints == "colorama==0.4.6 ; sys_platform == 'win32'\ntyper==0.25.1\n"


def test_the_era_of_a_release_ends_soon_after_its_upload() -> None:
    assert era_cutoff(RELEASE) == "2026-06-04T15:08:13Z"
    assert era_cutoff(RELEASE, timedelta(days=2)) == "2026-06-06T14:08:13Z"


def test_without_an_upload_time_there_is_no_era() -> None:
    with pytest.raises(TargetUnavailableError, match="does not say when") as failed:
        era_cutoff(replace(RELEASE, uploaded=None))
    assert "--resolve today" in failed.value.hint


def test_a_lock_is_written_as_of_the_release_day(
    installer: Installer, tmp_path: Path, fp: FakeProcess
) -> None:
    compiler = Compiler(fp)
    file = write_lock(RELEASE, installer, tmp_path)
    assert file == tmp_path / "3.1.10.txt"
    assert "--exclude-newer 2026-06-04T15:08:13Z" in " ".join(compiler.commands[0])
    written = find_lock("3.1.10", tmp_path)
    assert written is not None
    assert written.sha256 == RELEASE.sha256
    assert written.resolved_before == "2026-06-04T15:08:13Z"
    assert written.text.endswith(RESOLVED)
    assert "withdrawn" not in written.text


def test_dependencies_withdrawn_since_are_kept_and_named(
    installer: Installer, tmp_path: Path, fp: FakeProcess
) -> None:
    compiler = Compiler(fp, "companion==0.4.3", "other==1.0")
    text = write_lock(RELEASE, installer, tmp_path).read_text()
    assert "# withdrawn since: companion==0.4.3, other==1.0\n" in text
    assert len(compiler.commands) == 3


def test_what_cannot_be_resolved_leaves_no_lock(
    installer: Installer, tmp_path: Path, fp: FakeProcess
) -> None:
    fp.register([fp.any()], returncode=1, stderr=WITHDRAWN, occurrences=2)
    with pytest.raises(TargetUnavailableError, match=r"could not lock spec-kitty-cli==3\.1\.10"):
        write_lock(RELEASE, installer, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_release_without_a_digest_cannot_be_locked(installer: Installer, tmp_path: Path) -> None:
    with pytest.raises(TargetUnavailableError, match=r"no sha256 of spec_kitty_cli-3\.1\.10"):
        write_lock(replace(RELEASE, sha256=""), installer, tmp_path)


def test_an_unwritable_folder_is_one_clear_line(
    installer: Installer, tmp_path: Path, fp: FakeProcess
) -> None:
    Compiler(fp)
    with pytest.raises(OutputUnwritableError, match=r"the lock .*3\.1\.10\.txt cannot be written"):
        write_lock(RELEASE, installer, tmp_path / "gone")


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch) -> None:
    def release(_: PackageIndex, version: str) -> Release:
        if version != "3.1.10":
            raise UnknownTargetError(f"no release {version}", hint="near it is 3.1.10")
        return RELEASE

    monkeypatch.setattr(PackageIndex, "release", release)
    monkeypatch.setattr(lock, "write_lock", lambda release, _: Path(f"{release.version}.txt"))


@pytest.mark.usefixtures("releases")
def test_the_command_writes_the_locks_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["3.1.10"]) == ExitCode.OK
    assert capsys.readouterr().out == "3.1.10.txt\n"


@pytest.mark.usefixtures("releases")
def test_the_command_refuses_an_unknown_release_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["9.9"]) == ExitCode.USAGE
    assert capsys.readouterr().err == "error: no release 9.9 (near it is 3.1.10)\n"


def test_the_command_wants_a_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == ExitCode.USAGE
    assert "no version to lock" in capsys.readouterr().err
