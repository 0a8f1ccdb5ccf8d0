"""The HTML report in Chromium: axe-core finds nothing, nothing is fetched, nothing needs a script.

`nox -s accessibility` runs these; they need Chromium, on PATH or named by `KITTY_CONFORMANCE_CHROMIUM`.
"""

from datetime import date

import msgspec
import pytest

from kitty_conformance.case import Verdict
from kitty_conformance.signoff import report
from kitty_conformance.signoff.deferral import Deferral
from kitty_conformance.signoff.page import render

pytestmark = pytest.mark.browser

TODAY = date(2026, 6, 1)
DESKTOP, PHONE, SMALLEST = ({"width": width, "height": 800} for width in (1280, 400, 320))
OPEN_ALL = "document.querySelectorAll('details').forEach(each => each.open = true)"


@pytest.fixture
def page_file(tmp_path, builder, evidence, ownership, renamed, *, ownership_story):
    """A report with something in each of its parts, and texts of every length."""
    flaky, untested, without, deferred = (renamed(evidence, f"945-0{number}") for number in range(2, 6))
    variants = [renamed(ownership, f"951-02/{number}-{'x' * 40}") for number in range(9)]
    others = [renamed(ownership, f"951-{number:02}") for number in range(3, 9)]
    builder.cases = (evidence, flaky, untested, without, deferred, ownership, *variants, *others)
    builder.record(evidence, [Verdict.CONFORMS] * 3)
    builder.record(flaky, [Verdict.CONFORMS, Verdict.VIOLATES, Verdict.CONFORMS])
    builder.record(untested, [Verdict.INCONCLUSIVE] * 3, reason="it hung " * 30)
    builder.record(without, [Verdict.NOT_APPLICABLE] * 3, reason="no such command")
    builder.record(deferred, [Verdict.VIOLATES] * 3, reason="known")
    for number, case in enumerate((ownership, *variants, *others)):
        reason = f"{number} /a/path/without/any/place/to/break/{'it' * 60}"
        builder.record(case, [Verdict.VIOLATES] * 3, reason=reason, story=ownership_story)
    deferrals = [Deferral(case="945-05", reason="r", owner="o", link="https://example.org/1", until=TODAY)]
    built = report.build(builder.results(), today=TODAY, deferrals=deferrals, signing_off=True)
    path = tmp_path / "report.html"
    path.write_text(render(built, lambda part: f"# {part.case.id}\n" + "x" * 400), encoding="utf-8")
    return path


@pytest.fixture
def looked_at(browser, page_file):
    """Opens the report as somebody has set up the browser."""
    contexts = []

    def open_page(**how):
        context = browser.new_context(**how)
        contexts.append(context)
        page = context.new_page()
        page.goto(page_file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(looked_at, scheme, viewport):
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - as above

    page = looked_at(color_scheme=scheme, viewport=viewport)
    page.evaluate(OPEN_ALL)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE, SMALLEST], ids=["desktop", "phone", "smallest"])
def test_nothing_is_wider_than_the_window(looked_at, viewport):
    page = looked_at(viewport=viewport)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_nothing_is_fetched(browser, page_file):
    page, asked = browser.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    page.close()
    assert asked == [page_file.as_uri()]


def test_no_script_is_needed(looked_at):
    page = looked_at(java_script_enabled=False)
    assert "BLOCKED" in page.inner_text("header").upper()
    assert page.locator("#violated article").count() == 8
    page.locator("#violated summary").first.click()
    assert page.locator("#violated details[open]").count() == 1


def test_a_click_selects_a_whole_script(looked_at):
    page = looked_at(viewport=DESKTOP)
    page.evaluate(OPEN_ALL)
    page.locator("pre.copy").first.click()
    assert page.evaluate("getSelection().toString()").startswith("# 945-05\nxxx")


def test_on_a_phone_every_outcome_is_on_the_screen(looked_at):
    page = looked_at(viewport=PHONE)
    for place in page.locator("#issues td, #kept td, #requirements td").all():
        box = place.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]
        assert box["width"] > PHONE["width"] / 2


def test_a_keyboard_leads_everywhere_and_is_seen_to(looked_at):
    page = looked_at(viewport=DESKTOP)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the findings"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    seen = set()
    for _ in range(200):
        page.keyboard.press("Tab")
        tag = page.evaluate("document.activeElement.tagName")
        if tag == "BODY":
            break
        seen.add(tag)
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", tag
    assert {"A", "SUMMARY", "DIV"} <= seen


def test_paper_shows_every_finding_and_no_button(looked_at):
    page = looked_at(viewport=DESKTOP)
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.locator("#violated article").count() == 8
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_a_green_report_is_as_easy_to_use(browser, tmp_path, conforming):
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - as above

    built = msgspec.structs.replace(report.build(conforming, today=TODAY), signing_off=True)
    path = tmp_path / "report.html"
    path.write_text(render(built), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    found = Axe().run(page)
    page.close()
    assert found.violations_count == 0, found.generate_report()
