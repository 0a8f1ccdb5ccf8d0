"""Whatever results hold is read back as it was written, whatever text a target printed into them."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kitty_conformance.case import Case, Verdict
from kitty_conformance.results import (
    FORMAT,
    CaseResult,
    Dependency,
    Disturbance,
    Footer,
    Header,
    Machine,
    TargetIdentity,
)
from kitty_conformance.signoff import report
from kitty_conformance.signoff.document import decode
from kitty_conformance.signoff.folder import documents
from kitty_conformance.story import (
    Armed,
    Captured,
    CrashMap,
    CrashPoint,
    Disarmed,
    Expected,
    Noted,
    Ran,
    Removed,
    Story,
    Together,
    Wrote,
)
from kitty_conformance.stream import Results, ResultsWriter, read

UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
"""Writing every document is slow, and what comes of it is told well enough as it was found."""
TODAY = date(2026, 6, 1)
TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
SECONDS = st.floats(0, 1e6, allow_nan=False)
SMALL = st.integers(0, 1000)
MOMENT = st.datetimes().map(lambda moment: f"{moment:%Y}".zfill(4) + f"{moment:-%m-%dT%H:%M:%SZ}")
SHA256 = st.text("0123456789abcdef", min_size=64, max_size=64)


def tuples(each, most=3):
    return st.lists(each, max_size=most).map(tuple)


RAN = st.builds(
    Ran,
    argv=st.lists(TEXT, min_size=1, max_size=4).map(tuple),
    cwd=TEXT,
    exit_status=st.none() | st.integers(-64, 255),
    stdout=TEXT,
    stderr=TEXT,
    seconds=SECONDS,
    environment=st.dictionaries(TEXT, TEXT, max_size=2),
    stdin=st.none() | TEXT,
    purpose=TEXT,
)
POINT = st.builds(
    CrashPoint, step=st.integers(1, 99), event=TEXT, left=TEXT, recovered=TEXT, held=st.booleans()
)
STEP = st.one_of(
    RAN,
    st.builds(Together, commands=st.lists(RAN, min_size=1, max_size=2).map(tuple)),
    st.builds(Wrote, path=TEXT, content=TEXT),
    st.builds(Removed, path=TEXT),
    st.builds(Captured, variable=st.just("MISSION"), value=TEXT, shell=TEXT, cwd=TEXT),
    st.builds(Armed, description=TEXT, plan=st.dictionaries(TEXT, SMALL | TEXT, max_size=2)),
    st.builds(Disarmed, fired=tuples(SMALL)),
    st.builds(Expected, promise=TEXT, held=st.booleans(), expected=TEXT, seen=TEXT, shell=TEXT, cwd=TEXT),
    st.builds(Noted, text=TEXT),
    st.builds(
        CrashMap, command=TEXT, signal=st.just("SIGKILL"), steps=st.integers(1, 99), points=tuples(POINT)
    ),
)
STORY = st.builds(Story, steps=tuples(STEP, 4), arranged=st.just(0))
IDS = st.lists(
    st.sampled_from(["945-01", "945-01/move-task", "951-02/block", "smoke-03/planned"]),
    min_size=1,
    unique=True,
)


@st.composite
def results(draw):
    cases = tuple(
        Case(
            id=identity, requirements=("FR-001",), scenario="US1.1", promise=draw(TEXT), rationale=draw(TEXT)
        )
        for identity in draw(IDS)
    )
    disturbance = st.builds(
        Disturbance,
        hash_seed=SMALL,
        time_zone=st.just("UTC"),
        path_padding=SMALL,
        order_seed=SMALL,
        load=st.booleans(),
        launcher=st.sampled_from(["cold", "warm"]),
    )
    runs = draw(st.lists(disturbance, min_size=1, max_size=3).map(tuple))
    target = TargetIdentity(
        requested="pypi:3.2.0a8",
        version="3.2.0a8",
        sha256=draw(SHA256),
        resolution="era",
        python="3.11.7",
        dependencies=(Dependency(name="click", version="8.1"),),
    )
    header = Header(
        format=FORMAT,
        harness="0.1.0",
        target=target,
        cases=cases,
        runs=runs,
        started=draw(MOMENT),
        source=draw(st.just("") | SHA256),
        machines=draw(tuples(st.builds(Machine, git=TEXT, system=TEXT, file_system=TEXT), most=2)),
    )
    planned = [(case.id, run) for case in cases for run in range(1, len(runs) + 1)]
    recorded = tuple(
        draw(
            st.builds(
                CaseResult,
                case=st.just(case),
                run=st.just(run),
                verdict=st.sampled_from(Verdict),
                reason=TEXT,
                observations=st.dictionaries(TEXT, TEXT, max_size=2),
                story=STORY,
                seconds=SECONDS,
                launcher=st.sampled_from(["cold", "warm"]),
                cpu=SECONDS,
                load=SECONDS,
                unforked=TEXT,
                reused=st.just("") | MOMENT,
            )
        )
        for case, run in draw(st.permutations(planned))
    )
    return Results(
        header=header, results=recorded, footer=Footer(results=len(recorded), finished=draw(MOMENT))
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(results())
def test_what_is_read_is_what_was_written(written):
    with TemporaryDirectory() as folder:
        path = Path(folder, "results.ndjson")
        with ResultsWriter(path) as writer:
            writer.header(written.header)
            for result in written.results:
                writer.result(result)
            writer.footer(written.footer)
        assert read(path) == written


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(results())
def test_a_line_is_one_line_whatever_is_in_it(written):
    for line in (written.header, *written.results, written.footer):
        assert len(msgspec.json.encode(line).splitlines()) == 1


@settings(max_examples=25, phases=UNSHRUNK, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(results(), st.randoms(use_true_random=False))
def test_in_whatever_order_they_came_they_give_the_same_documents(recorded, chance):
    shuffled = list(recorded.results)
    chance.shuffle(shuffled)
    first, second = (
        documents(report.build(each, today=TODAY))
        for each in (recorded, replace(recorded, results=tuple(shuffled)))
    )
    assert first == second
    assert decode(first["report.json"]) == report.build(recorded, today=TODAY)
    assert ET.fromstring(first["junit.xml"]).tag == "testsuites"  # noqa: S314 - written above
