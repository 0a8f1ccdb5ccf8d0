"""`kitty-conformance adapters verify`."""

from types import SimpleNamespace

import msgspec
import pytest
from click.testing import CliRunner

from kitty_conformance.case import Case, Verdict
from kitty_conformance.cli import verification as module
from kitty_conformance.errors import ExitCode, HarnessError, ResultsUnusableError
from kitty_conformance.results import FORMAT, CaseResult, Disturbance, Footer, Header, TargetIdentity
from kitty_conformance.story import Story
from kitty_conformance.stream import ResultsWriter
from kitty_conformance.target.adapter_order import AdapterOrder, order_text
from kitty_conformance.target.adapters import Adapter

CASES = tuple(
    Case(id=each, requirements=("FR-006",), scenario="US2.3", promise="p", rationale="r")
    for each in ("950-01", "950-02", "953-01")
)
ADAPTER = Adapter(
    issue="950",
    requirements=("FR-006",),
    wraps={"specify_cli.of_950": ("function",)},
    where_there={},
    purpose="#950",
)
TARGET = TargetIdentity(
    requested="pypi:3.2.0a8",
    version="3.2.0a8",
    sha256="ab" * 32,
    resolution="locked",
    python="3.11.7",
    dependencies=(),
    adapters=("950",),
)
RUN = Disturbance(hash_seed=0, time_zone="UTC", path_padding=0, order_seed=0, load=False)


@pytest.fixture
def results(tmp_path):
    """Records verdicts by case; gives the file."""

    def write(name="results.ndjson", *, adapters=("950",), **verdicts):
        cases = {case.id: case for case in CASES}
        chosen = {cases[f"950-{number[1:]}"]: verdict for number, verdict in verdicts.items()}
        with ResultsWriter(tmp_path / name) as writer:
            target = msgspec.structs.replace(TARGET, adapters=adapters)
            header = Header(
                format=FORMAT,
                harness="0.1.0",
                target=target,
                cases=tuple(chosen),
                runs=(RUN,),
                started="2026-05-03T10:00:00Z",
            )
            writer.header(header)
            for case, verdict in chosen.items():
                writer.result(
                    CaseResult(
                        case=case.id,
                        run=1,
                        verdict=verdict,
                        reason="" if verdict is Verdict.CONFORMS else "so it is",
                        observations={},
                        story=Story(),
                        seconds=1.0,
                    )
                )
            writer.footer(Footer(results=len(chosen), finished="2026-05-03T10:00:01Z"))
        return str(tmp_path / name)

    return write


@pytest.fixture
def verify(monkeypatch, tmp_path):
    """Verifies from files; gives exit code, output, and what was recorded."""
    monkeypatch.setattr("kitty_conformance.target.adapter_order.shared_by", lambda *_: ())
    monkeypatch.setattr("kitty_conformance.target.adapter_order.source_of", lambda *_: "")
    order = AdapterOrder.of([ADAPTER], release="3.2.0a8", root=tmp_path)
    functions = {name: {"function": f"digest of {name[-3:]}"} for name in order.functions}
    file = tmp_path / "order.json"
    file.write_bytes(order_text(msgspec.structs.replace(order, functions=functions)))
    recorded = {}
    monkeypatch.setattr(module, "catalogue", lambda: CASES)
    monkeypatch.setattr(module, "verifications", dict)
    monkeypatch.setattr(module, "record", recorded.update)
    monkeypatch.setattr(module, "installed", lambda *_, **__: SimpleNamespace(adapters=file))

    def run(*files):
        ended = CliRunner().invoke(module.verify, files, standalone_mode=False)
        if ended.exception:
            raise ended.exception
        return ended.return_value, ended.output, recorded

    run.order = file
    return run


def test_an_adapter_whose_suite_conforms_is_verified_by_the_text_of_its_functions(verify, results):
    exit_code, told, recorded = verify(results(n01=Verdict.CONFORMS, n02=Verdict.NOT_APPLICABLE))
    assert exit_code == ExitCode.OK
    assert "#950 is verified on 3.2.0a8: {'conforms': 1, 'not-applicable': 1}" in told
    assert list(recorded) == ["950"]
    assert recorded["950"].releases == {"3.2.0a8": {"conforms": 1, "not-applicable": 1}}
    assert recorded["950"].functions == {"specify_cli.of_950:function": {"digest of 950": ["3.2.0a8"]}}


def test_several_files_verify_together_and_the_last_counts(verify, results):
    first = results("first", n01=Verdict.CONFORMS, n02=Verdict.VIOLATES)
    second = results("second", adapters=("950", "953"), n02=Verdict.CONFORMS)
    exit_code, told, recorded = verify(first, second)
    assert (exit_code, list(recorded)) == (ExitCode.OK, ["950"])
    assert "953" not in told


@pytest.mark.parametrize(
    ("verdicts", "reason"),
    [
        ({"n01": Verdict.CONFORMS, "n02": Verdict.VIOLATES}, "1 cases do not conform: 950-02"),
        ({"n01": Verdict.CONFORMS, "n02": Verdict.INCONCLUSIVE}, "1 cases do not conform: 950-02"),
        ({"n01": Verdict.CONFORMS}, "1 cases have no result: 950-02"),
        ({"n01": Verdict.NOT_APPLICABLE, "n02": Verdict.NOT_APPLICABLE}, "no case conforms"),
    ],
)
def test_what_falls_short_verifies_nothing(verify, results, verdicts, reason):
    exit_code, told, recorded = verify(results(**verdicts))
    assert (exit_code, recorded) == (ExitCode.INCONCLUSIVE, {})
    assert f"#950 is not verified on 3.2.0a8: {reason}" in told


def test_results_without_adapters_are_of_no_use(verify, results):
    with pytest.raises(ResultsUnusableError, match="without adapters"):
        verify(results(adapters=(), n01=Verdict.CONFORMS))


def test_an_order_that_is_gone_is_our_own_failure(verify, results):
    verify.order.unlink()
    with pytest.raises(HarnessError, match=r"the adapter of #950 on 3\.2\.0a8 cannot be read"):
        verify(results(n01=Verdict.CONFORMS, n02=Verdict.CONFORMS))
