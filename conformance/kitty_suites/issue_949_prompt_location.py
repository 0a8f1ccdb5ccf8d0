"""#949: the location of a prompt is nobody else's, and requests that meet leave each other whole.

FR-004 "I want review prompts to be collision-proof […]". What lies where an earlier prompt lay is the nearest
an outsider gets to a location that cannot be foreseen: where every request has a place of its own, it stays.
What stands in for the folder of all these prompts is met by each of them.
"""

from __future__ import annotations

import errno
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from kitty_conformance.case import case, combine
from kitty_conformance.target.plan import Fail, FaultRule, exactly
from kitty_fixtures.arrangement import arranged
from kitty_fixtures.faults import Faults
from kitty_fixtures.obstacle import FOLDER_OBSTACLES, FOREIGN, OBSTACLES
from kitty_fixtures.outcome import Outcome
from kitty_fixtures.overlap import (
    allow_to_meet,
    half_done,
    meeting,
    meeting_at_the_prompt,
    mixed_up,
)
from kitty_fixtures.promise import Promise
from kitty_fixtures.prompt import location
from kitty_fixtures.prompt_request import EACH_ITS_OWN, REFUSED, Action, PromptRequest, refused
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.stages import Stage
from kitty_fixtures.workbench import Workbench
from kitty_suites.issue_949_review_prompt_isolation import REVIEWED, requests_for

ACTIONS = {
    "review": (Action.REVIEW, {"WP01": Stage.FOR_REVIEW}),
    "implement": (Action.IMPLEMENT, {"WP01": Stage.IN_PROGRESS}),
}
Asked = tuple[Action, dict[str, Stage]]
MEETINGS = 4
"""How often two requests are made to meet: 3.2.7 leaves something half done in two of three."""
ENOUGH = 2
"""How often two requests that are both answered have to meet: a second may end between their first names."""


def request_of(asked: Asked, situations: Situations) -> PromptRequest:
    """A request for the prompt of WP01, which is where such a prompt can be had."""
    (mission,) = situations(Planned(reached=asked[1]))
    return PromptRequest(mission=mission, action=asked[0])


def refused_or_right(request: PromptRequest, outcome: Outcome, promise: Promise) -> None:
    """State that a request in the face of an obstacle is refused, or answered with its own prompt."""
    wrong = () if refused(outcome) else request.misled(outcome)
    promise.expect(
        "the request is refused, or points at a prompt about its own work",
        held=not wrong,
        expected="a refusal, or a prompt about its own work",
        seen="; ".join(wrong) or outcome.summary(),
    )


def at_the_place(request: PromptRequest) -> Path:
    """Where a prompt was: where the next one goes, if it is called alike."""
    return request.place()


def at_the_folder(request: PromptRequest) -> Path:
    """Where every prompt for that work goes, whatever it is called."""
    return request.folder()


IN_THE_WAY = combine(ACTIONS, {name: (at_the_place, put) for name, put in OBSTACLES.items()}) | combine(
    {"review": ACTIONS["review"]}, {name: (at_the_folder, put) for name, put in FOLDER_OBSTACLES.items()}
)


# FR-004, and US2.1 "[…] a unique per-repo, per-mission, per-work-package, per-invocation location."
@case(
    "949-07",
    requirements=("FR-004",),
    scenario="US2.1",
    promise="A prompt never overwrites what somebody else has put at a prompt's location.",
    rationale="Temporary folders are shared: a link laid there lets a prompt overwrite any file of its user.",
    variants=IN_THE_WAY,
)
def test_nothing_foreign_is_overwritten(
    variant: tuple[Asked, tuple[Callable[[PromptRequest], Path], Callable[[Path, Workbench], Path]]],
    situations: Situations,
    promise: Promise,
) -> None:
    asked, (where, put) = variant
    request = request_of(asked, situations)
    foreign = put(where(request), request.mission.workbench)
    outcome = request.make()
    content = foreign.read_text(encoding="utf-8") if foreign.is_file() else "gone"
    promise.expect(
        "what somebody else has put there is left as it was",
        held=content == FOREIGN,
        expected=FOREIGN,
        seen=next((line for line in content.splitlines() if any(map(str.isalnum, line))), "an empty file"),
        bash=f"grep -qxF -- {shlex.quote(FOREIGN.strip())} '{foreign}'",
    )
    refused_or_right(request, outcome, promise)


