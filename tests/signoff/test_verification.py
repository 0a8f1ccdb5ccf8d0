"""A report that was changed is found out, whatever was changed; one that was not is found true."""

import json
import shutil
from dataclasses import replace
from datetime import date

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from kitty_conformance.case import Verdict
from kitty_conformance.errors import ExitCode, NotVerifiedError, ResultsUnusableError, UsageError
from kitty_conformance.signoff import attestation, report
from kitty_conformance.signoff.attestation import Papers, attest
from kitty_conformance.signoff.deferral import load
from kitty_conformance.signoff.folder import DOCUMENTS, documents, write
from kitty_conformance.signoff.statement import sha256
from kitty_conformance.signoff.verification import verify
from kitty_conformance.stream import ResultsWriter

TODAY = date(2026, 6, 1)
SIGNER = CryptoSigner(Ed25519PrivateKey.from_private_bytes(b"k" * 32))
OTHER = CryptoSigner(Ed25519PrivateKey.from_private_bytes(b"o" * 32))
DEFERRALS = """
[[deferral]]
case = "951-02"
reason = "mended in the next"
owner = "team"
link = "https://example.org/1"
until = 2026-06-30
"""


def rewritten(results, told, deferrals):
    """Write the documents anew, as the command line does."""
    anew = report.build(results, today=told.deferrals_as_of, deferrals=deferrals, signing_off=True)
    return documents(anew)


@pytest.fixture
def sign_off(tmp_path):
    """Leaves a sign-off in a folder of its own."""

    def leave(results, *, signer=SIGNER, deferrals="", name="report", stream="results.ndjson"):
        folder = tmp_path / name
        with ResultsWriter(folder / stream) as writer:
            writer.header(results.header)
            for result in results.results:
                writer.result(result)
            writer.footer(results.footer)
        deferred = None
        if deferrals:
            deferred = tmp_path / "known.toml"
            deferred.write_text(deferrals)
        built = report.build(
            results, today=TODAY, deferrals=load(deferred) if deferred else (), signing_off=True
        )
        left = documents(built)
        papers = Papers(results=folder / stream, deferrals=deferred, signer=signer)
        left |= attest(built, left, papers, source=results.header.source, folder=folder)
        write(folder, left)
        return folder

    return leave


@pytest.fixture
def folder(sign_off, blocked):
    """A signed sign-off of a blocked release."""
    return sign_off(blocked)


def refused(folder, said, **options):
    with pytest.raises(NotVerifiedError, match=said) as raised:
        verify(folder, rewritten, **options)
    assert raised.value.exit_code is ExitCode.NOT_VERIFIED
    assert "\n" not in str(raised.value)


def test_what_nobody_changed_is_true(folder):
    found = verify(folder, rewritten, key=SIGNER.public_key)
    assert found.checked == SIGNER.public_key.keyid
    assert found.signers == (found.checked,)
    assert found.files == len(DOCUMENTS) + 1
    assert found.statement.subject[0].sha256 == found.report.target.sha256


def test_any_file_of_it_leads_to_it(folder):
    assert verify(folder / "report.html", rewritten) == verify(folder, rewritten)


def test_without_a_key_no_signature_is_checked(folder):
    assert verify(folder, rewritten).checked == ""
    (folder / "statement.dsse.json").unlink()
    assert verify(folder, rewritten).signers == ()


def test_deferrals_are_kept_and_count_again(sign_off, blocked):
    folder = sign_off(blocked, deferrals=DEFERRALS)
    found = verify(folder, rewritten, key=SIGNER.public_key)
    assert found.statement.predicate.warned_tests == ("951-02/block",)
    (folder / "deferrals.toml").write_text(DEFERRALS.replace("06-30", "07-30"))
    refused(folder, "deferrals.toml was changed")


def test_results_may_have_another_name_and_lie_elsewhere(sign_off, blocked, tmp_path):
    merged = sign_off(blocked, stream="merged.ndjson")
    assert verify(merged, rewritten).files == len(DOCUMENTS) + 1
    built = report.build(blocked, today=TODAY, signing_off=True)
    left = documents(built)
    papers = Papers(results=merged / "merged.ndjson")
    left |= attest(built, left, papers, source="", folder=tmp_path / "elsewhere")
    write(tmp_path / "elsewhere", left)
    assert verify(tmp_path / "elsewhere", rewritten).report == built


@pytest.mark.parametrize("name", [*DOCUMENTS, "results.ndjson"])
def test_a_file_that_was_changed_is_named(folder, name):
    with (folder / name).open("ab") as file:
        file.write(b" ")
    refused(folder, f"{name} was changed: its sha256 is not the one in statement.json")


@pytest.mark.parametrize("name", [*DOCUMENTS, "results.ndjson"])
def test_a_file_that_is_missing_is_named(folder, name):
    (folder / name).unlink()
    refused(folder, f"{name}, which statement.json names, is missing")


