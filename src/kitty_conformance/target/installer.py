"""The installer, `uv`, from its own wheel; it is told of the user's settings only how to reach the index."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import uv

from kitty_conformance.errors import TargetUnavailableError
from kitty_conformance.target.index import CONFIGURED_BY, PackageIndex

TIMEOUT: Final = 900.0
"""Seconds one call may take: a slow network still gets there, a dead one does not hold us for ever."""

HOW_TO_REACH_AN_INDEX: Final = frozenset(
    {
        "UV_CACHE_DIR",
        "UV_CONCURRENT_BUILDS",
        "UV_CONCURRENT_DOWNLOADS",
        "UV_CONCURRENT_INSTALLS",
        "UV_HTTP_RETRIES",
        "UV_HTTP_TIMEOUT",
        "UV_INSECURE_HOST",
        "UV_KEYRING_PROVIDER",
        "UV_NATIVE_TLS",
        "UV_OFFLINE",
        "UV_SYSTEM_CERTS",
    }
)
"""Settings of the user that reach the installer. All others could change *what* is installed."""

_EARLIEST_OF_ZIP: Final = "315532800"
"""1980-01-01, the first moment a zip file can name: with it a wheel's bytes depend on its content alone."""

_FOREIGN = ("UV_", "PYTHON", "VIRTUAL_ENV", "CONDA_", "PIP_")
_UNREACHABLE = re.compile(r"request|network|fetch|connect|dns|timed? ?out|certificate", re.IGNORECASE)
_CROSS = "\N{MULTIPLICATION SIGN}"
_LINE_START = re.compile(rf"^[\s{_CROSS}│├╰─▶]*(?:error:|cause:|Caused by:)?\s*")
_CAUSE = re.compile(r"^\s*(?:cause:|Caused by:|[├╰]─▶)")


@dataclass(frozen=True)
class Installer:
    """Runs `uv` against one package index."""

    index: PackageIndex = field(default_factory=PackageIndex.configured)

    def run(
        self,
        arguments: Sequence[str],
        *,
        doing: str,
        keep: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Run `uv` with these arguments to its end.

        Parameters
        ----------
        arguments
            Subcommand and options.
        doing
            What a person is told could not be done, as a phrase: `install pypi:3.2.0a8`.
        keep
            A file descriptor `uv` holds open as long as it lives, even if we are killed.
        environment
            Variables it gets beside the standard ones.

        Raises
        ------
        TargetUnavailableError
            It failed, hung or is missing; the message holds the most telling line of what it said.

        """
        try:
            ended = subprocess.run(
                [uv.find_uv_bin(), *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=self._environment(os.environ) | dict(environment or {}),
                timeout=TIMEOUT,
                pass_fds=() if keep is None else (keep,),
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise TargetUnavailableError(
                f"could not {doing}: no end after {TIMEOUT:.0f} s", hint="check the network"
            ) from None
        except OSError as error:
            raise TargetUnavailableError(
                f"could not {doing}: uv does not start: {error}", hint="install kitty-conformance again"
            ) from None
        if ended.returncode != 0:
            raise _failure(doing, ended.stderr)

    def build_wheel(self, folder: Path, destination: Path) -> Path:
        """Build the wheel of a checkout (the same files give the same bytes); say where it was put.

        Raises
        ------
        TargetUnavailableError
            The checkout cannot be built.

        """
        self.run(
            ["build", "--wheel", "--out-dir", str(destination), str(folder)],
            doing=f"build a wheel of {folder}",
            environment={"SOURCE_DATE_EPOCH": _EARLIEST_OF_ZIP},
        )
        return next(destination.glob("*.whl"))

    def _environment(self, ours: Mapping[str, str]) -> dict[str, str]:
        kept = {
            name: value
            for name, value in ours.items()
            if name in HOW_TO_REACH_AN_INDEX or not name.startswith(_FOREIGN)
        }
        # In the environment, not on the command line: the address may hold a password.
        index = {CONFIGURED_BY[0]: self.index.url} if self.index.url else {}
        return (
            kept
            | index
            | {
                "UV_NO_CONFIG": "1",
                "UV_NO_PROGRESS": "1",
                "UV_PYTHON_DOWNLOADS": "never",
                "NO_COLOR": "1",
            }
        )


def _failure(doing: str, stderr: str) -> TargetUnavailableError:
    line = telling_line(stderr)
    hint = "check the network, and the package index that is configured" if _UNREACHABLE.search(line) else ""
    return TargetUnavailableError(f"could not {doing}: {line}", hint=hint)


def telling_line(stderr: str) -> str:
    """Give what went wrong and its deepest cause in one line out of all that `uv` said."""
    lines = stderr.strip().splitlines()
    if not lines:
        return "uv gave no reason"
    at = next(
        (number for number, line in enumerate(lines) if line.lstrip().startswith(("error:", _CROSS))), 0
    )
    causes = _causes(lines[at + 1 :])
    # When a build backend failed, its own last words stand above uv's.
    backend = [_bare(lines[at - 1])] if at and any("build backend" in cause for cause in causes) else []
    said = [_bare(lines[at]).rstrip(":"), *(backend or causes[-1:])]
    return _shortened(": ".join(said))


def _causes(lines: Sequence[str]) -> list[str]:
    found: list[str] = []
    within = False
    for line in lines:
        begins = _CAUSE.match(line) is not None
        within = begins or (within and bool(line.strip()))
        if begins:
            found.append(_bare(line))
        elif within:
            found[-1] += f" {_bare(line)}"
    return found


def _bare(line: str) -> str:
    return _LINE_START.sub("", line).strip()


def _shortened(line: str, limit: int = 300) -> str:
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
