from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kitty_conformance.errors import ExitCode, UnknownTargetError
from kitty_conformance.target.specification import FORMS, TargetSpecification


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "spec-kitty"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "spec_kitty.CLI"\n')
    return folder


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("3.2.0a8", "pypi:3.2.0a8"),
        (" pypi:3.2.0a8 ", "pypi:3.2.0a8"),
        ("v3.2.0-alpha8", "pypi:3.2.0a8"),
        ("", "pypi:newest"),
        ("newest", "pypi:newest"),
        ("pypi:", "pypi:newest"),
    ],
)
def test_a_release_is_named_by_its_version_however_spelt(typed: str, meant: str) -> None:
    assert str(TargetSpecification.parse(typed)) == meant


def test_only_newest_waits_for_the_index() -> None:
    newest = TargetSpecification.parse("newest")
    assert newest.is_newest
    assert not newest.pinned("3.2.7").is_newest
    assert str(newest.pinned("3.2.7")) == "pypi:3.2.7"


def test_what_was_normalised_is_understood_again() -> None:
    specification = TargetSpecification.parse("3.2.0rc01", resolve="today")
    assert TargetSpecification.parse(str(specification), resolve="today") == specification


def test_a_checkout_is_found_from_the_given_folder(checkout: Path) -> None:
    specification = TargetSpecification.parse("path:spec-kitty", base=checkout.parent)
    assert str(specification) == f"path:{checkout}"


def test_a_path_may_start_at_home(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(checkout.parent))
    assert TargetSpecification.parse("path:~/spec-kitty").value == str(checkout)


def test_a_wheel_is_found_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec_kitty_cli-3.2.0-py3-none-any.whl").touch()
    specification = TargetSpecification.parse("wheel:spec_kitty_cli-3.2.0-py3-none-any.whl")
    assert specification.value == str(tmp_path / "spec_kitty_cli-3.2.0-py3-none-any.whl")


@pytest.mark.parametrize("typed", ["3.2.zero", "git:main", "pypi:latest", "path:", "wheel:", "path:a\0b"])
def test_an_unknown_form_is_refused_with_the_forms_there_are(typed: str) -> None:
    with pytest.raises(UnknownTargetError) as refused:
        TargetSpecification.parse(typed)
    assert refused.value.hint == FORMS
    assert refused.value.exit_code == ExitCode.USAGE


def test_an_unknown_resolution_is_refused() -> None:
    with pytest.raises(UnknownTargetError, match="unknown resolution 'tomorrow'"):
        TargetSpecification.parse("3.2.0", resolve="tomorrow")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownTargetError, match=r"no folder .*/nowhere"):
        TargetSpecification.parse("path:nowhere", base=tmp_path)


@pytest.mark.parametrize(
    "content", ['[project]\nname = "kitty"\n', "[tool]\n", "project = 1\n", "no toml", None]
)
def test_a_folder_of_another_project_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "pyproject.toml").write_text(content)
    with pytest.raises(UnknownTargetError, match="is no checkout of spec-kitty-cli"):
        TargetSpecification.parse(f"path:{tmp_path}")


def test_a_wheel_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownTargetError, match=r"no file .*gone\.whl"):
        TargetSpecification.parse("wheel:gone.whl", base=tmp_path)


@pytest.mark.parametrize("name", ["kitty-1.0-py3-none-any.whl", "spec_kitty_cli-3.2.0.tar.gz", "x.whl"])
def test_a_file_that_is_no_wheel_of_spec_kitty_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(UnknownTargetError, match="is no wheel of spec-kitty-cli"):
        TargetSpecification.parse(f"wheel:{name}", base=tmp_path)


@settings(deadline=None)
@given(st.text())
@example("path:~nobody-of-that-name/x")
def test_whatever_is_typed_is_understood_or_refused(text: str) -> None:
    with contextlib.suppress(UnknownTargetError):
        TargetSpecification.parse(text)
