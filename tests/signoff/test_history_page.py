"""The page of a history, as HTML, Markdown and on a terminal."""

import io
import re
from html.parser import HTMLParser

import msgspec
import pytest
from rich.console import Console

from kitty_conformance.case import SUITES
from kitty_conformance.signoff import history_markdown, history_page, history_table
from kitty_conformance.signoff.history import History


@pytest.fixture
def history(recorded):
    """Two releases with a promise mended and one broken, one that does not install."""
    return (
        History()
        .with_results(
            recorded("3.1.8", {"945-01": "violates", "951-01/<b>": "conforms", "smoke-01": "conforms"}),
            released="2026-04-29T11:22:26Z",
        )
        .with_results(
            recorded("3.2.0", {"945-01": "conforms", "951-01/<b>": "violates"}),
            released="2026-06-15T23:02:57Z",
        )
        .with_unavailable("3.1.9", "its <wheel> is broken")
    )


class Page(HTMLParser):
    """What a browser would be asked to fetch, and whether tags are in order."""

    void = frozenset({"meta", "br", "wbr", "link", "img"})

    def __init__(self, text):
        super().__init__()
        self.open, self.fetched = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note what it would fetch."""
        self.fetched += [
            value for name, value in attrs if name in {"src", "href"} and not value.startswith("#")
        ]
        assert tag != "script"
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Hold it to its beginning."""
        assert self.open.pop() == tag


def test_the_page_is_whole_fetches_nothing_and_runs_nothing(history):
    page = Page(history_page.render(history))
    assert (page.open, page.fetched) == ([], [])


def test_the_page_marks_what_was_mended_and_broken(history):
    text = history_page.render(history)
    assert re.search(r'class="conforms healed"[^>]*945-01 in 3\.2\.0, mended here: conforms">▲<', text)
    assert re.search(r'class="violates broken"[^>]*broken here: violates: [^>]*">▼<', text)
    assert "1 times one was mended, 1 times one was broken" in text
    assert "<b>" not in text
    assert "its &lt;wheel&gt; is broken" in text
    assert 'colspan="1" class="month"><abbr title="2026-04">Apr</abbr>' in text


def test_the_page_tells_each_promise_once_and_the_cases_that_ask_of_it(recorded):
    history = History().with_results(recorded("3.2.0", {"945-01/a": "conforms", "945-02": "conforms"}))
    cases = [msgspec.structs.replace(case, promise="Kept.") for case in history.cases]
    text = history_page.render(msgspec.structs.replace(history, cases=tuple(cases)))
    told = "<dt><code>945-01/<wbr>a</code>, <code>945-02</code></dt><dd>Kept.</dd>"
    assert text.count(told) == 1


def test_the_same_history_gives_the_same_bytes(history):
    assert history_page.render(history) == history_page.render(history)
    assert history_markdown.render(history) == history_markdown.render(history)


def test_the_page_says_so_when_nothing_changed(recorded):
    history = History().with_results(recorded("3.1.8", {"945-01": "inconclusive"}))
    assert "Nothing changed." in history_page.render(history)
    assert "day unknown" in history_page.render(history)
    assert "Nothing did." in history_markdown.render(history)
    assert "could not be tested" not in history_page.render(history)


def test_the_markdown_holds_the_map_and_what_changed(history):
    text = history_markdown.render(history)
    assert "| release | of | follows | smoke | #945 | #951 |" in text
    assert "| 3.2.0 | 2026-06-15 | 3.1.8 | · | 0/1 | 1/1 |" in text
    assert "- ▲ mended `945-01` 945-01 is kept. (otherwise in 3.1.8) — 945-01 violates in $MISSION" in text
    assert "- 3.1.9: its &lt;wheel> is broken" in text