@case(
    "949-08",
    requirements=("FR-004",),
    scenario="US2.1",
    promise="Where no prompt can be written the request fails, or its own prompt is elsewhere.",
    rationale="An answer that points at what an earlier request left sends the reviewer to stale work.",
    variants=ACTIONS,
)
def test_a_location_that_cannot_be_written_is_no_success(
    variant: Asked, situations: Situations, faults: Faults, promise: Promise
) -> None:
    request = request_of(variant, situations)
    place = request.place()
    bench = request.mission.workbench
    bench.write(place, FOREIGN)
    denied = FaultRule(
        events=("write",), paths=(f"{exactly(place.parent)}/*.md",), action=Fail(errno=errno.EACCES)
    )
    with faults.armed("no prompt can be written there (EACCES)", denied):
        outcome = request.make()
    refused_or_right(request, outcome, promise)
    promise.expect(
        "a request without a prompt of its own does not report success",
        held=refused(outcome) or place != location(outcome),
        expected="a refusal, or a prompt elsewhere",
        seen=outcome.summary(),
        bash=REFUSED,
    )


# Edge case 3 "Two review prompts are created in the same second for different repositories or work packages."
# Two requests of one repository write to one index and one branch. That one of them fails loudly is allowed;
# which one, and whether at all, is no observation.
@case(
    "949-09",
    requirements=("FR-004", "SC-003"),
    scenario="US2.1",
    promise="Of two requests of one repository that meet, each is done whole or refused whole.",
    rationale="Half a claim, or files of one left staged for the other, is a wrong review waiting to happen.",
    also=("edge-3",),
    variants={name: planned for name, planned in REVIEWED.items() if name != "two-repositories"},
)
def test_requests_that_meet_are_done_or_refused_whole(
    variant: tuple[Planned, ...],
    situations: Situations,
    workbench: Workbench,
    faults: Faults,
    promise: Promise,
) -> None:
    requests: Sequence[PromptRequest] = ()
    left: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()
    for _ in range(MEETINGS):
        requests = requests_for(variant, situations)
        with meeting(faults, workbench) as met:
            outcomes = workbench.together([request.invocation for request in requests])
        left, mixed = half_done(requests, outcomes), mixed_up(requests, outcomes)
        if left or mixed:
            break
        met.must_have_been()
    repository = requests[0].mission.repository
    promise.expect(
        "nothing is left half done: each review is begun and committed, or as it was",
        held=not left,
        expected="no claim without success, no success without claim, nothing uncommitted or stashed",
        seen="; ".join(left) or "nothing half done",
        bash='[ -z "$(git status --porcelain -- kitty-specs; git stash list)" ]',
        cwd=repository.path,
    )
    again = [request.make() for request in requests]
    wrong = mixed or mixed_up(requests, [arranged(outcome, "request the prompt again") for outcome in again])
    promise.expect(
        "what was not refused, then or asked again, has a prompt about its own work, in a place of its own",
        held=not wrong,
        expected="a prompt for each, or a refusal",
        seen="; ".join(wrong) or "so it is",
    )


# US2.1 "[…] a unique […] per-invocation location." Edge case 3 "[…] created in the same second", and by
# processes that really run at once: the first is at its prompt when the second comes to write its own. The
# review is under way, so neither need be kept out to claim it; that a target refuses one all the same is its
# right.
@case(
    "949-16",
    requirements=("FR-004", "SC-003"),
    scenario="US2.1",
    promise="Two processes that write review prompts of one work package at once write two, each whole.",
    rationale="A name taken from the clock is the same for all who ask in the same second.",
    also=("edge-3",),
)
def test_prompts_written_at_once_are_apart(
    situations: Situations, workbench: Workbench, faults: Faults, promise: Promise
) -> None:
    (mission,) = situations(Planned(reached={"WP01": Stage.IN_REVIEW}))
    request = PromptRequest(mission=mission)
    allow_to_meet(mission)
    mixed: tuple[str, ...] = ()
    both_answered = 0
    for _ in range(MEETINGS):
        with meeting_at_the_prompt(faults, workbench):
            outcomes = workbench.together([request.invocation] * 2)
        mixed = mixed_up([request] * 2, outcomes)
        both_answered += all(outcome.succeeded for outcome in outcomes)
        if mixed or both_answered == ENOUGH:
            break
    promise.expect(
        "two prompts written at once are two, each whole and about its own invocation",
        held=not mixed,
        expected="two locations, each with a whole prompt; or a refusal",
        seen="; ".join(mixed) or "so it is",
        bash=EACH_ITS_OWN,
    )
