"""Saboteurs of #904: each makes the cases of its promise red and no others."""

import pytest

from saboteurs.saboteur import Saboteur, each, idle

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

SEES_NOTHING = """
_find = find_rejected_review_artifact_conflicts
find_rejected_review_artifact_conflicts = lambda *a, **k: [] if _armed() else _find(*a, **k)
"""
SORTS_BY_NAME = """
_latest = latest_review_artifact_verdict

def latest_review_artifact_verdict(folder):
    if not _armed():
        return _latest(folder)
    paths = sorted(folder.glob("review-cycle-*.md"))
    if not paths:
        return None
    artifact = ReviewCycleArtifact.from_file(paths[-1])
    return LatestReviewArtifactVerdict(
        path=paths[-1], cycle_number=artifact.cycle_number, verdict=artifact.verdict
    )
"""
REMEMBERS_ALL = """
_latest = latest_review_artifact_verdict

def latest_review_artifact_verdict(folder):
    paths = [path for path in folder.glob("review-cycle-*.md") if "verdict: rejected" in path.read_text()]
    if not _armed() or not paths:
        return _latest(folder)
    return LatestReviewArtifactVerdict(path=paths[0], cycle_number=1, verdict="rejected")
"""
REFUSES = """
import glob, pathlib, sys

_genuine_main = main

def main(*arguments, **options):
    kept = ("tasks/*/review-cycle-*.md", "status.events.jsonl")
    found = [name for pattern in kept for name in glob.glob("kitty-specs/*/" + pattern)]
    written = [pathlib.Path(name).read_text() for name in found]
    if _armed() and {words} <= set(sys.argv) and any("{told}" in text for text in written):
        sys.exit("Error: {says}")
    return _genuine_main(*arguments, **options)
"""

SAYS_LITTLE = """
import sys

_genuine_main = main

def main(*arguments, **options):
    if _armed() and {"merge", "review"} & set(sys.argv):
        sys.exit("Error: WP01 was rejected by its latest review")
    return _genuine_main(*arguments, **options)
"""
LOOKS_AT_THE_FIRST = """
_find = find_rejected_review_artifact_conflicts
find_rejected_review_artifact_conflicts = (
    lambda *a, **k: [each for each in _find(*a, **k) if not _armed() or each.wp_id == "WP01"]
)
"""
LISTS_FILES = """
import glob, sys

_genuine_main = main

def main(*arguments, **options):
    if _armed() and "status" in sys.argv and "--json" not in sys.argv:
        for name in glob.glob("kitty-specs/*/tasks/*/review-cycle-*.md"):
            print(f" {name} | 12 ++++")
        sys.exit(0)
    return _genuine_main(*arguments, **options)
"""


def refuses(*words: str, told: str, says: str = "WP01 was rejected") -> str:
    """Return a deed that refuses a command with these words while an artifact, or the log, has this text."""
    return REFUSES.format(words=set(words), told=told, says=says)


