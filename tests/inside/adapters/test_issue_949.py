import json
import os
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from kitty_conformance.inside.adapters import issue_949, proven_prompt

SLUG = "demo-01ARZ3ND"
MISSION = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


@dataclass
class TransitionRequest:
    """As the target has it, as far as it matters here."""

    feature_dir: Path
    mission_slug: str
    wp_id: str
    to_lane: str
    actor: str
    force: bool = False
    reason: str | None = None
    review_ref: str | None = "action-review-claim"


class Target:
    """What the target was asked to do, and the stand-ins that keep it."""

    def __init__(self, root, pretended):
        self.root, self.done = root, []
        self.worktree = root / ".worktrees" / f"{SLUG}-lane-a"
        self.kind, self.branch = "lane_workspace", f"kitty/mission-{SLUG}-lane-a"
        shared = {"resolve_workspace_for_wp": self.resolve_workspace_for_wp}
        stand_ins = {
            "cli.commands.agent.workflow": {
                **shared,
                "_write_prompt_to_file": lambda _action, _work_package, _content: None,
                "_collect_status_artifacts": lambda folder: [folder / "status.events.jsonl"],
                "emit_status_transition": self.emitted,
                "feature_status_lock": self.feature_status_lock,
                "safe_commit": self.safe_commit,
            },
            "next.prompt_builder": {**shared, "_write_to_temp": self.write_to_temp},
            "core.paths": {"get_feature_target_branch": lambda _root, _slug: "main"},
            "lanes.persistence": {
                "read_lanes_json": lambda folder: SimpleNamespace(mission_branch=f"kitty/{folder.name}")
            },
            "mission_metadata": {
                "resolve_mission_identity": lambda _folder: SimpleNamespace(mission_id=MISSION)
            },
            "review.lock": {"ReviewLock": SimpleNamespace(release=self.released)},
        }
        for name, things in stand_ins.items():
            issue_949.apply(pretended(f"specify_cli.{name}", **things))
        self.workflow = sys.modules["specify_cli.cli.commands.agent.workflow"]
        self.loop = sys.modules["specify_cli.next.prompt_builder"]

    def resolve_workspace_for_wp(self, _root, slug, _work_package):
        """Tell where the work is done."""
        return SimpleNamespace(
            mission_slug=slug,
            worktree_path=self.worktree,
            branch_name=self.branch,
            resolution_kind=self.kind,
        )

    def emitted(self, *request, **fields):
        """Note a transition."""
        made = SimpleNamespace(**(vars(request[0]) if request else fields))
        self.done.append(("emit", made.wp_id, made.to_lane, made.force, made.review_ref))

    @contextmanager
    def feature_status_lock(self, _root, name, **_options):
        """Note that a lock is taken, and given up."""
        self.done.append(("lock", name))
        yield Path(name)
        self.done.append(("unlock", name))

    def safe_commit(self, repo_path, files_to_commit, commit_message, *, allow_empty):
        """Note a commit."""
        self.done.append(("commit", repo_path, [file.name for file in files_to_commit], commit_message))
        return allow_empty

    def released(self, worktree):
        """Note that the lock of a review was given up."""
        self.done.append(("release", worktree))

    def write_to_temp(self, _action, _work_package, _content, *, agent, mission_slug):
        """Write as the target does."""
        return Path(f"{agent}-{mission_slug}")

    def request(self, action="review", content="The text.\n"):
        """Ask for a prompt, as the commands do: the workspace is known by then."""
        self.workflow.resolve_workspace_for_wp(self.root, SLUG, "WP01")
        return self.workflow._write_prompt_to_file(action, "WP01", content)

    def claim(self):
        """Claim the review, as this release does it."""
        self.workflow.emit_status_transition(
            TransitionRequest(self.root / "kitty-specs" / SLUG, SLUG, "WP01", "in_review", "claude")
        )


@pytest.fixture
def target(tmp_path, monkeypatch, pretended):
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    proven_prompt.WORK.clear()
    monkeypatch.setattr(issue_949, "CLAIMED", [])
    return Target(tmp_path / "repo", pretended)


def metadata(place):
    head = place.read_text().split("---\n")[1]
    return {line.partition(": ")[0]: json.loads(line.partition(": ")[2]) for line in head.splitlines()}


@pytest.mark.parametrize("action", ["review", "implement"])
def test_a_prompt_says_what_it_is_about_and_is_its_users_own(target, action):
    place = target.request(action, "The text.\n")
    said = metadata(place)
    assert said.pop("invocation") in place.name
    assert said == {
        "repository": str(target.root),
        "mission_id": MISSION,
        "mission_slug": SLUG,
        "work_package": "WP01",
        "worktree": str(target.worktree),
        "branch": f"kitty/mission-{SLUG}-lane-a",
        "base": f"kitty/{SLUG}",
    }
    assert place.read_text().endswith("---\n\nThe text.\n")
    assert place.name.startswith(f"spec-kitty-{action}-WP01-{SLUG}-")
    assert place.stat().st_mode & 0o777 == 0o600


