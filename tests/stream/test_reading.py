import json

import pytest

from kitty_conformance.errors import ExitCode, ResultsUnusableError
from kitty_conformance.stream import read


def _lines(path):
    return path.read_bytes().splitlines(keepends=True)


def _refused(path, **options):
    with pytest.raises(ResultsUnusableError) as raised:
        read(path, **options)
    assert raised.value.exit_code is ExitCode.RESULTS_UNUSABLE
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_what_was_written_is_read_back(stream, header, result, footer):
    results = read(stream)
    assert results.header == header
    assert results.results == (result(), result("945-02/emit", 2))
    assert results.footer == footer(2)
    assert results.recorded == {("945-01", 1), ("945-02/emit", 2)}


def test_a_missing_file_is_refused(tmp_path):
    assert "there is no results file" in _refused(tmp_path / "none.ndjson")


def test_a_folder_is_refused(tmp_path):
    assert "cannot be read: Is a directory" in _refused(tmp_path)


@pytest.mark.parametrize("truncated", [False, True])
def test_an_empty_file_is_refused(tmp_path, truncated):
    (tmp_path / "empty").write_bytes(b"")
    assert "is empty" in _refused(tmp_path / "empty", allow_truncated=truncated)


@pytest.mark.parametrize(
    "content",
    [b"hello\n", b"hello", b"\xff\xfe\n", b"{}\n", b"[1]\n", b'{"kind": "footer"}\n', b"\n\n", b"12\n"],
)
def test_somebody_elses_file_is_refused(tmp_path, content):
    (tmp_path / "notes").write_bytes(content)
    assert "is not a results file of kitty-conformance" in _refused(tmp_path / "notes", allow_truncated=True)


def test_another_format_is_told_from_a_foreign_file(stream):
    stream.write_bytes(stream.read_bytes().replace(b"results/1", b"results/2"))
    assert "is in format kitty-conformance-results/2" in _refused(stream)


def test_a_line_that_is_no_json_is_named_by_its_number(stream):
    first, second, *rest = _lines(stream)
    stream.write_bytes(b"".join([first, second[:-9] + b"\n", *rest]))
    assert "line 2 is not JSON" in _refused(stream, allow_truncated=True)


def test_a_line_that_breaks_the_schema_is_named_by_its_number_and_place(stream):
    first, second, *rest = _lines(stream)
    broken = json.loads(second) | {"verdict": "great"}
    stream.write_bytes(b"".join([first, json.dumps(broken).encode() + b"\n", *rest]))
    assert "line 2 does not match the results schema: $.verdict: 'great' is not one of" in _refused(stream)


def test_an_unknown_field_is_refused(stream):
    first, *rest, last = _lines(stream)
    broken = json.loads(last) | {"colour": "green"}
    stream.write_bytes(b"".join([first, *rest, json.dumps(broken).encode() + b"\n"]))
    assert "'colour' was unexpected" in _refused(stream)


def test_without_its_footer_it_is_truncated_and_says_how_far_it_got(stream):
    stream.write_bytes(b"".join(_lines(stream)[:-1]))
    said = _refused(stream)
    assert "is truncated: no footer, 2 of 4 results recorded" in said
    assert f"kitty-conformance signoff --resume {stream} runs what is missing" in said
    assert read(stream, allow_truncated=True).footer is None


def test_a_torn_last_line_counts_as_not_recorded(stream):
    lines = _lines(stream)
    stream.write_bytes(b"".join(lines[:2]) + lines[2][:40])
    assert "1 of 4 results recorded" in _refused(stream)
    assert read(stream, allow_truncated=True).recorded == {("945-01", 1)}


def test_a_torn_footer_leaves_the_stream_truncated(stream):
    stream.write_bytes(stream.read_bytes()[:-1])
    assert "is truncated" in _refused(stream)


def test_a_torn_header_is_nothing(stream):
    stream.write_bytes(_lines(stream)[0][:50])
    assert "not even its header" in _refused(stream, allow_truncated=True)


@pytest.mark.parametrize(
    ("order", "objection"),
    [
        ((0, 1, 1, 2, 3), "line 3: there is a second result for case 945-01, run 1"),
        ((0, 0, 1, 2, 3), "line 2: there is a second header"),
        ((0, 1, 3), "line 3: the footer counts 2 results, 1 are there"),
        ((0, 1, 2, 3, 3), "line 5: there is a line after the footer"),
        ((0, 1, 2, 3, 1), "line 5: there is a line after the footer"),
    ],
)
def test_lines_out_of_order_are_refused(stream, order, objection):
    lines = _lines(stream)
    stream.write_bytes(b"".join(lines[place] for place in order))
    assert objection in _refused(stream, allow_truncated=True)


def test_something_torn_after_the_footer_is_refused(stream):
    stream.write_bytes(stream.read_bytes() + b'{"kind"')
    assert "line 5: there is a line after the footer" in _refused(stream)


def test_a_result_the_header_does_not_announce_is_refused(stream):
    first, second, *rest = _lines(stream)
    stream.write_bytes(b"".join([first, second.replace(b'"case":"945-01"', b'"case":"945-09"'), *rest]))
    assert "line 2: case 945-09 is not announced" in _refused(stream)
    stream.write_bytes(b"".join([first, second.replace(b'"run":1', b'"run":3'), *rest]))
    assert "line 2: run 3 of case 945-01 is not announced" in _refused(stream)
