#!/usr/bin/env bash
# #949 Review prompt isolation: case 949-10/next-work-package, violates on spec-kitty 3.2.7
#
# Promise:      A prompt that names something else than was requested is refused, and the refusal names both.
# Requirements: FR-005, NFR-005, SC-003 (US2.2)
# Recorded on:  pypi:3.2.7, wheel sha256 303f506ceb820da77b506c0ad73238bec1a3d1bb4345b14e0d4d22bb125fd0b7, Python 3.11.7
#
# Usage: bash repro.sh [SPEC_KITTY]     the executable; else $SPEC_KITTY, else spec-kitty on PATH
# Needs bash, git and that executable. Works in a new temporary folder, or in $ROOT if that is set.
# Exit status: 1 the promise is broken, 0 it holds, 3 it could not be tried.
could_not() { # could_not WHY: the promise could not be put to the test
  [ -z "${NOTES:-}" ] || printf '\nEverything is left in %s\n' "$ROOT"
  printf 'COULD NOT BE TRIED: %s\n' "$1"
  exit 3
}

shopt -u patsub_replacement 2>/dev/null || true # from bash 5.2 on, & in a replacement would be special
export -n SPEC_KITTY ROOT
SPEC_KITTY=${1:-${SPEC_KITTY:-spec-kitty}}
found=$(type -P -- "$SPEC_KITTY") || could_not "there is no executable $SPEC_KITTY; usage: $0 [SPEC_KITTY]"
case $found in /*) SPEC_KITTY=$found ;; *) SPEC_KITTY=$PWD/$found ;; esac
if [ -n "${ROOT:-}" ]; then
  mkdir -p -- "$ROOT" && ROOT=$(cd -- "$ROOT" && pwd -P) || could_not "the folder $ROOT cannot be used"
  [ -z "$(ls -A -- "$ROOT")" ] || could_not "the folder $ROOT is not empty"
else
  ROOT=$(mktemp -d "${TMPDIR:-/tmp}/repro-XXXXXX") && ROOT=$(cd -- "$ROOT" && pwd -P) \
    || could_not "no temporary folder can be made"
fi
NOTES=$ROOT/.repro # output of every command, one file each
mkdir -p -- "$NOTES"

# Nothing of the caller's own set-up may play a part.
unset ${!GIT_@} ${!PYTHON@} ${!SPEC_KITTY_@} ${!KITTY_@} ${!XDG_@}

NAMES='ROOT SPEC_KITTY'
fill() { # fill TEXT: leaves the text in $FILLED, every @{NAME} known so far replaced by its value
  local name token
  FILLED=$1
  for name in $NAMES; do
    token="@{$name}"
    FILLED=${FILLED//"$token"/${!name}}
  done
}

put() { # put FILE [bare] <CONTENT: writes a file; bare: without the last newline
  local content
  IFS= read -r -d '' content || true
  [ "${2:-}" != bare ] || content=${content%$'\n'}
  fill "$content"
  mkdir -p -- "${1%/*}" && printf %s "$FILLED" >"$1" || could_not "$1 cannot be written"
}

put_bytes() { # put_bytes FILE ESCAPED: writes a file that holds NUL bytes
  fill "$2"
  mkdir -p -- "${1%/*}" && printf %b "$FILLED" >"$1" || could_not "$1 cannot be written"
}

COUNT=0 FOLDER='' INPUT=/dev/null EXIT=0 STDOUT=/dev/null STDERR=/dev/null STARTED=''
QUIET=yes # while the scene is set, output is shown only of what fails

announce() { # announce FOLDER COMMAND...: shows what is run, and where
  [ -d "$1" ] || could_not "there is no folder $1"
  if [ "$1" != "$FOLDER" ]; then
    FOLDER=$1
    printf '\n+ cd %q' "$1"
  fi
  shift
  printf '\n+'
  printf ' %q' "$@"
  [ "$INPUT" = /dev/null ] || printf ' <%q' "$INPUT"
  printf '\n'
}

print_file() { # print_file MARK FILE: its first lines
  local line lines=0
  while IFS= read -r line || [ -n "$line" ]; do
    lines=$((lines + 1))
    [ "$lines" -le 40 ] && printf '  %s| %s\n' "$1" "$line"
  done <"$2"
  [ "$lines" -le 40 ] || printf '  %s| … %s lines in all: %s\n' "$1" "$lines" "$2"
}

printed() { # what the latest command printed
  print_file '' "$STDOUT"
  print_file '2>' "$STDERR"
}

came_back() { # what the latest command printed, and how it ended
  [ -n "$QUIET" ] || printed
  printf '  exit %s\n' "$EXIT"
}

run() { # run FOLDER COMMAND...: leaves $EXIT, and $STDOUT and $STDERR (files)
  COUNT=$((COUNT + 1))
  EXIT=0 STDOUT=$NOTES/$COUNT.stdout STDERR=$NOTES/$COUNT.stderr
  announce "$@"
  (cd -- "$1" && shift && exec "$@") <"$INPUT" >"$STDOUT" 2>"$STDERR" || EXIT=$?
  INPUT=/dev/null
  came_back
}

must_succeed() { # must_succeed WHAT: a step that sets the scene worked when this was recorded
  [ "$EXIT" -eq 0 ] && return
  printed
  could_not "$1 sets the scene and must work, but ended with exit status $EXIT"
}

the_scene_is_set() {
  QUIET=''
  printf '\n--- The scene is set; this is the case. ---\n'
}

start() { # start FOLDER COMMAND...: in the background
  COUNT=$((COUNT + 1))
  announce "$@"
  (cd -- "$1" && shift && exec "$@") <"$INPUT" >"$NOTES/$COUNT.stdout" 2>"$NOTES/$COUNT.stderr" &
  STARTED="$STARTED $COUNT:$!"
  INPUT=/dev/null
}

finish() { # waits for all that was started: $EXIT_1 $STDOUT_1 $STDERR_1 and so on; $EXIT … are the last one's
  local each place=0
  for each in $STARTED; do
    place=$((place + 1)) EXIT=0
    wait "${each#*:}" || EXIT=$?
    STDOUT=$NOTES/${each%:*}.stdout STDERR=$NOTES/${each%:*}.stderr
    printf -v "EXIT_$place" %s "$EXIT"
    printf -v "STDOUT_$place" %s "$STDOUT"
    printf -v "STDERR_$place" %s "$STDERR"
    printf '\n  (%s of those started together)\n' "$place"
    came_back
  done
  STARTED=''
}

capture() { # capture NAME FOLDER EXPRESSION: a name the target made up, found again
  local value
  fill "$3"
  printf '\n+ %s=$(%s)\n' "$1" "$FILLED"
  value=$(cd -- "$2" && eval "$FILLED") && [ -n "$value" ] || could_not "$1 cannot be found out"
  printf '  %s\n' "$value"
  printf -v "$1" %s "$value"
  NAMES="$NAMES $1"
}

arm() { # arm FOLDER WHAT: the sitecustomize.py there disturbs every Python started from now on
  fill "$2"
  printf '\n+ export PYTHONPATH=%q   # fault: %s\n' "$1" "$FILLED"
  export PYTHONPATH=$1
}

disarm() {
  printf '\n+ unset PYTHONPATH   # end of the fault\n'
  unset PYTHONPATH
}

BROKEN='' KEPT='' UNTOLD=''

summary() { # summary PROMISE EXPECTED SEEN: one line, in $SUMMARY
  fill "promise: $1 · expected: $2 · seen when recorded: $3"
  SUMMARY=$FILLED
}

check() { # check PROMISE EXPECTED SEEN FOLDER TEST: does the promise hold now?
  local status
  summary "$1" "$2" "$3"
  fill "$5"
  printf '\n? %s\n+ %s\n' "$1" "$FILLED"
  "$BASH" -n -c "$FILLED" 2>/dev/null || could_not "the test is no bash: $FILLED"
  [ -d "$4" ] || could_not "there is no folder $4 to test in"
  (cd -- "$4" && eval "$FILLED") >/dev/null 2>"$NOTES/test.stderr"
  status=$?
  print_file '2>' "$NOTES/test.stderr"
  if [ "$status" -eq 0 ]; then
    printf '  holds\n'
    fill "promise: $1 · expected: $2"
    KEPT=$FILLED
  elif [ "$status" -ge 126 ]; then # a command of the test is missing, or died: that says nothing
    could_not "the test itself failed with exit status $status"
  else
    printf '  DOES NOT HOLD\n'
    BROKEN=${BROKEN:-$SUMMARY}
  fi
}

cannot_tell() { # cannot_tell PROMISE EXPECTED SEEN: broken when recorded, and no shell test can tell
  summary "$1" "$2" "$3"
  printf '\n? no shell test can tell: %s\n' "$SUMMARY"
  UNTOLD=$SUMMARY
}

conclude() {
  if [ -n "$BROKEN" ]; then
    printf '\nEverything is left in %s\n' "$ROOT"
    printf 'VIOLATED: %s\n' "$BROKEN"
    exit 1
  fi
  [ -z "$UNTOLD" ] || could_not "look at the output above: $UNTOLD"
  [ -n "$KEPT" ] || could_not 'no promise was put to the test here'
  printf '\nEverything is left in %s\nHOLDS: %s\n' "$ROOT" "$KEPT"
  exit 0
}

# A home, a temporary folder and a git configuration of its own.
export HOME="$ROOT/home"
export TMPDIR="$ROOT/tmp"
export XDG_CONFIG_HOME="$ROOT/home/.config"
export XDG_CACHE_HOME="$ROOT/home/.cache"
export XDG_DATA_HOME="$ROOT/home/.local/share"
export XDG_STATE_HOME="$ROOT/home/.local/state"
export XDG_RUNTIME_DIR="$ROOT/tmp"
export SPEC_KITTY_HOME="$ROOT/home/.kittify"
export SPEC_KITTY_NO_UPGRADE_CHECK=1
export SPEC_KITTY_WORKTREE_REMOVAL_DELAY=0
export GIT_CONFIG_SYSTEM=/dev/null
export GIT_CONFIG_NOSYSTEM=1
export GIT_TERMINAL_PROMPT=0
export GIT_ALLOW_PROTOCOL=file
export GIT_CEILING_DIRECTORIES="$ROOT"
export LC_ALL=C.UTF-8
export TZ=UTC
export TERM=dumb
export NO_COLOR=1
export COLUMNS=400
export LINES=50
export USER=kitty
export LOGNAME=kitty
export SHELL=/bin/sh
export PYTHONHASHSEED=0
export PYTHONDONTWRITEBYTECODE=1
export PATH="${SPEC_KITTY%/*}:$PATH"
mkdir -p -- "$ROOT"/{tmp,work,logs} "$ROOT"/home/.git-template/{hooks,info} || could_not "the sandbox cannot be made"
: >"$ROOT/home/.git-template/info/exclude"
put "$ROOT/home/.gitconfig" <<'END'
[user]
	name = Kitty Conformance
	email = conformance@example.org
[init]
	defaultBranch = main
	templateDir = @{ROOT}/home/.git-template
[commit]
	gpgSign = false
[tag]
	gpgSign = false
[gc]
	auto = 0
[maintenance]
	auto = false
[advice]
	detachedHead = false
END
version=$(HOME="$NOTES/home" SPEC_KITTY_HOME="$NOTES/home" "$SPEC_KITTY" --version </dev/null 2>&1) || could_not "$SPEC_KITTY does not start: $version"
printf 'spec-kitty is %s: %s\n' "$SPEC_KITTY" "$version"

# step 1
run "$ROOT/work" git init --quiet "$ROOT/work/repo"
must_succeed 'step 1'

# step 2
printf '\n+ write %s\n' "$ROOT/work/repo/.gitignore"
put "$ROOT/work/repo/.gitignore" <<'END'
.worktrees/
END

# step 3
run "$ROOT/work/repo" git add --all
must_succeed 'step 3'

# step 4
run "$ROOT/work/repo" git commit --quiet --message Begin
must_succeed 'step 4'

# step 5
run "$ROOT/work/repo" env SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1 "$SPEC_KITTY" init --ai claude --non-interactive
must_succeed 'step 5'

# step 6
run "$ROOT/work/repo" git add --all
must_succeed 'step 6'

# step 7
run "$ROOT/work/repo" git commit --quiet --message 'Set up Spec Kitty'
must_succeed 'step 7'

# step 8
run "$ROOT/work/repo" env SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1 "$SPEC_KITTY" agent mission create demo --mission-type software-dev --topology lanes --friendly-name Demo --purpose-tldr 'Provide Demo' --purpose-context 'Demo gives developers small modules to build on.' --json
must_succeed 'step 8'

# step 9
capture MISSION "$ROOT/work/repo" 'basename "$(ls -td kitty-specs/*demo* | head -n 1)"'

# step 10
capture MISSION_ID "$ROOT/work/repo" 'sed -n '"'"'s/.*"mission_id": *"\([^"]*\)".*/\1/p'"'"' kitty-specs/@{MISSION}/meta.json'

