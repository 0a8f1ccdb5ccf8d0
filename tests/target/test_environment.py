from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

from kitty_conformance.errors import ExitCode, HarnessError, TargetUnavailableError
from kitty_conformance.results import Dependency
from kitty_conformance.target import environment as environments
from kitty_conformance.target import installation
from kitty_conformance.target.environment import RECORD, Environment, cache_root, obtain
from kitty_conformance.target.index import PackageIndex, Release
from kitty_conformance.target.installation import INSIDE_VARIABLE
from kitty_conformance.target.specification import TargetSpecification

STARTS = 'def main():\n    print("spec-kitty-cli version 9.9")\n'

OBTAIN = """
import os, signal, sys
from pathlib import Path
from kitty_conformance.target.environment import obtain
from kitty_conformance.target.specification import TargetSpecification

def progress(step):
    print(step, flush=True)
    if len(sys.argv) > 3 and step.startswith(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

print(obtain(TargetSpecification.parse(sys.argv[1]), cache=Path(sys.argv[2]), progress=progress).root)
"""
"""A process of its own that obtains a target, and may be killed at a step."""

MakeWheel = Callable[..., str]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")


def get(text: str, cache: Path, **options: object) -> Environment:
    return obtain(TargetSpecification.parse(text), cache=cache, **options)  # type: ignore[arg-type]  # passed on


