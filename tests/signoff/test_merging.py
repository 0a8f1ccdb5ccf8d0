"""Shards become the run they are parts of; what does not belong together is refused."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitty_conformance.errors import OutputUnwritableError, ResultsUnusableError
from kitty_conformance.results import Machine
from kitty_conformance.running.shard import Shard
from kitty_conformance.signoff.merging import absent_shards, together, write
from kitty_conformance.signoff.report import build
from kitty_conformance.stream import Results, read

CASES = tuple(f"945-{number:02}/{variant}" for number in (1, 2, 3) for variant in "abc")
TODAY = date(2026, 5, 3)


def parts(whole, count):
    """Return a run as shards would have recorded it."""
    for number in range(1, count + 1):
        shard = Shard(number, count)
        cases = shard.of(whole.header.cases)
        mine = tuple(each for each in whole.results if each.case in {case.id for case in cases})
        yield Results(
            header=msgspec.structs.replace(whole.header, cases=cases, shard=str(shard)),
            results=mine,
            footer=msgspec.structs.replace(whole.footer, results=len(mine)),
        )


@given(
    verdicts=st.lists(
        st.sampled_from(["conforms", "violates", "inconclusive"]), min_size=len(CASES), max_size=len(CASES)
    ),
    count=st.integers(1, len(CASES)),
    order=st.randoms(use_true_random=False),
)
def test_merged_shards_are_the_run_that_was_not_sharded(recorded, verdicts, count, order):
    whole = recorded("3.2.0", {case: (each, each) for case, each in zip(CASES, verdicts, strict=True)})
    shards = list(parts(whole, count))
    order.shuffle(shards)
    merged = together(shards)
    assert merged.header == whole.header
    assert sorted(merged.results, key=lambda each: (each.case, each.run)) == sorted(
        whole.results, key=lambda each: (each.case, each.run)
    )
    assert absent_shards(shards) == ()
    reports = [
        build(each, today=TODAY, deferrals=(), known=set(CASES), needed_runs=2) for each in (merged, whole)
    ]
    assert reports[0] == reports[1]


def test_what_is_written_is_read_back(recorded, tmp_path):
    merged = together(list(parts(recorded("3.2.0", dict.fromkeys(CASES, "conforms")), 3)))
    write(tmp_path / "deep" / "merged.ndjson", merged)
    assert read(tmp_path / "deep" / "merged.ndjson") == merged
    write(tmp_path / "deep" / "merged.ndjson", merged)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["merged.ndjson"]


def test_a_missing_shard_is_named(recorded):
    first, _, third = parts(recorded("3.2.0", dict.fromkeys(CASES, "conforms")), 3)
    assert absent_shards([first, third]) == ("2/3",)


def test_what_is_merged_without_a_shard_stays_a_part_until_that_is_there(recorded, tmp_path):
    whole = recorded("3.2.0", dict.fromkeys(CASES, "conforms"))
    first, second, third = parts(whole, 3)
    partial = together([third, first])
    assert partial.header.shard == "1/3 3/3"
    write(tmp_path / "partial.ndjson", partial)
    kept = read(tmp_path / "partial.ndjson")
    assert absent_shards([kept]) == ("2/3",)
    assert absent_shards([kept, second]) == ()
    assert together([kept, second]).header == whole.header


def test_parts_of_several_partitions_are_named_as_far_as_they_are_not_whole(recorded):
    whole = recorded("3.2.0", dict.fromkeys(CASES, "conforms"))
    halves, thirds = list(parts(whole, 2)), list(parts(whole, 3))
    merged = together([*halves, thirds[1], whole], later_counts=True)
    assert merged.header.shard == "2/3"


def test_shards_of_other_partitions_are_no_shards_of_one_run(recorded):
    whole = recorded("3.2.0", dict.fromkeys(CASES, "conforms"))
    with pytest.raises(ResultsUnusableError, match=r"no shards of one run: 1/2, 2/3"):
        absent_shards([next(parts(whole, 2)), list(parts(whole, 3))[1]])
    with pytest.raises(ResultsUnusableError, match="a whole run"):
        absent_shards([next(parts(whole, 2)), whole])


def test_results_that_are_no_shards_lack_none(recorded):
    assert absent_shards([recorded("3.2.0", {"945-01": "conforms"})]) == ()


def test_another_build_is_refused(recorded):
    with pytest.raises(ResultsUnusableError, match="different builds"):
        together([recorded("3.2.0", {"945-01": "conforms"}), recorded("3.2.1", {"945-02": "conforms"})])


def test_another_harness_is_refused(recorded):
    one = recorded("3.2.0", {"945-01": "conforms"})
    with pytest.raises(ResultsUnusableError, match="versions of kitty-conformance"):
        together([one, recorded("3.2.0", {"945-02": "conforms"}, harness="0.2.0")])


def test_other_suites_are_refused(recorded):
    one = recorded("3.2.0", {"945-01": "conforms"})
    header = msgspec.structs.replace(one.header, source="ab" * 32)
    with pytest.raises(ResultsUnusableError, match="different suites"):
        together([one, Results(header=header, results=one.results, footer=one.footer)])
    changed = Results(header=header, results=one.results, footer=one.footer)
    assert together([one, changed], later_counts=True).header.source == ""


def test_another_disturbance_is_refused(recorded):
    one = recorded("3.2.0", {"945-01": "conforms"})
    with pytest.raises(ResultsUnusableError, match="different runs"):
        together([one, recorded("3.2.0", {"945-02": ("conforms", "conforms")})])


def test_every_kind_of_machine_stays_known(recorded):
    one, other = (recorded("3.2.0", {case: "conforms"}) for case in ("945-01", "945-02"))
    machines = (Machine(git="2.47"), Machine(git="2.39"))
    parts = [
        Results(
            header=msgspec.structs.replace(each.header, machines=(machine,)),
            results=each.results,
            footer=each.footer,
        )
        for each, machine in zip((one, other), machines, strict=True)
    ]
    assert [machine.git for machine in together(parts).header.machines] == ["2.39", "2.47"]
    assert len(together([parts[0], parts[0]]).header.machines) == 1


def test_another_sample_of_steps_is_refused(recorded):
    one = recorded("3.2.0", {"945-01": "conforms"})
    header = msgspec.structs.replace(one.header, crash_points=3)
    with pytest.raises(ResultsUnusableError, match="different crash points"):
        together([one, Results(header=header, results=one.results, footer=one.footer)])


def test_results_cut_short_are_refused(recorded):
    with pytest.raises(ResultsUnusableError, match="cut short"):
        together([recorded("3.2.0", {"945-01": "conforms"}, whole=False)])


def test_a_contradiction_is_refused_unless_the_later_counts(recorded):
    one, other = (recorded("3.2.0", {"945-01": verdict}) for verdict in ("conforms", "violates"))
    assert together([one, one]) == one
    with pytest.raises(ResultsUnusableError, match="case 945-01, run 1 was found conforms"):
        together([one, other])
    assert together([one, other], later_counts=True).results == other.results


def test_a_case_described_in_two_ways_is_of_other_suites(recorded):
    one = recorded("3.2.0", {"945-01": "conforms"})
    (case,) = one.header.cases
    changed = msgspec.structs.replace(case, promise="Another promise.")
    header = msgspec.structs.replace(one.header, cases=(changed,))
    other = Results(header=header, results=one.results, footer=one.footer)
    with pytest.raises(ResultsUnusableError, match="in two ways"):
        together([one, other])
    assert together([one, other], later_counts=True).header.cases == (changed,)


def test_where_nothing_can_be_written_it_says_so(recorded, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputUnwritableError):
        write(tmp_path / "file" / "merged.ndjson", recorded("3.2.0", {"945-01": "conforms"}))
