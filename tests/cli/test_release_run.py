"""A release is asked once; what was cut short is continued, what is new is added."""

import io

import pytest
from rich.console import Console

from kitty_conformance.cli import release_run
from kitty_conformance.cli.options import How
from kitty_conformance.cli.release_run import ReleaseRun
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.running.release_store import ReleaseStore
from kitty_conformance.running.selection import select
from kitty_conformance.stream import read
from kitty_conformance.target.environment import obtain
from kitty_conformance.target.specification import TargetSpecification

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def asked(build, cache, tmp_path, monkeypatch):
    """Asks the build that follows a script as if it were release 9.9; gives what it says and keeps."""
    build.does("sys.exit('no such step')")
    monkeypatch.setenv("KITTY_CONFORMANCE_CACHE", str(cache))
    monkeypatch.setenv("KITTY_CONFORMANCE_SCRATCH", str(tmp_path / "scratch"))
    installed = obtain(TargetSpecification.parse(build.target))
    monkeypatch.setattr(release_run, "installed", lambda *_, **__: installed)
    how = How(
        resolve="era", workers=2, out=tmp_path, command_timeout=20.0, launcher="cold", crash_points=None
    )
    store = ReleaseStore(tmp_path / "data")

    def ask(*selectors, **others):
        said = io.StringIO()
        run = ReleaseRun(store=store, how=how, console=Console(file=said, width=300), **others)
        results = run("9.9", select(selectors, catalogue()))
        return said.getvalue(), {each.case: each.verdict for each in results.results}

    ask.store = store
    return ask


def test_a_release_is_asked_once_and_cases_are_added(asked):
    _, found = asked("smoke-01")
    assert found == {"smoke-01": "violates"}
    said, again = asked("smoke-01")
    assert (said, again) == ("kept    1 cases, nothing to run\n", found)
    said, once_more = asked("smoke-01", again=True)
    assert once_more == found
    assert "(reused)" in said
    _, more = asked("smoke-01", "smoke-04/created")
    assert set(more) == {"smoke-01", "smoke-04/created"}


def test_a_shard_says_that_it_is_one(asked):
    asked("smoke-01", shard="1/2")
    assert read(asked.store.folder / "9.9.ndjson").header.shard == "1/2"


def test_what_was_cut_short_is_continued(asked):
    asked("smoke-01", "smoke-04/created")
    kept = asked.store.folder / "9.9.ndjson"
    lines = kept.read_bytes().splitlines(keepends=True)
    draft = asked.store.draft("9.9")
    draft.write_bytes(b"".join(lines[:2]) + lines[2][:40])
    first = read(draft, allow_truncated=True).results
    kept.unlink()
    _, found = asked("smoke-01", "smoke-04/created")
    assert set(found) == {"smoke-01", "smoke-04/created"}
    assert first[0] in read(kept).results
    assert not draft.exists()
