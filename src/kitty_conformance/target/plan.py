"""What is done inside the target's interpreters, written outside: faults to make happen, bounds to watch.

A plan owns a folder in the sandbox. Everything the target's processes have to say is found there afterwards:
that they were armed at all, which rule fired on what, what reached outside the sandbox.
"""

from __future__ import annotations

import errno
import glob
from pathlib import Path
from pprint import pformat
from typing import Any, Final, Literal, TypeAlias, TypeVar

import msgspec

from kitty_conformance.errors import HarnessError

INSIDE: Final = Path(__file__).parent.parent / "inside"
"""Folder of what is loaded into the target's interpreters."""

ADAPTERS: Final = "KITTY_INSIDE_ADAPTERS"
"""Environment variable naming the file that says which adapters an interpreter of a target has applied."""

EventKind: TypeAlias = Literal[
    "write",
    "read",
    "mkdir",
    "rmdir",
    "metadata",
    "spawn",
    "connect",
    "thread",
    "late-thread",
    "end",
    "mutate",
]
"""`write`: every way a file's content may change. `mutate`: `write`, `mkdir`, `rmdir` or `metadata`.
`thread`: a thread is started. `late-thread`: it is once the interpreter has begun to end, when newer versions
of Python refuse to. `end`: the interpreter begins to end; threads that are under way still run."""

SignalName: TypeAlias = Literal["SIGKILL", "SIGINT", "SIGTERM", "SIGHUP", "SIGSTOP"]


class Fail(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="fail"):
    """The event fails with this `errno`; a thread, with the words of an interpreter that is about to end."""

    errno: int = errno.EIO


class Lose(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="lose"):
    """The write is reported as a success, and the file holds what it held before. For `write` alone."""


class Alter(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="alter"):
    """Once written, the file is changed as if by somebody else. For `write` alone.

    The first of these regular expressions that occurs in the content is replaced, wherever it occurs. Fires
    only if that changes anything.
    """

    changes: tuple[tuple[str, str], ...]


class Short(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="short"):
    """Only `bytes` bytes can be added to the file, then writing fails with EFBIG. For `write` alone.

    With 0 the failure shows when a buffered writer flushes or closes. Works on the name that is opened: see
    `ways_to` for writers that replace the file.
    """

    bytes: int


class Delay(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="delay"):
    """The event happens `seconds` later, or as soon as rule number `until` has come to act."""

    seconds: float
    until: int | None = None


class Kill(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="kill"):
    """The process is sent a signal instead: by default it ends. What handles the signal, goes on from there.

    Whatever lies between it and the command itself (a hook's interpreter, the git that started it) gets the
    signal too, and so does the command: as when a terminal, or an agent's time limit, ends all of them.
    With SIGSTOP it stands still there until somebody sends it SIGCONT.
    """

    signal: SignalName = "SIGKILL"


class Count(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="count"):
    """The event happens and is written down."""


Action: TypeAlias = Fail | Lose | Alter | Short | Delay | Kill | Count


class FaultRule(msgspec.Struct, frozen=True, kw_only=True):
    """When something goes wrong, and how.

    Attributes
    ----------
    events
        Kinds of events it is about.
    paths
        Globs (`*` crosses folders). One must match the real path of the file; of a `spawn` the command line,
        of a `connect` `host:port`, of a `thread` the name of what it executes. `exactly` and `ways_to` make
        globs of paths.
    process
        `main`: only the command itself; `child`: only what it starts, git's hooks among them; `any`: both.
    after
        Index of another rule that must have matched before; a read `after` the write is a readback.
    nth
        Only the N-th match, counted from 1 over all processes of the plan; `None` means every match.

    Raises
    ------
    ValueError
        The rule could never do what it says.

    """

    events: tuple[EventKind, ...]
    action: Action
    paths: tuple[str, ...] = ("*",)
    process: Literal["main", "child", "any"] = "any"
    after: int | None = None
    nth: int | None = None

    def __post_init__(self) -> None:
        if isinstance(self.action, Lose | Alter | Short) and self.events != ("write",):
            raise ValueError("only writes can be lost, altered or cut short")
        if not self.events or not self.paths or self.nth == 0:
            raise ValueError("a rule that can match nothing is no rule")


