"""A made-up but realistic sign-off: a case that conforms, one violated, and whatever a test asks for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
import pytest

from kitty_conformance.case import Case, Verdict
from kitty_conformance.results import (
    FORMAT,
    CaseResult,
    Dependency,
    Disturbance,
    Footer,
    Header,
    Machine,
    TargetIdentity,
)
from kitty_conformance.story import (
    Armed,
    Captured,
    CrashMap,
    CrashPoint,
    Disarmed,
    Expected,
    Noted,
    Ran,
    Removed,
    Story,
    Together,
    Wrote,
)
from kitty_conformance.stream import Results

TARGET = TargetIdentity(
    requested="pypi:3.2.0a8",
    version="3.2.0a8",
    sha256="ab" * 32,
    resolution="locked",
    resolved_before="2026-05-02T12:00:00Z",
    python="3.11.7",
    dependencies=(Dependency(name="click", version="8.1.8"), Dependency(name="typer", version="0.15.1")),
)

MACHINE = Machine(git="2.47.3", kernel="Linux 6.1", architecture="x86_64", file_system="tmpfs")

OWNERSHIP = Case(
    id="951-02/block",
    requirements=("FR-007", "SC-004"),
    scenario="US3.1",
    promise="The ownership guard validates changed files against the active work package's owned_files.",
    rationale="A stale rule blocks legitimate work, or lets foreign changes through.",
)
EVIDENCE = Case(
    id="945-01/move-task",
    requirements=("FR-001", "SC-002"),
    scenario="US1.1",
    promise="A transition that reports success has its event in the status event log.",
    rationale="Every later step decides on the lane this event proves.",
)

OWNERSHIP_STORY = Story(
    arranged=5,
    steps=(
        Ran(
            argv=("git", "init", "--quiet", "@{ROOT}/work/repo"),
            cwd="@{ROOT}/work",
            exit_status=0,
            stdout="",
            stderr="",
            seconds=0.02,
        ),
        Wrote(path="@{ROOT}/work/repo/spec.md", content="# Demo\n\nOne `mission` & $HOME\n"),
        Ran(
            argv=("@{SPEC_KITTY}", "agent", "mission", "create", "demo", "--json"),
            cwd="@{ROOT}/work/repo",
            exit_status=0,
            stdout='{"mission_slug": "@{MISSION}"}\n',
            stderr="",
            seconds=1.3,
        ),
        Captured(
            variable="MISSION",
            value="demo-01KQ",
            shell="cat @{ROOT}/work/repo/missions",
            cwd="@{ROOT}/work/repo",
        ),
        Noted(text="WP02 is in_progress in lane-a"),
        Ran(
            argv=("git", "commit", "--message", "WP02: its own file\n\nwith a body"),
            cwd="@{ROOT}/work/repo/.worktrees/@{MISSION}-lane-a",
            exit_status=1,
            stdout="",
            stderr="Out of scope: src/b.py — not matched by owned_files ['src/a.py']\n",
            seconds=2.1,
            environment={"GIT_AUTHOR_NAME": "An Agent"},
            purpose="commit what WP02 owns",
        ),
        Expected(
            promise="WP02 may commit src/b.py, which it owns",
            held=False,
            expected="exit status 0",
            seen="exit status 1: Out of scope: src/b.py",
            shell="[ $EXIT -eq 0 ]",
        ),
    ),
)
FAULT_STORY = Story(
    arranged=1,
    steps=(
        Noted(text="a planned work package"),
        Armed(description="the append of the event is lost", plan={"rules": [], "folder": "@{ROOT}/fault"}),
        Together(
            commands=(
                Ran(
                    argv=("@{SPEC_KITTY}", "agent", "tasks", "move-task", "WP01"),
                    cwd="@{ROOT}/work",
                    exit_status=0,
                    stdout="moved\n" * 40,
                    stderr="",
                    seconds=1.0,
                ),
                Ran(
                    argv=("@{SPEC_KITTY}", "next"),
                    cwd="@{ROOT}/work",
                    exit_status=-9,
                    stdout="",
                    stderr="x" * 500,
                    seconds=1.0,
                    stdin="yes\n",
                ),
            )
        ),
        Disarmed(fired=(1, 0)),
        Removed(path="@{ROOT}/work/lock"),
        CrashMap(
            command="spec-kitty agent action implement WP02",
            signal="SIGKILL",
            steps=2,
            points=(
                CrashPoint(
                    step=1, event="write repo/log", left="planned", recovered="the same again", held=True
                ),
                CrashPoint(step=2, event="write repo/<x>", left="claimed", recovered="refused", held=False),
            ),
        ),
        Expected(promise="the event is in the log", held=True, expected="1 event", seen="1 event"),
    ),
)


_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Chromium without a window."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only who asks for these tests has it

    named = os.environ.get("KITTY_CONFORMANCE_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, _BROWSERS)), None)
    assert found, "there is no Chromium on PATH; KITTY_CONFORMANCE_CHROMIUM can name one"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@dataclass
class Builder:
    """Puts results together, run by run."""

    cases: tuple[Case, ...] = (EVIDENCE, OWNERSHIP)
    runs: int = 3
    recorded: list[CaseResult] = field(default_factory=list)
    target: TargetIdentity = TARGET

    def result(
        self,
        case: Case,
        run: int,
        verdict: Verdict = Verdict.CONFORMS,
        *,
        reason: str = "",
        observations: dict[str, str] | None = None,
        story: Story | None = None,
    ) -> CaseResult:
        """One result; by default the promise holds."""
        return CaseResult(
            case=case.id,
            run=run,
            verdict=verdict,
            reason=reason,
            observations={"exit": "0"} if observations is None else observations,
            story=FAULT_STORY if story is None else story,
            seconds=4.25,
            launcher="warm",
        )

    def record(self, case: Case, verdicts: Sequence[Verdict], **more: object) -> Builder:
        """Record one verdict per run, from run 1."""
        for run, verdict in enumerate(verdicts, start=1):
            self.recorded.append(self.result(case, run, verdict, **more))  # type: ignore[arg-type] # as result
        return self

    def header(self) -> Header:
        """The header that announces what is to be recorded."""
        return Header(
            format=FORMAT,
            harness="0.1.0",
            target=self.target,
            cases=self.cases,
            runs=tuple(
                Disturbance(
                    hash_seed=run, time_zone="UTC", path_padding=run * 7, order_seed=run, load=run == 2
                )
                for run in range(self.runs)
            ),
            started="2026-05-03T10:00:00Z",
            machines=(MACHINE,),
        )

    def results(self, *, whole: bool = True) -> Results:
        """Everything recorded so far, with or without a footer."""
        footer = Footer(results=len(self.recorded), finished="2026-05-03T10:05:00Z")
        return Results(header=self.header(), results=tuple(self.recorded), footer=footer if whole else None)


@pytest.fixture
def evidence() -> Case:
    """A case of #945."""
    return EVIDENCE