# step 11
printf '\n+ write %s\n' "$ROOT/work/repo/kitty-specs/$MISSION/spec.md"
put "$ROOT/work/repo/kitty-specs/$MISSION/spec.md" <<'END'
# Feature Specification: Demo

## User Scenarios & Testing

A developer imports the modules of Demo and calls what each of them provides.

1. **Given** a checkout, **When** a module is imported, **Then** its value can be read.

## Requirements

### Functional Requirements

| ID | Title | User Story | Priority | Status |
| --- | --- | --- | --- | --- |
| FR-001 | Work on WP01 | As a developer, I want work on wp01 so that src/wp01.py can be used. | High | Open |

### Non-Functional Requirements

| ID | Title | Requirement | Category | Priority | Status |
| --- | --- | --- | --- | --- | --- |
| NFR-001 | Import time | Each module imports in under 100 ms. | Performance | Low | Open |

### Constraints

| ID | Title | Constraint | Category | Priority | Status |
| --- | --- | --- | --- | --- | --- |
| C-001 | Plain Python | Only the standard library is used. | Technical | High | Open |

## Success Criteria

- **SC-001**: Every module can be imported on its own.
END

# step 12
run "$ROOT/work/repo" env SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1 "$SPEC_KITTY" spec-commit --message Specify "$ROOT/work/repo/kitty-specs/$MISSION/spec.md" "$ROOT/work/repo/kitty-specs/$MISSION/meta.json" --mission "$MISSION"
must_succeed 'step 12'

