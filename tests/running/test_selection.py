import pytest

from kitty_conformance.case import Case
from kitty_conformance.errors import NoCaseSelectedError, UnknownIssueError
from kitty_conformance.running.selection import select

CATALOGUE = [
    Case(id=identity, requirements=("FR-001",), scenario="US1.1", promise="p", rationale="r")
    for identity in ("951-01", "945-01/move-task/root", "945-01/emit/root", "945-02")
]


def ids(*selectors):
    return [case.id for case in select(selectors, CATALOGUE)]


def test_nothing_chosen_means_everything_in_order():
    assert ids() == ["945-01/emit/root", "945-01/move-task/root", "945-02", "951-01"]


@pytest.mark.parametrize(
    ("selector", "chosen"),
    [
        ("945", ["945-01/emit/root", "945-01/move-task/root", "945-02"]),
        ("#951", ["951-01"]),
        ("945-01", ["945-01/emit/root", "945-01/move-task/root"]),
        ("945-01/emit", ["945-01/emit/root"]),
        ("945-01/emit/root", ["945-01/emit/root"]),
    ],
)
def test_a_selector_names_an_issue_a_case_or_a_variant(selector, chosen):
    assert ids(selector) == chosen


def test_an_unknown_issue_is_refused_with_advice():
    with pytest.raises(UnknownIssueError, match=r"unknown issue or case '946'.*did you mean 9"):
        ids("946")


def test_nonsense_is_refused_without_a_guess():
    with pytest.raises(UnknownIssueError, match=r"'zzzz' \(issues are smoke, 944"):
        ids("zzzz")


def test_an_issue_of_the_seed_without_cases_is_no_success():
    with pytest.raises(NoCaseSelectedError, match="no case selected by 953"):
        ids("953")


def test_an_empty_catalogue_is_no_success():
    with pytest.raises(NoCaseSelectedError, match="an empty catalogue"):
        select((), [])
