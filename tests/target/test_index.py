from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from kitty_conformance.errors import ExitCode, TargetUnavailableError, UnknownTargetError
from kitty_conformance.target.index import PackageIndex

INDEX = "https://packages.example/simple/"
PAGE = f"{INDEX}spec-kitty-cli/"
JSON = "application/vnd.pypi.simple.v1+json"


def wheel(version: str, *, yanked: str | bool = False, **facts: Any) -> dict[str, Any]:
    filename = f"spec_kitty_cli-{version}-py3-none-any.whl"
    return {
        "filename": filename,
        "url": f"https://packages.example/files/{filename}",
        "hashes": {"sha256": "ab" * 32},
        "upload-time": "2026-05-01T14:36:25.533988Z",
        "yanked": yanked,
        **facts,
    }


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def answer(web: responses.RequestsMock, *files: dict[str, Any]) -> PackageIndex:
    page = {"meta": {"api-version": "1.1"}, "name": "spec-kitty-cli", "files": files}
    web.get(PAGE, json=page, content_type=JSON)
    return PackageIndex(INDEX)


def test_the_newest_final_release_is_neither_a_preview_nor_withdrawn(web: responses.RequestsMock) -> None:
    index = answer(
        web,
        wheel("3.2.7"),
        wheel("3.2.10"),
        wheel("4.0.0rc7"),
        wheel("4.1.5", yanked="misnumbered"),
        wheel("4.1.6", yanked=True),
    )
    assert index.newest_final().version == "3.2.10"


def test_an_index_without_a_final_release_has_no_newest_one(web: responses.RequestsMock) -> None:
    index = answer(web, wheel("4.0.0rc7"))
    with pytest.raises(TargetUnavailableError, match="no final release"):
        index.newest_final()


def test_all_releases_are_given_in_the_order_of_their_versions(web: responses.RequestsMock) -> None:
    index = answer(
        web, wheel("3.2.0"), wheel("3.2.0rc10"), wheel("3.2.0rc2", yanked=True), wheel("no-version")
    )
    assert [each.version for each in index.releases()] == ["3.2.0rc2", "3.2.0rc10", "3.2.0"]


def test_a_release_is_described_by_its_wheel(web: responses.RequestsMock) -> None:
    archive = wheel("3.2.0a8") | {"filename": "spec_kitty_cli-3.2.0a8.tar.gz", "hashes": {"sha256": "00"}}
    release = answer(web, archive, wheel("3.2.0a8"), archive).release("3.2.0.alpha8")
    assert release.version == "3.2.0a8"
    assert release.wheel == "spec_kitty_cli-3.2.0a8-py3-none-any.whl"
    assert release.url.endswith(release.wheel)
    assert release.sha256 == "ab" * 32
    assert release.uploaded == datetime(2026, 5, 1, 14, 36, 25, 533988, tzinfo=UTC)
    assert release.yanked is None


def test_a_withdrawn_release_can_still_be_had_and_says_why(web: responses.RequestsMock) -> None:
    index = answer(web, wheel("4.1.5", yanked="misnumbered"), wheel("4.1.6", yanked=True))
    assert index.release("4.1.5").yanked == "misnumbered"
    assert index.release("4.1.6").yanked == ""


def test_a_file_with_an_odd_version_is_passed_over(web: responses.RequestsMock) -> None:
    index = answer(web, wheel("not.a.version"), wheel("3.2.0"))
    assert index.newest_final().version == "3.2.0"


def test_the_page_is_fetched_once(web: responses.RequestsMock) -> None:
    index = answer(web, wheel("3.2.0"))
    index.release("3.2.0")
    index.newest_final()
    assert len(web.calls) == 1


@pytest.mark.parametrize(
    ("version", "hint"),
    [("3.2.0a18", "near it are 3.2.0a8"), ("77", "near it are 3.2.0a8"), ("odd", "`newest`")],
)
def test_an_unknown_version_is_refused_with_its_neighbours(
    web: responses.RequestsMock, version: str, hint: str
) -> None:
    index = answer(web, wheel("3.2.0a8"))
    with pytest.raises(UnknownTargetError, match=f"no release {version}") as refused:
        index.release(version)
    assert hint in refused.value.hint
    assert refused.value.exit_code == ExitCode.USAGE


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, ""),
        ({"UV_DEFAULT_INDEX": "", "PIP_INDEX_URL": "https://c/"}, "https://c/"),
        ({"UV_INDEX_URL": "https://b/", "PIP_INDEX_URL": "https://c/"}, "https://b/"),
        ({"UV_DEFAULT_INDEX": "https://a/?x=y", "UV_INDEX_URL": "https://b/"}, "https://a/?x=y"),
        ({"UV_DEFAULT_INDEX": "internal=https://a/"}, "https://a/"),
    ],
)
def test_the_index_is_the_one_the_user_configured(environment: dict[str, str], url: str) -> None:
    assert PackageIndex.configured(environment).url == url
