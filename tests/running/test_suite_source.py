import sys

import pytest

from kitty_conformance.errors import HarnessError
from kitty_conformance.running import suite_source


@pytest.fixture
def digest(tmp_path, monkeypatch):
    """Writes a module into packages of our names; gives the digests of suites after it."""
    for package in (suite_source.SUITES_PACKAGE, "kitty_conformance", *suite_source.BELOW):
        folder = tmp_path / package
        folder.mkdir()
        (folder / "__init__.py").touch()
    for module in suite_source.JUDGES:
        file = tmp_path / "kitty_conformance" / f"{module}.py"
        file.parent.mkdir(exist_ok=True)
        file.touch()
    monkeypatch.setattr(suite_source, "_folder", lambda package: tmp_path / package)

    def of(*suites, write="", text=""):
        if write:
            (tmp_path / write).write_text(text)
        return [suite_source.digest.__wrapped__(suite) for suite in suites]

    return of


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("kitty_suites/issue_945_transition_evidence.py", [True, False, False]),
        ("kitty_suites/issue_945.py", [True, False, False]),
        ("kitty_suites/issue_951_active_ownership.py", [False, True, False]),
        ("kitty_suites/smoke.py", [False, False, True]),
        ("kitty_suites/shared.py", [True, True, True]),
        ("kitty_fixtures/mission.py", [True, True, True]),
        ("kitty_conformance.inside/faults.py", [True, True, True]),
        ("kitty_conformance.target/cold.py", [True, True, True]),
        ("kitty_conformance/running/judgement.py", [True, True, True]),
        ("kitty_conformance/cli.py", [False, False, False]),
    ],
)
def test_a_change_counts_for_the_suites_it_may_change(digest, file, changes):
    suites = ("945", "951", "smoke")
    before = digest(*suites)
    after = digest(*suites, write=file, text="changed = True\n")
    assert [was != becomes for was, becomes in zip(before, after, strict=True)] == changes


@pytest.mark.parametrize(
    "line", ["from kitty_suites.issue_951 import x", "from kitty_suites import issue_951"]
)
def test_a_suite_that_imports_another_depends_on_it(digest, line):
    digest(write="kitty_suites/issue_945.py", text=line)
    before = digest("945", write="kitty_suites/issue_951.py", text="one")
    assert digest("945", write="kitty_suites/issue_951.py", text="two") != before


def test_our_own_suites_have_digests_of_their_own():
    assert len({suite_source.digest(suite) for suite in ("945", "951", "smoke")}) == 3


def test_a_package_that_is_not_there_is_an_error_of_the_installation():
    assert "no_such_package" not in sys.modules
    with pytest.raises(HarnessError, match="no_such_package is not installed"):
        suite_source._folder("no_such_package")


def test_the_whole_changes_with_any_suite(digest, monkeypatch):
    monkeypatch.setattr(suite_source, "digest", suite_source.digest.__wrapped__)
    seen = {suite_source.whole()}
    for name in ("issue_945.py", "smoke.py"):
        digest(write=f"kitty_suites/{name}", text="x")
        seen.add(suite_source.whole())
    assert len(seen) == 3
    assert {len(each) for each in seen} == {64}
