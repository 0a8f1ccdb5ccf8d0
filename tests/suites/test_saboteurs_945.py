"""Saboteurs of #945: each makes the cases of its promise red and no others."""

import pytest

from saboteurs.saboteur import Saboteur, each, idle

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

REPEATS_EVENTS = """
import atexit, glob, json

def _repeat_last_event():
    for name in glob.glob("kitty-specs/*/status.events.jsonl") if _armed() else ():
        with open(name) as log:
            record = json.loads(log.readlines()[-1])
        if record["to_lane"] == "approved" and record["wp_id"] == "WP02":
            record["event_id"] = record["event_id"][:-4] + "ZZZZ"
            with open(name, "a") as log:
                log.write(json.dumps(record, sort_keys=True) + chr(10))

atexit.register(_repeat_last_event)
"""

SABOTEURS = (
    Saboteur(
        name="a transition leaves its event twice",
        requirements=("FR-001",),
        release="3.2.0a9",
        deed=REPEATS_EVENTS,
        verdicts={
            "945-01/move-task/root": "violates",
            "945-01/review/root": "conforms",
            "945-02/move-task/root": "conforms",
        },
    ),
)


@each(SABOTEURS)
def test_a_saboteur_turns_its_cases_red_and_no_others(saboteur, found):
    assert found(saboteur) == saboteur.verdicts


@each(idle(SABOTEURS))
def test_without_a_deed_all_are_green(saboteur, found):
    assert found(saboteur) == saboteur.verdicts
