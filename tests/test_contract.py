import json
import re

import pytest
from jsonschema import Draft202012Validator

from kitty_conformance import contract
from kitty_conformance.case import Verdict
from kitty_conformance.errors import HarnessError
from kitty_conformance.results import FORMAT
from kitty_conformance.signoff import bisection, difference, document, envelope, statement, summary, trace
from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.decision import Decision
from kitty_conformance.signoff.deferral import Status
from kitty_conformance.signoff.grouping import CHAPTERS
from kitty_conformance.signoff.halving import Told
from kitty_conformance.signoff.history_changes import Turn
from kitty_conformance.story import Step

FOOTER = {"kind": "footer", "results": 0, "finished": "2026-05-03T10:05:00Z"}


@pytest.mark.parametrize("name", contract.NAMES)
def test_every_schema_is_a_valid_schema_and_closed(name):
    schema = json.loads(contract.schema_text(name))
    Draft202012Validator.check_schema(schema)
    objects = [each for each in _all_objects(schema) if "properties" in each and "required" in each]
    assert all(each.get("additionalProperties") is False or "allOf" in each for each in objects)


def _all_objects(node):
    if isinstance(node, dict):
        yield node
        for each in node.values():
            yield from _all_objects(each)
    elif isinstance(node, list):
        for each in node:
            yield from _all_objects(each)


def test_the_schemas_name_what_the_code_names():
    results = json.loads(contract.schema_text("results"))["$defs"]
    report = json.loads(contract.schema_text("report"))
    assert results["verdict"]["enum"] == list(Verdict)
    assert report["$defs"]["outcome"]["enum"] == list(Outcome)
    assert report["$defs"]["deferral"]["properties"]["status"]["enum"] == list(Status)
    assert results["header"]["properties"]["format"]["const"] == FORMAT
    assert report["properties"]["format"]["const"] == document.FORMAT
    traced = json.loads(contract.schema_text("trace"))
    assert traced["properties"]["format"]["const"] == trace.FORMAT
    assert set(traced["$defs"]["traced"]["properties"]) == set(trace.Traced.__struct_fields__)
    assert traced["$defs"]["traced"]["properties"]["counts"]["propertyNames"]["enum"] == list(Outcome)


def test_the_schemas_of_what_is_attested_and_told_name_what_the_code_names():
    stated = json.loads(contract.schema_text("statement"))["properties"]
    assert stated["_type"]["const"] == statement.TYPE
    assert stated["predicateType"]["const"] == statement.PREDICATE
    sealed = json.loads(contract.schema_text("envelope"))["properties"]
    assert sealed["payloadType"]["const"] == envelope.PAYLOAD_TYPE
    told = json.loads(contract.schema_text("summary"))
    assert told["properties"]["format"]["const"] == summary.FORMAT
    assert told["properties"]["decision"]["enum"] == list(Decision)
    weighty = [outcome for _, _, outcome in CHAPTERS]
    assert told["$defs"]["finding"]["properties"]["outcome"]["enum"] == weighty


def test_the_schemas_of_what_is_found_across_releases_name_what_the_code_names():
    compared = json.loads(contract.schema_text("difference"))
    assert compared["properties"]["format"]["const"] == difference.FORMAT
    assert compared["$defs"]["kind"]["enum"] == list(difference.Kind)
    searched = json.loads(contract.schema_text("bisection"))
    assert searched["properties"]["format"]["const"] == bisection.FORMAT
    assert searched["properties"]["became"]["enum"] == [*Turn, None]
    assert searched["$defs"]["asked"]["properties"]["said"]["enum"] == list(Told)


@pytest.mark.parametrize("name", contract.NAMES)
def test_every_schema_says_what_the_document_is_for(name):
    schema = json.loads(contract.schema_text(name))
    assert schema["title"]
    assert schema["description"]


def test_every_kind_of_step_has_a_schema():
    steps = json.loads(contract.schema_text("results"))["$defs"]["step"]["properties"]["type"]["enum"]
    assert steps == [kind.__struct_config__.tag for kind in Step.__args__]


def test_a_document_that_keeps_to_its_schema_has_no_breach():
    assert contract.breach("results", FOOTER) == ""


def test_a_breach_says_where_and_what():
    assert (
        contract.breach("results", FOOTER | {"results": "many"})
        == "$.results: 'many' is not of type 'integer'"
    )


def test_a_breach_stays_one_short_line_however_large_the_document():
    said = contract.breach("results", FOOTER | {"finished": ["x\n" * 1000]})
    assert re.fullmatch(r"\$\.finished: does not keep to type: .{1,200}", said)


def test_an_installation_without_schemas_is_a_clear_error(tmp_path):
    with pytest.raises(HarnessError, match="no schema for results documents"):
        contract.schema_text("results", places=[tmp_path])


def test_an_installed_wheel_comes_before_a_checkout(tmp_path):
    (tmp_path / "results.schema.json").write_text("{}")
    assert contract.schema_text("results", places=[tmp_path / "missing", tmp_path]) == "{}"
