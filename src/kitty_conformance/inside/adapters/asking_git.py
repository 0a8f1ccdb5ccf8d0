"""What git says, for adapters that go by it."""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

PATIENCE = 60
"""Seconds one answer may take: an origin that does not answer is one that cannot be asked."""


def asked(folder: Path | str, *arguments: str) -> CompletedProcess[str]:
    """Run git to its end; it asks nobody for a password."""
    import os
    import subprocess

    command = ["git", *arguments]
    quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    try:
        return subprocess.run(
            command, cwd=folder, env=quiet, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"no answer within {PATIENCE} seconds")


def said(folder: Path | str, *arguments: str) -> str:
    """Give what git prints, without the end of its line; nothing where it fails."""
    done = asked(folder, *arguments)
    return done.stdout.strip() if done.returncode == 0 else ""


def references(folder: Path | str, *patterns: str) -> list[str]:
    """Give the full names of the references that match."""
    return said(folder, "for-each-ref", "--format=%(refname)", *patterns).split()