def test_releases_that_cannot_tell_are_named_in_the_markdown(recorded):
    history = History()
    verdicts = ["violates", *["inconclusive"] * 4, "conforms"]
    for number, verdict in enumerate(verdicts):
        history = history.with_results(recorded(f"3.1.{number}", {"945-01": verdict}))
    assert "(otherwise in 3.1.0; 3.1.1 to 3.1.4 did not tell)" in history_markdown.render(history)
    assert "4 between them did not tell" in shown(history)


def shown(history, detail=0):
    text = io.StringIO()
    history_table.show(Console(file=text, width=200, color_system=None), history, detail=detail)
    return text.getvalue()


def test_the_terminal_shows_both_maps(history):
    text = shown(history)
    assert re.search(r"3\.1\.8 +2026-04-29 +0/1 +1/1 +0/1", text)
    assert re.search(r"^945-01 +✗  ✓$", text, re.MULTILINE)
    assert re.search(r"^smoke-01 +✓  ·$", text, re.MULTILINE)
    assert "healed  3.2.0      945-01 (otherwise in 3.1.8)" in text
    assert "not tested  3.1.9: its <wheel> is broken" in text


def test_it_ends_with_what_the_newest_release_breaks_and_what_to_type(history):
    assert shown(history, detail=-1).splitlines() == [
        "3.2.0 breaks 1 of 2 promises; 1 healed there, 1 broken there",
        "next: kitty-conformance reproduce 951-01/<b> --target 3.2.0",
    ]
    assert shown(history).splitlines()[-3:] == ["", *shown(history, detail=-1).splitlines()]


def test_in_full_each_change_has_its_reason(history):
    lines = shown(history, detail=1).splitlines()
    place = lines.index("healed  3.2.0      945-01 (otherwise in 3.1.8)")
    assert lines[place + 1] == "        945-01 violates in $MISSION"


def test_where_all_is_kept_there_is_nothing_to_type(recorded):
    history = History().with_results(recorded("3.1.8", {"945-01": "conforms"}))
    assert shown(history, detail=-1) == "3.1.8 breaks 0 of 1 promises; nothing changed there\n"


def test_candidates_and_finals_stand_apart(recorded):
    history = History()
    for version in ("3.2.0rc1", "3.2.0rc2", "3.2.0"):
        history = history.with_results(recorded(version, {"945-01": "inconclusive"}))
    assert "945-01  ??  ?" in shown(history)


def test_on_a_terminal_the_first_map_is_a_table(history):
    text = io.StringIO()
    history_table.show(Console(file=text, width=100, force_terminal=True, color_system=None), history)
    assert re.search(r"^3\.1\.8 +2026-04-29 +0/1 +1/1 +0/1$", text.getvalue(), re.MULTILINE)
    assert "─" in text.getvalue()


@pytest.fixture
def long_history(recorded):
    """Thirty releases, the last of them with a long name, of cases of every suite."""
    found = {f"{suite}-01/a-variant": "violates" for suite in SUITES}
    history = History()
    for version in (*(f"3.2.{number}" for number in range(29)), "3.3.0rc45"):
        history = history.with_results(recorded(version, found), released="2026-06-15T23:02:57Z")
    return history


@pytest.mark.parametrize(("width", "tables", "days", "maps"), [(40, 2, 0, 2), (60, 2, 0, 1), (80, 1, 30, 1)])
def test_on_a_narrow_terminal_nothing_is_cut_short(long_history, width, tables, days, maps):
    text = io.StringIO()
    history_table.show(Console(file=text, width=width, force_terminal=True, color_system=None), long_history)
    shown, lines = text.getvalue(), text.getvalue().splitlines()
    assert "…" not in shown
    assert sum(line.startswith("release ") for line in lines) == tables
    assert len(re.findall("^3.* 2026-06-15 ", shown, re.MULTILINE)) == days
    assert sum(line.startswith("smoke-01/a-variant ") for line in lines) == maps
    assert all(shown.count(f"\n{version} ") == tables for version in ("3.2.7", "3.2.28"))
    assert shown.count("✗") == 30 * len(SUITES) + 1  # and the legend
    assert all(len(line) <= width for line in lines if "✗" in line or "1/1" in line)
