"""The results stream: one JSON line per event, the only thing a run leaves behind.

`Header`, then any number of `CaseResult`, then `Footer`. A killed run loses only the case in flight; a stream
without its footer is known to be truncated. Reports, history, diff and the sign-off decision are pure
functions of these lines. The contract is `reports/schema/results.schema.json`.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from kitty_conformance.case import Case, Verdict
from kitty_conformance.story import Story

FORMAT = "kitty-conformance-results/1"

WITH = " + "
"""Stands between the version of a build and its adapters."""


class Dependency(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One installed distribution of a target environment."""

    name: str
    version: str


class TargetIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """What exactly was tested.

    Attributes
    ----------
    requested
        As the person typed it, normalised: `pypi:3.2.0a8`, `path:/abs/dir`, `wheel:/abs/file.whl`.
    version
        What the build's metadata says.
    sha256
        Of the wheel that was installed (for `path:` the wheel built from the folder).
    resolution
        `locked` (committed lock with hashes), `era` (as of the release day), `today`.
    resolved_before
        The cut-off of an era resolution, RFC 3339; empty otherwise.
    python
        Version of the interpreter, e.g. `3.11.7`.
    dependencies
        Every distribution in the environment, sorted by name, the target itself left out.
    adapters
        Issue numbers of the adapters that were on.

    """

    requested: str
    version: str
    sha256: str
    resolution: str
    python: str
    dependencies: tuple[Dependency, ...]
    resolved_before: str = ""
    adapters: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called: its version, and the adapters that were on (`3.2.0a8 + 950 953`)."""
        return f"{self.version}{WITH}{' '.join(self.adapters)}" if self.adapters else self.version

    @property
    def title(self) -> str:
        """The same for a person: `3.2.0a8 with adapters for #950 #953`."""
        issues = " ".join(f"#{issue}" for issue in self.adapters)
        return f"{self.version} with adapters for {issues}" if issues else self.version


class Disturbance(msgspec.Struct, frozen=True, kw_only=True):
    """How one run differs from the others on purpose, so that luck shows."""

    hash_seed: int
    time_zone: str
    path_padding: int
    """Extra characters in the path of the sandbox."""
    order_seed: int
    load: bool
    """A busy process runs beside the case."""
    launcher: str = "cold"
    """`cold`: each command a fresh process, the reference; `warm`: forked from one that did its imports."""


class Machine(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """What cases ran on, as far as it may decide what they find; what could not be told is empty.

    Attributes
    ----------
    git
        Version of git, which target and suites call.
    system
        The operating system, by the name it gives itself: `Debian GNU/Linux 12 (bookworm)`.
    kernel
        Its kernel and version: `Linux 6.1.0`.
    architecture
        Of the processor: `x86_64`.
    file_system
        Kind of the file system the sandboxes were on: `tmpfs`, `ext4`.

    """

    git: str = ""
    system: str = ""
    kernel: str = ""
    architecture: str = ""
    file_system: str = ""

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        """Return what is known of it, in words: what it is, and which."""
        named = (
            ("git", self.git),
            ("operating system", self.system),
            ("kernel", self.kernel),
            ("architecture", self.architecture),
            ("file system of the sandboxes", self.file_system),
        )
        return tuple(each for each in named if each[1])


class Header(msgspec.Struct, frozen=True, kw_only=True, tag="header", tag_field="kind"):
    """First line: what was asked, of which build, and what is to come."""

    format: str
    harness: str
    target: TargetIdentity
    cases: tuple[Case, ...]
    """Every case chosen, variants spelt out, in the order of their ids."""
    runs: tuple[Disturbance, ...]
    started: str
    """RFC 3339, UTC."""
    shard: str = ""
    """Which parts of what was asked these cases are: `3/8`, or `1/8 3/8` where others were not merged.

    Empty for all of it.
    """
    crash_points: int = 0
    """At how many of its mutating steps a command was ended at most (`--crash-points`); 0: at every one."""
    machines: tuple[Machine, ...] = ()
    """What the cases ran on; one for each kind of machine, where shards were put together."""
    source: str = ""
    """sha256 over all source that decides what cases find: of suites, fixtures and harness."""


class CaseResult(msgspec.Struct, frozen=True, kw_only=True, tag="case", tag_field="kind"):
    """One case in one run. `run` counts from 1."""

    case: str
    run: int
    verdict: Verdict
    reason: str
    """One line: the promise broken, what got in the way, or why it does not apply; empty if it conforms."""
    observations: dict[str, str]
    """Normalised facts that must be equal in every run."""
    story: Story
    seconds: float
    launcher: str = "cold"
    cpu: float = 0.0
    """CPU seconds of the commands in it: the target, git, and the hooks they started; as far as known."""
    load: float = 0.0
    """CPU seconds of the load beside it, in a run that is disturbed so."""
    unforked: str = ""
    """Why commands that were to be forked (`warm`) started as fresh processes; empty if none did."""
    reused: str = ""
    """When it was recorded (RFC 3339), if an earlier run of the very same did that; empty for a fresh one."""


class Footer(msgspec.Struct, frozen=True, kw_only=True, tag="footer", tag_field="kind"):
    """Last line: the stream is whole."""

    results: int
    """How many `CaseResult` lines stand above."""
    finished: str


Line: TypeAlias = Header | CaseResult | Footer
