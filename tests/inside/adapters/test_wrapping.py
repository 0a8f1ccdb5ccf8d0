import inspect
from types import SimpleNamespace

import pytest

from kitty_conformance.inside.adapters.wrapping import wrap, wrap_command

SOURCE = """
import functools
def plain(a, b=1, *, c: int = 2):
    "Says it."
    return a, b, c
plain.mark = "here"
class Kind:
    def method(self): return "method"
    @staticmethod
    def static(): return "static"
    @classmethod
    def of_class(cls): return cls.__name__
"""


@pytest.fixture
def module(pretended):
    made = pretended("specify_cli.made")
    exec(SOURCE, vars(made))  # noqa: S102 - a module without a file
    return made


def loud(original):
    return lambda *arguments, **keywords: ("wrapped", original(*arguments, **keywords))


def test_a_wrapper_looks_like_the_function_behind_it(module):
    original = wrap(module, "plain", loud)
    assert module.plain(1, c=3) == ("wrapped", (1, 1, 3))
    assert inspect.signature(module.plain) == inspect.signature(original)
    assert (module.plain.__name__, module.plain.__doc__, module.plain.mark) == ("plain", "Says it.", "here")
    assert module.plain.__wrapped__ is original


@pytest.mark.parametrize(
    ("name", "result"), [("method", "method"), ("static", "static"), ("of_class", "Kind")]
)
def test_methods_stay_what_they_are(module, name, result):
    wrap(module, f"Kind.{name}", loud)
    assert getattr(module.Kind(), name)() == ("wrapped", result)


@pytest.mark.parametrize("name", ["gone", "Kind.gone", "Gone.method"])
def test_what_is_not_there_cannot_be_wrapped(module, name):
    with pytest.raises(LookupError):
        wrap(module, name, loud)


def test_a_registered_command_is_wrapped_where_it_is_registered(module):
    commands = [SimpleNamespace(callback=module.plain), SimpleNamespace(callback=print)]
    module.app = SimpleNamespace(registered_commands=commands)
    wrap_command(module, "plain", loud)
    assert commands[0].callback is module.plain
    assert commands[0].callback(1) == ("wrapped", (1, 1, 2))
    assert commands[1].callback is print


def test_a_function_that_is_no_command_is_not_taken_for_one(module):
    with pytest.raises(LookupError, match="has not registered plain"):
        wrap_command(module, "plain", loud)