# step 13
run "$ROOT/work/repo" env SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1 "$SPEC_KITTY" agent mission setup-plan --json --mission "$MISSION"
must_succeed 'step 13'

# step 14
printf '\n+ write %s\n' "$ROOT/work/repo/kitty-specs/$MISSION/plan.md"
put "$ROOT/work/repo/kitty-specs/$MISSION/plan.md" <<'END'
# Implementation Plan: Demo

## Summary

Provide small independent Python modules for Demo, one work package each.

## Technical Context

**Language/Version**: Python 3.11
**Primary Dependencies**: none
**Storage**: none
**Testing**: pytest
**Target Platform**: Linux
**Project Type**: single
**Performance Goals**: imports under 100 ms
**Constraints**: standard library only
**Scale/Scope**: 1 modules

## Project Structure

- `src/wp01.py` (WP01)

## Phases

Each module is written and tested on its own; what builds on another follows it.
END

# step 15
run "$ROOT/work/repo" env SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1 "$SPEC_KITTY" agent mission setup-plan --json --mission "$MISSION"
must_succeed 'step 15'

# step 16
printf '\n+ write %s\n' "$ROOT/work/repo/kitty-specs/$MISSION/tasks.md"
put "$ROOT/work/repo/kitty-specs/$MISSION/tasks.md" <<'END'
# Work Packages

