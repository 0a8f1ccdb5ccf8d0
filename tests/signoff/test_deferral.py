from datetime import date

import pytest

from kitty_conformance.case import Verdict
from kitty_conformance.errors import ExitCode
from kitty_conformance.signoff.aggregate import aggregate
from kitty_conformance.signoff.deferral import (
    Deferral,
    DeferralsUnusableError,
    Status,
    assess,
    deferred,
    load,
)

TODAY = date(2026, 6, 1)
WHOLE = """
[[deferral]]
case = "951-02/block"
reason = "The guard is rewritten in the next release."
owner = "release team"
link = "https://example.org/951"
until = 2026-06-01
releases = ">=3.2.0a8,<3.2.1"
"""


def _deferral(**changes):
    values = {
        "case": "951-02/block",
        "reason": "r",
        "owner": "o",
        "link": "https://example.org",
        "until": TODAY,
    }
    return Deferral(**(values | changes))


def _assessed(results, deferral, **options):
    asked = {"version": "3.2.0a8", "today": TODAY} | options
    (only,) = assess([deferral], aggregate(results), **asked)
    return only


@pytest.fixture
def file(tmp_path):
    """Write a deferrals file."""

    def write(text):
        path = tmp_path / "deferrals.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def test_a_file_is_read(file):
    assert load(file(WHOLE)) == (
        Deferral(
            case="951-02/block",
            reason="The guard is rewritten in the next release.",
            owner="release team",
            link="https://example.org/951",
            until=date(2026, 6, 1),
            releases=">=3.2.0a8,<3.2.1",
        ),
    )


def test_an_empty_file_defers_nothing(file):
    assert load(file("")) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[deferral", "is not TOML"),
        (b"\xff", "is not UTF-8"),
        ("deferral = 1", r"\$\.deferral: 1 is not of type 'array'"),
        ("other = 1", "'other' was unexpected"),
        (WHOLE.replace("owner", "boss"), "'owner' is a required property"),
        (WHOLE.replace("2026-06-01", '"soon"'), r"\$\.deferral\[0\]\.until"),
        (WHOLE.replace("2026-06-01", '"2026-13-41"'), "deferral 1: Invalid"),
        (WHOLE.replace("2026-06-01", "2026-06-01T10:00:00Z"), r"\$\.deferral\[0\]\.until"),
        (WHOLE.replace("2026-06-01", "12"), "is not of type 'string'"),
        (WHOLE + 'issue = "951"\n', "does not keep to oneOf"),
        (WHOLE.replace("case =", "kase ="), "kase"),
        (WHOLE.replace("951-02", "9-2"), "does not match"),
        (WHOLE.replace("https://example.org/951", "later"), r"\$\.deferral\[0\]\.link"),
        (WHOLE.replace(">=3.2.0a8", "new"), "deferral 1: Invalid specifier"),
        (WHOLE.replace("release team", ""), r"\$\.deferral\[0\]\.owner"),
    ],
)
def test_a_file_that_does_not_say_what_it_must_is_refused(file, text, said):
    with pytest.raises(DeferralsUnusableError, match=said) as raised:
        load(file(text))
    assert raised.value.exit_code is ExitCode.USAGE
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DeferralsUnusableError, match="cannot be read: No such file"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "covers", [{"case": "951-02/block"}, {"case": "951-02"}, {"case": "", "issue": "951"}]
)
def test_a_deferral_covers_a_violation_of_its_case_or_issue(blocked, covers):
    assessed = _assessed(blocked, _deferral(**covers))
    assert (assessed.status, assessed.cases, assessed.remark) == (Status.APPLIED, ("951-02/block",), "")
    assert set(deferred([assessed])) == {"951-02/block"}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"until": date(2026, 5, 31)}, Status.EXPIRED),
        ({"releases": "<3.2.0a8"}, Status.OTHER_RELEASE),
        ({"case": "945-01"}, Status.UNNEEDED),
        ({"case": "951-02/warn"}, Status.UNKNOWN),
        ({"case": "951-0"}, Status.UNKNOWN),
        ({"case": "", "issue": "999"}, Status.UNKNOWN),
        ({"case": "952-01"}, Status.NOT_ASKED),
        ({"case": "", "issue": "952"}, Status.NOT_ASKED),
    ],
)
def test_a_deferral_that_does_not_apply_says_why(blocked, changes, status):
    assessed = _assessed(blocked, _deferral(**changes))
    assert assessed.status is status
    assert bool(assessed.remark) == (status in (Status.EXPIRED, Status.UNKNOWN, Status.UNNEEDED))
    assert deferred([assessed]) == {}


def test_with_all_cases_known_an_unchosen_one_is_told_from_one_that_does_not_exist(blocked):
    known = ["945-01/move-task", "951-02/block", "951-03"]
    assert _assessed(blocked, _deferral(case="951-03"), known=known).status is Status.NOT_ASKED
    assert _assessed(blocked, _deferral(case="952-01"), known=known).status is Status.UNKNOWN
    assert _assessed(blocked, _deferral(case="", issue="952"), known=known).status is Status.NOT_ASKED


@pytest.mark.parametrize("verdicts", [[Verdict.INCONCLUSIVE] * 3, [Verdict.VIOLATES, Verdict.CONFORMS]])
def test_a_flaky_or_inconclusive_case_cannot_be_deferred(builder, ownership, verdicts):
    assessed = _assessed(builder.record(ownership, verdicts).results(), _deferral())
    assert (assessed.status, assessed.cases) == (Status.UNDECIDED, ())
    assert "covers violations only" in assessed.remark


def test_a_version_that_is_none_is_covered_by_no_specifier(blocked):
    assert _assessed(blocked, _deferral(releases=">=3"), version="local build").status is Status.OTHER_RELEASE
    assert _assessed(blocked, _deferral(), version="local build").status is Status.APPLIED


def test_the_first_of_two_deferrals_gives_the_reason(blocked):
    both = assess(
        [_deferral(reason="first"), _deferral(case="", issue="951", reason="second")],
        aggregate(blocked),
        version="3.2.0a8",
        today=TODAY,
    )
    assert deferred(both)["951-02/block"].reason == "first"
