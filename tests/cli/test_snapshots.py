import os

import pytest
from click.testing import CliRunner

from kitty_conformance.cli import snapshots as command
from kitty_conformance.errors import OutputUnwritableError
from kitty_conformance.story import Story
from kitty_fixtures.snapshot import Snapshots


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A cache that holds two snapshots of 8 kB or more; `old` was used before `new`."""
    monkeypatch.setenv("KITTY_CONFORMANCE_CACHE", str(tmp_path / "cache"))
    store = Snapshots(tmp_path / "cache" / "snapshots")
    for number, key in enumerate(("old", "new")):
        sandbox = tmp_path / key
        sandbox.mkdir()
        (sandbox / "file").write_text("x" * 8000)
        store.keep(key, sandbox, story=Story(), names={})
        os.utime(tmp_path / "cache" / "snapshots" / key, (number * 86400, number * 86400))
    return store


def _typed(*arguments):
    return CliRunner().invoke(command.snapshots, arguments, standalone_mode=False, catch_exceptions=True)


@pytest.mark.usefixtures("store")
def test_what_is_kept_is_shown_the_least_recently_used_first(tmp_path):
    lines = _typed().output.splitlines()
    assert [line.split()[-1] for line in lines[:2]] == ["old", "new"]
    assert "last used 1970-01-02 00:00:00Z" in lines[1]
    assert lines[2].startswith("kept     2 snapshots, ")
    assert lines[2].endswith(f"at most 4.3 GB, in {tmp_path / 'cache' / 'snapshots'}")


def test_all_are_dropped_when_told(store):
    dropped, kept = _typed("--clear").output.splitlines()
    assert dropped.startswith("dropped  2 snapshots, ")
    assert kept.startswith("kept     0 snapshots, 0 bytes, ")
    assert store.holdings() == ()


@pytest.mark.parametrize("size", ["{}", "{}B", "{:.4f} kb"])
def test_the_least_recently_used_are_dropped_down_to_a_size(store, size):
    limit = store.holdings()[1].size
    typed = size.format(limit / 1000 if "k" in size else limit)
    assert _typed("--prune", typed).output.startswith("dropped  1 snapshot, ")
    assert [holding.key for holding in store.holdings()] == ["new"]


@pytest.mark.parametrize("arguments", [("--prune", "much"), ("--clear", "--prune", "1G")])
def test_what_cannot_be_meant_is_refused_and_nothing_is_dropped(store, arguments):
    assert _typed(*arguments).exception is not None
    assert len(store.holdings()) == 2


@pytest.mark.usefixtures("store")
def test_a_store_that_cannot_be_changed_is_told(monkeypatch):
    def prune(*_):
        raise PermissionError(13, "Permission denied", "somewhere")

    monkeypatch.setattr(Snapshots, "prune", prune)
    with pytest.raises(OutputUnwritableError, match="somewhere cannot be changed: Permission denied"):
        raise _typed("--clear").exception


def test_an_empty_cache_holds_none(tmp_path, monkeypatch):
    monkeypatch.setenv("KITTY_CONFORMANCE_CACHE", str(tmp_path))
    assert _typed().output.startswith("kept     0 snapshots, 0 bytes, ")
    assert _typed("--clear").output.startswith("dropped  0 snapshots")
