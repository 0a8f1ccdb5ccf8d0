import subprocess
import sys

import pytest

# Each program stands alone: in the interpreter of the tests there are too many who remember the text.
BEFORE = """
import functools, os, types
from pathlib import Path, PurePosixPath
from kitty_conformance.inside import warm_traces
ROOT = "/".join(("", "stand-ins"))
HOME = ROOT + "/home"
"""

AFTER = """
for patch in warm_traces.find(ROOT, {id(globals())}):
    patch(warm_traces.rewriting({HOME: "/real"}))
"""

REPLACED = {
    "attributes of a module": ("m.text = HOME + '/x'", "m.text == '/real/x'"),
    "lists and dicts": (
        "m.a = {'a': [HOME, {'only': HOME + '/x'}]}",
        "m.a == {'a': ['/real', {'only': '/real/x'}]}",
    ),
    "tuples": (
        "m.a = {'b': (1, (HOME, 2))}; m.b = [(HOME,)]",
        "(m.a, m.b) == ({'b': (1, ('/real', 2))}, [('/real',)])",
    ),
    "paths": (
        "m.p = Path(HOME) / 'deep' / 'file'; str(m.p); m.p.parts; m.q = (m.p, PurePosixPath(HOME))",
        "(str(m.p), m.p.parts[1:2], {m.p: 1}[Path('/real/deep/file')]) == ('/real/deep/file', ('real',), 1)",
    ),
    "attributes of objects": (
        "class S: __slots__ = 'home', 'x'\nm.a = [S(), types.SimpleNamespace()]\nfor a in m.a: a.home = HOME",
        "[each.home for each in m.a] == ['/real'] * 2",
    ),
    "attributes of classes": (
        "m.kind = type('Kind', (), {'home': HOME}); m.instance = m.kind(); m.instance.home",
        "m.instance.home == '/real'",
    ),
    "defaults and closures": (
        "def make(c):\n def f(a=HOME, *, k=HOME + 'k'): return a, k, c\n return f\nm.f = make(HOME + 'c')",
        "m.f() == ('/real', '/realk', '/realc')",
    ),
    "remembered results": ("m.f = functools.cache(lambda: Path(HOME)); m.f()", "m.f() == Path('/real')"),
}

KEPT = {
    "text as a key": "m.a = {HOME: 1}",
    "a path as a key": "m.a = {Path(HOME): 1}",
    "text in a set": "m.a = {HOME}",
    "a path in a set": "m.a = frozenset([Path(HOME)])",
    "text in what is compiled": "m.a = functools.partial(print, HOME)",
}


def _run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("what", REPLACED)
def test_text_of_a_stand_in_is_replaced_wherever_it_is(what: str) -> None:
    makes, holds = REPLACED[what]
    ended = _run(f"{BEFORE}m = types.ModuleType('m')\n{makes}\n{AFTER}assert {holds}, vars(m)\n")
    assert ended.stderr == ""


@pytest.mark.parametrize("what", KEPT)
def test_what_cannot_be_replaced_is_told(what: str) -> None:
    ended = _run(f"{BEFORE}m = types.ModuleType('m')\n{KEPT[what]}\n{AFTER}")
    assert "Unpatchable: " in ended.stderr


def test_containers_that_are_not_the_targets_are_spared() -> None:
    found = "warm_traces.find(ROOT, {id(globals()), id(ours['home'])})"
    ended = _run(f"{BEFORE}ours = {{'home': [HOME]}}\nprint(len({found}))")
    assert (ended.stdout, ended.stderr) == ("0\n", "")
