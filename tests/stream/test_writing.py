import os
import resource
import subprocess
import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kitty_conformance.case import Verdict
from kitty_conformance.errors import HarnessError, OutputUnwritableError, ResultsUnusableError
from kitty_conformance.results import CaseResult
from kitty_conformance.story import (
    Armed,
    Captured,
    Disarmed,
    Expected,
    Noted,
    Ran,
    Removed,
    Story,
    Together,
    Wrote,
)
from kitty_conformance.stream import ResultsWriter, read, resume

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SECONDS = st.floats(0, 1e6)
RAN = st.builds(
    Ran,
    argv=st.lists(TEXT, min_size=1, max_size=3).map(tuple),
    cwd=TEXT,
    exit_status=st.none() | st.integers(-64, 255),
    stdout=TEXT,
    stderr=TEXT,
    seconds=SECONDS,
    environment=st.dictionaries(TEXT, TEXT, max_size=2),
    stdin=st.none() | TEXT,
    purpose=TEXT,
)
STEP = st.one_of(
    RAN,
    st.builds(Together, commands=st.lists(RAN, max_size=2).map(tuple)),
    st.builds(Wrote, path=TEXT, content=TEXT),
    st.builds(Removed, path=TEXT),
    st.builds(
        Captured, variable=st.from_regex("[A-Z][A-Z0-9_]*", fullmatch=True), value=TEXT, shell=TEXT, cwd=TEXT
    ),
    st.builds(
        Armed,
        description=TEXT,
        plan=st.dictionaries(TEXT, st.integers(0, 9) | TEXT | st.lists(TEXT), max_size=2),
    ),
    st.builds(Disarmed, fired=st.lists(st.integers(0, 9), max_size=3).map(tuple)),
    st.builds(Expected, promise=TEXT, held=st.booleans(), expected=TEXT, seen=TEXT, shell=TEXT, cwd=TEXT),
    st.builds(Noted, text=TEXT),
)
RESULT = st.builds(
    CaseResult,
    case=st.just("945-01"),
    run=st.integers(1, 2),
    verdict=st.sampled_from(Verdict),
    reason=TEXT,
    observations=st.dictionaries(TEXT, TEXT, max_size=3),
    story=st.builds(Story, steps=st.lists(STEP, max_size=4).map(tuple), arranged=st.integers(0, 4)),
    seconds=SECONDS,
    launcher=st.sampled_from(["cold", "warm"]),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(recorded=RESULT)
def test_whatever_a_case_leaves_comes_back_the_same(tmp_path, header, footer, recorded):
    path = tmp_path / "results.ndjson"
    path.unlink(missing_ok=True)
    with ResultsWriter(path) as writer:
        writer.header(header)
        writer.result(recorded)
        writer.footer(footer(1))
    assert read(path).results == (recorded,)
    assert path.read_bytes().count(b"\n") == 3


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(1, 3000))
def test_wherever_a_kill_cuts_the_stream_it_can_be_finished(tmp_path, header, result, footer, cut):
    path = tmp_path / "results.ndjson"
    path.unlink(missing_ok=True)
    wanted = [result("945-01", 1), result("945-02/emit", 2)]
    _finish(path, header, wanted, footer, resumed=False)
    whole = path.read_bytes()
    path.write_bytes(whole[:cut])
    _finish(path, header, wanted, footer, resumed=True)
    assert path.read_bytes() == whole


def _finish(path, header, wanted, footer, *, resumed):
    with ResultsWriter(path, resume=resumed) as writer:
        if writer.begun is None:
            writer.header(header)
        for each in wanted:
            if (each.case, each.run) not in writer.recorded:
                writer.result(each)
        writer.footer(footer(len(wanted)))


def test_folders_on_the_way_are_made(tmp_path, header):
    with ResultsWriter(tmp_path / "a" / "b" / "results.ndjson") as writer:
        writer.header(header)
        assert writer.begun == header


def test_a_file_that_holds_something_is_never_written_over(stream):
    before = stream.read_bytes()
    with pytest.raises(OutputUnwritableError, match="already holds something"):
        ResultsWriter(stream)
    assert stream.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputUnwritableError, match="cannot be written: File exists"):
        ResultsWriter(tmp_path / "file" / "results.ndjson")


def test_a_full_disk_is_one_clear_line(header):
    with (
        ResultsWriter(_full()) as writer,
        pytest.raises(OutputUnwritableError, match="No space left on device"),
    ):
        writer.header(header)


def _full():
    from pathlib import Path  # noqa: PLC0415 - the one test that needs a device

    return Path("/dev/full")


