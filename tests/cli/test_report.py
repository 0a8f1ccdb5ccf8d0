"""`kitty-conformance report`: what a sign-off leaves, and what it never does."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import click
import msgspec
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kitty_conformance.cli.report import report
from kitty_conformance.cli.results import merge
from kitty_conformance.cli.signoff import signoff
from kitty_conformance.cli.verify import verify_command
from kitty_conformance.errors import ExitCode, OutputUnwritableError, ResultsUnusableError, UsageError
from kitty_conformance.running.catalogue import catalogue
from kitty_conformance.signoff.merging import write
from kitty_conformance.signoff.report import decode, recorded_on
from kitty_conformance.stream import read


def run(command, *arguments):
    ended = CliRunner().invoke(command, [*map(str, arguments)], standalone_mode=False, catch_exceptions=False)
    return ended.return_value, ended.stdout


@pytest.fixture
def whole(recorded):
    """Every promise there is, kept in three runs."""
    found = recorded("3.2.0", {case.id: ("conforms",) * 3 for case in catalogue()})
    return replace(found, header=msgspec.structs.replace(found.header, cases=catalogue()))


@pytest.fixture
def place(tmp_path):
    """Writes results down and gives the file."""

    def put(results, name="results.ndjson", folder="report"):
        write(tmp_path / folder / name, results)
        return tmp_path / folder / name

    return put


@pytest.fixture
def key(tmp_path):
    """A private key to sign with."""
    pem = Ed25519PrivateKey.from_private_bytes(b"k" * 32).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "key.pem").write_bytes(pem)
    return tmp_path / "key.pem"


def with_header(results, **changes):
    return replace(results, header=msgspec.structs.replace(results.header, **changes))


def with_adapters(results):
    target = msgspec.structs.replace(results.header.target, adapters=("950", "953"))
    return with_header(results, target=target)


def test_a_release_that_keeps_everything_is_releasable_and_verified(whole, place):
    results = place(whole)
    code, said = run(report, results)
    assert code is ExitCode.OK
    assert "spec-kitty 3.2.0 is RELEASABLE" in said
    assert f"next: kitty-conformance verify {results.parent}\n" in said
    code, said = run(verify_command, results.parent)
    assert code is ExitCode.OK
    assert said.splitlines()[0].endswith(": releasable")


def test_who_wants_the_conclusion_alone_gets_one_line(recorded, place):
    results = place(recorded("3.2.0", {"951-02": "violates"}))
    run(report, results)
    code, said = run(verify_command, results, "--quiet")
    assert code is ExitCode.OK
    assert len(said.splitlines()) == 1
    _, said = run(verify_command, results, "--format", "json")
    told = json.loads(said)
    assert (told["decision"], told["files"], told["signers"], told["key"]) == ("blocked", 6, [], "")
    assert told["subject"]["name"] == "spec-kitty-cli 3.2.0"
    assert run(merge, results, "--out", results.with_name("all.ndjson"), "-q") == (ExitCode.OK, "")


def test_a_build_with_adapters_on_is_not_attested_as_the_wheel(whole, place):
    results = place(with_adapters(whole))
    code, said = run(report, results)
    assert code is ExitCode.OK
    assert "spec-kitty 3.2.0 with adapters for #950 #953 keeps every promise asked about" in said
    assert "adapters are on for #950, #953: this is not the wheel as it is" in said
    assert not list(results.parent.glob("statement*"))


def test_a_build_with_adapters_on_is_not_signed(whole, place, key):
    results = place(with_adapters(whole))
    with pytest.raises(UsageError, match=r"3\.2\.0 with adapters for #950 #953 is no release"):
        run(report, results, "--sign", key)
    assert [path.name for path in results.parent.iterdir()] == ["results.ndjson"]
    with pytest.raises(click.UsageError, match="--sign attests the wheel alone"):
        run(signoff, "3.2.0", "--adapters", "all", "--sign", key)


def test_a_part_of_the_cases_is_never_releasable(recorded, whole, place):
    first = {case.suite: case.id for case in reversed(catalogue())}
    few = recorded("3.2.0", dict.fromkeys(first.values(), ("conforms",) * 3), shard="1/40")
    code, said = run(report, place(few, folder="few"))
    assert code is ExitCode.INCONCLUSIVE
    assert f"not asked, of {len(catalogue())} cases there are: {len(catalogue()) - len(first)} cases" in said
    assert "only shard 1/40 of the cases was asked" in said
    code, said = run(report, place(with_header(whole, crash_points=3), folder="sampled"))
    assert code is ExitCode.INCONCLUSIVE
    assert "ended before no more than 3 mutating steps" in said


def test_a_run_goes_on_with_the_crash_points_it_was_begun_with(recorded, place):
    begun = place(with_header(recorded("3.2.0", {catalogue()[0].id: "conforms"}), cases=catalogue()[:1]))
    with pytest.raises(UsageError, match="was not begun with --crash-points 2"):
        run(signoff, "--resume", begun, "--crash-points", 2)


DEFERRALS = """
[[deferral]]
case = "951-02"
reason = "mended in the next"
owner = "team"
link = "https://example.org/1"
until = 2026-06-30
"""


def test_without_deferrals_the_day_of_the_report_is_that_of_the_results(recorded, place, tmp_path):
    results = place(recorded("3.2.0", {"951-02": "violates"}))
    run(report, results)
    assert decode(results.with_name("report.json").read_bytes()).deferrals_as_of == recorded_on(read(results))
    deferrals = tmp_path / "known.toml"
    deferrals.write_text(DEFERRALS)
    run(report, results, "--deferrals", deferrals)
    assert decode(results.with_name("report.json").read_bytes()).deferrals_as_of == datetime.now(UTC).date()
    run(report, results, "--deferrals", deferrals, "--as-of", "2026-06-01")
    assert decode(results.with_name("report.json").read_bytes()).deferrals_as_of == date(2026, 6, 1)


@pytest.mark.parametrize("name", ["statement.json", "report.json", "deferrals.toml"])
def test_results_that_would_be_written_over_are_refused(recorded, place, tmp_path, name):
    results = place(recorded("3.2.0", {"951-02": "violates"}), name=name)
    before = results.read_bytes()
    for command in (["--out", tmp_path / "elsewhere"], []):
        with pytest.raises(ResultsUnusableError, match="has the name of a document of the report"):
            run(report, results, *command)
    with pytest.raises(ResultsUnusableError, match="has the name of a document of the report"):
        run(signoff, "--resume", results)
    with pytest.raises(ResultsUnusableError, match="has the name of a document of the report"):
        run(merge, results, "--out", tmp_path / name)
    assert results.read_bytes() == before
    assert [path.name for path in results.parent.iterdir()] == [name]


def test_what_an_earlier_report_left_does_not_belie_a_later_one(recorded, place, key, tmp_path):
    results = place(recorded("3.2.0", {"951-02": "violates"}))
    deferrals = tmp_path / "known.toml"
    deferrals.write_text(DEFERRALS)
    run(report, results, "--sign", key, "--deferrals", deferrals)
    assert results.with_name("statement.dsse.json").exists()
    run(report, results)
    assert not results.with_name("statement.dsse.json").exists()
    assert run(verify_command, results.parent)[0] is ExitCode.OK
    assert results.with_name("deferrals.toml").read_text() == DEFERRALS  # it may be the only one there is


def test_other_results_in_the_folder_are_not_written_over(recorded, place):
    mine = place(recorded("3.2.0", {"951-02": "violates"}))
    other = place(recorded("3.2.1", {"951-02": "conforms"}), folder="other")
    before = other.read_bytes()
    with pytest.raises(OutputUnwritableError, match="holds other results, which would be lost"):
        run(report, mine, "--out", other.parent)
    assert [path.name for path in other.parent.iterdir()] == ["results.ndjson"]
    assert other.read_bytes() == before
