"""#952: every command that answers in JSON prints one document, whatever final sync comes upon.

FR-010 "I want JSON/stdout command surfaces to remain parseable when diagnostics are present so that command
consumers can reliably inspect results."
NFR-004 "JSON command-output tests MUST validate stdout with a JSON parser and fail if non-JSON diagnostic
text appears on stdout."

Which commands there are is found by asking `--help` through the whole tree: those with `--json`, and those of
the orchestrator, which answer in JSON without it, as asking them shows. The schema of each is what it
printed undisturbed. A sample of the cross product: each command meets the service that is not there, once
with somebody signed in and, if it changes something, once with nobody; what other failures do is asked of one
command in `issue_952_final_sync`, for they reach every command by the same way.
"""

from __future__ import annotations

from collections.abc import Callable

from kitty_conformance.case import Inconclusive, NotApplicable, case
from kitty_fixtures.command_tree import CommandTree
from kitty_fixtures.hindrance import HINDRANCES
from kitty_fixtures.hosted_scene import Hindered, HostedSituations
from kitty_fixtures.json_commands import GROUPS, HOSTED, JsonCommand, json_commands
from kitty_fixtures.json_survey import JsonSurvey, breaches
from kitty_fixtures.plugins.final_sync import stage_of
from kitty_fixtures.promise import Promise
from kitty_fixtures.workbench import Workbench

BY_GROUP = {name: name for name in GROUPS}
"""Commands asked in one case, in one mission, one after the other; `others` are those nobody has heard of."""


# US4.2 "Given a JSON command surface is requested, When non-fatal sync diagnostics exist, Then stdout remains
# valid JSON and diagnostics appear only in an explicit field or on stderr according to the command contract."
@case(
    "952-08",
    requirements=("FR-009", "FR-010", "NFR-004", "SC-005"),
    scenario="US4.2",
    promise="Signed in, the service gone, each JSON command prints its document, ends and changes as ever.",
    rationale="One line of text before the document, and every consumer of the command breaks.",
    variants=BY_GROUP,
)
def test_signed_in_the_service_gone(
    variant: str,
    scenes: HostedSituations,
    hindered: Hindered,
    command_tree: CommandTree,
    surveys: Callable[[str], JsonSurvey],
    workbench: Workbench,
    promise: Promise,
) -> None:
    survey = surveys(variant)
    commands = asked(command_tree, survey, variant)
    mission = scenes.signed_in(stage_of(variant))
    with hindered.unmet(HINDRANCES["closed"]) as run:
        broken = breaches(survey, commands, mission, run, workbench.run)
    keep_their_contract(tuple(each.name for each in commands), broken, promise)


# US4.2 again, with nobody signed in: diagnostics then tell that, and nothing else differs. Of the commands
# that only look, which `952-08` asks, none is asked again but those that are about the service.
@case(
    "952-09",
    requirements=("FR-009", "FR-010", "NFR-004", "SC-005"),
    scenario="US4.2",
    promise="Not signed in, each changing JSON command prints its document, ends and changes as ever.",
    rationale="Whoever has not signed in works locally, and must not be told of failures.",
    variants=BY_GROUP,
)
def test_not_signed_in(
    variant: str,
    scenes: HostedSituations,
    hindered: Hindered,
    command_tree: CommandTree,
    surveys: Callable[[str], JsonSurvey],
    workbench: Workbench,
    promise: Promise,
) -> None:
    survey = surveys(variant)
    commands = asked(command_tree, survey, variant)
    if variant != HOSTED:
        commands = [each for each in commands if each.name in survey.changing]
    if not commands:
        promise.not_applicable("none of these commands changes anything")
    (mission,) = scenes(stage_of(variant))
    with hindered.unmet(HINDRANCES["not-signed-in"]) as run:
        broken = breaches(survey, commands, mission, run, workbench.run)
    keep_their_contract(tuple(each.name for each in commands), broken, promise)


def asked(tree: CommandTree, survey: JsonSurvey, group: str) -> list[JsonCommand]:
    """Return the commands of a group that promise a document; `952-10` tells of the others."""
    commands = [each for each in json_commands(tree, group) if each.name in survey.contracts]
    if not commands:
        message = "no command of this group printed a document undisturbed"
        raise NotApplicable(message)
    return commands


def keep_their_contract(names: tuple[str, ...], broken: dict[str, str], promise: Promise) -> None:
    """Each command printed one document of its own schema, ended with its own status, and did its change."""
    promise.observe("asked", ", ".join(names))
    promise.observe("broken", ", ".join(sorted(broken)))
    promise.expect(
        "each command prints one JSON document of its schema, ends with its own exit status, changes as ever",
        held=not broken,
        expected=f"so of {len(names)} commands: {', '.join(names)}",
        seen="; ".join(f"{name}: {reason}" for name, reason in sorted(broken.items())) or "so it is",
        bash='"$(dirname "$SPEC_KITTY")/python" -m json.tool "$STDOUT" >/dev/null',
    )


# NFR-004, undisturbed: what is asked above, and what could not be. "Preserve Parseable Successful Commands"
# (US4), "local success output remains parseable" (SC-005): what a command says that refuses or fails is not
# spoken of. It stands in the story, with where it was said.
@case(
    "952-10",
    requirements=("FR-010", "NFR-004"),
    scenario="NFR-004",
    promise="Each command that answers in JSON prints one document when it succeeds.",
    rationale="A command that says it answers in JSON and does not is found by the consumer that trusts it.",
    variants=BY_GROUP,
)
def test_json_is_what_succeeds(
    variant: str,
    command_tree: CommandTree,
    surveys: Callable[[str], JsonSurvey],
    workbench: Workbench,
    promise: Promise,
) -> None:
    survey = surveys(variant)
    commands = json_commands(command_tree, variant)
    if not commands:
        promise.not_applicable("the target has no command that answers in JSON in this group")
    for name, reason in survey.unasked.items():
        workbench.story.note(f"`{name}` printed no document: {reason}")
    promise.observe("asked", ", ".join(sorted(survey.contracts)))
    promise.observe("not asked", ", ".join(sorted(survey.unasked)))
    promise.expect(
        "no command reports success and prints something other than one JSON document",
        held=not survey.garbled,
        expected=f"one document from each of {len(survey.contracts) + len(survey.garbled)} commands",
        seen="; ".join(f"{name}: {said}" for name, said in survey.garbled.items()) or "so it is",
    )
    if unknown := [each for each in commands if each.unknown]:
        words = "; ".join(f"{each.name}: {each.unknown}" for each in unknown)
        raise Inconclusive(f"no valid invocation is known: {words}")
