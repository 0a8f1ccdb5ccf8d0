"""Every case is in exactly one shard, the same on every machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitty_conformance.case import Case
from kitty_conformance.errors import NoCaseSelectedError, UsageError
from kitty_conformance.running.shard import Shard


def cases(identities):
    return tuple(
        Case(id=each, requirements=("FR-001",), scenario="US1.1", promise="p", rationale="r")
        for each in identities
    )


IDENTITIES = st.sets(st.from_regex(r"945-\d\d/[a-z]{1,4}", fullmatch=True), min_size=1)


@given(identities=IDENTITIES, count=st.integers(1, 20), order=st.randoms(use_true_random=False))
def test_every_case_is_in_exactly_one_shard(identities, count, order):
    shuffled = list(identities)
    order.shuffle(shuffled)
    count = min(count, len(identities))
    shards = [Shard(number, count).of(cases(shuffled)) for number in range(1, count + 1)]
    dealt = [case.id for shard in shards for case in shard]
    assert sorted(dealt) == sorted(identities)
    sizes = [len(shard) for shard in shards]
    assert max(sizes) - min(sizes) <= 1
    assert shards == [Shard(number, count).of(cases(sorted(identities))) for number in range(1, count + 1)]


def test_a_shard_is_written_as_part_of_a_whole():
    assert str(Shard.parse("3/8")) == "3/8"


@pytest.mark.parametrize("text", ["", "0/8", "9/8", "3", "3/0", "-1/2", "a/b", "1/2/3", "03/8"])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(UsageError, match="is no shard"):
        Shard.parse(text)


def test_a_shard_without_cases_is_no_success():
    with pytest.raises(NoCaseSelectedError, match="no case is left for shard 2/2: there are 1"):
        Shard(2, 2).of(cases(["945-01"]))
