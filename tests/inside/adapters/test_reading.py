import pytest

from kitty_conformance.inside.adapters.reading import digests

SOURCE = b"""
from somewhere import thing as other
import elsewhere
LIMIT: int = 3
@decorated
def function():
    return 1
class Kind:
    def method(self):
        return 2
if LIMIT:
    def below(): pass
else:
    def below(): return 0
try:
    import fast
except ImportError:
    fast = None
"""
NAMES = ("other", "elsewhere", "LIMIT", "function", "Kind", "Kind.method", "below", "fast")


def test_each_name_has_a_digest_of_its_own():
    found = digests(SOURCE, NAMES)
    assert len(set(found.values())) == len(NAMES)
    assert all(len(digest) == 16 for digest in found.values())


def test_what_is_not_there_has_none():
    assert digests(SOURCE, ["gone", "Kind.gone", "gone.method"]) == {
        "gone": "",
        "Kind.gone": "",
        "gone.method": "",
    }


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        (b"@decorated", b"@other", {"function"}),
        (b"return 2", b"return 3", {"Kind", "Kind.method"}),
        (b"LIMIT: int = 3", b"LIMIT: int = 4", {"LIMIT"}),
        (b"thing as", b"another as", {"other"}),
        (b"def below(): return 0", b"def below(): return 1", {"below"}),
        (b"fast = None", b"fast = 0", {"fast"}),
        (b"\nimport elsewhere", b"\n\n\n# a comment\nimport elsewhere", set()),
    ],
)
def test_only_what_has_changed_has_another_digest(old, new, changed):
    before, after = digests(SOURCE, NAMES), digests(SOURCE.replace(old, new), NAMES)
    assert {name for name in NAMES if before[name] != after[name]} == changed