## Work Package WP01: Work on WP01

**Goal**: Provide src/wp01.py so that FR-001 is met, and nothing beyond.
**Prompt**: `tasks/WP01-work-on-wp01.md`
**Dependencies**: None
**Requirement Refs**: FR-001

### Included Subtasks

- [ ] T001 Write what Work on WP01 needs (WP01)
END

# step 17
printf '\n+ write %s\n' "$ROOT/work/repo/kitty-specs/$MISSION/tasks/WP01-work-on-wp01.md"
put "$ROOT/work/repo/kitty-specs/$MISSION/tasks/WP01-work-on-wp01.md" <<'END'
---
work_package_id: WP01
title: Work on WP01
dependencies: []
requirement_refs:
- FR-001
subtasks:
- T001
owned_files:
- src/wp01.py
authoritative_surface: src/
execution_mode: code_change
agent_profile: python-pedro
role: implementer
agent: claude
history: []
---

# WP01: Work on WP01

## Objective

Provide src/wp01.py so that FR-001 is met, and nothing beyond.

- [ ] T001 Write what Work on WP01 needs
END

# step 18
run "$ROOT/work/repo" env SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1 "$SPEC_KITTY" agent mission finalize-tasks --json --mission "$MISSION"

# step 19
printf '\n+ write %s\n' "$ROOT/work/repo/kitty-specs/$MISSION/tasks/WP01-work-on-wp01.md"
put "$ROOT/work/repo/kitty-specs/$MISSION/tasks/WP01-work-on-wp01.md" <<'END'
---
work_package_id: WP01
title: Work on WP01
dependencies: []
requirement_refs:
- FR-001
subtasks:
- T001
owned_files:
- src/wp01.py
authoritative_surface: src/
execution_mode: code_change
agent_profile: python-pedro
role: implementer
agent: claude
history: []
create_intent:
- src/wp01.py
---

# WP01: Work on WP01

## Objective

Provide src/wp01.py so that FR-001 is met, and nothing beyond.

- [ ] T001 Write what Work on WP01 needs
END

# step 20
run "$ROOT/work/repo" env SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1 "$SPEC_KITTY" agent mission finalize-tasks --json --mission "$MISSION"
must_succeed 'step 20'

# step 21
INPUT="$NOTES/$((COUNT + 1)).stdin"
put "$INPUT" <<'END'
---
schema: analysis-findings/v1
findings: []
verdict_hint: ready
---

# Analysis

Specification, plan and tasks agree.
END
run "$ROOT/work/repo" env SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1 "$SPEC_KITTY" agent mission record-analysis --input-file - --agent claude --json --mission "$MISSION"
must_succeed 'step 21'

# step 22
run "$ROOT/work/repo" env SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1 "$SPEC_KITTY" agent action implement WP01 --agent claude --mission "$MISSION"
must_succeed 'step 22'

# step 23
printf '\n+ write %s\n' "$ROOT/work/repo/.worktrees/$MISSION-lane-a/src/wp01.py"
put "$ROOT/work/repo/.worktrees/$MISSION-lane-a/src/wp01.py" <<'END'
"""Work on WP01."""

