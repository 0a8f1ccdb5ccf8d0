"""A history grows from results, and stays what it was when it is written and read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kitty_conformance.errors import HarnessError, ResultsUnusableError
from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.history import History, PastRelease, decode, encode


def test_each_release_has_what_its_run_found(recorded):
    history = History().with_results(
        recorded("3.2.0a8", {"951-01/WP02": "violates", "smoke-01": "conforms"}),
        released="2026-05-01T14:36:25Z",
    )
    (release,) = history.releases
    assert [case.id for case in history.cases] == ["951-01/WP02", "smoke-01"]
    assert (release.version, release.released) == ("3.2.0a8", "2026-05-01T14:36:25Z")
    assert release.found["smoke-01"].outcome is Outcome.CONFORMS
    assert release.found["951-01/WP02"].reason == "951-01/WP02 violates in $MISSION"
    assert history.suites == ("smoke", "951")


def test_results_with_adapters_are_not_what_a_release_keeps(recorded, with_adapters):
    history = History().with_results(recorded("3.2.0a8", {"951-01": "violates"}))
    with pytest.raises(ResultsUnusableError, match=r"results of 3\.2\.0a8 \+ 951 953, and a history"):
        history.with_results(with_adapters(recorded("3.2.0a8", {"951-01": "conforms"}), "951", "953"))


def test_releases_stand_in_the_order_of_their_versions(recorded):
    history = History()
    for version in ("3.2.0", "3.2.0rc10", "3.2.0rc2", "3.2.0a9"):
        history = history.with_results(recorded(version, {"smoke-01": "conforms"}))
    assert [each.version for each in history.releases] == ["3.2.0a9", "3.2.0rc2", "3.2.0rc10", "3.2.0"]


def test_a_later_run_of_a_release_adds_and_replaces(recorded):
    history = (
        History()
        .with_results(recorded("3.2.0", {"945-01": "violates", "945-02": "conforms"}))
        .with_results(recorded("3.2.0", {"945-01": "conforms", "945-03": "inconclusive"}))
    )
    found = {case: finding.outcome for case, finding in history.releases[0].found.items()}
    assert found == {"945-01": "conforms", "945-02": "conforms", "945-03": "inconclusive"}


def test_what_was_found_of_another_wheel_of_a_version_does_not_stay(recorded):
    history = (
        History()
        .with_results(recorded("3.2.0", {"945-01": "violates"}))
        .with_results(recorded("3.2.0", {"945-02": "conforms"}, sha256="ab" * 32))
    )
    assert set(history.releases[0].found) == {"945-02"}


def test_a_release_that_does_not_install_says_why_until_it_does(recorded):
    history = History().with_unavailable("3.1.9", "no such wheel", released="2026-05-21T13:27:14Z")
    assert history.releases[0].unavailable == "no such wheel"
    assert history.tested == ()
    history = history.with_results(recorded("3.1.9", {"smoke-01": "conforms"}))
    assert (history.releases[0].unavailable, history.releases[0].released[:4]) == ("", "2026")
    history = history.with_unavailable("3.1.9", "the network is down")
    assert history.releases[0].unavailable == ""


def test_one_history_is_laid_over_another(recorded):
    earlier = History().with_results(recorded("3.1.8", {"945-01": "conforms"}))
    later = History().with_results(recorded("3.2.0", {"945-02": "violates"}))
    both = later.over(earlier)
    assert [each.version for each in both.releases] == ["3.1.8", "3.2.0"]
    assert [each.id for each in both.cases] == ["945-01", "945-02"]
    narrowed = both.only({"945-02"})
    assert [set(each.found) for each in narrowed.releases] == [set(), {"945-02"}]


def test_dates_known_elsewhere_are_taken_where_one_is_lacking(recorded):
    history = History().with_results(recorded("3.1.8", {"945-01": "conforms"}))
    dated = history.dated({"3.1.8": "2026-04-29T11:22:26Z"}).dated({"3.1.8": "2027-01-01T00:00:00Z"})
    assert dated.releases[0].released == "2026-04-29T11:22:26Z"


def test_a_long_reason_is_cut(recorded):
    results = recorded("3.2.0", {"945-01/" + "x" * 300: "violates"})
    (finding,) = History().with_results(results).releases[0].found.values()
    assert len(finding.reason) == 240
    assert finding.reason.endswith("…")


VERDICTS = st.sampled_from(["conforms", "violates", "inconclusive", "not-applicable"])
CASES = st.sampled_from(["smoke-01", "904-02/merge", "945-01/a b", "951-01/WP02"])
VERSIONS = st.sampled_from(["3.1.8", "3.2.0a8", "3.2.0rc10", "3.2.0rc2", "3.2.6.1", "4.0.0rc7"])


@given(runs=st.lists(st.tuples(VERSIONS, st.dictionaries(CASES, VERDICTS, min_size=1))))
def test_what_is_written_is_what_is_read(recorded, tmp_path_factory, runs):
    history = History()
    for version, found in runs:
        history = history.with_results(recorded(version, found))
    path = tmp_path_factory.mktemp("history") / "history.json"
    path.write_bytes(encode(history))
    assert decode(path) == history
    assert encode(decode(path)) == path.read_bytes()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"{", "it is not JSON"),
        (b'{"format": "kitty-conformance-history/2"}', "is no history of kitty-conformance"),
    ],
)
def test_what_is_no_history_is_refused(tmp_path, content, complaint):
    path = tmp_path / "history.json"
    path.write_bytes(content)
    with pytest.raises(ResultsUnusableError, match=complaint):
        decode(path)


def test_a_missing_history_is_refused(tmp_path):
    with pytest.raises(ResultsUnusableError, match="cannot be read"):
        decode(tmp_path / "none.json")


def test_a_history_that_breaks_its_contract_is_not_written():
    with pytest.raises(HarnessError, match="history schema"):
        encode(History(releases=(PastRelease(version="3.2.0", released="yesterday"),)))
