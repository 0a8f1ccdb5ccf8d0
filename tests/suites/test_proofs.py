"""The page that says by what each case was seen red and green."""

from saboteurs import proofs
from saboteurs.saboteur import Saboteur

FOUND = {"944-07": "violates", "smoke-01": "conforms"}


def test_a_release_and_a_deed_are_proof_alike(recorded):
    mender = Saboteur(
        name="shows it", requirements=("FR-001",), release="9.8", deed="", verdicts={"944-07": "conforms"}
    )
    text, unproven = proofs.page([recorded("9.9", FOUND)], [mender])
    assert "| 944-07 | 9.9 | - | - | shows it (9.8) |" in text
    assert "| smoke-01 | - | - | 9.9 | - |" in text
    assert "944-07" not in unproven
    assert "smoke-01" in unproven


def test_variants_are_counted_by_themselves(recorded):
    text, _ = proofs.page([recorded("9.9", FOUND)], [])
    assert "variants 1 were seen red and 1 green themselves" in text


def test_the_page_is_written_and_what_lacks_a_proof_is_named(recorded, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(proofs, "PAGE", tmp_path / "proofs.md")
    monkeypatch.setattr(proofs, "read", lambda file: recorded(file.name, FOUND))
    assert proofs.main(["9.9"]) == 1
    assert "904-01 was not seen both red and green\n" in capsys.readouterr().err
    assert "sign-offs of 9.9." in proofs.PAGE.read_text(encoding="utf-8")
