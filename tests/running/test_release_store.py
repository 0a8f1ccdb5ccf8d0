"""Results of releases in a folder: whole or not there, continued, added to."""

import pytest

from kitty_conformance.errors import OutputUnwritableError, ResultsUnusableError
from kitty_conformance.running.release_store import ReleaseStore
from kitty_conformance.signoff.merging import write
from kitty_conformance.stream import ResultsWriter


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    return ReleaseStore(tmp_path / "data")


def begin(store, results):
    """Record a header and the first result, and be killed."""
    with ResultsWriter(store.draft(results.header.target.version)) as writer:
        writer.header(results.header)
        writer.result(results.results[0])


def test_what_is_whole_is_kept_under_its_version(store, recorded):
    results = recorded("3.2.0", {"945-01": "conforms"})
    write(store.draft("3.2.0"), results)
    assert store.whole("3.2.0") is None
    assert store.finish("3.2.0") == results
    assert store.whole("3.2.0") == results
    assert store.versions() == ("3.2.0",)
    assert not store.draft("3.2.0").exists()


def test_what_is_damaged_is_not_taken_for_what_is_missing(store, recorded):
    (store.draft("3.2.0").parent / "3.2.0.ndjson").write_text("x")
    results = recorded("3.2.0", {"945-01": "conforms"})
    write(store.draft("3.2.0"), results)
    for asked in (store.whole, store.finish, lambda version: store.missing(version, results.header.cases)):
        with pytest.raises(ResultsUnusableError, match=r"\.ndjson.* is not .* and history asks 3\.2\.0"):
            asked("3.2.0")
    assert store.draft("3.2.0").exists()


def test_what_is_missing_is_what_was_not_asked(store, recorded):
    results = recorded("3.2.0", {"945-01": "conforms", "945-02": "violates"})
    assert store.missing("3.2.0", results.header.cases) == results.header.cases
    write(store.draft("3.2.0"), recorded("3.2.0", {"945-01": "conforms"}))
    store.finish("3.2.0")
    assert [case.id for case in store.missing("3.2.0", results.header.cases)] == ["945-02"]


def test_cases_asked_later_are_added(store, recorded):
    for found in ({"945-01": "conforms"}, {"945-02": "violates"}):
        write(store.draft("3.2.0"), recorded("3.2.0", found))
        kept = store.finish("3.2.0")
    assert {each.case: each.verdict for each in kept.results} == {"945-01": "conforms", "945-02": "violates"}


def test_what_another_wheel_of_the_version_was_found_goes(store, recorded):
    for found, sha256 in (({"945-01": "conforms"}, "ab" * 32), ({"945-02": "violates"}, "cd" * 32)):
        write(store.draft("3.2.0"), recorded("3.2.0", found, sha256=sha256))
        kept = store.finish("3.2.0")
    assert [each.case for each in kept.results] == ["945-02"]


def test_a_draft_of_the_same_question_is_continued(store, recorded):
    results = recorded("3.2.0", {"945-01": "conforms", "945-02": "violates"})
    assert not store.continues("3.2.0", results.header)
    begin(store, results)
    assert store.continues("3.2.0", results.header)


def test_a_draft_of_another_question_goes(store, recorded):
    begin(store, recorded("3.2.0", {"945-01": "conforms", "945-02": "violates"}))
    assert not store.continues("3.2.0", recorded("3.2.0", {"945-03": "conforms"}).header)
    assert not store.draft("3.2.0").exists()


def test_files_of_other_names_are_no_releases(store):
    store.draft("3.2.0").parent.joinpath("notes.ndjson").touch()
    assert store.versions() == ()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputUnwritableError, match="cannot be made"):
        ReleaseStore(tmp_path / "file" / "data").draft("3.2.0")
