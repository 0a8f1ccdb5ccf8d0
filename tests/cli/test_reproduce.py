import os

import pytest
from click.testing import CliRunner

from kitty_conformance.case import Case, Verdict
from kitty_conformance.cli import reproduce as module
from kitty_conformance.errors import ExitCode
from kitty_conformance.results import FORMAT, CaseResult, Footer, Header, TargetIdentity
from kitty_conformance.story import Expected, Ran, Story
from kitty_conformance.stream import Results

STORY = Story(
    steps=(
        Ran(
            argv=("@{SPEC_KITTY}", "merge"),
            cwd="@{ROOT}",
            exit_status=0,
            stdout="done\n",
            stderr="",
            seconds=1,
        ),
        Expected(
            promise="merge is refused [/really]",
            held=False,
            expected="exit 1",
            seen="exit 0",
            shell="[ $EXIT = 1 ]",
        ),
    )
)


@pytest.fixture
def reproduced(monkeypatch, tmp_path):
    """Reproduces with made-up verdicts; gives exit code and output."""

    def results(verdicts, recorded, adapters=()):
        cases = tuple(
            Case(id=f"953-0{number}", requirements=("FR-012",), scenario="US5.1", promise="p", rationale="r")
            for number in range(1, len(verdicts) + 1)
        )
        found = tuple(
            CaseResult(
                case=case.id,
                run=1,
                verdict=verdict,
                reason=str(verdict),
                observations={},
                story=STORY,
                seconds=1,
            )
            for case, verdict in zip(cases, verdicts, strict=True)
        )[:recorded]
        target = TargetIdentity(
            requested="pypi:9.9",
            version="9.9",
            sha256="ab" * 32,
            resolution="era",
            python="3.11",
            dependencies=(),
            adapters=adapters,
        )
        header = Header(format=FORMAT, harness="0", target=target, cases=cases, runs=(), started="")
        return Results(header=header, results=found, footer=Footer(results=len(found), finished=""))

    def run(*verdicts, recorded=None, after=None):
        """Reproduces; with verdicts `after`, compares with adapters on."""

        def evaluate(asked, _console):
            adapters = tuple(asked.how.adapters.split(",")) if asked.how.adapters != "none" else ()
            return tmp_path, results(after if adapters else verdicts, recorded, adapters)

        monkeypatch.setattr(module, "evaluate", evaluate)
        monkeypatch.setattr(module, "installed", lambda *_, **__: None)
        words = ["953"] if after is None else ["953", "--adapters", "compare"]
        ended = CliRunner().invoke(module.reproduce, words, standalone_mode=False)
        return ended.return_value, ended.output

    return run


def test_a_violation_is_told_with_a_script_for_each(reproduced, tmp_path):
    exit_code, told = reproduced(Verdict.CONFORMS, Verdict.VIOLATES, Verdict.INCONCLUSIVE, Verdict.VIOLATES)
    assert exit_code == ExitCode.VIOLATED
    assert "merge is refused [/really]" in told
    scripts = sorted(tmp_path.glob("repro*.sh"))
    assert [script.name for script in scripts] == ["repro-953-02.sh", "repro-953-04.sh"]
    assert all(os.access(script, os.X_OK) for script in scripts)
    assert all(f"repro   {script}" in told for script in scripts)
    assert f"sandbox {tmp_path / 'sandboxes'}" in told


@pytest.mark.parametrize(
    ("verdicts", "exit_code"),
    [
        ((Verdict.CONFORMS, Verdict.NOT_APPLICABLE), ExitCode.OK),
        ((Verdict.CONFORMS, Verdict.INCONCLUSIVE), ExitCode.INCONCLUSIVE),
        ((Verdict.NOT_APPLICABLE, Verdict.NOT_APPLICABLE), ExitCode.INCONCLUSIVE),
    ],
)
def test_what_is_not_reproduced_leaves_no_script(reproduced, tmp_path, verdicts, exit_code):
    assert reproduced(*verdicts)[0] == exit_code
    assert list(tmp_path.glob("*.sh")) == []


def test_a_case_that_was_not_recorded_is_no_success(reproduced):
    assert reproduced(Verdict.CONFORMS, Verdict.CONFORMS, recorded=1)[0] == ExitCode.INCONCLUSIVE


def test_nothing_recorded_is_no_success(reproduced):
    exit_code, told = reproduced(Verdict.CONFORMS, recorded=0)
    assert exit_code == ExitCode.INCONCLUSIVE
    assert "no result was recorded" in told


def test_a_comparison_tells_the_same_case_without_and_with_adapters(reproduced):
    broken, whole = (Verdict.CONFORMS, Verdict.VIOLATES), (Verdict.CONFORMS, Verdict.CONFORMS)
    exit_code, told = reproduced(*broken, after=whole)
    assert exit_code == ExitCode.OK
    before, after = told.index("BEFORE  without adapters"), told.index("AFTER   with adapters of #953")
    assert before < told.index("VIOLATES: violates") < after < told.index("CONFORMS: the promise holds")
    assert "953-01  conforms → conforms\n953-02  violates → conforms\n" in told
    assert told.count("repro   ") == 1


def test_what_adapters_leave_broken_decides(reproduced):
    assert reproduced(Verdict.VIOLATES, after=(Verdict.VIOLATES,))[0] == ExitCode.VIOLATED


def test_a_comparison_without_results_is_no_success(reproduced):
    exit_code, told = reproduced(Verdict.VIOLATES, recorded=0, after=(Verdict.CONFORMS,))
    assert exit_code == ExitCode.INCONCLUSIVE
    assert "no result was recorded" in told
