"""The simple API every package index has: asked once, answered with wheels or with one clear line."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import requests
from pypi_simple import (
    PYPI_SIMPLE_ENDPOINT,
    DistributionPackage,
    NoSuchProjectError,
    PyPISimple,
    UnsupportedContentTypeError,
    UnsupportedRepoVersionError,
)

from kitty_conformance.errors import TargetUnavailableError
from kitty_conformance.target.specification import DISTRIBUTION

TIMEOUT: Final = (10.0, 30.0)
"""Seconds to connect, and seconds between two packets."""


def wheels(url: str) -> list[DistributionPackage]:
    """Give the wheels of spec-kitty at an index; an empty address means the public one.

    Raises
    ------
    TargetUnavailableError
        The index cannot be reached, does not know the project, or answers with something else.

    """
    try:
        with PyPISimple(url or PYPI_SIMPLE_ENDPOINT) as client:
            page = client.get_project_page(DISTRIBUTION, timeout=TIMEOUT)
    except NoSuchProjectError:
        raise _unavailable(url, f"has no project {DISTRIBUTION}") from None
    except requests.RequestException as error:
        raise _unavailable(url, f"cannot be asked: {_reason(error)}") from None
    except (UnsupportedContentTypeError, UnsupportedRepoVersionError, ValueError, TypeError, KeyError):
        raise _unavailable(url, "answers with no list of releases") from None
    return [package for package in page.packages if package.package_type == "wheel"]


def _unavailable(url: str, what: str) -> TargetUnavailableError:
    # Never the whole address: it may hold a password.
    host = urlsplit(url or PYPI_SIMPLE_ENDPOINT).hostname or "that is configured"
    return TargetUnavailableError(
        f"the package index {host} {what}",
        hint="check the network; another index is chosen by UV_DEFAULT_INDEX",
    )


def _reason(error: requests.RequestException) -> str:
    if error.response is not None:
        return f"HTTP {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    return "no connection" if isinstance(error, requests.ConnectionError) else type(error).__name__
