"""Saboteurs of #952: each makes the cases of its promise red and no others.

They act where synchronisation is on: what a command promises is learnt with it off.
"""

from textwrap import indent

import pytest

from saboteurs.saboteur import Saboteur, each, idle

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

AT_THE_END = """
import atexit, os, sys

def _sabotage():
    if _armed() and os.environ.get("SPEC_KITTY_ENABLE_SAAS_SYNC") and "--help" not in sys.argv:
        {deed}

atexit.register(_sabotage)
"""


def at_the_end(deed):
    """Do something when a command of a synchronised target ends."""
    return AT_THE_END.format(deed=indent(deed.strip(), 8 * " ").lstrip())


def saboteur(name, requirement, deed, *, release="3.2.0a9", **verdicts):
    """Name the cases by their number and variant: `c01_closed` is `952-01/closed`."""
    return spelt(name, requirement, at_the_end(deed), release=release, **verdicts)


def spelt(name, requirement, deed, *, release="3.2.0a9", **verdicts):
    """Do the same with a deed that is done at once."""
    cases = {f"952-{case[1:].replace('_', '/')}": verdict for case, verdict in verdicts.items()}
    return Saboteur(name=name, requirements=(requirement,), release=release, deed=deed, verdicts=cases)


WAITS_FOR_THE_QUEUE = """
import pathlib, sqlite3
for queue in pathlib.Path.home().rglob("queue*.db") if "mark-status" in sys.argv else ():
    sqlite3.connect(queue, timeout=86400).execute("BEGIN IMMEDIATE")
"""

SAYS_NOTHING = """
import os, sys
if "emit" in sys.argv and os.environ.get("SPEC_KITTY_ENABLE_SAAS_SYNC") and _armed():
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
"""
DROPS_WHAT_IT_WRITES = """
import os, pathlib
def _written(path, text, *more, _write=pathlib.Path.write_text, **options):
    dropped = path.name.startswith(("tasks.md", "WP01")) and os.environ.get("SPEC_KITTY_ENABLE_SAAS_SYNC")
    return len(text) if dropped and _armed() else _write(path, text, *more, **options)
pathlib.Path.write_text = _written
"""


SABOTEURS = (
    saboteur(
        "a sync that fails makes the command fail",
        "FR-009",
        # Signing in, and the first change, belong to a scene that is set in two steps.
        "if not {'auth', 'sync', 'pending'} & set(sys.argv): sys.stdout.flush(); os._exit(1)",
        c01_closed="violates",
        c02_fails="conforms",
        c08_tasks="violates",
    ),
    saboteur(
        "a sync that fails says so on standard output",
        "FR-010",
        "print('Sync is late')",
        c01_closed="violates",
        c05_closed="conforms",
        c08_tasks="violates",
        c09_tasks="violates",
    ),
    saboteur(
        "an answer loses a member while sync fails, and the command a diagnostic into it",
        "NFR-004",
        "print('{}')",
        c01_closed="violates",
        c02_fails="conforms",
        c08_tasks="violates",
    ),
    saboteur(
        "a sync that fails says so twice",
        "FR-011",
        "sys.stderr.write('Warning: sync is late\\n' * 2)",
        c01_closed="conforms",
        c02_fails="violates",
        c05_closed="conforms",
    ),
    saboteur(
        "a sync that fails is told with a cross",
        "FR-009",
        "print('❌ Connection failed')",
        c02_fails="conforms",
        c05_closed="violates",
    ),
    saboteur(
        "a sync that fails is told in red",
        "SC-005",
        "sys.stdout.isatty() and print('\\x1b[31mSync is late\\x1b[0m')",
        c01_closed="conforms",
        c04_text_closed="violates",
        c04_json_closed="violates",
        c05_closed="conforms",
    ),
    saboteur(
        "a sync that fails is told without its weight",
        "FR-009",
        "sys.stderr.write('Sync did not get through\\n')",
        release="3.2.0",  # 3.2.0a9 itself tells of a service that is gone in this way
        c01_closed="conforms",
        c03_closed="violates",
        c05_closed="conforms",
    ),
    saboteur(
        "a sync that fails is logged as an error",
        "FR-009",
        "sys.stderr.write('ERROR    Sync is late\\n')",
        c01_closed="violates",
        c02_fails="conforms",
        c05_closed="violates",
    ),
    spelt(
        "a sync that fails is not told of at all",
        "FR-009",
        SAYS_NOTHING,
        release="3.2.0",
        c01_closed="conforms",
        c03_closed="violates",
    ),
    spelt(
        "what a command writes is dropped while synchronisation is on",
        "FR-009",
        DROPS_WHAT_IT_WRITES,
        c01_closed="conforms",
        c05_closed="violates",
        c06_closed="violates",
        c08_tasks="violates",
        **{"c11_queue-locked": "violates"},
    ),
    saboteur(
        "the end of the interpreter is told by a traceback",
        "FR-009",
        "raise RuntimeError('cannot schedule new futures after shutdown')",
        c01_closed="conforms",
        c02_fails="conforms",
        c06_closed="violates",
        c12="violates",
    ),
    saboteur(
        "another host is reached for",
        "NFR-002",
        "import socket; socket.socket().connect_ex(('192.0.2.1', 443))",
        c02_fails="inconclusive",
        c07_refuses="violates",
    ),
    saboteur(
        "marking a subtask waits for the queue without end",
        "FR-009",
        WAITS_FOR_THE_QUEUE,
        **{
            "c01_queue-locked": "conforms",
            "c11_queue-locked": "violates",
        },
    ),
)


@each(SABOTEURS)
def test_a_saboteur_turns_its_cases_red_and_no_others(saboteur, found):
    assert found(saboteur) == saboteur.verdicts


@each(idle(SABOTEURS))
def test_without_a_deed_all_are_green(saboteur, found):
    assert found(saboteur) == saboteur.verdicts
