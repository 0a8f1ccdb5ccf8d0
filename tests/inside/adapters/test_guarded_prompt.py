import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from kitty_conformance.inside.adapters import guarded_prompt, issue_949, proven_prompt

SLUG = "demo-01ARZ3ND"
AGENT = "specify_cli.cli.commands.agent"


@dataclass
class TransitionRequest:
    """As the target has it, as far as it matters here."""

    feature_dir: Path
    mission_slug: str
    repo_root: Path
    wp_id: str
    actor: object
    execution_mode: str
    to_lane: str
    force: bool
    reason: str


class Target:
    """A release whose commands are spread over several modules, and what it was asked to do."""

    def __init__(self, root, pretended):
        self.root, self.done, self.no_op = root, [], False
        self.worktree = root / ".worktrees" / f"{SLUG}-lane-a"
        self.folder = root / "kitty-specs" / SLUG
        self.folder.mkdir(parents=True)
        (self.folder / "status.events.jsonl").write_text("claimed\n")
        (self.folder / "status.json").write_text("{}")
        self.metadata = pretended(
            "specify_cli.review.prompt_metadata", write_frontmatter=lambda _path, _fields, _body: None
        )
        self.lifecycle = pretended(
            "specify_cli.status.work_package_lifecycle", start_review_status=self.started
        )
        self.executor = pretended(
            f"{AGENT}.workflow_executor",
            write_prompt_to_file=lambda _action, _slug, _work_package, _content, *, repo_root: repo_root,
            review_finalize_and_print=self.finalised,
        )
        self.workflow = pretended(
            f"{AGENT}.workflow",
            _executor=self.executor,
            _commit_workflow_change=self.committed,
            _collect_status_artifacts=lambda folder: [folder / "status.events.jsonl"],
            _write_prompt_to_file=self.executor.write_prompt_to_file,
            feature_status_lock=self.locked,
            resolve_workspace_for_wp=self.resolved,
        )
        pretended(AGENT, workflow=self.workflow)
        self.loop = pretended(
            "runtime.next.prompt_builder", _write_to_temp=self.put, resolve_workspace_for_wp=self.resolved
        )
        pretended(
            "specify_cli.coordination.status_transition",
            emit_status_transition_transactional=self.emitted,
        )
        pretended("specify_cli.status.models", TransitionRequest=TransitionRequest)
        pretended("specify_cli.review.lock", ReviewLock=SimpleNamespace(release=self.released))
        pretended("specify_cli.core.paths", get_feature_target_branch=lambda _root, _slug: "main")
        pretended("specify_cli.lanes.persistence", read_lanes_json=lambda _folder: None)
        pretended(
            "specify_cli.mission_metadata",
            resolve_mission_identity=lambda _folder: SimpleNamespace(mission_id=None),
        )
        for module in (self.metadata, self.lifecycle, self.executor, self.workflow, self.loop):
            issue_949.apply(module)

    def resolved(self, _root, slug, _work_package, *, write_intent=False):
        """Tell where the work is done."""
        self.done.append(("resolve", write_intent))
        return SimpleNamespace(
            mission_slug=slug, worktree_path=self.worktree, branch_name="lane", resolution_kind="repo_root"
        )

    def put(self, action, _work_package, _content, *, agent, mission_slug, repo_root):
        """Write as the target does."""
        return repo_root / f"{agent}-{mission_slug}-{action}"

    def started(self, **_claim):
        """Claim a review, unless it is claimed already."""
        return SimpleNamespace(no_op=self.no_op)

    def finalised(self, *, place, **about):
        """Write the review prompt, as the target does: with metadata it has made."""
        fields = {"work_package_id": about["normalized_wp_id"], "mission_slug": about["mission_slug"]}
        self.metadata.write_frontmatter(place, fields, "\nThe text.\n")

    @contextmanager
    def locked(self, _root, name):
        """Note that a lock is taken, and given up."""
        self.done.append(("lock", name))
        yield Path(name)
        self.done.append(("unlock", name))

    def emitted(self, request):
        """Note a transition."""
        self.done.append(("emit", request.wp_id, request.to_lane, request.force, request.actor))

    def committed(self, **about):
        """Note a commit, and what to go back to should it fail."""
        before = (about["pre_emit_event_size"], about["pre_emit_status_bytes"])
        self.done.append(("commit", about["target_branch"], about["message"], before))

    def released(self, worktree):
        """Note that the lock of a review was given up."""
        self.done.append(("release", worktree))

    def claim(self, work_package="WP01"):
        """Claim a review as the command does."""
        self.lifecycle.start_review_status(
            feature_dir=self.folder,
            mission_slug=SLUG,
            wp_id=work_package,
            actor={"tool": "claude"},
            execution_mode="worktree",
            repo_root=self.root,
        )

    def review(self, place):
        """Come to the end of the command."""
        self.executor.review_finalize_and_print(
            place=place,
            mission_slug=SLUG,
            normalized_wp_id="WP01",
            target_branch="main",
            workspace_path=self.worktree,
        )


