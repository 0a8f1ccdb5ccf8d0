from __future__ import annotations

import hashlib
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kitty_conformance.errors import TargetUnavailableError
from kitty_conformance.target import recipe as recipes
from kitty_conformance.target.index import PackageIndex, Release
from kitty_conformance.target.installer import Installer
from kitty_conformance.target.recipe import Recipe, drawn_up
from kitty_conformance.target.specification import TargetSpecification

UNLOCKED = Release(
    version="3.2.0a6",
    wheel="spec_kitty_cli-3.2.0a6-py3-none-any.whl",
    url="https://packages.example/spec_kitty_cli-3.2.0a6-py3-none-any.whl",
    sha256="cd" * 32,
    uploaded=datetime(2026, 4, 30, 18, 59, 28, tzinfo=UTC),
)


def wheel(
    folder: Path, version: str, *, metadata: str | None = "Name: spec-kitty-cli\nVersion: {}\n"
) -> Path:
    file = folder / f"spec_kitty_cli-{version}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("specify_cli/__init__.py", "")
        if metadata is not None:
            archive.writestr(f"spec_kitty_cli-{version}.dist-info/METADATA", metadata.format(version))
    return file


def draw_up(text: str, resolve: str = "era") -> Recipe:
    with drawn_up(TargetSpecification.parse(text, resolve=resolve), Installer()) as recipe:
        return recipe


@pytest.fixture(autouse=True)
def index(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []

    def release(_: PackageIndex, version: str) -> Release:
        asked.append(version)
        return UNLOCKED

    monkeypatch.setattr(PackageIndex, "release", release)
    return asked


def test_a_release_with_a_lock_needs_no_index(index: list[str]) -> None:
    recipe = draw_up("3.2.0a8")
    assert recipe.resolution == "locked"
    assert recipe.options[-1] == "--require-hashes"
    assert f"--hash=sha256:{recipe.sha256}" in recipe.requirements
    assert index == []


def test_a_release_without_a_lock_is_resolved_as_of_its_day() -> None:
    recipe = draw_up("3.2.0a6")
    assert recipe.resolution == "era"
    assert recipe.resolved_before == "2026-04-30T19:59:28Z"
    assert recipe.options[-2:] == ("--exclude-newer", recipe.resolved_before)
    assert recipe.requirements == f"spec-kitty-cli==3.2.0a6 --hash=sha256:{'cd' * 32}\n"


def test_resolving_as_of_today_ignores_the_lock() -> None:
    recipe = draw_up("3.2.0a8", "today")
    assert recipe.resolution == "today"
    assert recipe.resolved_before == ""
    assert recipe.options == ("--only-binary", "spec-kitty-cli")


def test_an_index_without_digests_is_taken_at_its_word(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = Release(version="3.2.0a6", wheel="", url="", sha256="", uploaded=None)
    monkeypatch.setattr(PackageIndex, "release", lambda *_: bare)
    assert draw_up("3.2.0a6", "today").requirements == "spec-kitty-cli==3.2.0a6\n"


def test_another_build_of_a_locked_release_gets_its_dependencies(tmp_path: Path) -> None:
    file = wheel(tmp_path, "3.2.0a8")
    recipe = draw_up(f"wheel:{file}")
    assert recipe.resolution == "era"
    assert recipe.resolved_before
    assert "typer==" in recipe.constraints
    assert "spec-kitty-cli" not in recipe.constraints
    assert recipe.options == ("--only-binary", "spec-kitty-cli")
    assert recipe.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert recipe.requirements == f"spec-kitty-cli @ {file.as_uri()} --hash=sha256:{recipe.sha256}\n"


@pytest.mark.parametrize(("version", "resolve"), [("9.9.dev1", "era"), ("3.2.0a8", "today")])
def test_any_other_build_gets_the_dependencies_of_today(tmp_path: Path, version: str, resolve: str) -> None:
    recipe = draw_up(f"wheel:{wheel(tmp_path, version)}", resolve)
    assert recipe.resolution == "today"
    assert recipe.constraints == ""
    assert recipe.day


def test_a_checkout_is_known_by_the_wheel_it_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "spec-kitty-cli"\n')

    def build(_: Installer, folder: Path, destination: Path) -> Path:
        return wheel(destination, (folder / "version").read_text())

    monkeypatch.setattr(Installer, "build_wheel", build)
    keys = []
    for version in ("9.1", "9.2"):
        (tmp_path / "version").write_text(version)
        keys.append(draw_up(f"path:{tmp_path}").key)
    assert [key.partition("-")[0] for key in keys] == ["9.1", "9.2"]


def test_a_built_wheel_is_there_until_it_is_no_longer_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "spec-kitty-cli"\n')
    monkeypatch.setattr(Installer, "build_wheel", lambda _, __, destination: wheel(destination, "9.1"))
    with drawn_up(TargetSpecification.parse(f"path:{tmp_path}"), Installer()) as recipe:
        file = Path(recipe.requirements.split()[2].removeprefix("file://"))
        assert file.is_file()
    assert not file.parent.exists()


@pytest.mark.parametrize(
    ("metadata", "complaint"),
    [
        (None, "it has no metadata"),
        ("Name: kitty\nVersion: 1\n", "no build of spec-kitty-cli"),
        ("Name: spec-kitty-cli\n", "no build of spec-kitty-cli"),
    ],
)
def test_a_wheel_that_is_not_what_its_name_says_is_refused(
    tmp_path: Path, metadata: str | None, complaint: str
) -> None:
    file = wheel(tmp_path, "9.1", metadata=metadata)
    with pytest.raises(TargetUnavailableError, match=complaint):
        draw_up(f"wheel:{file}")


def test_a_broken_wheel_is_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "spec_kitty_cli-9.1-py3-none-any.whl"
    file.write_text("junk")
    with pytest.raises(TargetUnavailableError, match="cannot be read as a wheel: File is not a zip file"):
        draw_up(f"wheel:{file}")


def test_the_key_is_readable_and_the_same_every_time() -> None:
    assert draw_up("3.2.0a8").key == draw_up("pypi:3.2.0a8").key
    assert draw_up("3.2.0a8").key.startswith("3.2.0a8-")


def test_whatever_decides_the_bytes_is_in_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = wheel(tmp_path, "3.2.0a8")
    keys = {draw_up("3.2.0a8").key, draw_up("3.2.0a8", "today").key, draw_up("3.2.0a6").key}
    keys |= {draw_up(f"wheel:{file}").key, draw_up(f"wheel:{file}", "today").key}
    monkeypatch.setattr(recipes, "_today", lambda: "2031-01-01")
    keys.add(draw_up("3.2.0a8", "today").key)
    monkeypatch.setattr("platform.python_version", lambda: "3.99.0")
    keys.add(draw_up("3.2.0a8").key)
    monkeypatch.setattr(recipes, "FORMAT", 99)
    keys.add(draw_up("3.2.0a8").key)
    assert len(keys) == 8


def test_where_a_wheel_lies_does_not_matter(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    file = wheel(here, "9.1")
    there.mkdir()
    (there / file.name).write_bytes(file.read_bytes())
    assert draw_up(f"wheel:{file}").key == draw_up(f"wheel:{there / file.name}").key