VALUE = "WP01"
ATTEMPT = 1
END

# step 24
run "$ROOT/work/repo/.worktrees/$MISSION-lane-a" git add -- src/wp01.py
must_succeed 'step 24'

# step 25
run "$ROOT/work/repo/.worktrees/$MISSION-lane-a" git commit --quiet --message 'feat(WP01): Work on WP01'
must_succeed 'step 25'

# step 26
run "$ROOT/work/repo" env SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1 "$SPEC_KITTY" agent tasks mark-status T001 --status done --mission "$MISSION"
must_succeed 'step 26'

# step 27
run "$ROOT/work/repo" git add --all
must_succeed 'step 27'

# step 28
run "$ROOT/work/repo" git commit --quiet --message 'Keep the review of WP01'
must_succeed 'step 28'

# step 29
run "$ROOT/work/repo" env SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1 "$SPEC_KITTY" agent tasks move-task WP01 --to for_review --note 'Ready for review' --mission "$MISSION"
must_succeed 'step 29'

the_scene_is_set

# step 30
put "$NOTES/fault-1/sitecustomize.py" <<'END'
# Executed by every Python interpreter that has the folder of this file on PYTHONPATH.
# PLAN says what goes wrong; all the rest makes it so.

from __future__ import annotations

PLAN = {'folder': '@{ROOT}/logs/plan-2',
 'rules': [{'events': ['write'],
            'action': {'do': 'alter',
                       'changes': [['(?m)^(\\s*[\\w.]*(?:work_package|wp)[\\w.]*: '
                                    '*[\'\\"]?)WP01([\'\\"]?)$',
                                    '\\g<1>WP77\\g<2>'],
                                   ['WP01', 'WP77'],
                                   ['\\A', 'work_package: WP77\n']]},
            'paths': ['@{ROOT}/tmp/*review*WP01*', '@{ROOT}/home/*prompt*review*WP01*'],
            'process': 'any',
            'after': None,
            'nth': None}]}

"""Events: what a Python process does to files, processes and peers, as its audit hooks see it.

Each audit event that matters becomes pairs of (kind, subject). Kinds are `write` (every way a file's content
may change: opened for writing, replaced, removed, truncated, linked), `read`, `mkdir`, `rmdir`, `metadata`,
`spawn` and `connect`. The subject is a file's absolute real path, a command line, or `host:port`.
"""


import os
import sys
from _thread import _local

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


WRITING = os.O_WRONLY | os.O_RDWR | os.O_TRUNC | os.O_APPEND | os.O_CREAT
NOWHERE = ("/dev/null", "/dev/tty", "/dev/pt", "/proc/")
"""Beginnings of paths that are no files of anybody's."""


def _real(path: Any, folder: int = -1, *, follow: bool = True) -> str:
    """Absolute path without symbolic links; `follow=False` leaves the last component as it is."""
    if isinstance(path, int):
        return os.readlink(f"/proc/self/fd/{path}")
    name = os.fsdecode(path)
    if folder >= 0:
        name = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), name)
    if follow:
        return os.path.realpath(name)
    head, tail = os.path.split(name.rstrip("/"))
    return os.path.join(os.path.realpath(head or "."), tail)


def _at(kind: str) -> Callable[..., list[tuple[str, str]]]:
    return lambda path, *_: [(kind, _real(path))]


def _below(kind: str) -> Callable[..., list[tuple[str, str]]]:
    return lambda path, *rest: [(kind, _real(path, rest[-1]))]


def _entry(kind: str) -> Callable[..., list[tuple[str, str]]]:
    return lambda path, *rest: [(kind, _real(path, rest[-1], follow=False))]


def _opened(path: Any, _mode: object, flags: int) -> list[tuple[str, str]]:
    if isinstance(path, int):
        return []  # a file already open
    real = _real(path)
    writing = flags & WRITING and not os.path.isdir(real)  # a folder: tempfile looks for a name in it
    return [("write" if writing else "read", real)]


def _renamed(source: Any, target: Any, source_folder: int, target_folder: int) -> list[tuple[str, str]]:
    return [*_entry("write")(target, target_folder), *_entry("write")(source, source_folder)]


def _made(path: Any, _mode: int, folder: int) -> list[tuple[str, str]]:
    real = _real(path, folder)
    return [] if os.path.exists(real) else [("mkdir", real)]  # one already there will not be made


def _linked(_source: Any, target: Any, *folders: int) -> list[tuple[str, str]]:
    return _entry("write")(target, folders[-1])


def _database(name: Any) -> list[tuple[str, str]]:
    path, _, options = os.fsdecode(name).removeprefix("file:").partition("?")
    if path in ("", ":memory:") or "mode=memory" in options:
        return []
    return [("read" if "mode=ro" in options else "write", _real(path))]


