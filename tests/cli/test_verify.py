"""A sign-off as an operator makes and checks it, from results on disk."""

import json
import subprocess

import pytest

from kitty_conformance.errors import ExitCode
from kitty_conformance.stream import read

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """A private and a public key, made as the documents say."""
    folder = tmp_path_factory.mktemp("keys")
    private, public = folder / "key.pem", folder / "public.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    return private, public


@pytest.fixture
def results(command_line, build):
    """Results of a build that breaks the walk."""
    build.does("sys.exit('no such step')")
    command_line("run", "smoke-01", "--target", build.target, "--out", command_line.out)
    return command_line.results()


def test_what_is_signed_is_verified_and_what_is_changed_is_found_out(command_line, results, keys, build):
    private, public = keys
    signed = command_line("report", results, "--sign", private, "--as-of", "2026-06-01")
    assert signed.returncode == ExitCode.VIOLATED
    assert "statement.json, statement.dsse.json" in signed.stdout

    wheel = build.target.removeprefix("wheel:")
    verified = command_line("verify", results.parent, "--key", public, "--wheel", wheel)
    assert (verified.returncode, verified.stderr) == (ExitCode.OK, "")
    first, files, by = verified.stdout.splitlines()
    assert first.startswith("verified  spec-kitty-cli 9.9, wheel sha256 ")
    assert first.endswith(": blocked")
    assert files == "files     6 are as the statement has them, and as the results give them"
    assert by.startswith("signed    by the key given, ")
    assert "not checked: name its public key with --key" in command_line("verify", results.parent).stdout

    page = results.with_name("report.html")
    page.write_text(page.read_text("utf-8").replace("blocked", "releasable"), "utf-8")
    assert command_line.refused("verify", page, "--key", public) == ("NOT_VERIFIED", ExitCode.NOT_VERIFIED)


def test_a_report_that_nobody_signed_says_what_that_is_worth(command_line, results):
    command_line("report", results)
    assert "signed    by nobody: whoever can write" in command_line("verify", results.parent).stdout


def test_the_source_of_the_suites_is_bound_to_the_report(command_line, results):
    command_line("report", results)
    stated = json.loads(results.with_name("statement.json").read_bytes())
    (source,) = (each for each in stated["predicate"]["configuration"] if each["name"] == "kitty_suites")
    assert source["digest"]["sha256"] == read(results).header.source != ""


def test_results_recorded_with_other_suites_are_not_continued(command_line, results):
    header, *lines = results.read_bytes().splitlines(keepends=True)
    changed = json.loads(header) | {"source": "0" * 64}
    results.write_bytes(json.dumps(changed, separators=(",", ":")).encode() + b"\n" + b"".join(lines))
    assert command_line.refused("signoff", "--resume", results) == (
        "RESULTS_UNUSABLE",
        ExitCode.RESULTS_UNUSABLE,
    )


def test_a_run_is_no_sign_off_and_makes_no_statement(results):
    left = {path.name for path in results.parent.iterdir()}
    assert "badge.json" in left
    assert not {name for name in left if name.startswith("statement")}
