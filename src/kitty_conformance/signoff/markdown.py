"""The report for people, as Markdown: the decision first, what was found, identity last.

It is read where Markdown is shown: a section for each case of which something was found, however many
variants that has. Variants of which the same was found share a row, one finding of each issue is told with
its transcript, and a crash map is drawn in full where the work did not go on. The page has it all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.crash_map import HEAD, all_held, headline, stretches
from kitty_conformance.signoff.decision import Decision, in_words
from kitty_conformance.signoff.document import Report, SuitePart
from kitty_conformance.signoff.grouping import CHAPTERS, Group, Row, deferred_in, groups, reuses
from kitty_conformance.signoff.shell import readable
from kitty_conformance.signoff.trace import asked_by, issues

SIGNS: Final = {
    Decision.RELEASABLE: "✅",
    Decision.BLOCKED: "⛔",
    Decision.INCONCLUSIVE: "❔",
}
PAGE: Final = "report.html"
"""Where everything is told in full."""

_MOST_ROWS: Final = 5
_MOST_IDS: Final = 6
_MOST_LINES: Final = 30
_LONGEST_CELL: Final = 200


def render(report: Report) -> str:
    """Return the whole report; the same report gives the same text."""
    blocks = [
        *what_was_decided(report),
        *table_of_counts(report),
        *_chapters(report),
        *_others(report),
        *_crash_maps(report),
        *_trace(report),
        *_determinism(report),
        *_reuse(report),
        *_deferrals(report),
        *_identity(report),
    ]
    return "\n\n".join(blocks) + "\n"


def what_was_decided(report: Report) -> Iterator[str]:
    """Yield what was decided, why, and of what."""
    decision = report.decision.decision
    said = in_words(decision, signing_off=report.signing_off)
    yield f"# spec-kitty {report.target.title}: {SIGNS[decision]} {said}"
    yield "\n".join(f"- {text(reason)}" for reason in report.decision.reasons)
    runs = f"{len(report.runs)} run{'' if len(report.runs) == 1 else 's'}"
    end = report.finished or "(cut short)"
    yield (
        f"{len(report.cases)} cases, {runs}, {report.started} to {end}; "
        f"kitty-conformance {report.harness}. Exit code {report.decision.exit_code}."
    )


def table_of_counts(report: Report) -> Iterator[str]:
    """Yield how many cases of each issue came to which outcome."""
    rows = [
        [_number(suite.suite), suite.title, *(_count(report, suite, outcome) for outcome in Outcome)]
        for suite in report.suites
    ]
    yield _table(["issue", "about", *Outcome], rows, align=["---", "---", *["--:"] * len(Outcome)])
    if report.unasked:
        yield f"No case was asked of: {', '.join(map(_number, report.unasked))}."


def _count(report: Report, suite: SuitePart, outcome: Outcome) -> str:
    count = suite.counts[outcome]
    known = deferred_in(report, suite.suite) if outcome is Outcome.VIOLATES else 0
    return f"{count} ({known} deferred)" if known else str(count or "·")


def _chapters(report: Report) -> Iterator[str]:
    told: set[str] = set()
    for _, title, outcome in CHAPTERS:
        found = tuple(groups(report, outcome))
        if found:
            yield f"## {title}"
        for group in found:
            yield from _group(group, in_full=group.suite not in told)
            told.add(group.suite)


def _group(group: Group, *, in_full: bool) -> Iterator[str]:
    yield f"### {group.number}: {text(group.promise)}"
    yield "\n".join(_facts(group))
    yield _findings(group)
    if in_full and group.action:
        title = f"What was done in {group.told}, run {group.run}, and what came back"
        yield _details(title, _fenced(_shortened(group.action.splitlines()), "console"))
    yield f"Again, by hand: `{group.again}`"


def _facts(group: Group) -> Iterator[str]:
    yield f"- **Requires** {', '.join(group.covers)}"
    yield f"- **Why it matters** {text(group.rationale)}"
    yield from (f"- **Deferred** {text(reason)}" for reason in group.deferred)


def _findings(group: Group) -> str:
    rows = group.rows
    table = _table(["case", "finding", "expected", "seen", "runs"], map(_finding, rows[:_MOST_ROWS]))
    more = sum(len(row.ids) for row in rows[_MOST_ROWS:])
    return f"{table}\n\n… and {more} more like these, in {PAGE}" if more else table


def _finding(row: Row) -> tuple[str, ...]:
    more = len(row.ids) - _MOST_IDS
    ids = [*row.ids[:_MOST_IDS], *([f"{more} more"] if more > 0 else [])]
    differing = f"; differing: {', '.join(row.differing)}" if row.differing else ""
    runs = ", ".join(f"{number}: {verdict}" for number, verdict in row.verdicts)
    reused = f"; {row.reused}" if row.reused else ""
    cells = (row.reason + differing + reused, row.expected, row.seen)
    return ", ".join(ids), *(_cropped(cell) for cell in cells), runs


def _cropped(text: str) -> str:
    told = " ".join(readable(text).split())
    return told if len(told) <= _LONGEST_CELL else f"{told[: _LONGEST_CELL - 1]}…"


def _shortened(lines: Sequence[str]) -> Sequence[str]:
    more = len(lines) - _MOST_LINES
    return [*lines[:_MOST_LINES], f"… {more} more lines, in {PAGE}"] if more > 0 else lines


def _others(report: Report) -> Iterator[str]:
    kept = tuple(groups(report, Outcome.CONFORMS))
    if kept:
        yield "## Kept promises"
        yield _table(
            ["case", "promise", "variants kept", "requires"],
            [[each.number, each.promise, _kept(each), ", ".join(each.covers)] for each in kept],
        )
    without = [row for each in groups(report, Outcome.NOT_APPLICABLE) for row in each.rows]
    if without:
        yield "## Not applicable"
        yield _table(["case", "why not"], [[", ".join(row.ids), _why_not(row)] for row in without])


def _kept(group: Group) -> str:
    return f"{len(group.parts)} ({group.reused})" if group.reused else str(len(group.parts))


def _why_not(row: Row) -> str:
    return f"{row.reason} ({row.reused})" if row.reused else row.reason


def _reuse(report: Report) -> Iterator[str]:
    found = reuses(report)
    if found:
        yield "## Reused"
        yield "Recorded by earlier runs of the very same: target, dependencies, suites, case and disturbance."
        rows = [[each.recorded, str(each.run), str(len(each.cases)), _few(each.cases)] for each in found]
        yield _table(["recorded", "as run", "results", "cases"], rows)


def _few(ids: Sequence[str]) -> str:
    more = len(ids) - _MOST_IDS
    return ", ".join([*ids[:_MOST_IDS], *([f"{more} more, in {PAGE}"] if more > 0 else [])])


def _crash_maps(report: Report) -> Iterator[str]:
    mapped = [(part.case, each) for part in report.cases if part.evidence for each in part.evidence.maps]
    if mapped:
        yield "## What a crash leaves"
    whole = [f"- {case.id}: {text(headline(each))}" for case, each in mapped if all_held(each)]
    if whole:
        yield "\n".join(whole)
    for case, crash_map in mapped:
        if not all_held(crash_map):
            rows = [stretch.cells for stretch in stretches(crash_map)]
            yield _details(f"{case.id}: {text(headline(crash_map))}", _table(HEAD, rows))


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
                ", ".join(f"{each.counts[name]} {name}" for name in Outcome if name in each.counts),
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
            f"{', '.join(map(text, sorted(set(reasons))))}."
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
            *([what, which] for machine in report.machines for what, which in machine.told),
        ],
    )
    installed = [f"{each.name}=={each.version}" for each in target.dependencies]
    yield _details(f"{len(installed)} installed dependencies", _fenced(installed, "text"))


def _number(suite: str) -> str:
    return f"#{suite}" if suite.isdigit() else suite


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, align: Sequence[str] = ()) -> str:
    lines = [_row(head), _row(align or ["---"] * len(head))]
    return "\n".join([*lines, *(_row([text(cell) for cell in row]) for row in rows)])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def text(told: str) -> str:
    """Keep a text on its line and from being taken for mark-up."""
    one_line = " ".join(readable(told).split())
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
