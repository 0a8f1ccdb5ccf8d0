"""Saboteurs of the smoke."""

import pytest

from saboteurs.saboteur import Saboteur, each, idle

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

GOOD = "3.2.0a9"

REPORTS_ANOTHER_LANE = """
class _Json:
    def dumps(self, document, **how):
        text = _json.dumps(document, **how)
        return text.replace('"lane": "approved"', '"lane": "in_review"') if _armed() else text

    def __getattr__(self, name):
        return getattr(_json, name)

_json, json = json, _Json()
"""
FORGETS_WHAT_IS_DONE = """
_mark = _mark_wp_merged_done

def _mark_wp_merged_done(*told, **more):
    if not _armed():
        _mark(*told, **more)
"""
KEEPS_META_TO_ITSELF = """
import atexit, glob, subprocess, sys

def _take_it_out():
    created = sys.argv[1:4] == ["agent", "mission", "create"]
    for meta in glob.glob("kitty-specs/*/meta.json") if created else ():
        subprocess.run(["git", "rm", "--quiet", "--cached", meta], check=True)
        subprocess.run(["git", "commit", "--quiet", "--message", "Not here"], check=True)

atexit.register(_take_it_out)
"""

SABOTEURS = (
    Saboteur(
        name="what a mission is stays out of the repository root checkout",
        requirements=("C-003",),
        release=GOOD,
        deed=KEEPS_META_TO_ITSELF,
        from_the_start=True,
        verdicts={"smoke-04/created": "violates"},
    ),
    Saboteur(
        name="the board has another lane than the event log",
        requirements=("FR-001",),
        release=GOOD,
        module="specify_cli/cli/commands/agent/tasks.py",
        deed=REPORTS_ANOTHER_LANE,
        verdicts={"smoke-03/approved": "violates", "smoke-03/for_review": "conforms"},
    ),
    Saboteur(
        name="a merge calls nothing done",
        requirements=("SC-001",),
        release=GOOD,
        module="specify_cli/cli/commands/merge.py",
        deed=FORGETS_WHAT_IS_DONE,
        verdicts={"smoke-01": "violates", "smoke-03/approved": "conforms"},
    ),
)


@each(SABOTEURS)
def test_a_saboteur_turns_its_cases_red_and_no_others(saboteur, found):
    assert found(saboteur) == saboteur.verdicts


@each(idle(SABOTEURS))
def test_without_a_deed_all_are_green(saboteur, found):
    assert found(saboteur) == saboteur.verdicts
