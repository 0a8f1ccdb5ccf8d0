"""The report for people, as Markdown: the decision first, the evidence of each violation, identity last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.crash_map import HEAD, headline, stretches
from kitty_conformance.signoff.decision import Decision, in_words
from kitty_conformance.signoff.document import CasePart, Report
from kitty_conformance.signoff.shell import readable
from kitty_conformance.signoff.trace import asked_by, issues
from kitty_conformance.signoff.transcript import action, scene

SIGNS: Final = {
    Decision.RELEASABLE: "✅",
    Decision.BLOCKED: "⛔",
    Decision.INCONCLUSIVE: "❔",
}
_CHAPTERS: Final = (
    (Outcome.VIOLATES, "Violated promises"),
    (Outcome.FLAKY, "Flaky: the runs disagree"),
    (Outcome.INCONCLUSIVE, "Not put to the test"),
)


def render(report: Report) -> str:
    """Return the whole report; the same report gives the same text."""
    blocks = [
        *_decision(report),
        *_counts(report),
        *_chapters(report),
        *_others(report),
        *_crash_maps(report),
        *_trace(report),
        *_determinism(report),
        *_deferrals(report),
        *_identity(report),
    ]
    return "\n\n".join(blocks) + "\n"


def _decision(report: Report) -> Iterator[str]:
    decision = report.decision.decision
    said = in_words(decision, signing_off=report.signing_off)
    yield f"# spec-kitty {report.target.name}: {SIGNS[decision]} {said}"
    yield "\n".join(f"- {_text(reason)}" for reason in report.decision.reasons)
    runs = f"{len(report.runs)} run{'' if len(report.runs) == 1 else 's'}"
    end = report.finished or "(cut short)"
    yield (
        f"{len(report.cases)} cases, {runs}, {report.started} to {end}; "
        f"kitty-conformance {report.harness}. Exit code {report.decision.exit_code}."
    )


def _counts(report: Report) -> Iterator[str]:
    rows = [
        [f"{_number(suite.suite)}", suite.title, *(_count(suite.counts[outcome]) for outcome in Outcome)]
        for suite in report.suites
    ]
    yield _table(["issue", "about", *Outcome], rows, align=["---", "---", *["--:"] * len(Outcome)])
    if report.unasked:
        yield f"No case was asked of: {', '.join(map(_number, report.unasked))}."


def _count(count: int) -> str:
    return str(count) if count else "·"


def _chapters(report: Report) -> Iterator[str]:
    for outcome, title in _CHAPTERS:
        cases = [case for case in report.cases if case.outcome is outcome]
        if cases:
            yield f"## {title}"
        for case in cases:
            yield from _case(report, case)


def _case(report: Report, part: CasePart) -> Iterator[str]:
    yield f"### {part.case.id}: {_text(part.case.promise)}"
    yield "\n".join(_facts(part))
    if part.evidence is not None and part.evidence.story is not None:
        story = part.evidence.story
        yield f"What was done in run {part.evidence.run}, and what came back:"
        yield _fenced(action(story), "console")
        if story.arranged:
            yield _details(
                f"How the scene was set (steps: {story.arranged})", _fenced(scene(story), "console")
            )
    yield f"Again, by hand: `{reproduce_command(report, part.case.id)}`"


def _facts(part: CasePart) -> Iterator[str]:
    yield f"- **Requires** {', '.join(part.case.requirements)} (seed: {part.case.scenario})"
    yield f"- **Why it matters** {_text(part.case.rationale)}"
    yield f"- **Finding** {_text(part.reason)}"
    if part.expected:
        yield f"- **Expected** {_text(part.expected)}"
        yield f"- **Seen** {_text(part.seen)}"
    if part.runs:
        yield f"- **Runs** {', '.join(f'{run.run}: {run.verdict}' for run in part.runs)}"
    if part.differing:
        yield f"- **Differing** {', '.join(map(_text, part.differing))}"
    if part.deferred:
        yield f"- **Deferred** {_text(part.deferred)}"


def _others(report: Report) -> Iterator[str]:
    kept = [case for case in report.cases if case.outcome is Outcome.CONFORMS]
    if kept:
        yield "## Kept promises"
        yield _table(
            ["case", "promise", "requires"],
            [[case.case.id, case.case.promise, ", ".join(case.case.requirements)] for case in kept],
        )
    without = [case for case in report.cases if case.outcome is Outcome.NOT_APPLICABLE]
    if without:
        yield "## Not applicable"
        yield _table(
            ["case", "promise", "why not"],
            [[case.case.id, case.case.promise, case.reason] for case in without],
        )


def _crash_maps(report: Report) -> Iterator[str]:
    mapped = [(part.case, each) for part in report.cases if part.evidence for each in part.evidence.maps]
    if mapped:
        yield "## What a crash leaves"
    for case, crash_map in mapped:
        rows = [stretch.cells for stretch in stretches(crash_map)]
        yield _details(f"{case.id}: {_text(headline(crash_map))}", _table(HEAD, rows))


def _trace(report: Report) -> Iterator[str]:
    yield "## Requirements"
    yield _table(
        ["id", "what", "issues", "cases", "outcome"],
        [
            [
                each.id,
                each.title,
                issues(each),
                asked_by(each) if each.cases or each.reason else "not asked",
                ", ".join(f"{count} {outcome}" for outcome, count in each.counts.items()),
            ]
            for each in report.trace
        ],
    )


def _determinism(report: Report) -> Iterator[str]:
    yield "## Determinism"
    yield f"{report.determinism.statement}."
    yield from _unforked(report)
    yield _table(
        ["run", "hash seed", "time zone", "longer path by", "order seed", "load beside it", "launcher"],
        [
            [
                str(part.run),
                str(part.disturbance.hash_seed),
                part.disturbance.time_zone,
                str(part.disturbance.path_padding),
                str(part.disturbance.order_seed),
                "yes" if part.disturbance.load else "no",
                part.disturbance.launcher,
            ]
            for part in report.runs
        ],
    )


def _unforked(report: Report) -> Iterator[str]:
    reasons = [run.unforked for case in report.cases for run in case.runs if run.unforked]
    if reasons:
        yield (
            f"{len(reasons)} results that were to be warm had commands started cold: "
            f"{', '.join(map(_text, sorted(set(reasons))))}."
        )


def _deferrals(report: Report) -> Iterator[str]:
    if not report.deferrals:
        return
    yield "## Deferrals"
    yield f"As of {report.deferrals_as_of}."
    yield _table(
        ["covers", "status", "until", "owner", "reason", "link"],
        [
            [
                each.covers,
                f"{each.status}: {each.remark}" if each.remark else str(each.status),
                str(each.until),
                each.owner,
                each.reason,
                each.link,
            ]
            for each in report.deferrals
        ],
    )


def _identity(report: Report) -> Iterator[str]:
    target = report.target
    yield "## Target"
    cut_off = f", as of {target.resolved_before}" if target.resolved_before else ""
    yield _table(
        ["what", "value"],
        [
            ["requested", target.requested],
            ["version", target.version],
            ["wheel sha256", target.sha256],
            ["dependencies", f"{target.resolution}{cut_off}"],
            ["Python", target.python],
            ["adapters", ", ".join(map(_number, target.adapters)) or "none"],
        ],
    )
    installed = [f"{each.name}=={each.version}" for each in target.dependencies]
    yield _details(f"{len(installed)} installed dependencies", _fenced(installed, "text"))


def reproduce_command(report: Report, identity: str) -> str:
    """Return the command that shows one case again, on the same target."""
    target = report.target
    adapters = f" --adapters {','.join(target.adapters)}" if target.adapters else ""
    return (
        f"kitty-conformance reproduce {identity} --target {target.requested.removeprefix('pypi:')}{adapters}"
    )


def _number(suite: str) -> str:
    return f"#{suite}" if suite.isdigit() else suite


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, align: Sequence[str] = ()) -> str:
    lines = [_row(head), _row(align or ["---"] * len(head))]
    return "\n".join([*lines, *(_row([_text(cell) for cell in row]) for row in rows)])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(text: str) -> str:
    """Keep text on its line and from being taken for mark-up."""
    one_line = " ".join(readable(text).split())
    for character, escaped in (
        ("\\", "\\\\"),
        ("&", "&amp;"),
        ("<", "&lt;"),
        ("|", "\\|"),
        ("`", "\\`"),
        ("*", "\\*"),
    ):
        one_line = one_line.replace(character, escaped)
    return one_line


def _fenced(lines: Sequence[str], language: str) -> str:
    """Fence lines with more backticks than any of them has."""
    fence = "```"
    while any(fence in line for line in lines):
        fence += "`"
    return "\n".join([f"{fence}{language}", *lines, fence])


def _details(title: str, body: str) -> str:
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"
