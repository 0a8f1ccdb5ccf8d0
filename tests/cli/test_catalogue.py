"""`kitty-conformance cases`."""

from click.testing import CliRunner

from kitty_conformance.cli.catalogue import cases


def test_ids_of_cases_can_be_had_alone():
    said = CliRunner().invoke(cases, ["951-01", "-q"], catch_exceptions=False).stdout
    assert said.endswith("\n")
    assert {line.partition("/")[0] for line in said.splitlines()} == {"951-01"}
