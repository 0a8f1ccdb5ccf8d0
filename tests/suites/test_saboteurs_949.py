"""Saboteurs of #949, and menders: what no release keeps so far must turn green where it is kept."""

import pytest

from saboteurs.saboteur import Saboteur, each, idle

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

GOOD = "3.2.0a9"
METADATA = "specify_cli/review/prompt_metadata.py"
WORKFLOW = "specify_cli/cli/commands/agent/workflow.py"
LOOP = "specify_cli/next/prompt_builder.py"

ONE_PLACE_FOR_ALL = """
_place = review_prompt_path

def review_prompt_path(repo_root, **identity):
    own = _place(repo_root, **identity)
    return Path(tempfile.gettempdir()) / "spec-kitty-review-prompts" / "prompt.md" if _armed() else own
"""
ONE_PLACE_FOR_EACH_MISSION = """
_place = review_prompt_path

def review_prompt_path(repo_root, **identity):
    own = _place(repo_root, **identity)
    return own.with_name("prompt.md") if _armed() else own
"""
ONE_PLACE_FOR_EACH_SECOND = """
import time
_place = review_prompt_path

def review_prompt_path(repo_root, **identity):
    own = _place(repo_root, **identity)
    return own.with_name(f"{int(time.time())}.md") if _armed() else own
"""
CALLS_ITS_BASE_A_TARGET = """
_fields = ReviewPromptMetadata.to_frontmatter

def _with_a_target(self):
    global REQUIRED_REVIEW_PROMPT_FIELDS
    fields = _fields(self)
    if _armed():
        fields["merge_target"] = fields.pop("base_ref")
        REQUIRED_REVIEW_PROMPT_FIELDS = tuple(fields)
    return fields

ReviewPromptMetadata.to_frontmatter = _with_a_target
"""
WRITES_THROUGH_ANY_FOLDER = """
import shutil
_write = write_review_prompt_with_metadata

def write_review_prompt_with_metadata(content, metadata, **options):
    if _armed() and metadata.prompt_path.parent.is_file():
        metadata.prompt_path.parent.unlink()
    return _write(content, metadata, **options)
"""
NAMES_THE_ROOT_AS_WORKTREE = """
_build = build_review_prompt_metadata

def build_review_prompt_metadata(**identity):
    if _armed():
        identity["lane_worktree"] = identity["repo_root"]
    return _build(**identity)
"""
NAMES_NO_INVOCATION = """
_fields = ReviewPromptMetadata.to_frontmatter

def _without_invocation(self):
    global REQUIRED_REVIEW_PROMPT_FIELDS
    fields = _fields(self)
    if _armed():
        del fields["invocation_id"]
        REQUIRED_REVIEW_PROMPT_FIELDS = tuple(fields)
    return fields

ReviewPromptMetadata.to_frontmatter = _without_invocation
"""
LOOKS_AT_NOTHING = """
_validate = validate_review_prompt_metadata

def validate_review_prompt_metadata(prompt_path, requested):
    if not _armed():
        _validate(prompt_path, requested)
"""
LOOKS_AT_THE_MISSION_ALONE = """
_validate = validate_review_prompt_metadata

def validate_review_prompt_metadata(prompt_path, requested):
    global REQUIRED_REVIEW_PROMPT_FIELDS
    if _armed():
        REQUIRED_REVIEW_PROMPT_FIELDS = ("mission_id", "mission_slug")
    _validate(prompt_path, requested)
"""
REFUSES_WITHOUT_A_WORD = """
_validate = validate_review_prompt_metadata

def validate_review_prompt_metadata(prompt_path, requested):
    try:
        _validate(prompt_path, requested)
    except ReviewPromptMetadataError:
        of = f"{requested.work_package_id} of {requested.mission_slug}"
        raise RuntimeError(f"the prompt for {of} is not valid") if _armed() else None
"""
WRITES_WHAT_IT_CAN = """
_write, _validate = write_review_prompt_with_metadata, validate_review_prompt_metadata

def write_review_prompt_with_metadata(content, metadata, **options):
    try:
        return _write(content, metadata, **options)
    except PermissionError:
        if not _armed():
            raise
        return next(metadata.prompt_path.parent.glob("*.md"))

def validate_review_prompt_metadata(prompt_path, requested):
    if not _armed() or prompt_path == requested.prompt_path:
        _validate(prompt_path, requested)
"""
LOCKS_NOTHING = """
import contextlib
_lock = feature_status_lock

def feature_status_lock(*arguments, **options):
    return contextlib.nullcontext() if _armed() else _lock(*arguments, **options)
"""