def run(environment: Environment, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [environment.python, "-Wd", "-c", code]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def left_behind(cache: Path) -> list[Path]:
    return [path for path in (cache / "environments").iterdir() if path.is_dir()]


def obtaining(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", OBTAIN, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_wheel_becomes_an_environment_that_runs(make_wheel: MakeWheel, tmp_path: Path) -> None:
    wheel = make_wheel()
    environment = get(wheel, tmp_path)
    said = subprocess.run([environment.executable], capture_output=True, text=True, check=True).stdout
    assert said == "spec-kitty-cli version 9.9\n"
    assert environment.identity.requested == wheel
    assert environment.identity.version == "9.9"
    assert environment.identity.resolution == "today"
    assert environment.identity.dependencies == ()
    assert environment.identity.python == ".".join(map(str, sys.version_info[:3]))


def test_everything_is_compiled_when_it_is_installed(make_wheel: MakeWheel, tmp_path: Path) -> None:
    environment = get(make_wheel(), tmp_path)
    assert list((environment.site_packages / "specify_cli/__pycache__").glob("__init__.*.pyc"))


def test_the_second_time_nothing_is_built(make_wheel: MakeWheel, tmp_path: Path) -> None:
    first = get(make_wheel(), tmp_path)
    steps: list[str] = []
    assert get(make_wheel(), tmp_path, progress=steps.append) == first
    assert steps == []


def test_the_steps_that_take_time_are_told(make_wheel: MakeWheel, tmp_path: Path) -> None:
    steps: list[str] = []
    get(make_wheel(), tmp_path, progress=steps.append)
    assert [step.split()[0] for step in steps] == ["creating", "installing", "starting"]


def test_another_content_is_another_environment(make_wheel: MakeWheel, tmp_path: Path) -> None:
    first = get(make_wheel(), tmp_path)
    second = get(make_wheel(STARTS.replace("9.9", "changed")), tmp_path)
    assert first.root != second.root
    assert first.executable.exists()


def test_the_same_content_keeps_the_name_it_was_asked_by(make_wheel: MakeWheel, tmp_path: Path) -> None:
    here, there = make_wheel(folder="here"), make_wheel(folder="there")
    first, second = get(here, tmp_path), get(there, tmp_path)
    assert first.root == second.root
    assert (first.identity.requested, second.identity.requested) == (here, there)


def test_a_complete_environment_can_be_opened_by_its_folder(make_wheel: MakeWheel, tmp_path: Path) -> None:
    environment = get(make_wheel(), tmp_path)
    assert Environment.at(environment.root) == environment


def test_a_folder_without_a_record_is_no_environment(make_wheel: MakeWheel, tmp_path: Path) -> None:
    environment = get(make_wheel(), tmp_path)
    (environment.root / RECORD).unlink()
    assert Environment.at(environment.root) is None


@pytest.mark.parametrize("damage", ["record cut short", "executable gone", "record gone"])
def test_a_damaged_environment_is_built_again(make_wheel: MakeWheel, tmp_path: Path, damage: str) -> None:
    environment = get(make_wheel(), tmp_path)
    (environment.root / "rubbish").touch()
    match damage:
        case "record cut short":
            (environment.root / RECORD).write_bytes(b'{"requested": "wheel:')
        case "executable gone":
            environment.executable.unlink()
        case _:
            (environment.root / RECORD).unlink()
    assert get(make_wheel(), tmp_path) == environment
    assert environment.executable.exists()
    assert not (environment.root / "rubbish").exists()


@pytest.mark.parametrize("step", ["creating", "installing", "starting"])
def test_a_builder_killed_in_the_middle_leaves_nothing_that_counts(
    make_wheel: MakeWheel, tmp_path: Path, step: str
) -> None:
    wheel = make_wheel()
    killed = obtaining(wheel, tmp_path, step)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert [folder for folder in left_behind(tmp_path) if Environment.at(folder)] == []
    assert get(wheel, tmp_path).executable.exists()


def test_after_a_builder_was_killed_its_installer_is_waited_for(
    make_wheel: MakeWheel, tmp_path: Path
) -> None:
    started, go_on = tmp_path / "started", tmp_path / "go-on"
    os.mkfifo(started)
    os.mkfifo(go_on)
    slow = tmp_path / "uv"
    slow.write_text(f"#!/bin/sh\necho > {started}\nread line < {go_on}\n")
    slow.chmod(0o755)
    code = f"import uv\nuv.find_uv_bin = lambda: {str(slow)!r}\n{OBTAIN}"
    with subprocess.Popen([sys.executable, "-c", code, make_wheel(), tmp_path]) as builder:
        started.read_text()
        builder.kill()
    (lock,) = (tmp_path / "environments").glob("*.lock")
    with lock.open("a") as held:
        with pytest.raises(BlockingIOError):
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        go_on.write_text("now\n")
        fcntl.flock(held, fcntl.LOCK_EX)


def test_of_many_who_ask_at_once_one_builds(make_wheel: MakeWheel, tmp_path: Path) -> None:
    wheel = make_wheel()
    outputs = [process.communicate() for process in [obtaining(wheel, tmp_path) for _ in range(4)]]
    assert len({stdout.splitlines()[-1] for stdout, _ in outputs}) == 1, outputs
    assert sum("creating" in stdout for stdout, _ in outputs) == 1
    assert len(left_behind(tmp_path)) == 1


def test_who_has_to_wait_is_told_so(tmp_path: Path) -> None:
    lock, steps = tmp_path / "lock", []
    with lock.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        def tell(step: str) -> None:
            steps.append(step)
            fcntl.flock(other, fcntl.LOCK_UN)

        with environments._exclusive(lock, tell):
            assert steps == ["waiting for another process that builds the same environment"]


def test_two_targets_are_built_side_by_side(make_wheel: MakeWheel, tmp_path: Path) -> None:
    wheels = [make_wheel(folder="a"), make_wheel(f"{STARTS}#", folder="b")]
    outputs = [process.communicate() for process in [obtaining(wheel, tmp_path) for wheel in wheels]]
    assert not any("waiting" in stdout for stdout, _ in outputs)
    assert len(left_behind(tmp_path)) == 2


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def main():\n    raise RuntimeError('it is broken')\n", "does not run: RuntimeError: it is broken"),
        ("def main():\n    return 3\n", "does not run: exit code 3"),
    ],
)
def test_a_build_that_does_not_start_is_refused_and_not_kept(
    make_wheel: MakeWheel, tmp_path: Path, code: str, reason: str
) -> None:
    with pytest.raises(TargetUnavailableError, match=reason) as refused:
        get(make_wheel(code), tmp_path)
    assert refused.value.exit_code == ExitCode.TARGET_UNAVAILABLE
    assert "--resolve era" not in refused.value.hint
    assert left_behind(tmp_path) == []


def test_a_build_that_does_not_start_today_is_sent_to_its_era(make_wheel: MakeWheel, tmp_path: Path) -> None:
    today = TargetSpecification.parse(make_wheel("def main():\n    return 3\n"), resolve="today")
    with pytest.raises(TargetUnavailableError) as refused:
        obtain(today, cache=tmp_path)
    assert "--resolve era" in refused.value.hint


def test_a_build_that_hangs_is_refused(
    make_wheel: MakeWheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "START_TIMEOUT", 0.0)
    with pytest.raises(TargetUnavailableError, match="does not run: no end after 0 s"):
        get(make_wheel("def main():\n    input()\n"), tmp_path)


def test_a_build_without_a_command_is_refused(make_wheel: MakeWheel, tmp_path: Path) -> None:
    with pytest.raises(TargetUnavailableError, match=r"does not run: .*No such file"):
        get(make_wheel(command=False), tmp_path)


