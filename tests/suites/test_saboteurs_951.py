"""Saboteurs of #951: each makes the cases of its promise red and no others.

What no release keeps yet is mended instead, to see those cases green.
"""

import pytest

from saboteurs.saboteur import Saboteur, each, idle

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

GOOD = "3.2.0a9"
CONTEXTS = "specify_cli/workspace/context.py"
GUARD = "specify_cli/policy/commit_guard.py"

RESOLVING = """
from dataclasses import replace as _replace

_genuine = resolve_active_wp_for_branch

def resolve_active_wp_for_branch(repo_root, branch_name):
    found = _genuine(repo_root, branch_name)
    return _otherwise(found, repo_root, branch_name) if _armed() else found

def _owned(repo_root, context, work_package):
    tasks = repo_root / "kitty-specs" / context.mission_slug / "tasks"
    return list(read_wp_frontmatter(_find_wp_file(tasks, work_package))[0].owned_files)

def _context(repo_root, branch_name):
    return next(each for each in list_contexts(repo_root) if each.branch_name == branch_name)
"""
"""Before a deed that finds another active work package than the release does."""

VALIDATING = """
import subprocess as _subprocess
from dataclasses import replace as _replace

_genuine = validate_staged_files

def validate_staged_files(staged_files, owned_files, branch_name, policy, ownership_scope=None):
    if not _armed():
        return _genuine(staged_files, owned_files, branch_name, policy, ownership_scope)
    return _otherwise(staged_files, owned_files, branch_name, policy, ownership_scope)
"""
"""Before a deed that judges the staged files otherwise than the release does."""

BY_THE_CONTEXT = """
def _otherwise(found, repo_root, branch_name):
    if not found.wp_id:
        return found
    context = _context(repo_root, branch_name)
    owned = _owned(repo_root, context, context.current_wp)
    return _replace(found, wp_id=context.current_wp, owned_files=owned)
"""

BY_THE_WHOLE_LANE = """
def _otherwise(found, repo_root, branch_name):
    if not found.wp_id:
        return found
    context = _context(repo_root, branch_name)
    owned = [name for each in context.lane_wp_ids for name in _owned(repo_root, context, each)]
    return _replace(found, owned_files=owned)
"""

GIVES_UP_IN_SILENCE = """
def _otherwise(found, repo_root, branch_name):
    return ActiveWPResolution(branch_name=branch_name) if found.diagnostic_code else found
"""

SPEAKS_OF_WHO_IS_ACTIVE_ALONE = """
def _otherwise(found, repo_root, branch_name):
    if not found.diagnostic_code:
        return found
    told = f"The active work package of {branch_name} is whoever the board shows as active"
    return ActiveWPResolution(branch_name=branch_name, warnings=[told])
"""

BLOCKS_WHAT_IS_STALE = """
def _otherwise(found, repo_root, branch_name):
    if not found.warnings:
        return found
    return _replace(found, diagnostic_code="STALE", diagnostic_message=found.warnings[0], warnings=[])
"""

OWNS_NOTHING_WHERE_LOST = """
def _otherwise(found, repo_root, branch_name):
    if found.context_source != "absent":
        return found
    return _replace(found, wp_id="WP01", owned_files=["nothing"])
"""

BY_THE_NAME_OF_THE_LANE = """
def _otherwise(found, repo_root, branch_name):
    alike = [each for each in list_contexts(repo_root) if branch_name.endswith(each.lane_id)]
    return _genuine(repo_root, alike[-1].branch_name)
"""

NAMES_NOTHING = """
def _otherwise(found, repo_root, branch_name):
    if not found.diagnostic_code:
        return found
    return _replace(found, diagnostic_message=f"{found.diagnostic_code}: the active one cannot be proven")
"""

CALLS_IT_SCOPE = """
def _otherwise(staged_files, owned_files, branch_name, policy, scope):
    if scope and scope.diagnostic_code:
        scope = OwnershipScope(owned_files=["nothing"])
    return _genuine(staged_files, owned_files, branch_name, policy, scope)
"""

OVERLOOKS_DELETIONS = """
def _otherwise(staged_files, owned_files, branch_name, policy, scope):
    import os
    there = [each for each in staged_files if os.path.exists(each)]
    return _genuine(there, owned_files, branch_name, policy, scope)
"""