SABOTEURS = (
    Saboteur(
        name="all prompts have one place",
        requirements=("FR-004", "SC-003"),
        release=GOOD,
        module=METADATA,
        deed=ONE_PLACE_FOR_ALL,
        verdicts={
            "949-01/two-missions": "violates",
            "949-01/two-repositories": "violates",
            "949-01/separate-tmpdirs": "conforms",
            "949-02/two-work-packages": "violates",
            "949-03": "conforms",
            "949-07/review/foreign-file": "violates",
            "949-07/review/symbolic-link": "violates",
        },
    ),
    Saboteur(
        name="invocations share a place",
        requirements=("FR-004",),
        release=GOOD,
        module=METADATA,
        deed=ONE_PLACE_FOR_EACH_MISSION,
        verdicts={
            "949-01/two-missions": "conforms",
            "949-02/two-missions": "conforms",
            "949-02/two-work-packages": "conforms",
            "949-02/same-work-package": "violates",
            "949-07/review/folder-is-a-link": "violates",
            "949-16": "violates",
        },
    ),
    Saboteur(
        name="prompts are named after the second they are written in",
        requirements=("FR-004", "SC-003"),
        release=GOOD,
        module=METADATA,
        deed=ONE_PLACE_FOR_EACH_SECOND,
        verdicts={"949-16": "violates", "949-02/two-work-packages": "conforms"},
    ),
    Saboteur(
        name="what stands in the way of a prompt is done away with",
        requirements=("FR-004",),
        release=GOOD,
        module=METADATA,
        deed=WRITES_THROUGH_ANY_FOLDER,
        verdicts={
            "949-07/review/folder-is-a-file": "violates",
            "949-07/review/folder-is-a-link": "conforms",
            "949-07/review/foreign-file": "conforms",
        },
    ),
    Saboteur(
        name="a prompt calls its base the target of the merge",
        requirements=("FR-004",),
        release=GOOD,
        module=METADATA,
        deed=CALLS_ITS_BASE_A_TARGET,
        verdicts={"949-03": "violates", "949-10/worktree": "conforms"},
    ),
    Saboteur(
        name="a prompt names another worktree",
        requirements=("FR-004", "SC-003"),
        release=GOOD,
        module=METADATA,
        deed=NAMES_THE_ROOT_AS_WORKTREE,
        verdicts={"949-03": "violates", "949-02/same-work-package": "conforms"},
    ),
    Saboteur(
        name="a prompt names no invocation",
        requirements=("FR-004",),
        release=GOOD,
        module=METADATA,
        deed=NAMES_NO_INVOCATION,
        verdicts={"949-03": "violates", "949-10/worktree": "conforms"},
    ),
    Saboteur(
        name="nobody looks at what was written",
        requirements=("FR-005", "SC-003"),
        release=GOOD,
        module=METADATA,
        deed=LOOKS_AT_NOTHING,
        verdicts={
            "949-03": "conforms",
            "949-10/repository": "violates",
            "949-11/missing": "violates",
            "949-11/cut-off": "violates",
            "949-12/mission": "violates",
        },
    ),
    Saboteur(
        name="only the mission is compared",
        requirements=("FR-005",),
        release=GOOD,
        module=METADATA,
        deed=LOOKS_AT_THE_MISSION_ALONE,
        verdicts={
            "949-10/repository": "violates",
            "949-10/mission-slug": "conforms",
            "949-10/mission-id": "conforms",
            "949-10/work-package": "violates",
            "949-10/worktree": "violates",
            "949-10/branch": "violates",
            "949-10/base": "violates",
            "949-10/invocation": "violates",
            "949-11/without-metadata": "conforms",
            "949-12/mission": "conforms",
            "949-12/repository": "conforms",  # in another repository the mission is another, too
            "949-12/work-package": "violates",
        },
    ),
    Saboteur(
        name="a refusal does not say what was found",
        requirements=("FR-005", "NFR-005"),
        release=GOOD,
        module=METADATA,
        deed=REFUSES_WITHOUT_A_WORD,
        verdicts={
            "949-10/worktree": "violates",
            "949-11/missing": "violates",
            "949-12/mission": "violates",
            "949-03": "conforms",
        },
    ),
    Saboteur(
        name="a prompt that cannot be written is an earlier one",
        requirements=("FR-004",),
        release=GOOD,
        module=METADATA,
        deed=WRITES_WHAT_IT_CAN,
        verdicts={"949-08/review": "violates", "949-07/review/foreign-file": "conforms"},
    ),
    Saboteur(
        name="nothing keeps two claims of one mission apart",
        requirements=("FR-004",),
        release=GOOD,
        module=WORKFLOW,
        deed=LOCKS_NOTHING,
        verdicts={"949-09/two-work-packages": "violates", "949-02/two-work-packages": "conforms"},
    ),
)