def test_work_in_the_repository_itself_is_compared_with_the_target_branch(target):
    target.kind, target.branch = "repo_root", None
    said = metadata(target.request())
    assert (said["branch"], said["base"]) == ("main", "main")


def test_two_requests_have_two_places(target):
    assert target.request() != target.request()


def test_a_prompt_of_the_loop_is_made_like_that_of_a_command(target):
    target.loop.resolve_workspace_for_wp(target.root, SLUG, "WP01")
    place = target.loop._write_to_temp("review", "WP01", "The text.\n", agent="claude", mission_slug=SLUG)
    assert metadata(place)["work_package"] == "WP01"


def test_a_prompt_about_no_work_package_is_left_alone(target):
    place = target.loop._write_to_temp("plan", None, "The text.\n", agent="claude", mission_slug=SLUG)
    assert place == Path(f"claude-{SLUG}")


@pytest.fixture
def befalls(monkeypatch):
    """Let something befall each prompt right after it was written."""

    def meanwhile(deed):
        genuine = Path.read_bytes

        def read_bytes(path):
            deed(path)
            return genuine(path)

        monkeypatch.setattr(Path, "read_bytes", read_bytes)

    return meanwhile


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (Path.unlink, "PROMPT_MISSING: the review of WP01 of mission demo-01ARZ3ND was requested: .*No such"),
        (
            lambda path: path.write_text(path.read_text().replace('"WP01"', '"WP77"')),
            "is another prompt: work_package WP01 was requested, WP77 found$",
        ),
        (
            lambda path: path.write_text(path.read_text().replace("The text", "Another text")),
            "is another prompt: its text is not what was written$",
        ),
        (
            lambda path: path.write_text(path.read_text()[:60]),
            f"mission_slug {SLUG} was requested, none found; work_package WP01 was requested, none found",
        ),
        (
            lambda path: path.write_text("The text.\n"),
            "is another prompt: repository .* was requested, none found",
        ),
        (lambda path: path.write_bytes(b"---\n\xff\n---\n"), "is another prompt: repository .*, none found"),
    ],
    ids=["gone", "claims", "text", "cut off", "bare", "no text at all"],
)
def test_a_prompt_that_is_not_the_one_written_is_refused(target, befalls, deed, said):
    befalls(deed)
    with pytest.raises(proven_prompt.PromptRefusedError, match=said):
        target.request()
    assert target.done == []


def test_a_refused_prompt_takes_the_claim_back_that_was_made_for_it(target, befalls):
    target.claim()
    befalls(Path.unlink)
    with pytest.raises(proven_prompt.PromptRefusedError):
        target.request()
    assert target.done == [
        ("emit", "WP01", "in_review", False, "action-review-claim"),
        ("lock", SLUG),
        ("lock", "every-mission"),
        ("emit", "WP01", "for_review", True, None),
        ("commit", target.root, ["status.events.jsonl"], "chore: Take back WP01 review [claude]"),
        ("unlock", "every-mission"),
        ("unlock", SLUG),
        ("release", target.worktree),
    ]


def test_a_claim_made_without_a_request_object_is_taken_back_likewise(target, befalls):
    fields = vars(TransitionRequest(target.root / "kitty-specs" / SLUG, SLUG, "WP01", "in_review", "claude"))
    target.workflow.emit_status_transition(**fields)
    befalls(Path.unlink)
    with pytest.raises(proven_prompt.PromptRefusedError):
        target.request()
    assert ("emit", "WP01", "for_review", True, None) in target.done


def test_where_nothing_can_be_written_the_claim_is_taken_back_too(target, monkeypatch, tmp_path):
    target.claim()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError):
        target.request()
    assert ("emit", "WP01", "for_review", True, None) in target.done


def test_a_release_that_claims_reviews_in_no_known_way_is_refused(target):
    del target.workflow.emit_status_transition
    with pytest.raises(LookupError, match="nothing known claims reviews"):
        issue_949.apply(target.workflow)


def test_a_claim_that_failed_is_none(monkeypatch):
    monkeypatch.setattr(issue_949, "CLAIMED", [])

    def fails(_request):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        issue_949.noting_claims(fails)(object())
    assert issue_949.CLAIMED == []


def test_a_prompt_never_goes_through_what_is_there_already(target, monkeypatch, tmp_path):
    monkeypatch.setattr(os, "urandom", lambda count: b"\0" * count)
    foreign = tmp_path / "precious.txt"
    foreign.write_text("precious")
    place = target.request()
    place.unlink()
    place.symlink_to(foreign)
    with pytest.raises(FileExistsError):
        target.request()
    assert foreign.read_text() == "precious"
