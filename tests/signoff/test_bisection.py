"""What a search came to, for programs and in short."""

import json

import pytest

from kitty_conformance import contract
from kitty_conformance.errors import HarnessError
from kitty_conformance.signoff.bisection import Asked, Bisection, Candidate, encode
from kitty_conformance.signoff.halving import Told
from kitty_conformance.signoff.history_changes import Turn

NOTHING = Bisection(selection="951", nothing="3.2.0 cannot tell", next="kitty-conformance history --only 951")


def over_commits(*hashes):
    candidates = tuple(Candidate(build=each, subject="One") for each in hashes)
    return Bisection(selection="951", became=Turn.BROKEN, candidates=candidates, next="git show")


def test_a_program_learns_where_it_turned():
    found = Bisection(
        selection="951",
        became=Turn.HEALED,
        candidates=(Candidate(build="3.2.0a9"),),
        last="3.2.0a8",
        asked=(Asked(build="3.2.0a8", said=Told.BROKEN), Asked(build="3.2.0a9", said=Told.KEPT)),
        next="kitty-conformance reproduce 951-01/WP02 --target 3.2.0a8",
    )
    document = json.loads(encode(found))
    assert document["became"] == "healed"
    assert document["candidates"] == [{"build": "3.2.0a9", "subject": ""}]
    assert document["asked"][0] == {"build": "3.2.0a8", "said": "broken"}
    assert encode(found).endswith(b"}\n")


def test_a_program_learns_that_there_was_nothing_to_find():
    document = json.loads(encode(NOTHING))
    assert (document["became"], document["nothing"]) == (None, "3.2.0 cannot tell")


def test_what_breaks_its_own_schema_is_never_printed(monkeypatch):
    monkeypatch.setattr(contract, "breach", lambda *_: "$: is wrong")
    with pytest.raises(HarnessError, match="the bisection breaks its schema"):
        encode(NOTHING)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (NOTHING, "nothing to find"),
        (over_commits("ab12"), "broken by ab12"),
        (over_commits("ab12", "cd34"), "broken by one of 2 commits"),
    ],
)
def test_in_short(found, told):
    assert found.in_short == told
