"""Saboteurs: a good release with one promise broken, as a wheel of its own."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

import pytest
import requests

from kitty_conformance.target.index import PackageIndex

PACKAGE = "specify_cli/__init__.py"


def sabotaged(release: str, deed: str, folder: Path) -> Path:
    """Return the wheel of a release with some Python code appended to what every command imports first."""
    original = PackageIndex.configured().release(release)
    file = folder / original.wheel
    folder.mkdir(parents=True, exist_ok=True)
    answer = requests.get(original.url, timeout=60)
    answer.raise_for_status()
    genuine = folder / "genuine.zip"
    genuine.write_bytes(answer.content)
    with zipfile.ZipFile(genuine) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == PACKAGE:
                content += f"\n\n{deed}\n".encode()
            if item.filename.endswith(".dist-info/RECORD"):
                content = _record(content.decode(), target)
            target.writestr(item, content)
    genuine.unlink()
    return file


def _record(record: str, wheel: zipfile.ZipFile) -> bytes:
    """Return the wheel's list of files with the hash of what was changed."""
    content = wheel.read(PACKAGE)
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    lines = [
        f"{PACKAGE},sha256={digest},{len(content)}" if line.startswith(f"{PACKAGE},") else line
        for line in record.splitlines()
    ]
    return "\n".join([*lines, ""]).encode()


@pytest.fixture
def sabotage(tmp_path: Path):
    """Makes the wheel of a sabotaged release and returns its target text."""
    return lambda release, deed: f"wheel:{sabotaged(release, deed, tmp_path / 'wheel')}"