def forge(folder, name, content):
    """Change a file and the statement with it, as whoever has no key would."""
    (folder / name).write_bytes(content)
    stated = json.loads((folder / "statement.json").read_bytes())
    for each in stated["predicate"]["configuration"]:
        if each["name"] == name:
            each["digest"]["sha256"] = sha256(content)
    restate(folder, stated)


def restate(folder, stated):
    data = msgspec.json.encode(stated, order="sorted")
    (folder / "statement.json").write_bytes(msgspec.json.format(data, indent=2) + b"\n")
    (folder / "statement.dsse.json").unlink(missing_ok=True)


def test_a_page_that_says_something_else_than_the_results_is_found_out(folder):
    forge(folder, "report.html", (folder / "report.html").read_bytes().replace(b"blocked", b"releasable"))
    refused(folder, "report.html is not what results.ndjson gives .it was written by kitty-conformance 0.1.0")


def test_a_statement_that_says_something_else_than_the_results_is_found_out(folder):
    stated = json.loads((folder / "statement.json").read_bytes())
    stated["predicate"]["result"] = "PASSED"
    restate(folder, stated)
    refused(folder, "statement.json does not say what results.ndjson gives")


def test_a_statement_about_another_wheel_is_found_out(folder):
    stated = json.loads((folder / "statement.json").read_bytes())
    stated["subject"][0]["digest"]["sha256"] = "00" * 32
    restate(folder, stated)
    refused(folder, "statement.json does not say what results.ndjson gives")


def test_a_statement_that_leaves_a_file_out_is_found_out(folder):
    stated = json.loads((folder / "statement.json").read_bytes())
    kept = [each for each in stated["predicate"]["configuration"] if each["name"] != "report.html"]
    stated["predicate"]["configuration"] = kept
    restate(folder, stated)
    refused(folder, "statement.json says nothing of report.html")


def test_a_statement_without_results_is_found_out(folder):
    stated = json.loads((folder / "statement.json").read_bytes())
    for each in stated["predicate"]["configuration"]:
        each.pop("mediaType", None)
    restate(folder, stated)
    refused(folder, "statement.json does not say which file the results are in")


def test_a_report_forged_whole_is_found_out_by_its_signature(sign_off, builder, blocked, evidence, ownership):
    genuine = sign_off(blocked)
    for case in (evidence, ownership):
        builder.record(case, [Verdict.CONFORMS] * 3)
    builder.recorded = builder.recorded[-6:]
    forged = sign_off(builder.results(), signer=OTHER, name="forged")
    assert verify(forged, rewritten).statement.predicate.failed_tests == ()
    refused(forged, "is signed with [0-9a-f]{12}, not with the key given", key=SIGNER.public_key)
    shutil.copy(genuine / "statement.dsse.json", forged)
    refused(forged, "statement.json was changed: it is not the one that was signed", key=SIGNER.public_key)
    (forged / "statement.dsse.json").unlink()
    refused(forged, "the report is not signed", key=SIGNER.public_key)


def test_it_is_about_the_wheel_that_is_named(sign_off, builder, evidence, tmp_path):
    wheel = tmp_path / "spec_kitty_cli-9.9-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    builder.cases = (evidence,)
    builder.target = msgspec.structs.replace(builder.target, sha256=sha256(b"wheel"))
    folder = sign_off(builder.record(evidence, [Verdict.CONFORMS] * 3).results())
    verify(folder, rewritten, wheel=wheel)
    wheel.write_bytes(b"another wheel")
    refused(folder, "the report is about another wheel than .*: spec-kitty-cli 3.2.0a8", wheel=wheel)


def test_a_statement_about_a_build_with_adapters_on_is_not_believed(sign_off, builder, blocked, monkeypatch):
    adapted = msgspec.structs.replace(builder.target, adapters=("951",))
    results = replace(blocked, header=msgspec.structs.replace(blocked.header, target=adapted))
    with pytest.raises(UsageError, match=r"3\.2\.0a8 with adapters for #951 is no release"):
        sign_off(results)
    monkeypatch.setattr(attestation, "demand_bare", lambda _: None)
    folder = sign_off(results, name="as it once was")
    refused(folder, "what was tested is 3.2.0a8 with adapters for #951")


def test_a_folder_without_a_statement_cannot_be_verified(tmp_path):
    with pytest.raises(ResultsUnusableError, match=r"statement.json cannot be read.*only a sign-off has one"):
        verify(tmp_path, rewritten)


def test_a_sign_off_whose_results_are_gone_cannot_be_attested(tmp_path, conforming):
    built = report.build(conforming, today=TODAY, signing_off=True)
    with pytest.raises(ResultsUnusableError, match=r"gone.ndjson cannot be read"):
        attest(built, {}, Papers(results=tmp_path / "gone.ndjson"), source="", folder=tmp_path)