COMPARES_THE_TEXT = """
_write, _validate, _written = write_review_prompt_with_metadata, validate_review_prompt_metadata, {}

def write_review_prompt_with_metadata(content, metadata, **options):
    _written[metadata.prompt_path] = content
    return _write(content, metadata, **options)

def validate_review_prompt_metadata(prompt_path, requested):
    _validate(prompt_path, requested)
    if _written[requested.prompt_path].strip() not in prompt_path.read_text(encoding="utf-8"):
        of = f"{requested.work_package_id} of {requested.mission_slug}"
        raise RuntimeError(f"REVIEW_PROMPT_TEXT_MISMATCH: {of}")
"""
READS_BACK_WHAT_NEXT_WROTE = """
_write = _write_to_temp

def _write_to_temp(action, wp_id, content, **about):
    path = _write(action, wp_id, content, **about)
    found = path.read_text(encoding="utf-8") if path.exists() else content
    if _armed() and found != content:
        other = sorted(set(found.splitlines()) - set(content.splitlines()))
        of = f"{wp_id} of {about['mission_slug']}"
        raise RuntimeError(f"the prompt for {of} does not match what was written: {other}")
    return path
"""
TAKES_THE_CLAIM_BACK = """
import subprocess
_validate = validate_review_prompt_metadata

def validate_review_prompt_metadata(prompt_path, requested):
    try:
        _validate(prompt_path, requested)
    except ReviewPromptMetadataError:
        subprocess.run(["git", "reset", "--quiet", "--hard", "HEAD~1"], cwd=requested.repo_root, check=True)
        raise
"""
IMPLEMENTS_AS_IT_REVIEWS = """
import json, re, uuid

def _write_prompt_to_file(command_type, wp_id, content):
    root, slug = re.search("Source: (.*)/kitty-specs/([^/]+)/", content).groups()
    worktree = re.search("Workspace: (.*)", content)[1]
    invocation = uuid.uuid4().hex
    fields = {
        "invocation_id": invocation,
        "repo_root": root,
        "mission_slug": slug,
        "mission_id": json.loads(Path(root, "kitty-specs", slug, "meta.json").read_text())["mission_id"],
        "work_package_id": wp_id,
        "lane_worktree": worktree,
        "lane_branch": "kitty/mission-" + Path(worktree).name,
        "base_ref": "kitty/mission-" + slug,
    }
    path = Path(tempfile.gettempdir()) / f"spec-kitty-{command_type}-prompts" / wp_id / f"{invocation}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{name}: {value}" for name, value in fields.items()]
    path.write_text("\\n".join(["---", *lines, "---", "", content]), encoding="utf-8")
    return path
"""
NAMES_WHAT_NEXT_HANDS_OUT = """
import atexit, json, pathlib, sys, tempfile, uuid

def _name_it():
    if not _armed() or sys.argv[1:2] != ["next"]:
        return
    slug, root = sys.argv[sys.argv.index("--mission") + 1], pathlib.Path.cwd()
    fields = {
        "invocation_id": uuid.uuid4().hex,
        "repo_root": root,
        "mission_slug": slug,
        "mission_id": json.loads((root / "kitty-specs" / slug / "meta.json").read_text())["mission_id"],
        "work_package_id": "WP01",
        "lane_worktree": root / ".worktrees" / (slug + "-lane-a"),
        "lane_branch": "kitty/mission-" + slug + "-lane-a",
        "base_ref": "kitty/mission-" + slug,
    }
    lines = ["---", *(f"{name}: {value}" for name, value in fields.items()), "---", ""]
    for prompt in pathlib.Path(tempfile.gettempdir()).rglob("spec-kitty*.md"):
        text = prompt.read_text(encoding="utf-8")
        if not text.startswith("---"):
            prompt.write_text(chr(10).join([*lines, text]), encoding="utf-8")

atexit.register(_name_it)
"""

MENDERS = (
    Saboteur(
        name="prompts that next hands out say what they are about",
        requirements=("FR-004", "SC-003"),
        release=GOOD,
        deed=NAMES_WHAT_NEXT_HANDS_OUT,
        verdicts={"949-15": "conforms", "949-17": "conforms"},
    ),
    Saboteur(
        name="next reads back what it has written",
        requirements=("FR-005",),
        release=GOOD,
        module=LOOP,
        deed=READS_BACK_WHAT_NEXT_WROTE,
        verdicts={"949-10/next-work-package": "conforms", "949-11/next-cut-off": "conforms"},
    ),
    Saboteur(
        name="the text is compared too",
        requirements=("FR-005",),
        release=GOOD,
        module=METADATA,
        deed=COMPARES_THE_TEXT,
        verdicts={
            "949-14/another-worktree": "conforms",
            "949-14/another-work-package": "conforms",
            "949-14/cut-off": "conforms",
            "949-03": "conforms",
        },
    ),
    Saboteur(
        name="a refused dispatch takes its claim back",
        requirements=("FR-005",),
        release=GOOD,
        module=METADATA,
        deed=TAKES_THE_CLAIM_BACK,
        verdicts={"949-13/another-worktree": "conforms", "949-13/missing": "conforms"},
    ),
    Saboteur(
        name="prompts to implement are made as those to review",
        requirements=("FR-004",),
        release=GOOD,
        module=WORKFLOW,
        deed=IMPLEMENTS_AS_IT_REVIEWS,
        verdicts={
            "949-04/two-missions": "conforms",
            "949-04/two-repositories": "conforms",
            "949-05/same-work-package": "conforms",
            "949-05/two-missions": "conforms",
            "949-05/two-repositories": "conforms",
            "949-06": "conforms",
            "949-07/implement/foreign-file": "conforms",
            "949-07/implement/symbolic-link": "conforms",
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
