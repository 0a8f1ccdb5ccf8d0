"""What each release can be brought to: a page of the docs, drawn from the results of the smoke suite.

What the page needs of the results is kept beside it (`docs/releases.json`), one record a release, so that
the page can be drawn again from what is committed. A run of the smoke on a release replaces its record.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
from packaging.version import Version

from kitty_conformance.case import Verdict
from kitty_conformance.errors import KittyConformanceError, UsageError
from kitty_conformance.results import CaseResult
from kitty_conformance.story import Expected
from kitty_conformance.stream import Results, read

STAGES: Final = {
    "created": "smoke-04/created",
    "specified": "smoke-04/specified",
    "planned": "smoke-04/planned",
    "tasks finalised": "smoke-04/tasks-finalised",
    "claimed": "smoke-03/claimed",
    "in_progress": "smoke-03/in_progress",
    "for_review": "smoke-03/for_review",
    "in_review": "smoke-03/in_review",
    "approved": "smoke-03/approved",
    "rejected": "smoke-03/rejected",
    "done": "smoke-03/done",
    "merged": "smoke-03/merged",
}
"""Each stage, and the case that starts from it."""
WALKS: Final = {"smoke-01": "in lane worktrees", "smoke-02": "as the release advises"}
_REACHED: Final = {Verdict.CONFORMS: "✓", Verdict.VIOLATES: "≠", Verdict.INCONCLUSIVE: "no"}
_CHANCE: Final = re.compile(r"\b[0-9a-f]{12,40}\b|@\{ROOT\}/work/")


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one case found: its verdict, and the reason with what was seen if it does not conform."""

    verdict: Verdict
    reason: str = ""
    seen: str = ""


class ReleaseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the smoke found on one release, by case id."""

    version: str
    sha256: str
    findings: dict[str, Finding]


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, oldest release first."""

    releases: tuple[ReleaseRecord, ...] = ()

    def with_run(self, results: Results) -> Records:
        """Return them with the record of a run, in the place of an earlier one of its release.

        Raises
        ------
        UsageError
            The run is not whole, or lacks a case that the page is about.

        """
        record = _record(results)
        others = [each for each in self.releases if each.version != record.version]
        return Records(releases=tuple(sorted((*others, record), key=lambda each: Version(each.version))))

    def to_json(self) -> bytes:
        """Return them as the file that is committed."""
        return msgspec.json.format(msgspec.json.encode(self, order="deterministic"), indent=1) + b"\n"


def page(records: Records) -> str:
    """Return the page."""
    return "\n".join((*_OPENING, *_stages(records.releases), "", *_walks(records.releases), ""))


def _record(results: Results) -> ReleaseRecord:
    wanted = {*STAGES.values(), *WALKS}
    findings = {each.case: _finding(each) for each in results.results if each.case in wanted}
    missing = sorted(wanted - set(findings))
    target = results.header.target
    if missing or results.footer is None:
        lacks = f"lacks {missing[0]}" if missing else "was cut short"
        raise UsageError(f"the run on {target.version} {lacks}", hint="kitty-conformance run smoke")
    return ReleaseRecord(version=target.version, sha256=target.sha256, findings=findings)


def _finding(result: CaseResult) -> Finding:
    if result.verdict is Verdict.CONFORMS:
        return Finding(verdict=result.verdict)
    broken = [step.seen for step in result.story.steps if isinstance(step, Expected) and not step.held]
    return Finding(verdict=result.verdict, reason=_settled(result.reason), seen=_settled(*broken[-1:]))


def _settled(*texts: str) -> str:
    """Leave out what would be another the next time, and what a table cannot hold."""
    return " ".join(_CHANCE.sub(lambda match: "" if "/" in match[0] else "…", " ".join(texts)).split())


_OPENING: Final = (
    "# What each release can be brought to",
    "",
    "Drawn from results of the smoke suite (`kitty-conformance run smoke`), kept in `releases.json`, by",
    "`nox -s releases`. Not written by hand.",
    "",
    "## Stages",
    "",
    "✓ reached through the real CLI and read back; event log, `agent tasks status`, `status.json` and front",
    "matter agree on it (smoke-03), its document is committed in the root checkout (smoke-04) ·",
    "≠ reached, but not so · no: not reached. Missions are flat here: where a release gives each one a",
    "coordination branch and no choice, the library takes it away by hand before anything is built on it.",
    "",
)


def _stages(releases: Iterable[ReleaseRecord]) -> Iterator[str]:
    yield _row("release", *(stage.replace("_", "\\_") for stage in STAGES))
    yield _row("---", *(":-:" for _ in STAGES))
    notes = []
    for release in releases:
        found = {stage: release.findings[case] for stage, case in STAGES.items()}
        yield _row(release.version, *(_REACHED.get(each.verdict, "n.a.") for each in found.values()))
        notes += [
            f"- {release.version}, {stage}: {_why(each)}"
            for stage, each in found.items()
            if each.verdict is not Verdict.CONFORMS
        ]
    yield from ["", *notes] if notes else []


def _walks(releases: Iterable[ReleaseRecord]) -> Iterator[str]:
    yield "## The smoke: init → specify → plan → tasks → implement/review → merge → PR (SC-001)"
    yield ""
    yield "No status event is written by hand. smoke-01 walks in lane worktrees, where that can be chosen;"
    yield "smoke-02 as the release's own instructions tell an agent to, in the topology it chooses itself."
    yield ""
    yield _row("release", *(f"{case} {how}" for case, how in WALKS.items()), "which step, and why")
    yield _row("---", *("---" for _ in WALKS), "---")
    for release in releases:
        found = [(case, release.findings[case]) for case in WALKS]
        stopped = (
            f"{case}: {_why(each)}"
            for case, each in found
            if each.verdict not in (Verdict.CONFORMS, Verdict.NOT_APPLICABLE)
        )
        yield _row(release.version, *(each.verdict for _, each in found), "; ".join(stopped))


def _why(finding: Finding) -> str:
    step = re.search(r"\((it stops where it is to .*?)\)$", finding.reason)
    return ": ".join(filter(None, (step[1] if step else finding.reason, finding.seen)))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def main(arguments: Sequence[str]) -> int:
    """Take the results of some runs up and draw the page anew; the first argument is the folder of docs."""
    try:
        if not arguments:
            raise UsageError("no folder of docs", hint="python -m … DOCS [RESULTS]…")
        kept = Path(arguments[0], "releases.json")
        records = (
            msgspec.json.decode(kept.read_bytes(), type=Records, strict=True) if kept.exists() else Records()
        )
        for results in arguments[1:]:
            records = records.with_run(read(Path(results)))
        kept.write_bytes(records.to_json())
        kept.with_suffix(".md").write_text(page(records), encoding="utf-8")
    except KittyConformanceError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