def _started(_executable: object, arguments: Any, *_: object) -> list[tuple[str, str]]:
    words = [arguments] if isinstance(arguments, (str, bytes, os.PathLike)) else arguments
    return [("spawn", " ".join(map(os.fsdecode, words)))]


def _connected(_socket: object, address: Any, *_: object) -> list[tuple[str, str]]:
    if address is None:
        return []  # a socket already connected
    if isinstance(address, (str, bytes)):
        return [("connect", os.fsdecode(address))]
    return [("connect", f"{address[0]}:{address[1]}")]


def _nothing(*_: object) -> list[tuple[str, str]]:
    return []


EVENTS: dict[str, Callable[..., list[tuple[str, str]]]] = {
    "open": _opened,
    "os.rename": _renamed,  # os.replace too
    "os.remove": _entry("write"),
    "os.truncate": _at("write"),
    "os.link": _linked,
    "os.symlink": _linked,
    "sqlite3.connect": _database,
    "os.mkdir": _made,
    "os.rmdir": _entry("rmdir"),
    "os.chmod": _below("metadata"),
    "os.chown": _below("metadata"),
    "os.utime": _below("metadata"),
    "os.setxattr": _at("metadata"),
    "os.removexattr": _at("metadata"),
    "subprocess.Popen": _started,
    "os.exec": _started,
    "os.posix_spawn": _started,
    "os.spawn": lambda _mode, *rest: _started(*rest),
    "os.system": lambda command: _started(None, command),
    "os.fork": _nothing,
    "socket.connect": _connected,
    "socket.sendto": _connected,
    "socket.sendmsg": _connected,
    "socket.getaddrinfo": _nothing,
    "socket.gethostbyname": _nothing,
    "socket.gethostbyaddr": _nothing,
}
"""The audit events that matter, and how each is read."""


def happenings(event: str, arguments: tuple[Any, ...]) -> list[tuple[str, str]]:
    """Say what an audit event does; nothing, when it concerns no file by name and no peer."""
    try:
        pairs = EVENTS[event](*arguments)
    except (OSError, ValueError, TypeError):
        return []  # malformed: the call itself is about to say so
    return [pair for pair in pairs if not pair[1].startswith(NOWHERE)]


def watch(*watchers: Any) -> None:
    """Show each watcher in turn every event that matters, before it happens: `see(event, arguments, pairs)`.

    What a watcher does itself is no event; what it raises, the event's caller gets. Files opened for reading
    are shown while a watcher `wants_reads`: there are thousands. For the rest of this process's life.
    """
    thread = _local()

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in EVENTS or hasattr(thread, "busy"):
            return
        if event == "open" and not arguments[2] & WRITING and not any(one.wants_reads for one in watchers):
            return
        thread.busy = True
        try:
            pairs = happenings(event, arguments)
            for watcher in watchers:
                watcher.see(event, arguments, pairs)
        finally:
            del thread.busy

    hook.__cantrace__ = True  # type: ignore[attr-defined]  # a debugger may look inside
    sys.addaudithook(hook)

"""Faults: the N-th matching event of a Python process fails, is lost, is late, is cut short or is its last.

A plan is `{"folder": ..., "rules": [rule, ...]}`. `folder` holds what the processes under one plan share: a
counter per rule, and `fired.jsonl`, a line per firing. A rule is

    events   kinds of events; `mutate` stands for every kind that changes a tree of files
    paths    globs, one of which the event's subject must match
    process  `main` (the command itself), `child` (a process it starts) or `any`
    after    number of another rule that must have matched before, or null
    nth      only the N-th match of all processes together, or null for each
    action   {"do": "fail", "errno": 5} | {"do": "lose"} | {"do": "delay", "seconds": 1}
             | {"do": "short", "bytes": 7} | {"do": "kill", "signal": "SIGINT"} | {"do": "count"}
             | {"do": "alter", "changes": [[pattern, replacement], ...]}

A delay with `"until": n` ends as soon as rule n has come to act.
"""


import atexit
import fcntl
import json
import os
import resource
import signal
import time
from _thread import allocate_lock, get_ident
from contextlib import suppress
from fnmatch import fnmatchcase

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from typing import Any


MAIN = "KITTY_INSIDE_MAIN"
"""Environment variable with the process id of the command itself; its children inherit it, not the role."""

TREE_CHANGES = ("write", "mkdir", "rmdir", "metadata")
SPAWNS = ("subprocess.Popen", "os.posix_spawn", "os.spawn", "os.system", "os.fork")


def is_main() -> bool:
    """Whether this process is the command itself; the first process to ask is."""
    return os.environ.setdefault(MAIN, str(os.getpid())) == str(os.getpid())


