"""Saboteurs of #953, and a release whose way out leads somewhere: none of the released ones has that."""

import pytest

from saboteurs.saboteur import Saboteur, each, idle

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

RELEASE = "3.2.0a9"
MERGE = "specify_cli/cli/commands/merge.py"

LETS_ALL_BY = """
_enforce = _enforce_target_branch_sync_preflight
_enforce_target_branch_sync_preflight = lambda *a, **k: None if _armed() else _enforce(*a, **k)
"""
LEAVES_A_BRANCH = """
import subprocess as _subprocess
_enforce = _enforce_target_branch_sync_preflight

def _enforce_target_branch_sync_preflight(repo_root, **k):
    if _armed():
        _subprocess.run(["git", "branch", "left-behind"], cwd=repo_root, check=True)
    return _enforce(repo_root, **k)
"""
LOOKS_AT = """
_enforce = _enforce_target_branch_sync_preflight

def _enforce_target_branch_sync_preflight(repo_root, *, target_branch, **k):
    import subprocess
    asked = ["git", "branch", "--show-current"]
    here = subprocess.run(asked, cwd=repo_root, capture_output=True, text=True, check=True).stdout.strip()
    target = {branch} if _armed() else target_branch
    known = subprocess.run(["git", "rev-parse", "--verify", "-q", f"origin/{{target}}"], cwd=repo_root)
    return None if known.returncode else _enforce(repo_root, target_branch=target, **k)
"""
IS_TERSE = """
_payload = _target_branch_sync_payload

def _target_branch_sync_payload(*a, **k):
    return {**_payload(*a, **k), "remediation": ["Ask somebody."]} if _armed() else _payload(*a, **k)
"""
BLOCKS_ALL = """
import dataclasses as _dataclasses
_inspect = inspect_target_branch_sync

def inspect_target_branch_sync(*a, **k):
    status = _inspect(*a, **k)
    return _dataclasses.replace(status, state="diverged") if _armed() else status
"""
TELLS_OF_DIVERGENCE = """
import subprocess as _subprocess
import sys as _sys

_genuine_main = main

def main(*arguments, **options):
    if _armed() and {"accept", "review", "accept-mission"} & set(_sys.argv):
        count = ["git", "rev-list", "--left-right", "--count", "origin/main...main"]
        theirs, ours = _subprocess.run(count, capture_output=True, text=True, check=True).stdout.split()
        if int(theirs) and int(ours):
            _sys.stderr.write("Warning: the target branch main has diverged from origin/main\\n")
    return _genuine_main(*arguments, **options)
"""
MENDED = """
import subprocess as _subprocess

def target_branch_sync_remediation(status, *, mission_slug, mission_branch=None):
    branch = f"kitty/pr/{mission_slug}-to-{status.target_branch}@AGAIN@"
    pattern = f"refs/heads/kitty/mission-{mission_slug}-lane-*"
    listed = ["git", "for-each-ref", "--format=%(refname:short)", pattern]
    lanes = _subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
    return [
        f"Local {status.target_branch} is {status.state}.",
        f"Focused PR path: git fetch origin {status.target_branch}",
        f"Then: git switch -c {branch} @BASE@",
        *(f"Then: git checkout {lane} -- src" for lane in lanes[@LANES@]),
        f"Then: git checkout {status.target_branch} -- kitty-specs/{mission_slug}",
        "Then: git commit --message 'The mission alone'",
        f"Then: git push -u origin {branch}",
    ]
"""
MAKES_NONE = """
def target_branch_sync_remediation(status, *, mission_slug, mission_branch=None):
    return [f"Local {status.target_branch} is {status.state}.", "Then: git branch --list kitty/pr"]
"""


def way_out(*, base: str = "origin/main", again: str = "", lanes: str = ":") -> str:
    return MENDED.replace("@BASE@", base).replace("@AGAIN@", again).replace("@LANES@", lanes)


