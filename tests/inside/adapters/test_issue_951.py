import fnmatch
import json
import subprocess
import sys
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from kitty_conformance.inside.adapters import issue_951

BRANCH = "kitty/mission-demo-lane-a"
OWNED = {"WP01": ["src/a.py"], "WP02": ["src/b.py", "src/b/**", "src/größe.py"]}


@dataclass
class CommitGuardResult:
    """As the target has it."""

    allowed: bool
    violations: list = field(default_factory=list)
    warnings: list = field(default_factory=list)


def validate_staged_files(staged_files, owned_files, _branch_name, policy):
    """Judge as the target does, in the mode that blocks."""
    wrong = [each for each in staged_files if policy.block_kitty_specs and each.startswith("kitty-specs/")]
    if policy.enforce_ownership and owned_files:
        wrong += [each for each in staged_files if not any(fnmatch.fnmatch(each, one) for one in owned_files)]
    return CommitGuardResult(allowed=not wrong, violations=[f"Out of scope: {each}" for each in wrong])


def read_lanes_json(folder):
    file = folder / "lanes.json"
    if not file.exists():
        return None
    found = json.loads(file.read_text())
    return SimpleNamespace(lanes=[SimpleNamespace(**each) for each in found])


def read_events(folder):
    return [json.loads(line) for line in (folder / "status.events.jsonl").read_text().splitlines()]


def reduce(events):
    return SimpleNamespace(work_packages={name: {"lane": lane} for name, lane in events})


def read_frontmatter(file):
    return json.loads(file.read_text()), ""


@pytest.fixture
def guard(pretended):
    """The guard of a target, the adapter on."""
    stand_ins = {
        "policy.commit_guard": {
            "CommitGuardResult": CommitGuardResult,
            "is_implementation_branch": lambda branch: "-lane-" in branch,
            "validate_staged_files": validate_staged_files,
        },
        "lanes.branch_naming": {"lane_branch_name": lambda slug, lane: f"kitty/mission-{slug}-{lane}"},
        "lanes.persistence": {"read_lanes_json": read_lanes_json},
        "status.store": {"read_events": read_events},
        "status.reducer": {"reduce": reduce},
        "frontmatter": {"read_frontmatter": read_frontmatter},
    }
    for name, things in stand_ins.items():
        pretended(f"specify_cli.{name}", **things)
    for name in issue_951.WRAPS:
        issue_951.apply(sys.modules[name])
    return sys.modules["specify_cli.policy.commit_guard"]


