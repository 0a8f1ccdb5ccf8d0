import pytest

from kitty_conformance.case import Verdict
from kitty_conformance.errors import ExitCode
from kitty_conformance.signoff.aggregate import aggregate
from kitty_conformance.signoff.decision import Decision, decide, left_out

C, V, X, N = Verdict.CONFORMS, Verdict.VIOLATES, Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE


@pytest.fixture
def decided(builder):
    """Decide on the verdicts of both cases, the same in each of three runs."""

    def decide_on(first, second, **options):
        for case, verdicts in zip(builder.cases, (first, second), strict=True):
            builder.record(case, verdicts if isinstance(verdicts, list) else [verdicts] * 3)
        return decide(aggregate(builder.results()), runs=3, **options)

    return decide_on


@pytest.mark.parametrize(
    ("first", "second", "decision", "code"),
    [
        (C, C, Decision.RELEASABLE, ExitCode.OK),
        (C, N, Decision.RELEASABLE, ExitCode.OK),
        (C, V, Decision.BLOCKED, ExitCode.VIOLATED),
        (X, V, Decision.BLOCKED, ExitCode.VIOLATED),
        (C, [C, V, C], Decision.BLOCKED, ExitCode.VIOLATED),
        (C, X, Decision.INCONCLUSIVE, ExitCode.INCONCLUSIVE),
        (N, N, Decision.INCONCLUSIVE, ExitCode.INCONCLUSIVE),
        (C, [C, C], Decision.INCONCLUSIVE, ExitCode.INCONCLUSIVE),
        (C, [], Decision.INCONCLUSIVE, ExitCode.INCONCLUSIVE),
    ],
)
def test_the_worst_case_decides(decided, first, second, decision, code):
    signed = decided(first, second)
    assert (signed.decision, signed.exit_code) == (decision, code)
    assert signed.reasons


def test_a_deferred_violation_does_not_block(decided):
    signed = decided(C, V, deferred={"951-02/block"})
    assert signed.decision is Decision.RELEASABLE
    assert signed.reasons == ("1 promise kept in 3 runs", "violated but deferred: 1 case (951-02/block)")


def test_what_is_deferred_is_said_whatever_is_decided(decided):
    signed = decided(V, V, deferred={"951-02/block"})
    assert signed.decision is Decision.BLOCKED
    assert signed.reasons[1] == "violated but deferred: 1 case (951-02/block)"


def test_a_deferral_does_not_cover_flakiness(decided):
    assert decided(C, [C, V, V], deferred={"951-02/block"}).decision is Decision.BLOCKED


def test_a_deferral_does_not_cover_a_run_without_result(decided):
    signed = decided(C, [V, V], deferred={"951-02/block"})
    assert signed.decision is Decision.INCONCLUSIVE
    assert signed.reasons[0] == "not recorded in every run: 1 case (951-02/block)"


def test_zero_cases_are_never_releasable():
    signed = decide([], runs=3)
    assert (signed.decision, signed.reasons) == (Decision.INCONCLUSIVE, ("no case was asked",))


def test_too_few_runs_are_never_releasable(conforming):
    signed = decide(aggregate(conforming), runs=1)
    assert signed.decision is Decision.INCONCLUSIVE
    assert signed.reasons == ("1 run cannot show determinism, 3 are needed (NFR-003)",)
    assert decide(aggregate(conforming), runs=1, needed_runs=1).decision is Decision.RELEASABLE


def test_truncated_results_are_never_releasable(conforming):
    assert decide(aggregate(conforming), runs=3, whole=False).reasons == ("the results are truncated",)


def test_many_cases_are_counted_and_some_named(builder, evidence, renamed):
    builder.cases = tuple(renamed(evidence, f"945-{number:02}") for number in range(1, 9))
    for case in builder.cases:
        builder.record(case, [V] * 3)
    signed = decide(aggregate(builder.results()), runs=3)
    assert signed.reasons == ("violated: 8 cases (945-01, 945-02, 945-03, 945-04, 945-05, …)",)


def test_a_release_is_not_signed_off_while_a_blocker_was_asked_nothing(decided):
    signed = decided(C, C, unasked=("952", "953"))
    assert signed.decision is Decision.INCONCLUSIVE
    assert signed.reasons == ("no case was asked of 952, 953 (NFR-001)",)


def test_a_part_of_what_there_is_stands_for_no_whole(conforming):
    outcomes = aggregate(conforming)
    gaps = left_out(
        outcomes, known=["945-01/move-task", "945-02", "951-02/block", "951-03"], shard="1/40", crash_points=3
    )
    assert gaps == (
        "not asked, of 4 cases there are: 2 cases (945-02, 951-03)",
        "only shard 1/40 of the cases was asked",
        "commands were ended before no more than 3 mutating steps, not before each (--crash-points)",
    )
    signed = decide(outcomes, runs=3, gaps=gaps)
    assert (signed.decision, signed.reasons) == (Decision.INCONCLUSIVE, gaps)
    assert left_out(outcomes, known=[each.case.id for each in outcomes]) == ()