def append(path: str, data: bytes) -> int:
    """Add to a file that several processes add to, in one piece; return its size then."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        limit_files(limits[1])  # a limit of ours is not for us
        os.write(file, data)
        return os.lseek(file, 0, os.SEEK_CUR)
    finally:
        limit_files(limits[0])
        os.close(file)


def log(path: str, **record: object) -> None:
    """Add a line to a log that several processes add to."""
    append(path, json.dumps({**record, "pid": os.getpid()}).encode() + b"\n")


def strike(number: int) -> None:
    """Send a signal to the command itself, to this process, and to those between them, the eldest first."""
    main = int(os.environ[MAIN])
    line = [os.getpid()]
    above = os.getppid()
    while main not in line and above > 1:
        line.append(above)
        with open(f"/proc/{above}/stat", "rb") as file:
            above = int(file.read().rpartition(b")")[2].split()[1])
    for pid in reversed(line) if main in line else line[:1]:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def limit_files(size: int) -> None:
    """Let no file grow beyond a size (-1: any): a write is cut short there, and the next one fails."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard if size == resource.RLIM_INFINITY else size, hard))


def _content(path: str) -> bytes | None:
    if not os.path.exists(path):
        return None
    with open(path, "rb") as file:
        return file.read()


def _put_back(path: str, content: bytes | None) -> None:
    if content is None:
        os.unlink(path)
        return
    with open(path, "wb") as file:
        file.write(content)


