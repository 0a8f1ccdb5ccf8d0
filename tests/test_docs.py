"""What is drawn from data in docs is what the data says."""

from pathlib import Path

import msgspec

from kitty_conformance.signoff import history, history_markdown, history_page
from kitty_conformance.signoff.release_table import Records, page

DOCS = Path(__file__).parents[1] / "docs"


def test_the_page_of_releases_is_drawn_from_the_results_kept_beside_it():
    kept = msgspec.json.decode((DOCS / "releases.json").read_bytes(), type=Records)
    assert (DOCS / "releases.md").read_text(encoding="utf-8") == page(kept)
    assert (DOCS / "releases.json").read_bytes() == kept.to_json()


def test_the_history_is_drawn_from_the_data_kept_beside_it():
    folder = DOCS / "history"
    kept = history.decode(folder / "history.json")
    assert (folder / "history.json").read_bytes() == history.encode(kept)
    assert (folder / "history.html").read_text(encoding="utf-8") == history_page.render(kept)
    assert (folder / "history.md").read_text(encoding="utf-8") == history_markdown.render(kept)