PATH_CASES = (
    "953-07/planned-at-origin",
    "953-07/planned-here",
    "953-07/unrelated-before",
    "953-07/two-lanes",
    "953-07/merge",
    "953-08/planned-here",
)
MENDER = Saboteur(
    name="the way out leads to the mission's change",
    requirements=("FR-013", "SC-006"),
    release=RELEASE,
    module=MERGE,
    deed=way_out(),
    verdicts=dict.fromkeys((*PATH_CASES, "953-08/unrelated-before", "953-09"), "conforms"),
)
WARNER = Saboteur(
    name="whoever calls a mission ready tells of the divergence",
    requirements=("FR-012",),
    release=RELEASE,
    deed=TELLS_OF_DIVERGENCE,
    verdicts=dict.fromkeys(
        (f"953-03/{how}" for how in ("accept", "agent-accept", "mission-review", "orchestrator-accept")),
        "conforms",
    ),
)
STRAYS = (
    Saboteur(
        name="the way out leads to the change of the first lane",
        requirements=("FR-013",),
        release=RELEASE,
        module=MERGE,
        deed=way_out(lanes=":1"),
        verdicts={"953-07/planned-here": "conforms", "953-07/two-lanes": "violates"},
    ),
    Saboteur(
        name="the way out makes no branch",
        requirements=("FR-013",),
        release=RELEASE,
        module=MERGE,
        deed=MAKES_NONE,
        verdicts={"953-07/planned-here": "violates", "953-08/planned-here": "violates", "953-09": "violates"},
    ),
    Saboteur(
        name="the way out starts from local main",
        requirements=("FR-013",),
        release=RELEASE,
        module=MERGE,
        deed=way_out(base="main"),
        verdicts={"953-07/planned-here": "conforms", "953-08/planned-here": "violates", "953-09": "conforms"},
    ),
    Saboteur(
        name="the way out is another each time",
        requirements=("FR-013",),
        release=RELEASE,
        module=MERGE,
        deed=way_out(again="{__import__('time').time_ns()}"),
        verdicts={"953-07/planned-here": "conforms", "953-09": "violates"},
    ),
)
SABOTEURS = (
    Saboteur(
        name="the preflight lets everything pass",
        requirements=("FR-012", "SC-006"),
        release=RELEASE,
        module=MERGE,
        deed=LETS_ALL_BY,
        verdicts={
            "953-01/merge/known": "violates",
            "953-02/dry-run": "violates",
            "953-04/merge/in-sync": "conforms",
            "953-05/merge/known": "violates",
        },
    ),
    Saboteur(
        name="the preflight leaves something behind",
        requirements=("FR-012",),
        release=RELEASE,
        module=MERGE,
        deed=LEAVES_A_BRANCH,
        verdicts={
            "953-01/merge/known": "violates",
            "953-04/merge/in-sync": "conforms",
            "953-05/merge/known": "violates",
            "953-06/merge/unreachable": "violates",
        },
    ),
    Saboteur(
        name="the preflight looks at main, whatever the target",
        requirements=("FR-012", "C-004"),
        release=RELEASE,
        module=MERGE,
        deed=LOOKS_AT.format(branch='"main"'),
        verdicts={
            "953-01/merge/target-develop": "violates",
            "953-01/merge/elsewhere-checked-out": "conforms",
            "953-01/merge/known": "conforms",
        },
    ),
    Saboteur(
        name="the preflight looks at the branch that is checked out",
        requirements=("FR-012", "C-004"),
        release=RELEASE,
        module=MERGE,
        deed=LOOKS_AT.format(branch="here"),
        verdicts={
            "953-01/merge/target-develop": "conforms",
            "953-01/merge/elsewhere-checked-out": "violates",
        },
    ),
    Saboteur(
        name="the preflight shows no way out",
        requirements=("NFR-005", "SC-006"),
        release=RELEASE,
        module=MERGE,
        deed=IS_TERSE,
        verdicts={"953-01/merge/known": "violates", "953-02/dry-run": "conforms", "953-09": "violates"},
    ),
    Saboteur(
        name="the preflight calls every branch diverged",
        requirements=("FR-012",),
        release=RELEASE,
        module=MERGE,
        deed=BLOCKS_ALL,
        verdicts={
            "953-01/merge/known": "conforms",
            "953-04/merge/in-sync": "violates",
            "953-04/merge/no-remote": "violates",
        },
    ),
)


@each((*SABOTEURS, *STRAYS, MENDER, WARNER))
def test_a_deed_turns_its_cases_and_no_others(saboteur, found):
    assert found(saboteur) == saboteur.verdicts


@each(idle(SABOTEURS))
def test_without_a_deed_all_are_green(saboteur, found):
    assert found(saboteur) == saboteur.verdicts
