"""The page of a history in Chromium: axe-core finds nothing, and a touch screen shows all there is.

`nox -s accessibility` runs these with those of the report.
"""

import pytest

from kitty_conformance.case import SUITES
from kitty_conformance.signoff.history import History
from kitty_conformance.signoff.history_page import render

pytestmark = pytest.mark.browser

DESKTOP, PHONE, SMALLEST = ({"width": width, "height": 800} for width in (1280, 400, 320))


@pytest.fixture
def page_file(tmp_path, recorded):
    """Forty releases with every outcome, promises mended and broken, and one that does not install."""
    history = History().with_unavailable("3.1.9", "its wheel is broken " * 10)
    verdicts = ("violates", "conforms", "inconclusive", "not-applicable", ("conforms", "violates"))
    for number in range(40):
        found = {
            f"{suite}-0{case + 1}/a-long-variant-of-it/EIO": verdicts[(number // 9 + case) % len(verdicts)]
            for suite in SUITES
            for case in range(5)
        }
        history = history.with_results(
            recorded(f"3.2.0rc{number}", found), released=f"2026-0{5 + number // 20}-15T23:02:57Z"
        )
    path = tmp_path / "history.html"
    path.write_text(render(history), encoding="utf-8")
    return path


@pytest.fixture
def looked_at(browser, page_file):
    """Opens the page as somebody has set up the browser."""
    contexts = []

    def open_page(**how):
        contexts.append(browser.new_context(**how))
        page = contexts[-1].new_page()
        page.goto(page_file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(looked_at, scheme, viewport):
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415 - only who asks has it

    found = Axe().run(looked_at(color_scheme=scheme, viewport=viewport))
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE, SMALLEST], ids=["desktop", "phone", "smallest"])
def test_nothing_is_wider_than_the_window(looked_at, viewport):
    page = looked_at(viewport=viewport)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_on_a_phone_the_releases_have_most_of_the_width(looked_at):
    page = looked_at(viewport=PHONE)
    assert page.locator("#cases tbody tr:not(.suite) th").first.bounding_box()["width"] <= PHONE["width"] / 3


def test_names_of_cases_and_issues_stay_in_sight(looked_at):
    page = looked_at(viewport=PHONE)
    page.evaluate("document.querySelector('#cases .wide').scrollLeft = 300")
    for name in ("#cases tbody .suite span", "#cases tbody tr:not(.suite) th"):
        box = page.locator(name).first.bounding_box()
        assert 0 <= box["x"] < box["x"] + box["width"] <= PHONE["width"], name


def test_promises_are_read_without_pointing_at_anything(looked_at):
    page = looked_at(viewport=PHONE, has_touch=True, java_script_enabled=False)
    promise = page.locator("#promises dd", has_text="951-01/a-long-variant-of-it/EIO is kept.")
    promise.scroll_into_view_if_needed()
    assert promise.is_visible()


def test_on_paper_no_date_is_larger_than_the_map(looked_at):
    page = looked_at(viewport=DESKTOP)
    page.emulate_media(media="print")
    size = "parseFloat(getComputedStyle(document.querySelector('{}')).fontSize)"
    assert page.evaluate(size.format(".map .date")) <= page.evaluate(size.format(".map"))
