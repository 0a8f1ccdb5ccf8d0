"""Which releases a history is of."""

from datetime import UTC, datetime

from kitty_conformance.running.release_choice import chosen, dates
from kitty_conformance.target.index import Release

UPLOADED = datetime(2026, 5, 1, 14, 36, 25, 533988, tzinfo=UTC)


def release(version, *, yanked=None, uploaded=UPLOADED):
    return Release(version=version, wheel="w", url="u", sha256="", uploaded=uploaded, yanked=yanked)


VERSIONS = (
    "4.0.0rc1",
    "3.0.9",
    "3.1.0a2",
    "3.1.0",
    "3.2.0rc10",
    "3.2.0rc2",
    "3.2.0a8",
    "3.2.0b1",
    "3.2.0.dev1",
)


def test_finals_and_candidates_from_3_1_on_in_the_order_of_versions():
    found = [each.version for each in chosen(map(release, VERSIONS))]
    assert found == ["3.1.0", "3.2.0rc2", "3.2.0rc10", "4.0.0rc1"]


def test_alphas_when_asked():
    found = [each.version for each in chosen(map(release, VERSIONS), alphas=True)]
    assert found == ["3.1.0a2", "3.1.0", "3.2.0a8", "3.2.0b1", "3.2.0rc2", "3.2.0rc10", "4.0.0rc1"]


def test_withdrawn_releases_are_left_out():
    assert chosen([release("3.2.0rc28", yanked="broken")]) == ()


def test_the_day_of_a_release_is_that_of_its_wheel():
    assert dates([release("3.2.0a8"), release("3.2.0", uploaded=None)]) == {"3.2.0a8": "2026-05-01T14:36:25Z"}