def _writers(path: str) -> list[int]:
    """Descriptors through which this process can still write to a file."""
    found = []
    for name in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        try:
            same = os.readlink(f"/proc/self/fd/{name}") == path
            if same and fcntl.fcntl(int(name), fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
                found.append(int(name))
        except OSError:
            continue  # closed meanwhile
    return found


def _altered(content: bytes, changes: list[list[str]]) -> bytes:
    """Content with every match of the first pattern that occurs in it replaced; as it is if none does."""
    import re  # noqa: PLC0415 - few plans need it

    for pattern, replacement in changes:
        changed, count = re.subn(pattern.encode(), replacement.encode(), content)
        if count:
            return changed
    return content


class Faults:
    """The rules of one plan, at work in this process."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.rules = plan["rules"]
        self.about_reads = any("read" in rule["events"] for rule in self.rules)
        self.folder = os.path.realpath(plan["folder"])
        self.pid, self.main = os.getpid(), is_main()
        self.lost: dict[str, tuple[int, bytes | None, set[int]]] = {}  # path → rule, content before, threads
        self.short: dict[str, tuple[int, int]] = {}  # path → thread, size it may grow to
        self.settling = allocate_lock()
        self.over = False
        os.makedirs(self.folder, exist_ok=True)
        atexit.register(self.end)

    @property
    def wants_reads(self) -> bool:
        """Whether files opened for reading matter now: to a rule, or to what is under way."""
        return self.about_reads or bool(self.lost) or bool(self.short)

    def see(self, event: str, arguments: tuple[Any, ...], pairs: list[tuple[str, str]]) -> None:
        """Let an event happen, or not."""
        if self.over:
            return
        self.settle(spawning=event in SPAWNS)
        hits = [(n, *pair) for n, rule in enumerate(self.rules) for pair in self.hits(rule, event, pairs)]
        due = [hit for hit in hits if self.is_due(hit[0])]  # each is counted before any of them acts
        for number, kind, subject in due:
            self.act(number, kind, subject, arguments)

    def hits(self, rule: dict[str, Any], event: str, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return what of an event a rule is about: a list of one pair, or none."""
        if not pairs or rule["process"] == ("child" if self.main else "main"):
            return []
        if rule["after"] is not None and not os.path.exists(self.counter(rule["after"])):
            return []
        if rule["action"]["do"] == "short" and event != "open":
            return []  # only what is opened can be written in part
        kinds = (*rule["events"], *(TREE_CHANGES if "mutate" in rule["events"] else ()))
        return [
            (kind, subject)
            for kind, subject in pairs
            if kind in kinds and any(fnmatchcase(subject, glob) for glob in rule["paths"])
        ][:1]

    def counter(self, number: int) -> str:
        """One byte per match: its size says which match this is, in whatever process."""
        return os.path.join(self.folder, f"rule-{number}")

    def is_due(self, number: int) -> bool:
        """Count one more match of a rule; whether it is one to act on."""
        ordinal, nth = append(self.counter(number), b"."), self.rules[number]["nth"]
        return nth is None or nth == ordinal

    def act(self, number: int, kind: str, subject: str, arguments: tuple[Any, ...]) -> None:
        """Do what a rule says with an event that is about to happen."""
        action = self.rules[number]["action"]
        do = action["do"]
        if do in ("lose", "alter"):
            with self.settling:
                if not os.path.isdir(subject):
                    self.lost.setdefault(subject, (number, _content(subject), set()))[2].add(get_ident())
            return  # fired once the content is what it is to be
        self.fired(number, kind, subject)
        if do == "kill":
            strike(getattr(signal, action["signal"]))
        elif do == "delay":
            self.delay(action["seconds"], action.get("until"))
        elif do == "short":
            kept = os.path.exists(subject) and not arguments[2] & os.O_TRUNC
            self.short[subject] = (get_ident(), (os.path.getsize(subject) if kept else 0) + action["bytes"])
            limit_files(self.short[subject][1])
        elif do == "fail":
            raise OSError(action["errno"], os.strerror(action["errno"]), subject)

    def delay(self, seconds: float, until: int | None) -> None:
        """Let time pass, no more than it takes until another rule has come to act."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not (until is not None and self.has_acted(until)):
            time.sleep(left if until is None else min(left, 0.02))

    def has_acted(self, number: int) -> bool:
        """Whether a rule has matched as often as it takes, in whatever process."""
        counter = self.counter(number)
        return os.path.exists(counter) and os.path.getsize(counter) >= (self.rules[number]["nth"] or 1)

    def fired(self, number: int, kind: str, subject: str) -> None:
        """Leave word that a rule did what it says."""
        log(f"{self.folder}/fired.jsonl", rule=number, event=kind, subject=subject, main=self.main)

    def settle(self, *, spawning: bool = False, last: bool = False) -> None:
        """End what is under way: limits on files meanwhile closed, lost writes meanwhile made."""
        if os.getpid() != self.pid:  # forked: what the parent has under way is the parent's
            self.pid, self.main, self.lost, self.short = os.getpid(), False, {}, {}
            self.settling = allocate_lock()
        with self.settling:
            if self.short:
                limit_files(resource.RLIM_INFINITY)
                for path, (thread, _) in list(self.short.items()):
                    if thread == get_ident() and not _writers(path):
                        del self.short[path]
            for path in list(self.lost):
                self.lose(path, last=last)
            if self.short and not spawning:
                limit_files(min(size for _, size in self.short.values()))

    def lose(self, path: str, *, last: bool) -> None:
        """Put back what a file held, once its writer is done or will never be."""
        number, before, threads = self.lost[path]
        threads.discard(get_ident())  # this thread is past its write; another may be about to begin
        writers = _writers(path)
        if writers and not last:
            return
        if last or not threads:
            del self.lost[path]
        if self.rules[number]["action"]["do"] == "alter":
            if path not in self.lost:
                self.alter(path, number)
            return
        for descriptor in writers:  # buffers are yet to be flushed: into nothing
            os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
        if writers or _content(path) != before:
            with suppress(OSError):  # where nothing can be put back, nothing was lost: not fired
                _put_back(path, before)
                self.fired(number, "write", path)

    def alter(self, path: str, number: int) -> None:
        """Change what was written, if there is anything to change; what is not flushed yet is not there."""
        content = _content(path) or b""
        changed = _altered(content, self.rules[number]["action"]["changes"])
        if changed != content:
            _put_back(path, changed)
            self.fired(number, "write", path)

    def end(self) -> None:
        """Settle everything: the process is about to end."""
        self.over = True  # what we do ourselves from here on is no event
        self.settle(last=True)


def _expanded(value):
    """A part of the plan with $NAME replaced by that environment variable."""
    if isinstance(value, dict):
        return {key: _expanded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_expanded(item) for item in value]
    return os.path.expandvars(value) if isinstance(value, str) else value


watch(Faults(_expanded(PLAN)))
END
arm "$NOTES/fault-1" 'the prompt that was written names work package WP77'

# step 31
run "$ROOT/work/repo" env SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1 "$SPEC_KITTY" next --agent claude --mission "$MISSION" --result success --json

# step 32
run "$ROOT/work/repo" env SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1 "$SPEC_KITTY" next --agent claude --mission "$MISSION" --result success --json

# step 33
run "$ROOT/work/repo" env SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1 "$SPEC_KITTY" next --agent claude --mission "$MISSION" --result success --json

# step 34
run "$ROOT/work/repo" env SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1 "$SPEC_KITTY" next --agent claude --mission "$MISSION" --result success --json

# step 35
run "$ROOT/work/repo" env SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1 "$SPEC_KITTY" next --agent claude --mission "$MISSION" --result success --json

# step 36
disarm
[ -s "$ROOT/logs/plan-2/fired.jsonl" ] || could_not 'the fault never fired'

# step 37
check 'no reviewer is dispatched: the prompt that was written names work package WP77' 'a refusal that points at no prompt' 'exit status 0: Warning: project charter is not initialized; run `spec-kitty charter generate` when this project is ready for charter-governed workflows' "$ROOT" '[ "$EXIT" -ne 0 ] && ! grep -qE '"'"'^ *cat +/'"'"' "$STDOUT"'

conclude