@pytest.fixture
def ownership() -> Case:
    """A case of #951, with a variant."""
    return OWNERSHIP


@pytest.fixture
def ownership_story() -> Story:
    """A story that ends in a violation."""
    return OWNERSHIP_STORY


@pytest.fixture
def fault_story() -> Story:
    """A story with every other kind of step."""
    return FAULT_STORY


@pytest.fixture
def target() -> TargetIdentity:
    """A released build."""
    return TARGET


@pytest.fixture
def builder() -> Builder:
    """Nothing recorded yet, three runs of two cases planned."""
    return Builder()


@pytest.fixture
def conforming(builder: Builder) -> Results:
    """Both promises held in three runs."""
    for case in builder.cases:
        builder.record(case, [Verdict.CONFORMS] * 3)
    return builder.results()


@pytest.fixture
def blocked(builder: Builder) -> Results:
    """The event is there, the ownership guard follows a stale work package, three times."""
    builder.record(EVIDENCE, [Verdict.CONFORMS] * 3)
    builder.record(
        OWNERSHIP,
        [Verdict.VIOLATES] * 3,
        reason="WP02 may commit src/b.py, which it owns",
        observations={"1. git commit": "exit 1"},
        story=OWNERSHIP_STORY,
    )
    return builder.results()


@pytest.fixture
def renamed() -> Callable[[Case, str], Case]:
    """The same case under another id."""
    return lambda case, identity: msgspec.structs.replace(case, id=identity)
