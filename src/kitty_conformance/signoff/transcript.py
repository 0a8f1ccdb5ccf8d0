"""The steps of a story as lines of text: real commands, what came back, what was expected and seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from kitty_conformance.signoff.crash_map import headline, text_table
from kitty_conformance.signoff.shell import command_line, ending, readable
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

_HEAD: Final = 12
_TAIL: Final = 8
"""Lines kept of a long output: how it begins and how it ends."""
_WIDEST: Final = 240
_FILE_LINES: Final = 8


def outline(story: Story) -> tuple[str, ...]:
    """Return one line per step."""
    return tuple(_brief(step) for step in story.steps)


def scene(story: Story) -> tuple[str, ...]:
    """Return the steps that only set the scene, one line each, with the folder changes between them."""
    return tuple(_numbered(story.steps[: story.arranged], 1, in_full=False))


def action(story: Story) -> tuple[str, ...]:
    """Return the steps of the case itself, with what each command printed (long output trimmed)."""
    return tuple(_numbered(story.steps[story.arranged :], story.arranged + 1, in_full=True))


def _numbered(steps: Sequence[Step], first: int, *, in_full: bool) -> Iterator[str]:
    folder = ""
    for number, step in enumerate(steps, start=first):
        if isinstance(step, Ran) and step.cwd != folder:
            folder = step.cwd
            yield f"      $ cd {readable(folder)}"
        if in_full:
            first_line, *more = _full(step)
            yield f"{number:>4}  {first_line}".rstrip()
            yield from (f"      {line}".rstrip() for line in more)
        else:
            yield f"{number:>4}  {_brief(step)}"


def _brief(step: Step) -> str:  # noqa: PLR0911 - one return per kind of step
    match step:
        case Ran():
            return f"$ {command_line(step, shorten=True)}  → {ending(step.exit_status)}"
        case Together():
            parts = (
                f"{command_line(ran, shorten=True)} → {ending(ran.exit_status)}" for ran in step.commands
            )
            return f"$ {' & '.join(parts)}"
        case Wrote():
            return f"write {readable(step.path)} ({_size(step.content)})"
        case Removed():
            return f"$ rm -rf {readable(step.path)}"
        case Captured():
            return f"{step.variable}={readable(step.value)}"
        case Armed():
            return f"fault armed: {readable(step.description)}"
        case Disarmed():
            return f"fault disarmed; times its rules fired: {', '.join(map(str, step.fired))}"
        case Expected():
            return f"{'kept' if step.held else 'BROKEN'}: {readable(step.promise)}"
        case Noted() | CrashMap():
            return headline(step) if isinstance(step, CrashMap) else f"({readable(step.text)})"


def _full(step: Step) -> list[str]:
    match step:
        case Ran():
            return _command(step, "$ ")
        case Together():
            started = [f"{len(step.commands)} commands started at the same moment:"]
            for ran in step.commands:
                first, *more = _command(ran, "& ")
                started += [f"{first}   (in {readable(ran.cwd)})", *more]
            return started
        case Wrote() | CrashMap():
            return [_brief(step), *_shown(step)]
        case Captured():
            return [f"$ {step.variable}=$({readable(step.shell)})", f"  {readable(step.value)}"]
        case Expected():
            return [
                _brief(step),
                f"  expected  {readable(step.expected)}",
                f"  seen      {readable(step.seen)}",
            ]
        case _:
            return [_brief(step)]


def _shown(step: Wrote | CrashMap) -> list[str]:
    if isinstance(step, CrashMap):
        return [f"  {line}" for line in text_table(step)]
    return _quoted("", step.content, _FILE_LINES, 0)


def _command(ran: Ran, prompt: str) -> list[str]:
    purpose = [f"# {readable(ran.purpose)}"] if ran.purpose else []
    typed = f"{prompt}{command_line(ran)}".splitlines()
    given = _quoted("<", ran.stdin, _FILE_LINES, 0) if ran.stdin is not None else []
    printed = [*_quoted("", ran.stdout, _HEAD, _TAIL), *_quoted("2>", ran.stderr, _HEAD, _TAIL)]
    return [*purpose, *typed, *given, *printed, f"→ {ending(ran.exit_status)}"]


def _quoted(label: str, text: str, head: int, tail: int) -> list[str]:
    lines = readable(text).rstrip("\n").splitlines() if text.strip() else []
    left_out = len(lines) - head - tail
    if left_out > 1:
        kept = [*lines[:head], f"… {left_out} more lines …", *lines[len(lines) - tail :]]
    else:
        kept = lines
    return [f"  {label}│ {_narrow(line)}" for line in kept]


def _narrow(line: str) -> str:
    return line if len(line) <= _WIDEST else f"{line[:_WIDEST]}…"


def _size(content: str) -> str:
    lines = len(content.splitlines())
    return "empty" if not content else f"{lines} line{'' if lines == 1 else 's'}"
