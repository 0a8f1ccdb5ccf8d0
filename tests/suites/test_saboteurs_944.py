"""Saboteurs of #944: each makes the cases of its promise red and no others."""

import pytest

from saboteurs.saboteur import Saboteur, each, idle

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

# Every deed acts where the console script begins, so it is in each command, forked or not.
_AROUND_MAIN = """
import glob, json, os, sys

_genuine_main = main


def _log():
    return sorted(glob.glob("kitty-specs/*/status.events.jsonl"))[0]


def _lane(work_package):
    with open(_log()) as log:
        lanes = {{event["wp_id"]: event["to_lane"] for event in map(json.loads, log) if "wp_id" in event}}
    return lanes.get(work_package)


def main(*arguments, **options):
    if not _armed():
        return _genuine_main(*arguments, **options)
{deed}
"""


def around_main(deed: str) -> str:
    """Return a deed that is done instead of the command; `_genuine_main()` does that."""
    return _AROUND_MAIN.format(deed="\n".join(f"    {line}" for line in deed.strip().splitlines()))


REFUSES_WHAT_IS_CLAIMED = """
if sys.argv[1:4] == ["agent", "action", "implement"]:
    if _lane(sys.argv[4]) == "claimed":
        sys.exit("Error: claimed by somebody")
return _genuine_main()
"""
TEARS_THE_LOG_WHEN_INTERRUPTED = """
try:
    return _genuine_main()
except BaseException as end:
    if isinstance(end, KeyboardInterrupt) or getattr(end, "code", 0) in (1, 130):
        with open(_log(), "r+b") as log:
            log.truncate(os.path.getsize(_log()) - 9)
    raise
"""
SAYS_DONE_WITHOUT_STREAMS = """
for stream in (0, 1):
    try:
        os.fstat(stream)
    except OSError:
        sys.exit(0)
return _genuine_main()
"""
SAYS_DONE_IN_THE_BACKGROUND = """
if os.isatty(0) and os.tcgetpgrp(0) != os.getpgrp():
    sys.exit(0)
return _genuine_main()
"""
WRITES_THE_LOG_IT_READ = """
import time
with open(_log(), "rb") as log:
    before = log.read()
time.sleep(0.5)
try:
    return _genuine_main()
finally:
    with open(_log(), "rb") as log:
        own = log.read().splitlines(keepends=True)[-1]
    time.sleep(0.5)
    with open(_log(), "wb") as log:
        log.write(before + own)
"""
IS_BUSY_WHEN_ASKED = """
if "status" in sys.argv:
    sys.exit("Error: busy")
return _genuine_main()
"""

SABOTEURS = (
    Saboteur(
        name="a claim whose holder is gone stays",
        requirements=("FR-003",),
        release="3.2.0a8",  # later ones write both events of an implement action in one piece
        deed=around_main(REFUSES_WHAT_IS_CLAIMED),
        verdicts={
            "944-01/implement": "violates",
            "944-01/review": "conforms",
            "944-05/implement": "violates",
            "944-08/taken-up": "violates",
        },
    ),
    Saboteur(
        name="an interruption tears the log",
        requirements=("FR-003",),
        release="3.2.0a9",
        deed=around_main(TEARS_THE_LOG_WHEN_INTERRUPTED),
        verdicts={"944-02/review": "violates", "944-01/review": "conforms"},
    ),
    Saboteur(
        name="success is reported without streams",
        requirements=("FR-003",),
        release="3.2.0a9",
        deed=around_main(SAYS_DONE_WITHOUT_STREAMS),
        verdicts={
            "944-03/implement/stdin-closed": "violates",
            "944-03/review/stdout-closed": "violates",
            "944-03/review/reader-gone": "conforms",
        },
    ),
    Saboteur(
        name="success is reported in the background",
        requirements=("FR-003",),
        release="3.2.0a9",
        deed=around_main(SAYS_DONE_IN_THE_BACKGROUND),
        verdicts={"944-04/implement": "violates", "944-05/implement": "conforms"},
    ),
    Saboteur(
        name="the log is written as it was read",
        requirements=("FR-001", "FR-003"),
        release="3.2.0a9",
        deed=around_main(WRITES_THE_LOG_IT_READ),
        verdicts={"944-09/different": "violates"},
    ),
    Saboteur(
        name="nobody can look while somebody works",
        requirements=("FR-003",),
        release="3.2.0a9",
        deed=around_main(IS_BUSY_WHEN_ASKED),
        verdicts={"944-06/review": "violates", "944-04/implement": "conforms"},
    ),
)


@each(SABOTEURS)
def test_a_saboteur_turns_its_cases_red_and_no_others(saboteur, found):
    assert found(saboteur) == saboteur.verdicts


@each(idle(SABOTEURS))
def test_without_a_deed_all_are_green(saboteur, found):
    assert found(saboteur) == saboteur.verdicts