SABOTEURS = (
    Saboteur(
        name="goes by the context, not by the event log",
        requirements=("FR-007", "SC-004"),
        release=GOOD,
        module=CONTEXTS,
        deed=RESOLVING + BY_THE_CONTEXT,
        verdicts={
            "951-01/WP02": "violates",
            "951-03/WP04": "violates",
            "951-04/WP02": "violates",
            "951-05/block/rename": "violates",
            "951-07/block/back-from-review": "violates",
            "951-08/names-a-later-one": "violates",
            "951-07/block/first": "conforms",
            "951-09/block/two-contexts": "conforms",
            "951-09/block/none-active": "conforms",
        },
    ),
    Saboteur(
        name="every work package of the lane lends its files",
        requirements=("FR-007", "SC-004"),
        release=GOOD,
        module=CONTEXTS,
        deed=RESOLVING + BY_THE_WHOLE_LANE,
        verdicts={
            "951-02/WP02": "violates",
            "951-04/WP04": "violates",
            "951-06/warn/mixed": "violates",
            "951-06/block/delete": "violates",
            "951-01/WP02": "conforms",
            "951-03/WP04": "conforms",
            "951-06/block/add-alike": "conforms",
        },
    ),
    Saboteur(
        name="overlooks deletions",
        requirements=("FR-007",),
        release=GOOD,
        module=GUARD,
        deed=VALIDATING + OVERLOOKS_DELETIONS,
        verdicts={
            "951-06/block/delete": "violates",
            "951-06/warn/delete": "violates",
            "951-06/block/mixed": "conforms",
            "951-05/block/delete": "conforms",
        },
    ),
    Saboteur(
        name="takes the lane of the same name of another mission",
        requirements=("FR-007", "C-004"),
        release=GOOD,
        module=CONTEXTS,
        deed=RESOLVING + BY_THE_NAME_OF_THE_LANE,
        verdicts={"951-11/warn": "violates", "951-11/block": "violates", "951-03/WP02": "conforms"},
    ),
    Saboteur(
        name="a stale context blocks",
        requirements=("FR-007", "FR-008"),
        release=GOOD,
        module=CONTEXTS,
        deed=RESOLVING + BLOCKS_WHAT_IS_STALE,
        verdicts={
            "951-03/WP02": "violates",
            "951-08/names-a-later-one": "violates",
            "951-08/names-none": "conforms",
            "951-09/block/two-active": "conforms",
            "951-07/block/first": "conforms",
        },
    ),
    Saboteur(
        name="gives up in silence",
        requirements=("FR-008",),
        release=GOOD,
        module=CONTEXTS,
        deed=RESOLVING + GIVES_UP_IN_SILENCE,
        verdicts={
            "951-09/block/two-contexts": "violates",
            "951-09/warn/none-active": "violates",
            "951-09/block/two-active": "violates",
            "951-09/block/work-package-file-missing": "violates",
            "951-04/WP02": "conforms",
            "951-10/two-active": "conforms",
        },
    ),
    Saboteur(
        name="speaks of the active work package, not of what it cannot prove",
        requirements=("FR-008",),
        release=GOOD,
        module=CONTEXTS,
        deed=RESOLVING + SPEAKS_OF_WHO_IS_ACTIVE_ALONE,
        verdicts={
            "951-09/warn/none-active": "violates",
            "951-09/warn/two-contexts": "violates",
            "951-04/WP02": "conforms",
        },
    ),
    Saboteur(
        name="calls a problem of its context a scope violation",
        requirements=("FR-008",),
        release=GOOD,
        module=GUARD,
        deed=VALIDATING + CALLS_IT_SCOPE,
        verdicts={
            "951-09/block/two-contexts": "violates",
            "951-09/block/none-active": "violates",
            "951-10/two-contexts": "violates",
            "951-10/work-package-file-corrupt": "violates",
            "951-04/WP02": "conforms",
            "951-08/names-none": "conforms",
        },
    ),
    Saboteur(
        name="takes everything for foreign where its context is lost",
        requirements=("FR-007", "FR-008"),
        release=GOOD,
        module=CONTEXTS,
        deed=RESOLVING + OWNS_NOTHING_WHERE_LOST,
        verdicts={
            "951-10/missing": "violates",
            "951-10/deleted": "violates",
            "951-10/corrupt": "violates",
            "951-10/empty": "violates",
            "951-10/says-nothing": "violates",
            "951-10/of-another-mission": "violates",
            "951-10/two-active": "conforms",
            "951-04/WP02": "conforms",
        },
    ),
    Saboteur(
        name="a refusal names nothing",
        requirements=("NFR-005",),
        release=GOOD,
        module=CONTEXTS,
        deed=RESOLVING + NAMES_NOTHING,
        verdicts={
            "951-12/two-active": "violates",
            "951-12/none-active": "violates",
            "951-09/block/two-active": "conforms",
            "951-04/WP02": "conforms",
        },
    ),
)