class Lane:
    """A mission whose lane worktree we are in: WP01 is approved, WP02 in progress."""

    def __init__(self, root):
        self.root, self.worktree = root / "repo", root / "repo" / ".worktrees" / "demo-lane-a"
        self.mission = self.root / "kitty-specs" / "demo"
        self.git("init", "--quiet", "--initial-branch=main", str(self.root), cwd=root)
        for name, value in {"user.name": "T", "user.email": "t@example.org"}.items():
            self.git("config", name, value)
        self.write(self.root / "src" / "a.py", "a\n" * 9)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Begin")
        self.git("worktree", "add", "--quiet", "-b", BRANCH, str(self.worktree))
        self.write(self.root / "kitty-specs" / "another" / "lanes.json", "no JSON")
        self.lanes([{"lane_id": "lane-b", "wp_ids": ["WP03"]}, {"lane_id": "lane-a", "wp_ids": [*OWNED]}])
        self.states(WP01="approved", WP02="in_progress")
        for name, owned in OWNED.items():
            self.declare(f"{name}-x.md", work_package_id=name, owned_files=owned)

    def git(self, *arguments, cwd=None):
        """Run git."""
        subprocess.run(["git", *arguments], cwd=cwd or self.root, check=True)

    @staticmethod
    def write(file, text):
        """Write a file, and the folders it is in."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def lanes(self, lanes):
        """Write which lanes the mission has."""
        self.write(self.mission / "lanes.json", json.dumps(lanes))

    def states(self, **lanes):
        """Write an event log that ends so."""
        self.write(self.mission / "status.events.jsonl", "".join(f"{json.dumps(e)}\n" for e in lanes.items()))

    def declare(self, file, **declared):
        """Write what a work package says of itself."""
        self.write(self.mission / "tasks" / file, json.dumps(declared))

    def stage(self, *names):
        """Change files in the worktree and stage them."""
        for name in names:
            self.write(self.worktree / name, "changed\n")
        self.git("add", "--all", cwd=self.worktree)


@pytest.fixture
def lane(tmp_path, monkeypatch):
    made = Lane(tmp_path)
    monkeypatch.chdir(made.worktree)
    return made


def policy(mode="block", *, enabled=True, enforce_ownership=True, block_kitty_specs=True):
    return SimpleNamespace(
        mode=mode,
        enabled=enabled,
        enforce_ownership=enforce_ownership,
        block_kitty_specs=block_kitty_specs,
    )


def judged(guard, asked=None, branch=BRANCH):
    return guard.validate_staged_files(["what the hook saw"], ["src/a.py"], branch, asked or policy())


@pytest.mark.parametrize("name", ["src/b.py", "src/b/deep.py", "src/größe.py"])
def test_what_the_active_one_owns_passes_without_a_word(guard, lane, name):
    lane.stage(name)
    assert judged(guard) == CommitGuardResult(allowed=True)


def test_what_the_finished_one_owns_is_refused_by_name_of_mission_and_active_one(guard, lane):
    lane.stage("src/a.py")
    assert judged(guard) == CommitGuardResult(
        allowed=False, violations=["mission demo, WP02 active: Out of scope: src/a.py"]
    )


def test_a_mode_that_warns_lets_it_pass_with_the_same_words(guard, lane):
    lane.stage("src/a.py")
    assert judged(guard, policy("warn")) == CommitGuardResult(
        allowed=True, warnings=["mission demo, WP02 active: Out of scope: src/a.py"]
    )


def test_a_file_that_is_renamed_into_the_scope_is_taken_away_from_another(guard, lane):
    lane.git("mv", "src/a.py", "src/b.py", cwd=lane.worktree)
    assert judged(guard).violations == ["mission demo, WP02 active: Out of scope: src/a.py"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda lane: lane.states(WP01="in_progress", WP02="claimed"),
            "mission demo: GUARD_CONTEXT_AMBIGUOUS: WP01, WP02 are in progress in this lane",
        ),
        (
            lambda lane: lane.states(WP01="approved", WP02="for_review"),
            "mission demo: GUARD_CONTEXT_NONE_ACTIVE: none of WP01, WP02 is in progress by the event log",
        ),
        (
            lambda lane: lane.states(WP03="in_progress"),
            "mission demo: GUARD_CONTEXT_NONE_ACTIVE: none of WP01, WP02 is in progress by the event log",
        ),
        (
            lambda lane: lane.write(lane.mission / "status.events.jsonl", "torn"),
            "mission demo: GUARD_CONTEXT_UNREADABLE: the event log proves nothing: Expecting value",
        ),
        (
            lambda lane: lane.write(lane.mission / "lanes.json", "torn"),
            f"branch {BRANCH}: GUARD_CONTEXT_UNREADABLE: lanes.json proves nothing: Expecting value",
        ),
        (
            lambda lane: (lane.mission / "lanes.json").unlink(),
            f"branch {BRANCH}: GUARD_CONTEXT_UNKNOWN: no mission in ",
        ),
        (
            lambda lane: lane.lanes([{"lane_id": "lane-b", "wp_ids": ["WP01"]}]),
            f"branch {BRANCH}: GUARD_CONTEXT_UNKNOWN: no mission in ",
        ),
        (
            lambda lane: lane.declare("WP02-x.md", work_package_id="WP02", owned_files=[]),
            "mission demo, WP02 active: GUARD_CONTEXT_UNOWNED: WP02-x.md names no owned_files of WP02",
        ),
        (
            lambda lane: lane.declare("WP02-x.md", work_package_id="WP02", owned_files="src/b.py"),
            "mission demo, WP02 active: GUARD_CONTEXT_UNOWNED: WP02-x.md names no owned_files of WP02",
        ),
        (
            lambda lane: lane.declare("WP02-x.md", work_package_id="WP021", owned_files=["src/b.py"]),
            "mission demo, WP02 active: GUARD_CONTEXT_UNOWNED: no file in ",
        ),
        (
            lambda lane: lane.write(lane.mission / "tasks" / "WP02-x.md", "torn"),
            "mission demo, WP02 active: GUARD_CONTEXT_UNREADABLE: WP02-x.md proves nothing: Expecting value",
        ),
    ],
)
def test_what_cannot_be_proven_is_a_problem_of_the_context_and_no_scope(guard, lane, spoil, said):
    lane.stage("src/b.py", "src/a.py")
    spoil(lane)
    blocked, warned = judged(guard), judged(guard, policy("warn"))
    assert len(blocked.violations) == 1
    assert blocked.violations[0].startswith(said)
    assert not blocked.allowed
    assert (warned.allowed, warned.warnings) == (True, blocked.violations)


def test_a_protected_path_stays_one_where_nothing_is_proven(guard, lane):
    lane.states(WP01="approved")
    lane.stage("kitty-specs/demo/spec.md")
    problem, protected = judged(guard).violations
    assert problem.startswith("mission demo: GUARD_CONTEXT_NONE_ACTIVE: ")
    assert protected == "mission demo: Out of scope: kitty-specs/demo/spec.md"


def test_a_work_package_for_the_whole_codebase_may_change_all_of_it(guard, lane):
    lane.declare("WP02-x.md", work_package_id="WP02", owned_files=["src/b.py"], scope="codebase-wide")
    lane.stage("src/a.py")
    assert judged(guard) == CommitGuardResult(allowed=True)


def test_a_policy_without_ownership_asks_nobody_who_is_active(guard, lane):
    lane.write(lane.mission / "status.events.jsonl", "torn")
    lane.stage("src/a.py", "kitty-specs/demo/spec.md")
    asked = policy(enforce_ownership=False)
    assert judged(guard, asked).violations == ["mission demo: Out of scope: kitty-specs/demo/spec.md"]


@pytest.mark.parametrize(
    ("asked", "branch"),
    [(policy(enabled=False), BRANCH), (policy("off"), BRANCH), (policy(), "main")],
    ids=["disabled", "off", "no lane"],
)
def test_where_the_guard_has_nothing_to_say_it_is_left_alone(guard, fp, asked, branch):
    assert judged(guard, asked, branch) == validate_staged_files(
        ["what the hook saw"], ["src/a.py"], branch, asked
    )
    assert not fp.calls


def test_a_git_that_does_not_answer_proves_nothing(guard, fp):
    fp.register(["git", "diff", fp.any()], returncode=128, stderr=b"fatal: index file corrupt\n")
    assert judged(guard).violations == [
        f"branch {BRANCH}: GUARD_CONTEXT_UNREADABLE: git diff answers nothing: fatal: index file corrupt"
    ]


def test_without_any_mission_nothing_is_proven(guard, fp, tmp_path):
    fp.register(["git", "diff", fp.any()], stdout=b"src/b.py\0")
    fp.register(["git", "rev-parse", fp.any()], stdout=f"{tmp_path}/.git\n".encode())
    (problem,) = judged(guard).violations
    assert problem.startswith(
        f"branch {BRANCH}: GUARD_CONTEXT_UNKNOWN: no mission in {tmp_path}/kitty-specs "
    )
