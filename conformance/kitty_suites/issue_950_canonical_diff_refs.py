"""#950: the git commands of a review show exactly the work package's change, from canonical state.

FR-006 "As a reviewer, I want diff commands to use canonical mission and lane references so that slug naming
edge cases cannot point review at the wrong comparison."
C-004 "Workflow logic MUST prefer canonical mission, lane, and status state over reconstructed slug or path
conventions."

Whether a reference is the canonical one is not read off its name: every command that the review prints, on
standard output or in its prompt, is given where it says, and what it shows is compared with what was
committed for the work package in its lane. A second work package has a lane of its own, whose change must not
show. After an upheaval a review may be refused, by name of the work package and before anything is claimed:
that points nobody at a wrong comparison. A review that fails in any other way puts nothing to the test, nor
does one that is refused without an upheaval, too.
Slugs and upheavals are not crossed: names are the same in every upheaval, and the slug used there is the one
of the seed (`mission-…`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kitty_conformance.case import Inconclusive, case
from kitty_conformance.target.sandbox import Sandbox
from kitty_fixtures.arrangement import arranged
from kitty_fixtures.checkpoint import Checkpoint
from kitty_fixtures.mission import Mission
from kitty_fixtures.outcome import Outcome
from kitty_fixtures.printed_commands import PrintedCommand, printed_for_review
from kitty_fixtures.promise import Promise
from kitty_fixtures.prompt import Prompt
from kitty_fixtures.prompt_request import REFUSED, refused
from kitty_fixtures.repository import Repository
from kitty_fixtures.review_range import ReviewRange
from kitty_fixtures.runtime_loop import handed_out
from kitty_fixtures.situation import Planned, Situations
from kitty_fixtures.stages import Stage
from kitty_fixtures.topology import Shape
from kitty_fixtures.upheaval import UPHEAVALS, context_lost, nothing
from kitty_fixtures.work_package import WorkPackage

Upheaval = Callable[[Mission], Repository]
"""Something befalls a mission; returns the checkout that its review is requested in."""
SLUGS = {
    "mission": "mission-alpha",
    "mission-mission": "mission-mission-alpha",
    "kitty-mission": "kitty-mission-alpha",
    "digits": "2024-07-fix-3",
    "very-long": "-".join(["as-long-as-file-systems-and-refs-allow"] * 3),
}


def planned(slug: str, branch: str = "", shape: Shape = Shape.FLAT) -> Planned:
    """Two work packages, each ready for review in a lane of its own."""
    return Planned(
        slug=slug,
        branch=branch,
        shape=shape,
        work_packages=(WorkPackage(id="WP01"), WorkPackage(id="WP02")),
        reached={"WP02": Stage.FOR_REVIEW, "WP01": Stage.FOR_REVIEW},
    )


def shows_exactly_the_change(mission: Mission, promise: Promise) -> None:
    """Request the review of WP01 and state that each printed command shows its change alone."""
    change = ReviewRange.of(mission, "WP01", mission.worktree("WP01").branch())
    outcome = review(mission, mission.repository)
    judged(arranged(outcome, "request the review of WP01"), mission.repository, change, promise)


def judged(outcome: Outcome, checkout: Repository, change: ReviewRange, promise: Promise) -> None:
    """State that each git command printed in the answer, or its prompt, works and shows exactly the change.

    Every command that only reads is given; those that show no change (`git status`) need only work.
    """
    prompt = Prompt.pointed_at(outcome)
    commands = printed_for_review(outcome, prompt, change.workbench, checkout.path)
    promise.expect(
        "the review prints git commands that show the change",
        held=any(command.shows_change for command in commands),
        expected="at least one git command",
        seen=", ".join(command.line for command in commands) or "none",
    )
    for number, command in enumerate(commands, start=1):
        shows(f"printed command {number}, `{command.kind}`,", command, change, promise)


def review(mission: Mission, checkout: Repository) -> Outcome:
    """Request the review of WP01 in a checkout."""
    return mission.workbench.run(replace(mission.commands.review("WP01"), cwd=checkout.path))


def shows_it_or_is_refused(mission: Mission, upheaval: Upheaval, sandbox: Sandbox, promise: Promise) -> None:
    """Request the review after an upheaval; state what is shown, unless the review is refused by name.

    Raises
    ------
    Inconclusive
        It is refused where nothing befell the mission, too: that says nothing about the upheaval.

    """
    start = Checkpoint(sandbox.root)
    checkout = upheaval(mission)
    change = ReviewRange.of(mission, "WP01", mission.worktree("WP01").branch())
    log = checkout.path / mission.event_log.relative_to(mission.repository.path)
    before = log.read_bytes()
    outcome = review(mission, checkout)
    if not (refused(outcome) and log.read_bytes() == before and "WP01" in outcome.output):
        judged(arranged(outcome, "request the review of WP01"), checkout, change, promise)
        return
    start.put_back()
    with mission.workbench.story.muted():
        arranged(review(mission, mission.repository), "request the review of WP01, to which nothing happened")
    promise.expect(
        "the review is refused, and no prompt is pointed at",
        held=True,
        expected="what is shown is exactly the change, or nothing is",
        seen=outcome.summary(),
        bash=REFUSED,
    )


def shows(name: str, command: PrintedCommand, change: ReviewRange, promise: Promise) -> None:
    """Give one command where it says; state that it succeeds and shows exactly the change."""
    promise.expect(
        f"{name} is for a folder that is there",
        held=command.folder.is_dir(),
        expected="a folder to give it in",
        seen=command.folder,
        bash=f"[ -d '{command.folder}' ]",
    )
    outcome = command.give(change.workbench)
    promise.expect(
        f"{name} succeeds",
        held=outcome.succeeded,
        expected="exit status 0",
        seen=f"{command.line}: {outcome.summary()}",
        bash='[ "$EXIT" -eq 0 ]',
    )
    if not command.shows_change:
        return
    wrong = change.deviations(command, outcome)
    promise.expect(
        f"{name} shows exactly the change of WP01",
        held=not wrong,
        expected=f"commits: {', '.join(change.commits.values())}; files: {', '.join(change.files)}",
        seen="; ".join(wrong) or "so it does",
        bash=change.shown(command),
    )


# US2.3 "Given a mission slug begins with mission-, When review diff instructions are generated, Then they use
# canonical state references rather than reconstructed slug conventions."
# Edge case 4 "A mission slug already contains the mission- prefix and would be misparsed by string
# reconstruction."
@case(
    "950-01",
    requirements=("FR-006", "C-004"),
    scenario="US2.3",
    promise="However a mission is called and made, its review's git commands show exactly the change.",
    rationale="A reviewer who looks at the wrong comparison approves what nobody has read.",
    also=("edge-4",),
    variants={name: planned(slug) for name, slug in SLUGS.items()}
    | {"as-advised": planned(SLUGS["mission"], shape=Shape.OWN)},
)
def test_the_name_of_a_mission_changes_nothing(
    variant: Planned, situations: Situations, promise: Promise
) -> None:
    (mission,) = situations(variant)
    shows_exactly_the_change(mission, promise)


# C-004, and US2 "A reviewer needs every generated review prompt and diff command to identify the correct
# repository, mission, work package, worktree, branch, and base reference".
@case(
    "950-02",
    requirements=("FR-006", "C-004"),
    scenario="US2.3",
    promise="Whatever befell branches and checkouts, each git command of a review shows exactly the change.",
    rationale="References made up from names and habits are right until something moves.",
    variants=UPHEAVALS,
)
def test_no_upheaval_changes_what_is_shown(
    variant: Upheaval, situations: Situations, sandbox: Sandbox, promise: Promise
) -> None:
    (mission,) = situations(planned(SLUGS["mission"]))
    shows_it_or_is_refused(mission, variant, sandbox, promise)


@case(
    "950-03",
    requirements=("FR-006", "C-004"),
    scenario="US2.3",
    promise="Where the target is not `main`, each git command of a review shows exactly the change.",
    rationale="A base branch that is guessed to be main compares with what the mission never began from.",
    variants={"context-kept": nothing, "context-lost": context_lost},
)
def test_another_target_branch_changes_nothing(
    variant: Upheaval, situations: Situations, sandbox: Sandbox, promise: Promise
) -> None:
    (mission,) = situations(planned(SLUGS["mission"], branch="develop"))
    if variant is nothing:
        shows_exactly_the_change(mission, promise)
    else:
        shows_it_or_is_refused(mission, variant, sandbox, promise)


# FR-006 "I want diff commands to use canonical mission and lane references": whoever prints them. Agents that
# are driven by `next` review by the prompt that it hands out, and by no other.
@case(
    "950-04",
    requirements=("FR-006", "C-004"),
    scenario="US2.3",
    promise="Each git command of a review prompt that `next` hands out shows exactly the change.",
    rationale="A reviewer who is sent by `next` looks where that prompt says, at whatever is there.",
    variants={"context-kept": nothing, "context-lost": context_lost},
)
def test_a_prompt_handed_out_by_next_shows_the_change(
    variant: Upheaval, situations: Situations, promise: Promise
) -> None:
    (mission,) = situations(planned(SLUGS["mission"]))
    checkout = variant(mission)
    change = ReviewRange.of(mission, "WP01", mission.worktree("WP01").branch())
    outcome = handed_out(mission, "review")
    if outcome.json().get("wp_id") != "WP01":
        message = f"`next` hands out the review of {outcome.json().get('wp_id')}, not of WP01"
        raise Inconclusive(message)
    judged(outcome, checkout, change, promise)
