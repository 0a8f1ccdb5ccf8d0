"""Which release follows which, and where a promise changed sides."""

import pytest

from kitty_conformance.signoff.history import History, PastRelease
from kitty_conformance.signoff.history_changes import (
    Descent,
    Turn,
    changes,
    changes_of_newest,
    next_command,
    share,
)

DAYS = {
    "3.1.6": "2026-04-20T09:20:33Z",
    "3.1.10": "2026-06-04T14:08:13Z",
    "3.2.0a1": "2026-04-20T17:09:58Z",
    "3.2.0": "2026-06-15T23:02:57Z",
    "3.2.7": "2026-09-09T23:11:25Z",
    "4.0.0rc1": "2026-09-13T15:31:07Z",
}


@pytest.fixture
def history(recorded):
    """Makes a history of one case: version to verdict."""

    def make(**found):
        history = History()
        for version, verdict in found["of"].items():
            history = history.with_results(
                recorded(version, {"945-01": verdict}), released=DAYS.get(version, "")
            )
        return history

    return make


def test_the_first_of_a_line_follows_what_was_out_by_then():
    before = Descent([PastRelease(version=version, released=day) for version, day in DAYS.items()]).before
    assert before == {
        "3.1.10": "3.1.6",
        "3.2.0a1": "3.1.6",
        "3.2.0": "3.2.0a1",
        "3.2.7": "3.2.0",
        "4.0.0rc1": "3.2.7",
    }


def test_a_promise_that_was_broken_and_is_kept_was_mended(history):
    (change,) = changes(history(of={"3.1.6": "violates", "3.1.10": "conforms"}))
    assert (change.turn, change.release, change.since) == (Turn.HEALED, "3.1.10", "3.1.6")
    assert change.reason == "945-01 violates in $MISSION"


def test_what_cannot_tell_is_passed_over_and_named(history):
    found = history(of={"3.2.0a1": "conforms", "3.2.0": "inconclusive", "3.2.7": "violates"})
    (change,) = changes(found)
    assert (change.turn, change.since, change.between) == (Turn.BROKEN, "3.2.0a1", ("3.2.0",))


def test_lines_that_part_are_not_held_against_each_other(history):
    of = {"3.1.6": "violates", "3.1.10": "conforms", "3.2.0a1": "violates", "3.2.0": "violates"}
    assert [(each.release, each.turn) for each in changes(history(of=of))] == [("3.1.10", Turn.HEALED)]


def test_where_nothing_was_known_before_nothing_changed(history):
    assert changes(history(of={"3.1.6": "not-applicable", "3.1.10": "violates"})) == ()


def test_what_changed_in_the_newest_release(history):
    found = history(of={"3.1.6": "violates", "3.1.10": "conforms", "3.2.0a1": "conforms"})
    assert [each.release for each in changes(found)] == ["3.1.10", "3.2.0a1"]
    assert [each.turn for each in changes_of_newest(found)] == [Turn.HEALED]
    assert changes_of_newest(history(of={"3.1.6": "violates", "3.2.0a1": "violates"})) == ()


@pytest.mark.parametrize(
    ("before", "now", "command"),
    [
        (
            {"945-01": "violates", "945-02": "conforms"},
            {"945-01": "violates", "945-02": "violates"},
            "945-02",
        ),
        ({"945-01": "violates"}, {"945-01": "violates"}, "945-01"),
        ({"945-01": "violates"}, {"945-01": "conforms"}, ""),
    ],
)
def test_what_to_type_shows_what_broke_last_or_what_still_is(recorded, before, now, command):
    history = History().with_results(recorded("3.1.6", before)).with_results(recorded("3.2.0", now))
    told = f"kitty-conformance reproduce {command} --target 3.2.0" if command else ""
    assert next_command(history) == told


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"945-01": "violates", "945-02": "conforms"}, "1/2"),
        ({"945-01": "violates", "945-02": "inconclusive"}, "1/1?"),
        ({"945-01": "inconclusive"}, "?"),
        ({"945-01": "not-applicable"}, "·"),
        ({"945-01": ("conforms", "violates")}, "1/1"),
    ],
)
def test_the_share_of_broken_promises(recorded, found, told):
    history = History().with_results(recorded("3.2.0", found))
    assert share(history, history.releases[0], "945") == told
