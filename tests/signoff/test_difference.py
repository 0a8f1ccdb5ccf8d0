"""What became of a case between two results, and what merely looks as if something had."""

import io
import json

import pytest
from rich.console import Console

from kitty_conformance import contract
from kitty_conformance.errors import ExitCode, HarnessError
from kitty_conformance.signoff import difference_table
from kitty_conformance.signoff.difference import Kind, difference, encode

CASE = "945-01"
NOT_ASKED = {"smoke-01": "conforms"}


def outcome(verdict):
    return NOT_ASKED if verdict is None else {CASE: verdict, **NOT_ASKED}


@pytest.mark.parametrize(
    ("before", "after", "kind", "code"),
    [
        ("conforms", "violates", Kind.REGRESSED, ExitCode.VIOLATED),
        ("not-applicable", "violates", Kind.REGRESSED, ExitCode.VIOLATED),
        ("inconclusive", "violates", Kind.FOUND_BROKEN, ExitCode.INCONCLUSIVE),
        ("violates", "conforms", Kind.HEALED, ExitCode.OK),
        ("inconclusive", "conforms", Kind.NEWLY_CONCLUSIVE, ExitCode.OK),
        ("not-applicable", "conforms", Kind.NEWLY_APPLICABLE, ExitCode.OK),
        ("violates", "inconclusive", Kind.NEWLY_INCONCLUSIVE, ExitCode.INCONCLUSIVE),
        ("violates", "not-applicable", Kind.NO_LONGER_APPLICABLE, ExitCode.OK),
        ("conforms", None, Kind.NO_LONGER_ASKED, ExitCode.INCONCLUSIVE),
        (None, "violates", Kind.NEWLY_ASKED, ExitCode.OK),
        ("conforms", ("conforms", "violates"), Kind.FLAKY, ExitCode.VIOLATED),
        (("conforms", "violates"), ("conforms", "violates"), Kind.FLAKY, ExitCode.VIOLATED),
        (("conforms", "violates"), ("conforms", "conforms"), Kind.UNSTEADY, ExitCode.INCONCLUSIVE),
        (("conforms", "violates"), ("violates", "violates"), Kind.UNSTEADY, ExitCode.INCONCLUSIVE),
        ("violates", "violates", Kind.UNCHANGED, ExitCode.OK),
    ],
)
def test_what_became_of_a_case(recorded, before, after, kind, code):
    found = difference(recorded("3.2.0a8", outcome(before)), recorded("3.2.0a9", outcome(after)))
    assert {each.kind for each in found.cases if each.case == CASE} == {kind}
    if not isinstance(after, tuple):  # two runs are planned then, and the other case has one
        assert found.exit_code is code


def test_the_reason_of_what_was_mended_is_that_of_the_violation(recorded):
    found = difference(recorded("3.2.0a8", {CASE: "violates"}), recorded("3.2.0a9", {CASE: "conforms"}))
    assert found.cases[0].reason == "945-01 violates in $MISSION"


def test_a_build_with_adapters_is_named_with_them(recorded, with_adapters):
    old, new = recorded("3.2.0a8", {CASE: "violates"}), recorded("3.2.0a8", {CASE: "conforms"})
    found = difference(old, with_adapters(new, "945", "951"))
    assert (found.before.target, found.after.target) == ("pypi:3.2.0a8", "pypi:3.2.0a8 + 945 951")


def test_what_differs_between_two_runs_of_one_build_is_unsteady(recorded):
    old, new = recorded("3.2.0a8", {CASE: "conforms"}), recorded("3.2.0a9", {CASE: "violates"})
    again = recorded("3.2.0a9", {CASE: "conforms"})
    found = difference(old, new, [(new, again)])
    assert found.counts == {Kind.UNSTEADY: 1}
    assert found.controlled
    assert found.exit_code is ExitCode.INCONCLUSIVE


