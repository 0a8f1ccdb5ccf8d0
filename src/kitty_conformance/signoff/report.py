"""Making the sign-off report: a pure function of results, deferrals and a date.

Markdown and the terminal show this document and know nothing beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime

from kitty_conformance.results import CaseResult, Header, TargetIdentity
from kitty_conformance.signoff.aggregate import CaseOutcome, Outcome, aggregate, by_suite, unasked
from kitty_conformance.signoff.crash_map import maps
from kitty_conformance.signoff.decision import SIGNOFF_RUNS, decide, left_out
from kitty_conformance.signoff.deferral import Assessed, Deferral, assess, deferred
from kitty_conformance.signoff.document import (
    FORMAT,
    CasePart,
    DecisionPart,
    DeferralPart,
    DeterminismPart,
    EvidencePart,
    Report,
    RunOfCasePart,
    RunPart,
    SuitePart,
    decode,
    encode,
)
from kitty_conformance.signoff.trace import trace
from kitty_conformance.signoff.transcript import outline
from kitty_conformance.story import Expected, Story
from kitty_conformance.stream import Results

__all__ = ["Report", "build", "decode", "encode", "recorded_on"]


def build(
    results: Results,
    *,
    today: date,
    deferrals: Iterable[Deferral] = (),
    known: Collection[str] | None = None,
    needed_runs: int = SIGNOFF_RUNS,
    signing_off: bool = False,
) -> Report:
    """Make the report of one results stream.

    Parameters
    ----------
    results
        What was recorded.
    today
        The day the deferrals are held against.
    deferrals
        Why known violations do not block.
    known
        Ids of all cases there are, see `deferral.assess`; a release is signed off if all of them were asked.
    needed_runs
        How many runs the decision needs; three for a sign-off, one to look at a single issue.
    signing_off
        Whether a release is to be decided on: then whatever was not asked leaves it in doubt (a blocker of
        the seed, a case, a step no command was ended at). With adapters on it is no release that was tested,
        and none is decided on.

    """
    header, footer, outcomes = results.header, results.footer, aggregate(results)
    assessed = assess(deferrals, outcomes, version=header.target.version, today=today, known=known)
    covered = deferred(assessed)
    signed = decide(
        outcomes,
        deferred=covered.keys(),
        runs=len(header.runs),
        needed_runs=needed_runs,
        whole=footer is not None,
        unasked=unasked(outcomes) if signing_off else (),
        gaps=_gaps(header, outcomes, known) if signing_off else (),
    )
    return Report(
        format=FORMAT,
        harness=header.harness,
        signing_off=signing_off and not header.target.adapters,
        decision=DecisionPart(
            decision=signed.decision,
            exit_code=int(signed.exit_code),
            reasons=(*_adapted(header.target), *signed.reasons, *_reuse(results)),
        ),
        target=header.target,
        machines=header.machines,
        started=header.started,
        finished=footer.finished if footer else "",
        runs=tuple(RunPart(run=run, disturbance=each) for run, each in enumerate(header.runs, start=1)),
        determinism=_determinism(outcomes, len(header.runs)),
        suites=tuple(
            SuitePart(suite=each.suite, title=each.title, counts=each.counts) for each in by_suite(outcomes)
        ),
        unasked=unasked(outcomes),
        trace=trace(header.cases, outcomes),
        cases=tuple(_case(each, covered.get(each.case.id)) for each in outcomes),
        deferrals=tuple(_deferral(each) for each in assessed),
        deferrals_as_of=today,
    )


def recorded_on(results: Results) -> date:
    """Return the day results are of: that of their end, or, where they were cut short, of their beginning."""
    moment = results.footer.finished if results.footer else results.header.started
    return datetime.fromisoformat(moment).date()


def _gaps(header: Header, outcomes: Sequence[CaseOutcome], known: Collection[str] | None) -> tuple[str, ...]:
    return left_out(outcomes, known=known or (), shard=header.shard, crash_points=header.crash_points)


def _adapted(target: TargetIdentity) -> Iterator[str]:
    if target.adapters:
        issues = ", ".join(f"#{issue}" for issue in target.adapters)
        yield f"adapters are on for {issues}: this is not the wheel as it is, and no release is decided on"


def _reuse(results: Results) -> Iterator[str]:
    reused = sum(bool(result.reused) for result in results.results)
    if reused:
        yield f"{reused} of {len(results.results)} results were reused from earlier runs of the very same"


def _determinism(outcomes: Sequence[CaseOutcome], runs: int) -> DeterminismPart:
    compared = [each for each in outcomes if len(each.results) > 1]
    flaky = tuple(each.case.id for each in compared if each.outcome is Outcome.FLAKY)
    agreeing = len(compared) - len(flaky)
    statement = (
        f"{runs} runs, each disturbed differently: {agreeing} of {len(compared)} cases gave the same verdict "
        f"and the same observations every time"
        if compared
        else f"{runs} run{'' if runs == 1 else 's'}, nothing to compare: determinism was not tested"
    )
    return DeterminismPart(
        runs=runs, compared=len(compared), agreeing=agreeing, flaky=flaky, statement=statement
    )


def _case(outcome: CaseOutcome, deferral: Deferral | None) -> CasePart:
    telling = outcome.telling
    broken = _broken(telling.story) if telling else None
    return CasePart(
        case=outcome.case,
        outcome=outcome.outcome,
        reason=outcome.reason,
        differing=outcome.differing,
        missing=outcome.missing,
        runs=tuple(_run(result) for result in outcome.results),
        expected=broken.expected if broken else "",
        seen=broken.seen if broken else "",
        deferred=f"{deferral.reason} ({deferral.owner}, until {deferral.until}, {deferral.link})"
        if deferral
        else "",
        evidence=_evidence(outcome, telling) if telling else None,
    )


def _broken(story: Story) -> Expected | None:
    """Return the first promise that was not kept, else the last one put to the test."""
    stated = [step for step in story.steps if isinstance(step, Expected)]
    return next((step for step in stated if not step.held), stated[-1] if stated else None)


def _run(result: CaseResult) -> RunOfCasePart:
    return RunOfCasePart(
        run=result.run,
        verdict=result.verdict,
        reason=result.reason,
        seconds=result.seconds,
        launcher=result.launcher,
        unforked=result.unforked,
        reused=result.reused,
    )


def _evidence(outcome: CaseOutcome, telling: CaseResult) -> EvidencePart:
    in_full = outcome.outcome not in (Outcome.CONFORMS, Outcome.NOT_APPLICABLE)
    return EvidencePart(
        run=telling.run,
        outline=outline(telling.story),
        story=telling.story if in_full else None,
        maps=maps(telling.story),
    )


def _deferral(assessed: Assessed) -> DeferralPart:
    deferral = assessed.deferral
    return DeferralPart(
        covers=deferral.covers,
        status=assessed.status,
        reason=deferral.reason,
        owner=deferral.owner,
        link=deferral.link,
        until=deferral.until,
        releases=deferral.releases,
        cases=assessed.cases,
        remark=assessed.remark,
    )