class InsidePlan(msgspec.Struct, frozen=True, kw_only=True):
    """One arming of the target's interpreters.

    Attributes
    ----------
    folder
        Where the plan and its logs are; of this plan alone.
    rules
        Faults. An event is shown to each, in this order.
    writable
        Folders the target may write to; a write elsewhere is a breach.
    guard
        Whether breaches are watched for and connections beyond loopback refused.

    """

    folder: str
    rules: tuple[FaultRule, ...] = ()
    writable: tuple[str, ...] = ()
    guard: bool = True

    @property
    def file(self) -> Path:
        """The plan as the inside reads it, once written."""
        return Path(self.folder, "plan.json")

    def write(self) -> None:
        """Put the plan where the inside reads it; writing it again does no harm."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.file.with_suffix(".draft")
        draft.write_bytes(msgspec.json.encode(self))
        draft.replace(self.file)

    def environment(self) -> dict[str, str]:
        """Environment variables that arm an interpreter with this plan."""
        return {"KITTY_INSIDE": str(INSIDE / "boot.py"), "KITTY_INSIDE_PLAN": str(self.file)}


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """An interpreter that was armed."""

    pid: int
    main: bool
    argv: tuple[str, ...]


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """A rule did what it says. A lost write is listed once its content was put back, not before."""

    pid: int
    main: bool
    rule: int
    event: str
    subject: str


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """Something reached outside the sandbox: a path, `host:port`, or the name that was to be resolved."""

    pid: int
    event: str
    subject: str
    argv: tuple[str, ...]


Record = TypeVar("Record", Started, Fired, Breach)


def _read(plan: InsidePlan, log: str, kind: type[Record]) -> tuple[Record, ...]:
    path = Path(plan.folder, log)
    try:
        lines = path.read_bytes().splitlines() if path.exists() else []
        return tuple(msgspec.json.decode(line, type=kind) for line in lines)
    except (OSError, msgspec.MsgspecError) as error:
        raise HarnessError(f"{path} cannot be read: {error}") from error


def read_starts(plan: InsidePlan) -> tuple[Started, ...]:
    """Every interpreter that was armed; none means that the target ran undisturbed and unguarded.

    Raises
    ------
    HarnessError
        The log is damaged. The same holds for `read_fired` and `read_breaches`.

    """
    return _read(plan, "starts.jsonl", Started)


def read_fired(plan: InsidePlan) -> tuple[Fired, ...]:
    """Every firing, in the order they were written down."""
    return _read(plan, "fired.jsonl", Fired)


def count_fired(plan: InsidePlan) -> tuple[int, ...]:
    """How often each rule fired, by its index. A fault that never fired proves nothing."""
    fired = [firing.rule for firing in read_fired(plan)]
    return tuple(fired.count(number) for number in range(len(plan.rules)))


def read_breaches(plan: InsidePlan) -> tuple[Breach, ...]:
    """Everything that reached outside the sandbox, each once per process."""
    return _read(plan, "breaches.jsonl", Breach)


def take_breaches(plan: InsidePlan, *events: str) -> tuple[Breach, ...]:
    """Return the breaches of these kinds and take them off the record: who takes them says what they mean."""
    found = read_breaches(plan)
    rest = [each for each in found if each.event not in events]
    if len(rest) < len(found):
        Path(plan.folder, "breaches.jsonl").write_bytes(msgspec.json.Encoder().encode_lines(rest))
    return tuple(each for each in found if each.event in events)


def exactly(path: Path | str) -> str:
    """Glob that matches this path alone."""
    return glob.escape(str(path))


def ways_to(path: Path) -> tuple[str, ...]:
    """Globs for the file itself and the temporary files beside it that writers use on their way to it.

    `events.jsonl`, `events.jsonl.tmp`, `.events.jsonl.x1y2.tmp`, `events.tmp`, `tmpx1y2`.
    """
    folder, name, stem = exactly(path.parent), exactly(path.name), exactly(path.stem)
    beside = (name, f"{name}.*", f".{name}.*", f"{stem}.tmp*", f".{stem}.*tmp*", "tmp*")
    return tuple(f"{folder}/{part}" for part in beside)


def standalone(plan: dict[str, Any] | InsidePlan) -> str:
    """Text of a `sitecustomize.py` that arms a plan's rules with nothing of ours installed.

    `$NAME` in the plan stands for that environment variable when the text is executed; a folder named so must
    be a real path (`pwd -P`). The plan's folder is made if it is not there. The guard is left out.
    """
    document = msgspec.json.decode(msgspec.json.encode(plan))
    armed = {key: document[key] for key in ("folder", "rules")}
    parts = [(INSIDE / name).read_text("utf-8") for name in ("events.py", "faults.py")]
    return _STANDALONE.format(
        plan=pformat(armed, width=100, sort_dicts=False), text="\n\n".join(map(_without_preamble, parts))
    )


def _without_preamble(text: str) -> str:
    """Leave out what may stand only once, at the top, and what speaks to our own tools."""
    lines = text.splitlines()
    return "\n".join(line for line in lines if not line.startswith(("from __future__", "# ruff: ")))


_STANDALONE: Final = '''\
# Executed by every Python interpreter that has the folder of this file on PYTHONPATH.
# PLAN says what goes wrong; all the rest makes it so.

from __future__ import annotations

PLAN = {plan}

{text}


def _expanded(value):
    """A part of the plan with $NAME replaced by that environment variable."""
    if isinstance(value, dict):
        return {{key: _expanded(item) for key, item in value.items()}}
    if isinstance(value, list):
        return [_expanded(item) for item in value]
    return os.path.expandvars(value) if isinstance(value, str) else value


watch(Faults(_expanded(PLAN)))
'''
