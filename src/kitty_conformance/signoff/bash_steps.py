"""The steps of a story in bash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

from kitty_conformance.errors import HarnessError
from kitty_conformance.signoff.crash_map import headline
from kitty_conformance.signoff.shell import EXECUTABLE, readable, tokens, word, words
from kitty_conformance.story import (
    Armed,
    Captured,
    CrashMap,
    Disarmed,
    Expected,
    Noted,
    Ran,
    Removed,
    Step,
    Story,
    Together,
    Wrote,
)

FaultSource: TypeAlias = Callable[[dict[str, Any]], str]
"""Turns the plan of a fault into a `sitecustomize.py` that needs nothing of ours."""

_SECONDS_FOR_WHAT_HUNG: Final = 120
_TAKEN: Final = frozenset(
    (
        *("ROOT", "SPEC_KITTY", "PATH", "HOME", "TMPDIR", "PYTHONPATH", "IFS", "PWD", "BASH"),
        *("NOTES", "NAMES", "FILLED", "COUNT", "FOLDER", "INPUT", "EXIT", "STDOUT", "STDERR", "STARTED"),
        *("QUIET", "BROKEN", "KEPT", "UNTOLD", "SUMMARY"),
    )
)
"""Names the script needs itself."""


class BashSteps:
    """Writes the steps of one story for the functions of `preamble.sh`; knows what is captured and armed."""

    def __init__(self, story: Story, fault_source: FaultSource) -> None:
        self._story = story
        self._fault_source = fault_source
        self._faults = 0
        self._fired_file = ""
        self._names = {"ROOT", EXECUTABLE}

    def lines(self) -> Iterator[str]:
        """Yield the script, step by step.

        Raises
        ------
        HarnessError
            The story uses a name before it captures it, or captures one that the script itself needs.

        """
        for number, step in enumerate(self._story.steps, start=1):
            if number == self._story.arranged + 1:
                yield "the_scene_is_set"
                yield ""
            yield f"# step {number}"
            self._must_know(step)
            yield from self._step(number, step)
            yield ""

    def _step(self, number: int, step: Step) -> Iterator[str]:
        match step:
            case Ran():
                yield from self._ran(number, step)
            case Together():
                yield from self._together(number, step)
            case Wrote():
                yield f"printf '\\n+ write %s\\n' {word(step.path)}"
                yield from put(word(step.path), step.content)
            case Removed():
                yield f"printf '\\n+ rm -rf %q\\n' {word(step.path)}"
                yield f"rm -rf -- {word(step.path)}"
            case Captured():
                yield self._capture(step)
            case Armed():
                yield from self._arm(step)
            case Disarmed():
                yield from self._disarm(step)
            case Expected():
                yield from _check(step)
            case Noted() | CrashMap():
                yield f"# {_remark(step)}"

    def _ran(self, number: int, ran: Ran) -> Iterator[str]:
        yield from _command("run", ran)
        if number <= self._story.arranged and ran.exit_status == 0:
            yield f"must_succeed 'step {number}'"

    def _together(self, number: int, together: Together) -> Iterator[str]:
        for ran in together.commands:
            yield from _command("start", ran)
        yield "finish"
        for place, ran in enumerate(together.commands, start=1):
            if number <= self._story.arranged and ran.exit_status == 0:
                outcome = " ".join(f"{name}=${name}_{place}" for name in ("EXIT", "STDOUT", "STDERR"))
                yield f"{outcome} must_succeed 'step {number}, command {place}'"

    def _must_know(self, step: Step) -> None:
        unknown = frozenset[str]().union(*map(tokens, _shell_texts(step))) - self._names
        if unknown:
            raise HarnessError(f"the story uses @{{{min(unknown)}}} before it captures it")

    def _capture(self, captured: Captured) -> str:
        if captured.variable in _TAKEN:
            raise HarnessError(
                f"a story cannot capture the name {captured.variable}: repro.sh needs it itself"
            )
        self._names.add(captured.variable)
        return f"capture {captured.variable} {word(captured.cwd)} {_literal(captured.shell)}"

    def _arm(self, armed: Armed) -> Iterator[str]:
        self._faults += 1
        folder = f'"$NOTES/fault-{self._faults}"'
        folder_of_plan = armed.plan.get("folder")
        self._fired_file = f"{folder_of_plan}/fired.jsonl" if isinstance(folder_of_plan, str) else ""
        yield from put(f'{folder[:-1]}/sitecustomize.py"', self._fault_source(armed.plan))
        yield f"arm {folder} {_literal(armed.description)}"

    def _disarm(self, disarmed: Disarmed) -> Iterator[str]:
        yield "disarm"
        if any(disarmed.fired) and self._fired_file:
            yield f"[ -s {word(self._fired_file)} ] || could_not 'the fault never fired'"


def _remark(step: Noted | CrashMap) -> str:
    if isinstance(step, CrashMap):
        return f"when recorded: {headline(step)}"
    return " ".join(readable(step.text).split())


def _command(verb: str, ran: Ran) -> Iterator[str]:
    if ran.purpose:
        yield f"# {' '.join(readable(ran.purpose).split())}"
    if ran.stdin is not None:
        yield 'INPUT="$NOTES/$((COUNT + 1)).stdin"'
        yield from put('"$INPUT"', ran.stdin)
    limit = ["timeout", str(_SECONDS_FOR_WHAT_HUNG)] if ran.exit_status is None else []
    extra = [f"{name}={value}" for name, value in sorted(ran.environment.items())]
    argv = [*limit, *(["env", *extra] if extra else []), *ran.argv]
    yield f"{verb} {word(ran.cwd)} {words(argv)}"


def put(path: str, content: str) -> Iterator[str]:
    """Yield the writing of a file by a here-document that nothing in the content can end or expand."""
    if "\0" in content:
        escaped = content.replace("\\", "\\\\").replace("\0", "\\0000")
        yield f"put_bytes {path} {_literal(escaped)}"
        return
    whole = content.endswith("\n")
    text = content if whole else f"{content}\n"
    delimiter = _delimiter(text)
    yield f"put {path}{'' if whole else ' bare'} <<'{delimiter}'\n{text}{delimiter}"


def _delimiter(text: str) -> str:
    lines, delimiter, number = set(text.split("\n")), "END", 1
    while delimiter in lines:
        number += 1
        delimiter = f"END_{number}"
    return delimiter


def _check(step: Expected) -> Iterator[str]:
    told = " ".join(_literal(" ".join(text.split())) for text in (step.promise, step.expected, step.seen))
    if step.shell:
        yield f"check {told} {word(step.cwd)} {_literal(step.shell)}"
    elif not step.held:
        yield f"cannot_tell {told}"
    else:
        yield f"# held when recorded, no shell test: {' '.join(readable(step.promise).split())}"


def _literal(text: str) -> str:
    """Quote a text whose tokens the script fills in when it uses it."""
    return "'" + text.replace("'", "'\"'\"'") + "'"


def _shell_texts(step: Step) -> Iterator[str]:
    """Yield what a shell will read; unknown tokens in a file's content are just content."""
    match step:
        case Ran():
            yield from (*step.argv, step.cwd, *step.environment.values())
        case Together():
            for ran in step.commands:
                yield from _shell_texts(ran)
        case Wrote() | Removed():
            yield step.path
        case Captured() | Expected():
            yield from (step.shell, step.cwd)
        case _:
            return
