"""Halving finds the change, passes over what cannot tell, and asks no build twice."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitty_conformance.signoff.halving import NothingToFindError, Told, find

BUILDS = [f"1.{number}" for number in range(40)]


def asking(said):
    """Return what answers, and the list of builds it was asked."""
    asked = []

    def ask(build):
        asked.append(build)
        return said[build]

    return ask, asked


@given(turn=st.integers(1, 39), mended=st.booleans())
def test_it_is_found_in_few_steps(turn, mended):
    was, became = (Told.BROKEN, Told.KEPT) if mended else (Told.KEPT, Told.BROKEN)
    ask, asked = asking({build: was if place < turn else became for place, build in enumerate(BUILDS)})
    turning = find(BUILDS, ask)
    assert (turning.last, turning.first, turning.between) == (BUILDS[turn - 1], BUILDS[turn], ())
    assert turning.became is became
    assert len(asked) == len(set(asked)) <= 2 + math.ceil(math.log2(len(BUILDS)))


@given(turn=st.integers(1, 39), silent=st.sets(st.integers(1, 38)))
def test_what_cannot_tell_widens_what_is_found_and_never_misleads(turn, silent):
    said = {build: Told.KEPT if place < turn else Told.BROKEN for place, build in enumerate(BUILDS)}
    said |= {BUILDS[place]: Told.CANNOT_TELL for place in silent}
    ask, asked = asking(said)
    turning = find(BUILDS, ask)
    low, high = BUILDS.index(turning.last), BUILDS.index(turning.first)
    assert low < turn <= high
    assert said[turning.last] is Told.KEPT
    assert said[turning.first] is Told.BROKEN
    assert turning.between == tuple(BUILDS[low + 1 : high])
    assert all(said[build] is Told.CANNOT_TELL for build in turning.between)
    assert len(asked) == len(set(asked))


def test_where_both_ends_say_the_same_there_is_nothing_to_find():
    with pytest.raises(NothingToFindError, match=r"kept in 1\.0 as in 1\.39"):
        find(BUILDS, lambda _: Told.KEPT)


def test_an_end_that_cannot_tell_is_named():
    with pytest.raises(NothingToFindError, match=r"1\.39 cannot tell"):
        find(BUILDS, lambda build: Told.CANNOT_TELL if build == "1.39" else Told.KEPT)
