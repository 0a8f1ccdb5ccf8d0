"""Saboteurs of #950, and a mender: what no release keeps so far must turn green where it is kept."""

import pytest

from saboteurs.saboteur import Saboteur, each, idle

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

GOOD = "3.2.0a9"
WORKFLOW = "specify_cli/cli/commands/agent/workflow.py"

COMPARES_WITH = """
import re
_context = _resolve_review_context

def _resolve_review_context(workspace_path, repo_root, mission_slug, wp_id, frontmatter):
    context = _context(workspace_path, repo_root, mission_slug, wp_id, frontmatter)
    if _armed():
        context["base_branch"] = context["base_ref"] = {base}
    return context
"""

LOOP = "specify_cli/next/prompt_builder.py"
BEGINS_AT = """
import re as _re
_prompt = _build_wp_prompt

def _build_wp_prompt(*a, **k):
    text = _prompt(*a, **k)
    return _re.sub(r"(git (?:log|diff)) \\S+\\.\\.HEAD", r"\\1 {base}..HEAD", text) if _armed() else text
"""
REFUSES_ALL = """
_workspace = resolve_workspace_for_wp

def resolve_workspace_for_wp(repo_root, mission_slug, wp_id, **k):
    if _armed():
        raise RuntimeError(f"mission {mission_slug}, {wp_id}: no review today")
    return _workspace(repo_root, mission_slug, wp_id, **k)
"""

SABOTEURS = (
    Saboteur(
        name="the loop compares with main",
        requirements=("FR-006", "C-004"),
        release=GOOD,
        module=LOOP,
        deed=BEGINS_AT.format(base="main"),
        verdicts={"950-04/context-kept": "violates", "950-01/mission": "conforms"},
    ),
    Saboteur(
        name="every review is refused",
        requirements=("FR-006",),
        release=GOOD,
        module=WORKFLOW,
        deed=REFUSES_ALL,
        verdicts={
            "950-01/mission": "inconclusive",
            "950-02/context-lost": "inconclusive",
            "950-03/context-kept": "inconclusive",
        },
    ),
    Saboteur(
        name="the base is always main",
        requirements=("FR-006", "C-004"),
        release=GOOD,
        module=WORKFLOW,
        deed=COMPARES_WITH.format(base='"main"'),
        verdicts={
            "950-01/mission": "violates",
            "950-01/digits": "violates",
            "950-02/context-lost": "violates",
            "950-02/target-renamed": "violates",
            "950-03/context-kept": "violates",
            "949-02/same-work-package": "conforms",
        },
    ),
    Saboteur(
        name="the base is made up from the slug",
        requirements=("FR-006", "C-004"),
        release=GOOD,
        module=WORKFLOW,
        deed=COMPARES_WITH.format(base='"kitty/mission-" + mission_slug.removeprefix("mission-")'),
        verdicts={
            "950-01/mission": "violates",
            "950-01/mission-mission": "violates",
            "950-01/kitty-mission": "conforms",
            "950-01/very-long": "conforms",
            "950-02/lane-rebased": "violates",
        },
    ),
    Saboteur(
        name="the base is where the lane once began",
        requirements=("FR-006", "C-004"),
        release=GOOD,
        module=WORKFLOW,
        deed=COMPARES_WITH.format(
            base='re.search("base_commit: (\\\\w+)", frontmatter)[1] if frontmatter else ""'
        ),
        verdicts={"950-01/mission": "conforms", "950-02/lane-rebased": "violates"},
    ),
)

NEAREST_COMMON_COMMIT = """
def _forks(workspace_path, context):
    lane = context["branch_name"]
    for base in (context["base_branch"], "main"):
        fork = subprocess.run(
            ["git", "merge-base", base, lane], cwd=workspace_path, capture_output=True, text=True
        )
        if fork.returncode == 0:
            ahead = ["git", "rev-list", "--count", f"{fork.stdout.strip()}..{lane}"]
            count = subprocess.run(ahead, cwd=workspace_path, capture_output=True, text=True)
            yield int(count.stdout), fork.stdout.strip()

_context = _resolve_review_context

def _resolve_review_context(workspace_path, *rest):
    context = _context(workspace_path, *rest)
    if not context["branch_name"].startswith("kitty/"):
        context["branch_name"] = "origin/kitty/mission-" + workspace_path.name
        context["base_branch"] = "origin/" + context["mission_branch"]
    context["base_branch"] = context["base_ref"] = min(_forks(workspace_path, context))[1]
    return context
"""

MENDERS = (
    Saboteur(
        name="the base is the nearest commit that the lane has in common",
        requirements=("FR-006", "C-004"),
        release=GOOD,
        module=WORKFLOW,
        deed=NEAREST_COMMON_COMMIT,
        verdicts={
            "950-01/mission": "conforms",
            "950-02/fresh-clone": "conforms",
            "950-02/mission-branch-moved": "conforms",
            "950-02/lane-rebased": "conforms",
            "950-02/lane-rebased-onto-target": "conforms",
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
def test_a_mended_release_turns_what_none_keeps_green(saboteur, found):
    assert found(saboteur) == saboteur.verdicts
