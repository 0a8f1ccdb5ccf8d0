from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses
from pypi_simple import PYPI_SIMPLE_ENDPOINT

from kitty_conformance.errors import ExitCode, TargetUnavailableError
from kitty_conformance.target.simple_api import wheels

INDEX = "https://packages.example/simple/"
PAGE = f"{INDEX}spec-kitty-cli/"
JSON = "application/vnd.pypi.simple.v1+json"


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def test_without_an_address_the_public_index_is_asked(web: responses.RequestsMock) -> None:
    page = {"meta": {"api-version": "1.1"}, "name": "spec-kitty-cli", "files": []}
    web.get(f"{PYPI_SIMPLE_ENDPOINT}spec-kitty-cli/", json=page, content_type=JSON)
    assert wheels("") == []


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ({"status": 503}, "HTTP 503"),
        ({"status": 404}, "has no project spec-kitty-cli"),
        ({"body": requests.ConnectTimeout()}, "no answer in time"),
        ({"body": requests.ConnectionError()}, "no connection"),
        ({"body": requests.exceptions.SSLError()}, "its certificate is not trusted"),
        ({"body": requests.exceptions.InvalidSchema()}, "InvalidSchema"),
        ({"body": "{", "content_type": JSON}, "cannot be asked|no list of releases"),
        ({"json": {"meta": {"api-version": "1.1"}}, "content_type": JSON}, "no list of releases"),
        ({"json": {"meta": {"api-version": "9.0"}}, "content_type": JSON}, "no list of releases"),
        ({"body": "hello", "content_type": "text/plain"}, "no list of releases"),
    ],
)
def test_an_index_that_cannot_be_asked_is_one_clear_line(
    web: responses.RequestsMock, trouble: dict[str, Any], reason: str
) -> None:
    web.get(PAGE, **trouble)
    with pytest.raises(TargetUnavailableError, match=reason) as failed:
        wheels(INDEX)
    assert "packages.example" in failed.value.message
    assert "UV_DEFAULT_INDEX" in failed.value.hint
    assert failed.value.exit_code == ExitCode.TARGET_UNAVAILABLE


def test_a_password_in_the_address_is_not_shown(web: responses.RequestsMock) -> None:
    private = INDEX.replace("//", "//me:secret@")
    web.get(f"{private}spec-kitty-cli/", status=500)
    with pytest.raises(TargetUnavailableError, match="HTTP 500") as failed:
        wheels(private)
    assert "secret" not in str(failed.value)


def test_an_address_that_is_none_is_one_clear_line() -> None:
    with pytest.raises(TargetUnavailableError, match="the package index that is configured cannot be asked"):
        wheels("nonsense")
