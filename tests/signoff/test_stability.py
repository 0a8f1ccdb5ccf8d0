"""The same results give the same bytes of every document, in whatever order cases happened to finish."""

import random
from dataclasses import replace
from datetime import date

import msgspec
import pytest

from kitty_conformance.case import Verdict
from kitty_conformance.signoff import report
from kitty_conformance.signoff.deferral import Deferral
from kitty_conformance.signoff.document import decode
from kitty_conformance.signoff.folder import DOCUMENTS, documents

TODAY = date(2026, 6, 1)
DEFERRALS = (Deferral(case="945-02", reason="r", owner="o", link="https://example.org", until=TODAY),)


@pytest.fixture
def results(builder, evidence, ownership, renamed, ownership_story):
    """One case of every outcome, with variants."""
    others = [renamed(evidence, f"945-0{number}") for number in range(2, 6)]
    variants = [renamed(ownership, f"951-02/{name}") for name in ("warn", "also")]
    builder.cases = (evidence, *others, ownership, *variants)
    builder.record(evidence, [Verdict.CONFORMS] * 3)
    for case, verdict in zip(others, Verdict, strict=True):
        builder.record(case, [verdict] * 3, reason=str(verdict))
    for case in (ownership, *variants):
        builder.record(case, [Verdict.VIOLATES] * 3, reason="x", story=ownership_story)
    builder.recorded[0] = msgspec.structs.replace(
        builder.recorded[0], observations={"b": "1", "a": "2"}, verdict=Verdict.VIOLATES
    )
    return builder.results()


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_results_leaves_no_trace(results, seed):
    shuffled = list(results.results)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - a shuffle to be had again
    same = [
        msgspec.structs.replace(each, observations=dict(reversed(each.observations.items())))
        for each in shuffled
    ]
    first, second = (
        documents(report.build(each, today=TODAY, deferrals=DEFERRALS))
        for each in (results, replace(results, results=tuple(same)))
    )
    assert tuple(first) == DOCUMENTS
    assert first == second


def test_a_report_read_back_gives_the_same_documents(results):
    written = documents(report.build(results, today=TODAY))
    assert documents(decode(written["report.json"])) == written


def test_no_document_says_when_or_where_it_was_written(results, tmp_path, monkeypatch):
    before = documents(report.build(results, today=TODAY))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    assert documents(report.build(results, today=TODAY)) == before
    for content in before.values():
        assert str(tmp_path).encode() not in content