def test_observations_that_changed_are_a_list_of_their_own_without_the_unsteady(recorded):
    seen = {CASE: {"exit": "0", "lane": "planned", "pid": "1"}}
    old = recorded("3.2.0a8", {CASE: "conforms"}, observations=seen)
    new = recorded("3.2.0a9", {CASE: "conforms"}, observations={CASE: {"exit": "1", "pid": "2", "new": "x"}})
    again = recorded("3.2.0a8", {CASE: "conforms"}, observations={CASE: {**seen[CASE], "pid": "3"}})
    found = difference(old, new, [(old, again)])
    assert [(each.name, each.before, each.after) for each in found.observations] == [
        ("exit", "0", "1"),
        ("lane", "planned", ""),
        ("new", "", "x"),
    ]
    assert found.counts == {Kind.UNCHANGED: 1}
    assert found.exit_code is ExitCode.OK


def test_what_was_observed_where_nothing_was_tested_is_not_compared(recorded):
    old = recorded("3.2.0a8", {CASE: "inconclusive"}, observations={CASE: {"exit": "0"}})
    new = recorded("3.2.0a9", {CASE: "inconclusive"}, observations={CASE: {"exit": "1"}})
    assert difference(old, new).observations == ()


def test_as_json_it_is_one_document_with_counts(recorded):
    found = difference(recorded("3.2.0a8", {CASE: "conforms"}), recorded("3.2.0a9", {CASE: "violates"}))
    document = json.loads(encode(found))
    assert document["counts"] == {"regressed": 1}
    assert document["before"]["version"] == "3.2.0a8"
    again = "kitty-conformance reproduce 945-01 --target 3.2.0a9"
    assert document["next"] == document["cases"][0]["reproduce"] == again
    assert encode(found) == encode(found)


def test_what_breaks_its_own_schema_is_never_printed(recorded, monkeypatch):
    monkeypatch.setattr(contract, "breach", lambda *_: "$: is wrong")
    with pytest.raises(HarnessError, match="the difference breaks its schema"):
        encode(difference(recorded(), recorded()))


def test_where_nothing_got_worse_there_is_nothing_to_type(recorded):
    found = difference(recorded("3.2.0a8", {CASE: "violates"}), recorded("3.2.0a9", {CASE: "conforms"}))
    assert found.next_command == ""
    assert shown(found)[-1].startswith("pypi:3.2.0a8 → pypi:3.2.0a9: 1 healed")


def test_what_to_type_is_about_the_weightiest_change(recorded):
    old = recorded("3.2.0a8", {CASE: "conforms", "945-02": "conforms"})
    new = recorded("3.2.0a9", {CASE: "inconclusive", "945-02": "violates"})
    assert difference(old, new).next_command == "kitty-conformance reproduce 945-02 --target 3.2.0a9"


def shown(found, detail=0):
    text = io.StringIO()
    difference_table.show(Console(file=text, width=80, color_system=None), found, detail=detail)
    return text.getvalue().splitlines()


def test_in_a_pipe_one_line_is_one_fact(recorded):
    long = {CASE: {"said": "y" * 200}}
    old = recorded("3.2.0a8", {CASE: "conforms", "945-02": "violates"}, observations={"945-02": {}})
    new = recorded("3.2.0a9", {CASE: "violates", "945-02": "violates"}, observations={"945-02": long[CASE]})
    lines = shown(difference(old, new))
    assert lines[0] == ("regressed            945-01  conforms → violates  945-01 violates in $MISSION")
    assert lines[1].startswith("observed otherwise   945-02  exit: 0 → nothing") or "said" in lines[1]
    assert any(line.endswith("y…") for line in lines)
    assert "1 regressed, 1 unchanged; no control was run" in lines[-2]
    assert lines[-1] == "next: kitty-conformance reproduce 945-01 --target 3.2.0a9"


def test_how_much_is_told(recorded):
    observed = {"945-02": {"said": "y" * 200}}
    old = recorded("3.2.0a8", {CASE: "conforms", "945-02": "violates"}, observations={"945-02": {}})
    found = difference(
        old, recorded("3.2.0a9", {CASE: "violates", "945-02": "violates"}, observations=observed)
    )
    assert [line.split()[0] for line in shown(found, detail=-1)] == ["pypi:3.2.0a8", "next:"]
    told = shown(found, detail=1)
    assert "unchanged            945-02  violates → violates  " in told
    assert any(line.endswith("y" * 200) for line in told)


def test_two_empty_results_have_nothing_to_compare(recorded):
    assert "no case in either" in shown(difference(recorded(), recorded()))[-1]