def test_a_dependency_that_cannot_be_had_is_one_clear_line(make_wheel: MakeWheel, tmp_path: Path) -> None:
    with pytest.raises(TargetUnavailableError, match=r"could not install .*: No solution found") as refused:
        get(make_wheel(requires="Requires-Dist: no-such-companion\n"), tmp_path)
    assert "no-such-companion" in refused.value.message
    assert left_behind(tmp_path) == []


def test_an_interrupted_build_leaves_nothing(make_wheel: MakeWheel, tmp_path: Path) -> None:
    def interrupt(step: str) -> None:
        if step.startswith("starting"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get(make_wheel(), tmp_path, progress=interrupt)
    assert left_behind(tmp_path) == []


def test_an_unwritable_cache_is_one_clear_line(make_wheel: MakeWheel, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TargetUnavailableError, match="cannot be written: Not a directory") as refused:
        get(make_wheel(), tmp_path / "file")
    assert "KITTY_CONFORMANCE_CACHE" in refused.value.hint


def test_dependencies_are_read_from_what_is_installed(tmp_path: Path) -> None:
    for name, version in (("spec_kitty_cli", "9.9"), ("typer", "0.25.1"), ("Ruamel.YAML", "0.19")):
        (tmp_path / f"{name}-{version}.dist-info").mkdir()
        (tmp_path / f"{name}-{version}.dist-info" / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
    ruamel, typer = Dependency(name="ruamel-yaml", version="0.19"), Dependency(name="typer", version="0.25.1")
    assert installation._installed(tmp_path) == ("9.9", (ruamel, typer))


def test_an_installation_without_the_target_is_a_defect_of_ours(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="spec-kitty-cli was installed but is not in"):
        installation._installed(tmp_path)


def test_newest_is_what_the_index_says_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = Release(version="3.2.0a8", wheel="", url="", sha256="", uploaded=None)
    monkeypatch.setattr(PackageIndex, "newest_final", lambda _: newest)
    monkeypatch.setattr(environments, "_built", lambda asked: pytest.fail(str(asked.specification)))
    with pytest.raises(pytest.fail.Exception, match=r"pypi:3\.2\.0a8"):
        get("newest", tmp_path)


def test_a_checkout_is_built_first(
    make_wheel: MakeWheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "spec-kitty-cli"\n')
    wheel = make_wheel().removeprefix("wheel:")
    monkeypatch.setattr(
        "kitty_conformance.target.installer.Installer.build_wheel",
        lambda _, __, destination: Path(shutil.copy(wheel, destination)),
    )
    steps: list[str] = []
    environment = get(f"path:{tmp_path}", tmp_path / "cache", progress=steps.append)
    assert steps[0] == f"building a wheel of {tmp_path}"
    assert environment.identity.requested == f"path:{tmp_path}"


def test_the_cache_is_the_users_unless_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KITTY_CONFORMANCE_CACHE", raising=False)
    assert cache_root() == platformdirs.user_cache_path("kitty-conformance")
    monkeypatch.setenv("KITTY_CONFORMANCE_CACHE", str(tmp_path))
    assert cache_root() == tmp_path


def test_the_inside_file_runs_before_the_target_and_leaves_no_names(
    make_wheel: MakeWheel, tmp_path: Path
) -> None:
    environment = get(make_wheel(), tmp_path)
    inside = tmp_path / "boot.py"
    inside.write_text("import sys\ndef arm():\n    sys.inside = (__name__, __file__)\narm()\n")
    show = "import builtins, site, sys; print(sys.inside, any(hasattr(m, 'arm') for m in (builtins, site)))"
    ran = run(environment, show, **{INSIDE_VARIABLE: str(inside)})
    assert ran.stdout == f"('kitty_inside', '{inside}') False\n"
    assert ran.stderr == ""


def test_without_an_inside_file_the_interpreter_is_as_if_there_were_no_hook(
    make_wheel: MakeWheel, tmp_path: Path
) -> None:
    environment = get(make_wheel(), tmp_path)
    show = "import sys; print(sorted(sys.modules))"
    hooked = run(environment, show)
    environment.inside_hook.unlink()
    plain = run(environment, show)
    assert hooked.stdout == plain.stdout
    assert hooked.stderr == plain.stderr == ""


@pytest.mark.real
def test_a_real_release_is_installed_from_its_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV_OFFLINE")
    environment = get("3.2.0a8", tmp_path)
    ran = subprocess.run(
        [environment.executable, "--version"],
        env={"HOME": str(tmp_path), "SPEC_KITTY_NO_UPGRADE_CHECK": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "spec-kitty-cli version 3.2.0a8" in ran.stdout
    assert environment.identity.resolution == "locked"
    assert environment.identity.sha256.startswith("83cbc584")
    assert Dependency(name="typer", version="0.25.1") in environment.identity.dependencies