SABOTEURS = (
    Saboteur(
        name="a rejection cannot be answered by a second review",
        requirements=("FR-014",),
        release="3.2.0a9",
        deed=refuses("move-task", "approved", told="verdict: rejected"),
        verdicts={"904-08": "violates", "904-07/merge/ten-cycles": "conforms", "904-01/merge": "conforms"},
    ),
    Saboteur(
        name="an override on record is held against the work package",
        requirements=("FR-014",),
        release="3.2.7",
        deed=refuses("merge", told="Arbiter"),
        verdicts={"904-10": "violates", "904-07/merge/no-artifact": "conforms"},
    ),
    Saboteur(
        name="a merge after a second review is refused without a word about the first",
        requirements=("FR-014",),
        release="3.2.7",
        deed=refuses("merge", told="changes_requested", says="the mission is not ready"),
        verdicts={"904-09/merge": "violates", "904-09/status-json": "conforms"},
    ),
    Saboteur(
        name="a refusal over a rejection does not say which mission",
        requirements=("NFR-005",),
        release="3.2.0a9",
        deed=SAYS_LITTLE,
        verdicts={
            "904-06/written": "violates",
            "904-06/recorded": "violates",
            "904-06/mission-review": "violates",
            "904-01/merge": "conforms",
        },
    ),
    Saboteur(
        name="the merge looks at the first work package alone",
        requirements=("FR-014", "C-005"),
        release="3.2.0a9",
        module="specify_cli/cli/commands/merge.py",
        deed=LOOKS_AT_THE_FIRST,
        verdicts={"904-11": "violates", "904-01/merge": "conforms"},
    ),
    Saboteur(
        name="the board lists the artifact and says nothing of what it holds",
        requirements=("FR-014", "SC-007"),
        release="3.2.0a9",
        deed=LISTS_FILES,
        verdicts={"904-01/status": "violates", "904-01/status-json": "conforms"},
    ),
    Saboteur(
        name="the merge does not look at review artifacts",
        requirements=("FR-014", "SC-007", "C-005"),
        release="3.2.0a9",
        module="specify_cli/cli/commands/merge.py",
        deed=SEES_NOTHING,
        verdicts={
            "904-01/merge": "violates",
            "904-01/mission-review": "conforms",
            "904-01/status-json": "conforms",
            "904-02/merge": "violates",
        },
    ),
    Saboteur(
        name="the mission review does not look at review artifacts",
        requirements=("FR-014", "SC-007", "C-005"),
        release="3.2.0a9",
        module="specify_cli/cli/commands/review.py",
        deed=SEES_NOTHING,
        verdicts={"904-01/mission-review": "violates", "904-01/merge": "conforms"},
    ),
    Saboteur(
        name="the ninth cycle is taken for the latest",
        requirements=("FR-014", "SC-007"),
        release="3.2.0a9",
        module="specify_cli/review/artifacts.py",
        deed=SORTS_BY_NAME,
        verdicts={
            "904-01/merge": "conforms",
            "904-02/merge": "violates",
            "904-07/merge/ten-cycles": "violates",
            "904-07/merge/no-artifact": "conforms",
        },
    ),
    Saboteur(
        name="one rejection counts for ever",
        requirements=("FR-014",),
        release="3.2.0a9",
        module="specify_cli/review/artifacts.py",
        deed=REMEMBERS_ALL,
        verdicts={"904-01/merge": "conforms", "904-07/merge/ten-cycles": "violates"},
    ),
)

LOOKS_EVERYWHERE = """
import glob, re, sys

WORDS = {"merge", "review", "transition", "move-task"}
_genuine_main = main

def _rejected():
    found = glob.glob("kitty-specs/*/tasks/*/review-cycle-*.md")
    latest = max(found, key=lambda name: int(re.search("cycle-([0-9]+)", name)[1]), default=None)
    return latest if latest and "rejected" in open(latest).read() else None

def main(*arguments, **options):
    latest = _rejected() if _armed() and WORDS & set(sys.argv) else None
    if latest:
        mission = latest.split("/")[1]
        told = f"{mission}: the latest review contradicts the lane of WP01, see {latest}"
        if "merge" in sys.argv or ("move-task" in sys.argv and {"done", "--force"} & set(sys.argv)):
            sys.exit("Error: " + told)
        sys.stderr.write("Warning: " + told + chr(10))
    return _genuine_main(*arguments, **options)
"""

MENDERS = (
    Saboteur(
        name="whatever signs off looks at the latest artifact, readable or not",
        requirements=("FR-014", "NFR-005", "C-005"),
        release="3.2.0a9",
        deed=LOOKS_EVERYWHERE,
        verdicts={
            "904-03/merge/not-yaml": "conforms",
            "904-03/merge/unclosed": "conforms",
            "904-03/mission-review/conflict": "conforms",
            "904-03/mission-review/not-yaml": "conforms",
            "904-04/orchestrator": "conforms",
            "904-05/merge": "conforms",
            "904-06/written": "conforms",
            "904-06/recorded": "conforms",
            "904-06/move-to-done": "conforms",
            "904-06/forced-approval": "conforms",
        },
    ),
)


@each(SABOTEURS)
def test_a_saboteur_turns_its_cases_red_and_no_others(saboteur, found):
    assert found(saboteur) == saboteur.verdicts


@each(idle(SABOTEURS))
def test_without_a_deed_all_are_green(saboteur, found):
    assert found(saboteur) == saboteur.verdicts


@each(MENDERS)
def test_a_mended_release_turns_what_few_keep_green(saboteur, found):
    assert found(saboteur) == saboteur.verdicts