def test_a_line_that_does_not_fit_leaves_nothing_of_it(tmp_path, header, result):
    path = tmp_path / "results.ndjson"
    with ResultsWriter(path) as writer:
        writer.header(header)
        before = path.read_bytes()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, hard))
        try:
            with pytest.raises(OutputUnwritableError, match="only part of a line"):
                writer.result(result())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before


def test_one_writer_at_a_time(tmp_path, header):
    path = tmp_path / "results.ndjson"
    with ResultsWriter(path) as writer:
        writer.header(header)
        with pytest.raises(OutputUnwritableError, match="another run is writing"):
            resume(path)
    assert resume(path) == frozenset()


def test_a_file_system_without_locks_is_no_hindrance(tmp_path, header, monkeypatch):
    def unsupported(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", unsupported)
    with ResultsWriter(tmp_path / "results.ndjson") as writer:
        writer.header(header)


def test_closing_twice_is_no_error(tmp_path):
    writer = ResultsWriter(tmp_path / "results.ndjson")
    writer.close()
    writer.close()


def test_out_of_order_is_refused_before_anything_is_written(tmp_path, header, result, footer):
    path = tmp_path / "results.ndjson"
    with ResultsWriter(path) as writer:
        with pytest.raises(HarnessError, match="the header is missing"):
            writer.result(result())
        writer.header(header)
        writer.result(result())
        before = path.read_bytes()
        for refuse, line in [(writer.result, result()), (writer.header, header), (writer.footer, footer(7))]:
            with pytest.raises(HarnessError, match="refused to record into"):
                refuse(line)
    assert path.read_bytes() == before


def test_what_breaks_the_schema_is_refused(tmp_path, header, result):
    with ResultsWriter(tmp_path / "results.ndjson") as writer:
        writer.header(header)
        with pytest.raises(HarnessError, match=r"breaks the results schema: \$\.seconds"):
            writer.result(result(seconds=-1.0))
        with pytest.raises(HarnessError, match="no Unicode"):
            writer.result(result(reason="\udc80"))


def test_resuming_cuts_the_footer_off(stream, header):
    assert resume(stream) == {("945-01", 1), ("945-02/emit", 2)}
    assert stream.read_bytes().count(b"\n") == 3
    with ResultsWriter(stream, resume=True) as writer:
        assert writer.begun == header


def test_resuming_an_empty_file_begins(tmp_path, header):
    (tmp_path / "results.ndjson").touch()
    with ResultsWriter(tmp_path / "results.ndjson", resume=True) as writer:
        assert writer.begun is None
        writer.header(header)


def test_resuming_nothing_is_refused(tmp_path):
    with pytest.raises(ResultsUnusableError, match="there is no results file"):
        resume(tmp_path / "none.ndjson")
    assert not (tmp_path / "none.ndjson").exists()


@pytest.mark.parametrize("content", [b"shopping list", b"shopping\nlist\n", b'{"kind":"headache"'])
def test_resuming_somebody_elses_file_leaves_it_alone(tmp_path, content):
    (tmp_path / "list").write_bytes(content)
    with pytest.raises(ResultsUnusableError, match="is not a results file"):
        resume(tmp_path / "list")
    assert (tmp_path / "list").read_bytes() == content


def test_a_stream_that_cannot_be_cut_is_one_clear_line(stream, monkeypatch):
    def refuse(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "ftruncate", refuse)
    with pytest.raises(OutputUnwritableError, match="Input/output error"):
        resume(stream)


def test_a_killed_writer_leaves_a_stream_that_can_be_resumed(tmp_path, stream):
    path = tmp_path / "killed.ndjson"
    code = (
        "import sys; from pathlib import Path; from kitty_conformance.stream import ResultsWriter, read\n"
        "results = read(Path(sys.argv[1])); writer = ResultsWriter(Path(sys.argv[2]))\n"
        "writer.header(results.header); writer.result(results.results[0]); print('recorded', flush=True)\n"
        "input()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, stream, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout.readline() == b"recorded\n"
        process.kill()
    assert resume(path) == {("945-01", 1)}


def test_recording_a_long_story_costs_little(tmp_path, header, result):
    step = Ran(argv=("git", "status"), cwd="/", exit_status=0, stdout="x" * 2000, stderr="", seconds=0.1)
    long = result(story=Story(steps=(step,) * 80))
    with ResultsWriter(tmp_path / "results.ndjson") as writer:
        writer.header(header)
        began = time.process_time()
        writer.result(long)
    assert time.process_time() - began < 0.5
