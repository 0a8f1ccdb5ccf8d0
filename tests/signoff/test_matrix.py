"""Several results streams side by side."""

import msgspec
import pytest

from kitty_conformance.case import Verdict
from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.matrix import cell, document, matrix


@pytest.fixture
def kept(builder):
    """Both promises held in three runs, recorded apart from `blocked`."""
    apart = type(builder)()
    for case in apart.cases:
        apart.record(case, [Verdict.CONFORMS] * 3)
    return apart.results()


def of(results, version, *adapters):
    target = msgspec.structs.replace(results.header.target, version=version, adapters=adapters)
    return type(results)(
        header=msgspec.structs.replace(results.header, target=target),
        results=results.results,
        footer=results.footer,
    )


def test_each_case_has_a_row_and_each_build_a_column_in_the_order_of_versions(blocked, kept):
    rows = matrix([of(blocked, "3.2.0a10"), of(kept, "3.2.0a9")])
    assert [row.case for row in rows] == ["945-01", "951-02"]
    assert list(rows[1].found) == ["3.2.0a9", "3.2.0a10"]
    assert rows[1].found["3.2.0a10"] == {Outcome.VIOLATES: 1}


def test_a_case_is_proven_when_it_was_seen_red_and_green(blocked, kept):
    success, ownership = matrix([of(blocked, "3.2.0a8"), of(kept, "3.2.0a9")])
    assert ownership.proven
    assert ownership.seen(Outcome.VIOLATES) == ("3.2.0a8",)
    assert ownership.seen(Outcome.CONFORMS) == ("3.2.0a9",)
    assert not success.proven


def test_of_two_streams_of_one_build_the_later_counts(blocked, kept):
    rows = matrix([of(blocked, "3.2.0a8"), of(kept, "3.2.0a8")])
    assert rows[1].found == {"3.2.0a8": {Outcome.CONFORMS: 1}}


def test_variants_are_counted(builder, evidence, renamed):
    other = renamed(evidence, "945-01/emit")
    builder.cases = (evidence, other)
    builder.record(evidence, [Verdict.CONFORMS] * 3).record(other, [Verdict.VIOLATES] * 3, reason="x")
    (row,) = matrix([builder.results()])
    assert cell(row.found["3.2.0a8"]) == "1 kept, 1 **broken**"
    assert row.proven


def test_a_build_whose_version_is_none_comes_first(kept):
    rows = matrix([of(kept, "3.2.0"), of(kept, "local build")])
    assert list(rows[0].found) == ["local build", "3.2.0"]


def test_a_person_reads_a_table(blocked, kept):
    page = document(matrix([of(blocked, "3.2.0a8"), of(kept, "3.2.0a9")]))
    head, _, success, ownership = page.splitlines()
    assert head == "| case | promise | 3.2.0a8 | 3.2.0a9 | seen red on | seen green on |"
    assert success.endswith("| kept | kept | **none** | 3.2.0a8, 3.2.0a9 |")
    assert ownership.endswith("| **broken** | kept | 3.2.0a8 | 3.2.0a9 |")


def test_a_build_that_was_not_asked_has_an_empty_cell(blocked, builder, evidence):
    other = type(builder)(cases=(evidence,)).record(evidence, [Verdict.CONFORMS] * 3)
    page = document(matrix([of(blocked, "3.2.0a8"), of(other.results(), "3.2.7")]))
    assert page.splitlines()[-1].endswith("| **broken** |  | 3.2.0a8 | **none** |")


def test_a_build_with_adapters_on_is_another_build(blocked, kept):
    rows = matrix([of(kept, "9.9", "950", "953"), of(blocked, "9.9")])
    assert list(rows[0].found) == ["9.9", "9.9 + 950 953"]
    assert "| 9.9 | 9.9 + 950 953 | seen red on |" in document(rows)