SAYS_WHAT_IS_LOST = """
def _otherwise(found, repo_root, branch_name):
    if found.context_source != "absent":
        return found
    told = f"CONTEXT_MISSING: no workspace context tells what is active in {branch_name}"
    return _replace(found, diagnostic_code="CONTEXT_MISSING", diagnostic_message=told)
"""

SEES_EVERY_NAME = """
def _otherwise(staged_files, owned_files, branch_name, policy, scope):
    command = ["git", "diff", "--cached", "--name-only", "--no-renames", "-z"]
    listed = _subprocess.run(command, capture_output=True, text=True).stdout
    return _genuine([each for each in listed.split(chr(0)) if each], owned_files, branch_name, policy, scope)
"""

NAMES_THE_MISSION = """
def _otherwise(staged_files, owned_files, branch_name, policy, scope):
    found = _genuine(staged_files, owned_files, branch_name, policy, scope)
    return _replace(found, violations=[f"{each}; branch {branch_name}" for each in found.violations])
"""

KNOWS_THE_WHOLE_LANE = """
import json as _json

_listed = list_contexts

def list_contexts(repo_root):
    found = _listed(repo_root)
    for context in found if _armed() else ():
        computed = repo_root / "kitty-specs" / context.mission_slug / "lanes.json"
        lanes = {each["lane_id"]: each["wp_ids"] for each in _json.loads(computed.read_text())["lanes"]}
        context.lane_wp_ids = lanes[context.lane_id]
    return found
"""

MENDERS = (
    Saboteur(
        name="says that its context is lost",
        requirements=("FR-008",),
        release=GOOD,
        module=CONTEXTS,
        deed=RESOLVING + SAYS_WHAT_IS_LOST,
        verdicts=dict.fromkeys(
            (
                *(
                    f"951-09/block/{how}"
                    for how in ("missing", "deleted", "corrupt", "empty", "says-nothing")
                ),
                "951-09/block/of-another-mission",
                "951-09/warn/deleted",
            ),
            "conforms",
        ),
    ),
    Saboteur(
        name="sees both names of a renamed file, and unquoted ones",
        requirements=("FR-007",),
        release=GOOD,
        module=GUARD,
        deed=VALIDATING + SEES_EVERY_NAME,
        verdicts=dict.fromkeys(
            (
                "951-05/block/beyond-ascii",
                "951-05/warn/beyond-ascii",
                "951-06/block/rename-into-own",
                "951-06/warn/rename-into-own",
            ),
            "conforms",
        ),
    ),
    Saboteur(
        name="names the mission",
        requirements=("NFR-005",),
        release=GOOD,
        module=GUARD,
        deed=VALIDATING + NAMES_THE_MISSION,
        verdicts=dict.fromkeys(
            ("951-12/out-of-scope", "951-12/work-package-file-missing", "951-12/no-owned-files"), "conforms"
        ),
    ),
    Saboteur(
        name="asks the computed lanes who shares the lane",
        requirements=("FR-007",),
        release=GOOD,
        module=CONTEXTS,
        deed=KNOWS_THE_WHOLE_LANE,
        verdicts={"951-08/knows-a-shorter-lane": "conforms"},
    ),
)
"""Of what no release keeps: the deed keeps it."""


@each(SABOTEURS)
def test_a_saboteur_turns_its_cases_red_and_no_others(saboteur, found):
    assert found(saboteur) == saboteur.verdicts


@each(idle(SABOTEURS))
def test_without_a_deed_all_are_green(saboteur, found):
    assert found(saboteur) == saboteur.verdicts


@each(MENDERS)
def test_a_mender_turns_its_cases_green(saboteur, found):
    assert found(saboteur) == saboteur.verdicts


@each(idle(MENDERS))
def test_without_a_mender_none_is_green(saboteur, found):
    assert found(saboteur) == dict.fromkeys(saboteur.verdicts, "violates")
