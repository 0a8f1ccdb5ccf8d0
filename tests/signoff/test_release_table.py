import msgspec
import pytest

from kitty_conformance.case import Case, Verdict
from kitty_conformance.errors import UsageError
from kitty_conformance.results import FORMAT, CaseResult, Disturbance, Footer, Header, TargetIdentity
from kitty_conformance.signoff.release_table import STAGES, WALKS, Records, main, page
from kitty_conformance.story import Expected, Story
from kitty_conformance.stream import Results, ResultsWriter

UNDISTURBED = Disturbance(hash_seed=0, time_zone="UTC", path_padding=0, order_seed=0, load=False)
STOP = "the walk completes (it stops where it is to bring WP02 to in_progress)"
SEEN = "merge of 0123456789abcdef into @{ROOT}/work/repo failed | twice"


def finding(case, verdict, reason="", seen=""):
    steps = (Expected(promise="p", held=False, expected="e", seen=seen),) if seen else ()
    return CaseResult(
        case=case,
        run=1,
        verdict=verdict,
        reason=reason,
        observations={},
        story=Story(steps=steps),
        seconds=0.1,
    )


@pytest.fixture
def smoke():
    """Makes the results of the smoke on a release; `others` gives the cases that do not conform."""

    def make(version, *others, whole=True, without=""):
        found = {
            case: finding(case, Verdict.CONFORMS) for case in (*STAGES.values(), *WALKS) if case != without
        }
        found |= {each.case: each for each in others}
        cases = tuple(
            Case(id=case, requirements=("SC-001",), scenario="SC-001", promise="p", rationale="r")
            for case in sorted(found)
        )
        target = TargetIdentity(
            requested=f"pypi:{version}",
            version=version,
            sha256="ab" * 32,
            resolution="locked",
            python="3.11.7",
            dependencies=(),
        )
        started = "2026-05-02T12:00:00Z"
        header = Header(format=FORMAT, harness="0.1", target=target, cases=cases, runs=(), started=started)
        footer = Footer(results=len(found), finished=started) if whole else None
        return Results(header=header, results=tuple(found.values()), footer=footer)

    return make


def test_a_release_that_reaches_everything_has_a_row_of_marks(smoke):
    drawn = page(Records().with_run(smoke("3.2.0a8")))
    assert "| 3.2.0a8 |" + " ✓ |" * len(STAGES) in drawn
    assert "| 3.2.0a8 | conforms | conforms |  |" in drawn


def test_where_a_walk_stops_the_page_says_which_step_and_why(smoke):
    drawn = page(Records().with_run(smoke("3.2.7", finding("smoke-02", Verdict.VIOLATES, STOP, SEEN))))
    why = "it stops where it is to bring WP02 to in_progress: merge of … into repo failed \\| twice"
    assert f"| 3.2.7 | conforms | violates | smoke-02: {why} |" in drawn


def test_a_stage_that_is_not_reached_or_not_agreed_on_has_a_note(smoke):
    findings = (
        finding("smoke-03/claimed", Verdict.INCONCLUSIVE, "could not claim it"),
        finding("smoke-03/done", Verdict.VIOLATES, "all agree", "WP01 is done by one, approved by another"),
    )
    drawn = page(Records().with_run(smoke("3.2.7", *findings)))
    assert "| 3.2.7 | ✓ | ✓ | ✓ | ✓ | no | ✓ | ✓ | ✓ | ✓ | ✓ | ≠ | ✓ |" in drawn
    assert "- 3.2.7, claimed: could not claim it\n" in drawn
    assert "- 3.2.7, done: all agree: WP01 is done by one, approved by another\n" in drawn


def test_what_a_release_has_no_surface_for_is_no_stop(smoke):
    one_shape = finding("smoke-02", Verdict.NOT_APPLICABLE, "no choice")
    assert "| 3.2.0a8 | conforms | not-applicable |  |" in page(
        Records().with_run(smoke("3.2.0a8", one_shape))
    )


def test_releases_stand_in_their_order_and_a_later_run_replaces_an_earlier_one(smoke):
    records = Records()
    for version in ("4.0.0rc7", "3.2.0a10", "3.2.0a9", "3.2.0"):
        records = records.with_run(smoke(version, finding("smoke-01", Verdict.VIOLATES, STOP, SEEN)))
    records = records.with_run(smoke("3.2.0"))
    assert [each.version for each in records.releases] == ["3.2.0a9", "3.2.0a10", "3.2.0", "4.0.0rc7"]
    assert records.releases[2].findings["smoke-01"].verdict is Verdict.CONFORMS


@pytest.mark.parametrize(
    ("how", "why"), [({"whole": False}, "cut short"), ({"without": "smoke-03/done"}, "lacks smoke-03/done")]
)
def test_a_run_that_is_not_whole_is_refused(smoke, how, why):
    with pytest.raises(UsageError, match=why):
        Records().with_run(smoke("3.2.7", **how))


def test_the_page_is_drawn_from_what_is_kept(smoke, tmp_path, capsys):
    recorded = smoke("3.2.7")
    stream = tmp_path / "results.ndjson"
    with ResultsWriter(stream) as writer:
        writer.header(msgspec.structs.replace(recorded.header, runs=(UNDISTURBED,)))
        for result in recorded.results:
            writer.result(result)
        writer.footer(recorded.footer)
    assert main([str(tmp_path), str(stream)]) == 0
    drawn = (tmp_path / "releases.md").read_text()
    (tmp_path / "releases.md").unlink()
    assert main([str(tmp_path)]) == 0
    assert (tmp_path / "releases.md").read_text() == drawn
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("error: no folder of docs")