@pytest.fixture
def target(tmp_path, monkeypatch, pretended):
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    proven_prompt.WORK.clear()
    monkeypatch.setattr(guarded_prompt, "CLAIMED", {})
    return Target(tmp_path / "repo", pretended)


def test_a_prompt_to_implement_is_its_own_and_says_what_it_is_about(target):
    target.workflow.resolve_workspace_for_wp(target.root, SLUG, "WP01", write_intent=True)
    places = [
        target.executor.write_prompt_to_file("implement", SLUG, "WP01", "The text.\n", repo_root=target.root)
        for _ in range(2)
    ]
    head = places[0].read_text().split("---\n")[1]
    said = {line.partition(": ")[0]: json.loads(line.partition(": ")[2]) for line in head.splitlines()}
    assert (said["work_package"], said["mission_slug"], said["worktree"]) == (
        "WP01",
        SLUG,
        str(target.worktree),
    )
    assert places[0] != places[1]
    assert target.done == [("resolve", True)]


def test_a_prompt_of_the_loop_is_made_like_that_of_a_command(target):
    target.loop.resolve_workspace_for_wp(target.root, SLUG, "WP01")
    about = {"agent": "claude", "mission_slug": SLUG, "repo_root": target.root}
    place = target.loop._write_to_temp("review", "WP01", "The text.\n", **about)
    assert 'work_package: "WP01"' in place.read_text()
    assert target.loop._write_to_temp("plan", None, "", **about) == target.root / f"claude-{SLUG}-plan"


def test_a_review_prompt_has_the_metadata_of_the_target(target, tmp_path):
    target.claim()
    target.review(tmp_path / "prompt.md")
    text = f'---\nwork_package_id: "WP01"\nmission_slug: "{SLUG}"\n---\n\nThe text.\n'
    assert (tmp_path / "prompt.md").read_text() == text
    assert target.done == []


def test_a_review_prompt_never_goes_where_something_is(target, tmp_path):
    foreign = tmp_path / "precious.txt"
    foreign.write_text("precious")
    with pytest.raises(FileExistsError):
        target.review(foreign)
    assert foreign.read_text() == "precious"


def altered(path):
    path.write_text(path.read_text().replace("The text", "Another text"))


def claiming_another(path):
    path.write_text(path.read_text().replace('"WP01"', '"WP77"'))


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (Path.unlink, f"PROMPT_MISSING: the review of WP01 of mission {SLUG} was requested"),
        (altered, "PROMPT_MISMATCH: .* its text is not what was written"),
        (claiming_another, "PROMPT_MISMATCH: .* work_package_id WP01 was requested, WP77 found"),
    ],
)
def test_a_refused_prompt_takes_the_claim_back_that_was_made_for_it(
    target, tmp_path, monkeypatch, deed, said
):
    genuine = Path.read_bytes

    def read_bytes(path):
        if path.suffix == ".md":
            deed(path)
        return genuine(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    target.claim()
    with pytest.raises(proven_prompt.PromptRefusedError, match=said):
        target.review(tmp_path / "prompt.md")
    assert target.done == [
        ("lock", SLUG),
        ("lock", "every-mission"),
        ("emit", "WP01", "for_review", True, {"tool": "claude"}),
        ("commit", "main", "chore: Take back WP01 review", (len("claimed\n"), b"{}")),
        ("unlock", "every-mission"),
        ("unlock", SLUG),
        ("release", target.worktree),
    ]
    with pytest.raises(proven_prompt.PromptRefusedError):
        target.review(tmp_path / "another.md")
    assert target.done[-1] == ("release", target.worktree)
    assert sum(what == "emit" for what, *_ in target.done) == 1


@pytest.mark.parametrize(("work_package", "no_op"), [("WP01", True), ("WP02", False)])
def test_what_was_not_claimed_for_this_prompt_stays(target, tmp_path, work_package, no_op):
    target.no_op = no_op
    target.claim(work_package)
    with pytest.raises(FileNotFoundError):
        target.review(tmp_path / "nowhere" / "prompt.md")
    assert target.done == []
