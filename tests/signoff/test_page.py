"""The HTML report: self-contained, escaped, structured for people who do not see it, the same every time."""

import itertools
import re
from base64 import b64decode
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import msgspec
import pytest

from kitty_conformance.case import Verdict
from kitty_conformance.signoff import report
from kitty_conformance.signoff.aggregate import Outcome
from kitty_conformance.signoff.deferral import Deferral
from kitty_conformance.signoff.page import render, tally

TODAY = date(2026, 6, 1)
DEFERRAL = Deferral(
    case="951-02", reason="Mended <next>", owner="team", link="https://example.org/1", until=TODAY
)
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Structure(HTMLParser):
    """Elements in order, and whether each that was opened is closed where it should be."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.wrong, self.text = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):  # noqa: D102 - as the parser calls it
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):  # noqa: D102 - same
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):  # noqa: D102 - same
        self.text.append(data)

    def all(self, tag):
        """The attributes of every element of one kind."""
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def html(blocked):
    built = msgspec.structs.replace(report.build(blocked, today=TODAY), signing_off=True)
    return render(built, lambda part: f"#!/usr/bin/env bash\n# {part.case.id}\n")


def test_the_same_report_gives_the_same_page(blocked):
    built = report.build(blocked, today=TODAY)
    assert render(built) == render(built)


def test_the_decision_comes_first(html):
    body = html.partition("<body>")[2]
    assert (
        body.index("<h1>spec-kitty 3.2.0a8</h1>") < body.index("</span> blocked") < body.index("Issues and")
    )


def test_a_violation_shows_promise_expected_seen_transcript_and_script(html):
    for said in (
        "The ownership guard validates changed files",
        "exit status 1: Out of scope: src/b.py",
        "FR-007, SC-004, US3.1",
        "kitty-conformance reproduce 951-02/block --target 3.2.0a8",
        "git commit --message",
        "#!/usr/bin/env bash\n# 951-02/block",
    ):
        assert said in html


def test_nothing_is_fetched_and_nothing_is_run(html):
    structure = Structure(html)
    names = {name for name, _ in structure.elements}
    assert not names & {"script", "link", "img", "iframe", "form"}
    assert "url(" not in html
    assert "@import" not in html
    assert not [
        attributes for _, attributes in structure.elements if any(a.startswith("on") for a in attributes)
    ]


def test_it_is_well_formed(html):
    structure = Structure(html)
    assert structure.wrong == []
    assert structure.open == []


def test_who_does_not_see_it_finds_the_way(html):
    structure = Structure(html)
    assert structure.all("html")[0]["lang"] == "en"
    assert len(structure.all("h1")) == len(structure.all("main")) == len(structure.all("nav")) == 1
    levels = [int(name[1]) for name, _ in structure.elements if re.fullmatch(r"h[1-6]", name)]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all("scope" in attributes for attributes in structure.all("th"))
    ids = [attributes["id"] for _, attributes in structure.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = [a["href"][1:] for a in structure.all("a") if a["href"].startswith("#")]
    labels = [a["aria-labelledby"] for _, a in structure.elements if "aria-labelledby" in a]
    assert set(targets) | set(labels) <= set(ids)


def test_colour_is_never_alone(html):
    marks = re.findall(r'<span class="mark ([a-z-]+)"[^>]*>(\S)', html)
    assert {(name, sign) for name, sign in marks} <= {
        ("conforms", "✓"),
        ("violates", "✗"),
        ("inconclusive", "?"),
        ("not-applicable", "○"),
        ("flaky", "≈"),
    }


def test_what_the_target_printed_is_text_and_never_markup(builder, ownership):
    builder.cases = (ownership,)
    builder.record(ownership, [Verdict.VIOLATES] * 3, reason="<script>alert(1)</script>")
    html = render(report.build(builder.results(), today=TODAY))
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_variants_of_which_the_same_was_found_share_a_row(builder, ownership, renamed):
    other = renamed(ownership, "951-02/warn")
    builder.cases = (ownership, other)
    for case in builder.cases:
        builder.record(case, [Verdict.VIOLATES] * 3, reason="x")
    html = render(report.build(builder.results(), today=TODAY))
    assert "951-02/block<br>951-02/warn" in html


def test_flaky_inconclusive_and_not_applicable_have_their_places(builder, ownership, evidence, renamed):
    third = renamed(evidence, "945-02")
    builder.cases = (evidence, third, ownership)
    builder.record(evidence, [Verdict.CONFORMS, Verdict.VIOLATES, Verdict.CONFORMS])
    builder.record(third, [Verdict.NOT_APPLICABLE] * 3, reason="no such command")
    builder.record(ownership, [Verdict.INCONCLUSIVE] * 3, reason="the fault never fired")
    html = render(report.build(builder.results(), today=TODAY))
    for place in ("Flaky: the runs disagree", "Not put to the test", "Not applicable", "no such command"):
        assert place in html
    assert "Kept promises" not in html


def test_deferrals_are_shown_with_their_end(blocked):
    html = render(report.build(blocked, today=TODAY, deferrals=[DEFERRAL]))
    assert "Mended &lt;next&gt;" in html
    assert "2026-06-01" in html
    assert '<a href="https://example.org/1">' in html


def test_a_stream_cut_short_and_a_target_with_adapters_are_shown(builder, evidence):
    builder.cases = (evidence,)
    builder.target = msgspec.structs.replace(builder.target, adapters=("951",), resolved_before="")
    builder.record(evidence, [Verdict.CONFORMS])
    html = render(report.build(builder.results(whole=False), today=TODAY))
    assert "(cut short)" in html
    assert "#951" in html


def test_counts_are_marks_with_words_for_who_hears_them():
    assert str(tally({})) == "·"
    told = str(tally({Outcome.CONFORMS: 2, Outcome.VIOLATES: 1}))
    assert told.index("2") < told.index("✗ 1")
    assert '<span class="unseen"> violates</span>' in told


def test_what_it_ran_on_stands_with_the_target(blocked):
    html = render(report.build(blocked, today=TODAY))
    assert "<dt>git</dt><dd>2.47.3</dd>" in html
    assert "<dt>file system of the sandboxes</dt><dd>tmpfs</dd>" in html


def test_what_was_reused_is_marked_with_the_moment_it_was_recorded(blocked):
    moment = "2026-05-01T00:00:00Z"
    results = [
        msgspec.structs.replace(each, reused=moment if each.run < 3 else "") for each in blocked.results
    ]
    html = render(report.build(replace(blocked, results=tuple(results)), today=TODAY))
    assert html.count(f"<small>2 of 3 reused, recorded {moment}</small>") == 2
    assert '<a href="#reused">Reused</a>' in html
    assert f'<th scope="row">{moment}</th><td data-of="as run">1</td>' in html
    assert 'id="reused"' not in render(report.build(blocked, today=TODAY))


def test_a_crash_map_is_drawn_and_said(conforming):
    html = render(report.build(conforming, today=TODAY))
    said = "2 steps: the work did not go on after an end before step 2"
    drawn = '<span class="held"></span><span class="broken other"></span>'
    assert f'<p class="strip" role="img" aria-label="{said}">{drawn}</p>' in html


def test_a_script_can_be_saved_and_selected_at_once(blocked):
    html = render(report.build(blocked, today=TODAY), lambda _: "# <script> of ours\n")
    (link,) = re.findall(r'<a download="repro-951-02-block.sh" href="data:[^,]+;base64,([^"]+)">', html)
    assert b64decode(link).decode() == "# <script> of ours\n"
    assert '<pre tabindex="0" class="copy"># &lt;script&gt; of ours' in html
    assert '<code class="copy">kitty-conformance reproduce 951-02/block' in html


def test_every_cell_of_a_table_that_folds_on_a_phone_says_what_it_is_of(blocked):
    html = render(report.build(blocked, today=TODAY, deferrals=[DEFERRAL]))
    assert html.count("<table") == html.count('<table class="stack') + html.count('<table class="grid stack')
    for what in ("run 1", "together", "variants kept", "requires", "issues", "cases", "outcome", "owner"):
        assert f'data-of="{what}"' in html


def test_the_grid_tells_deferred_violations_from_those_that_block(blocked):
    html = render(report.build(blocked, today=TODAY, deferrals=[DEFERRAL]))
    assert html.count('<span class="mark deferred" title="1 deferred">⊘ 1<span class="unseen"> deferred') == 4
    assert 'title="1 violates"' not in html.partition('id="violated"')[0]
    assert "⊘ violates, deferred" in html
    assert "⊘" not in render(report.build(blocked, today=TODAY))


def test_crash_maps_are_drawn_whatever_the_verdict(conforming):
    text = render(report.build(conforming, today=TODAY))
    assert '<a href="#crashes">What a crash leaves</a>' in text
    row = next(line for line in text.splitlines() if "write repo/&lt;x&gt;" in line)
    assert '<th scope="row" data-of="ended before step">2</th>' in row
    assert '<td data-of="left behind">claimed</td><td data-of="and then">✗ refused</td>' in row
