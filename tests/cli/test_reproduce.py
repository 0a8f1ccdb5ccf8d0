import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from kitty_conformance.case import Case, Verdict
from kitty_conformance.cli import reproduce as module
from kitty_conformance.cli.evaluation import Evaluated
from kitty_conformance.errors import ExitCode
from kitty_conformance.results import FORMAT, CaseResult, Footer, Header, TargetIdentity
from kitty_conformance.running.disturbance import disturbance
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

    def run(*verdicts, recorded=None, options=()):
        cases = tuple(
            Case(id=f"953-0{number}", requirements=("FR-012",), scenario="US5.1", promise="p", rationale="r")
            for number in range(1, len(verdicts) + 1)
        )
        results = tuple(
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
        )
        moment, runs = "2026-05-03T10:00:00Z", (disturbance(1, launcher="cold"),)
        header = Header(format=FORMAT, harness="0", target=target, cases=cases, runs=runs, started=moment)
        whole = Results(header=header, results=results, footer=Footer(results=len(results), finished=moment))
        evaluated = Evaluated(folder=tmp_path, results=whole, executable=Path("/a b/spec-kitty"))
        monkeypatch.setattr(module, "evaluate", lambda *_, **__: evaluated)
        ended = CliRunner().invoke(module.reproduce, ["953", *options], standalone_mode=False)
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
    assert f"next: bash {scripts[0]} '/a b/spec-kitty'\n" in told


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


def test_quiet_tells_no_story(reproduced, tmp_path):
    exit_code, told = reproduced(Verdict.VIOLATES, options=["-q"])
    script = tmp_path / "repro-953-01.sh"
    assert exit_code == ExitCode.VIOLATED
    assert told.splitlines() == [
        f"repro   {script}",
        f"sandbox {tmp_path / 'sandboxes'}",
        f"next: bash {script} '/a b/spec-kitty'",
    ]


def test_a_program_gets_one_document(reproduced, tmp_path):
    exit_code, told = reproduced(Verdict.VIOLATES, options=["--format", "json"])
    document = json.loads(told)
    assert document["exit_code"] == exit_code == ExitCode.VIOLATED
    assert document["next"] == f"bash {tmp_path / 'repro-953-01.sh'} '/a b/spec-kitty'"
    assert document["files"]["repro 953-01"] == str(tmp_path / "repro-953-01.sh")


def test_a_workflow_gets_annotations_and_the_target_has_no_say_in_it(reproduced):
    _, told = reproduced(Verdict.VIOLATES, options=["--format", "github"])
    first, *shown, end, error = told.splitlines()
    token = first.removeprefix("::stop-commands::")
    assert end == f"::{token}::"
    assert error.startswith("::error title=#953 953-01 violates::")
    assert any("next: bash" in line for line in shown)
