from pathlib import Path

import pytest

from kitty_conformance.errors import ExitCode, HarnessError, UnknownAdapterError
from kitty_conformance.requirement import is_requirement
from kitty_conformance.target.adapters import FOLDER, chosen_adapters, known_adapters, shared_by, source_of


@pytest.mark.parametrize(
    ("text", "issues"),
    [
        ("all", ["900", "901"]),
        (" ALL ", ["900", "901"]),
        ("none", []),
        ("901", ["901"]),
        ("#901, 900", ["900", "901"]),
        ("900 901", ["900", "901"]),
    ],
)
def test_a_person_names_adapters_by_their_issues(kennel, text, issues):
    assert [each.issue for each in chosen_adapters(text, known_adapters(kennel.adapters))] == issues


@pytest.mark.parametrize("text", ["902", "900,x", "", ",", "all,900", "-1"])
def test_what_names_no_adapter_is_told_from_it(kennel, text):
    with pytest.raises(UnknownAdapterError, match="adapter") as caught:
        chosen_adapters(text, known_adapters(kennel.adapters))
    assert caught.value.exit_code == ExitCode.USAGE


def test_an_adapter_says_what_it_is_without_being_imported(kennel):
    first = known_adapters(kennel.adapters)[0]
    assert (first.requirements, first.purpose) == (("FR-900",), "#900, FR-900: greetings are upper.")
    assert first.functions == ("specify_cli.greeting:greet",)


@pytest.mark.parametrize("text", ["", "ISSUE = '1'\n", "ISSUE = 1\nREQUIREMENTS = x\nWRAPS = {}\n"])
def test_a_module_that_says_nothing_is_no_adapter(kennel, text):
    (kennel.adapters / "issue_902.py").write_text(text)
    with pytest.raises(HarnessError, match="no adapter"):
        known_adapters(kennel.adapters)


def test_what_adapters_import_comes_after_what_that_imports(kennel):
    line = "from kitty_conformance.inside.adapters.{} import thing\n"
    (kennel.adapters / "upper.py").write_text(f"def f():\n    {line.format('lower')}")
    (kennel.adapters / "lower.py").write_text(line.format("wrapping") + line.format("upper"))
    adapter = kennel.adapters / "issue_900.py"
    adapter.write_text(adapter.read_text() + line.format("upper"))
    assert shared_by(known_adapters(kennel.adapters), kennel.adapters) == ("wrapping", "lower", "upper")


def test_the_source_of_adapters_is_theirs_and_what_they_share(kennel):
    first, second = known_adapters(kennel.adapters)
    one = source_of([first], kennel.adapters)
    (kennel.adapters / "issue_901.py").write_text("# another text\n")
    assert source_of([first], kennel.adapters) == one != source_of([second], kennel.adapters)
    (kennel.adapters / "wrapping.py").write_text("# another text\n")
    assert source_of([first], kennel.adapters) != one


@pytest.mark.parametrize("path", sorted(FOLDER.glob("issue_*.py")), ids=lambda path: path.stem)
def test_each_adapter_of_ours_names_its_issue_and_known_requirements(path: Path):
    (adapter,) = [each for each in known_adapters() if f"issue_{each.issue}.py" == path.name]
    assert f"#{adapter.issue}" in adapter.purpose
    assert adapter.requirements
    assert all(map(is_requirement, adapter.requirements))
    assert all(module.startswith(("specify_cli.", "runtime.")) for module in adapter.modules)
