"""The story of a case: what was done, step by step, with the real commands and what came back.

A story is evidence (shown in reports), the source of a self-contained `repro.sh`, and what makes runs
comparable. It is therefore *portable*: places and generated names are written as tokens, `@{ROOT}` for the
sandbox folder, `@{SPEC_KITTY}` for the executable, `@{MISSION}` and the like for names the target made up
(declared by a `Capture`, which also says how a shell finds the value again).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec


class Ran(msgspec.Struct, frozen=True, kw_only=True, tag="ran"):
    """One process run to its end.

    `environment` holds only what differs from the sandbox's standard environment. `exit_status` is negative
    for a signal, as in `subprocess`; `None` when the process was ended because its time was up.
    """

    argv: tuple[str, ...]
    cwd: str
    exit_status: int | None
    stdout: str
    stderr: str
    seconds: float
    environment: dict[str, str] = {}
    stdin: str | None = None
    purpose: str = ""


class Together(msgspec.Struct, frozen=True, kw_only=True, tag="together"):
    """Several processes started at the same moment (a barrier), each to its own end."""

    commands: tuple[Ran, ...]


class Wrote(msgspec.Struct, frozen=True, kw_only=True, tag="wrote"):
    """A file the fixture wrote as an agent or a person would have."""

    path: str
    content: str


class Removed(msgspec.Struct, frozen=True, kw_only=True, tag="removed"):
    """A file or folder the fixture removed."""

    path: str


class Captured(msgspec.Struct, frozen=True, kw_only=True, tag="captured"):
    """A name the target made up: from here on written as `@{variable}`.

    `shell` is a bash expression, evaluated with the step's `cwd` as working folder, that prints the value.
    """

    variable: str
    value: str
    shell: str
    cwd: str


class Armed(msgspec.Struct, frozen=True, kw_only=True, tag="armed"):
    """A fault armed for the commands that follow, until `Disarmed`; `plan` is what the inside loads."""

    description: str
    plan: dict[str, Any]


class Disarmed(msgspec.Struct, frozen=True, kw_only=True, tag="disarmed"):
    """The end of the armed fault, and how often each of its rules fired."""

    fired: tuple[int, ...]


class Expected(msgspec.Struct, frozen=True, kw_only=True, tag="expected"):
    """One promise put to the test: what was to be, what was seen.

    `shell` is a bash test run in `cwd` that succeeds when the promise holds; it may use `$EXIT` (exit status
    of the latest command), `$STDOUT` and `$STDERR` (files with its output). Empty where no shell can tell.
    """

    promise: str
    held: bool
    expected: str
    seen: str
    shell: str = ""
    cwd: str = "@{ROOT}"


class Noted(msgspec.Struct, frozen=True, kw_only=True, tag="noted"):
    """A remark between steps (`WP01 is in_progress in lane-a`)."""

    text: str


class CrashPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One step at which a command was ended, and what came of it; nothing here differs from run to run.

    Attributes
    ----------
    step
        Which mutating step of the command it was about to take, from 1.
    event
        What it was about to do: `write repo/kitty-specs/@{MISSION}/status.json`.
    left
        What it left behind, in words.
    recovered
        How the work went on from there, or why it did not.
    held
        Whether nothing was lost and the work went on.

    """

    step: int
    event: str
    left: str
    recovered: str
    held: bool


class CrashMap(msgspec.Struct, frozen=True, kw_only=True, tag="crash-map"):
    """A command ended by a signal at one step after the other, each time from the same start.

    `steps` is how many steps it takes undisturbed; there are fewer points if a sample was asked for, or only
    those steps explored at which something else is left.
    """

    command: str
    signal: str
    steps: int
    points: tuple[CrashPoint, ...]


Step: TypeAlias = Ran | Together | Wrote | Removed | Captured | Armed | Disarmed | Expected | Noted | CrashMap


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """All steps of one case in the order they happened; the first `arranged` ones only set the scene."""

    steps: tuple[Step, ...] = ()
    arranged: int = 0
