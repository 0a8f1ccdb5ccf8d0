from pathlib import Path

import msgspec
import pytest

from kitty_conformance.bench import growth, page, plot, walks, whole
from kitty_conformance.bench.adaptation import AdaptationCost, Paid
from kitty_conformance.bench.machine import Machine, _processor
from kitty_conformance.bench.record import Record
from kitty_conformance.bench.stages import StageCost
from kitty_conformance.bench.turns import Spent
from kitty_conformance.case import Case, Verdict
from kitty_conformance.results import FORMAT, CaseResult, Footer, Header, TargetIdentity
from kitty_conformance.running.disturbance import disturbance
from kitty_conformance.story import Noted, Ran, Story, Together
from kitty_conformance.stream import Results


def _ran(*words, out=""):
    return Ran(argv=words, cwd="/", exit_status=0, stdout=out, stderr="", seconds=0.1)


STORY = Story(
    steps=(
        _ran("@{SPEC_KITTY}", "init", out="2026-05-02T10:00:00Z done in 3.2 s, 0123abcd"),
        Together(commands=(_ran("@{SPEC_KITTY}", "unheard-of"), _ran("git", "status"))),
        Noted(text="no command"),
    )
)
WALK = walks.Walk(
    release="3.2.7",
    cold=6.0,
    warm=1.0,
    pairs=(
        walks.Pair(command="init", count=1, cold=2.0, warm=0.5),
        walks.Pair(command="merge", count=1, cold=4.0, warm=0.5),
        walks.Pair(command="git", count=2, cold=0.2, warm=0.2),
    ),
    compared=2,
    differing=("merge",),
    overhead=0.004,
    launcher_memory=100 * 2**20,
)


@pytest.fixture
def results():
    """Three runs of one case: 6 s of CPU cold, 2 s and 1 s warm, a load beside the last."""
    case = Case(id="945-01", requirements=("FR-001",), scenario="US1.1", promise="p", rationale="r")
    target = TargetIdentity(
        requested="pypi:3.2.7", version="3.2.7", sha256="a", resolution="era", python="3.11", dependencies=()
    )
    runs = tuple(disturbance(run, launcher="both") for run in (1, 2, 3))
    header = Header(format=FORMAT, harness="0", target=target, cases=(case,), runs=runs, started="")
    each = tuple(
        CaseResult(
            case=case.id,
            run=run,
            verdict=Verdict.CONFORMS,
            reason="",
            observations={},
            story=STORY,
            seconds=4.0,
            launcher=runs[run - 1].launcher,
            cpu=cpu,
            load=load,
        )
        for run, cpu, load in ((1, 6.0, 0.0), (2, 2.0, 0.0), (3, 1.0, 3.0))
    )
    return Results(header=header, results=each, footer=Footer(results=3, finished=""))


@pytest.fixture
def cost(results):
    """What that sign-off cost on two workers in 10 s."""
    return whole.account(results, WALK, workers=2, wall=10.0, cpu=15.0, memory=2**20)


def test_a_sign_off_is_measured_against_the_own_work_of_the_target(cost):
    assert (cost.load, cost.cpu, cost.commands) == (3.0, 12.0, 9.0)
    assert cost.floor == 3.0
    assert cost.busy == pytest.approx(0.6)


def test_what_all_of_it_would_take_cold_is_estimated_command_by_command(cost):
    init, usual, git = 2.0, 3.0, 0.1
    assert cost.cold_without_snapshots == pytest.approx(3 * (init + usual + git))


def test_times_and_identifiers_are_no_difference():
    ((name, said), _) = walks._outputs(Story(steps=(STORY.steps[0], STORY.steps[0])))
    assert (name, said) == ("init", "0\n… done in …, …\n")


def test_commands_are_added_up_by_name():
    spent = [Spent(command=name, cpu=cpu, seconds=1.0) for name, cpu in (("a", 1.0), ("b", 2.0), ("a", 3.0))]
    assert [(pair.command, pair.count, pair.cold, pair.warm) for pair in walks._pairs(spent, spent[:2])] == [
        ("a", 2, 4.0, 1.0),
        ("b", 1, 2.0, 2.0),
    ]


PAID = (
    Paid(command="--version", launcher="cold", without=1.0, all_on=1.02),
    Paid(command="--version", launcher="warm", without=0.01, all_on=0.011),
)


@pytest.fixture
def record(cost):
    """Something of everything."""
    points = [growth.Point(number=number, cpu=1.0 + 2 * number) for number in (1, 2, 4)]
    return Record(
        machines={"walks": Machine.this()},
        walks={"3.2.7": WALK},
        stages={"3.2.7": StageCost(release="3.2.7", built_cold=40.0, built_warm=9.0, copied=0.02, copies=20)},
        growth={"cases": growth.growth("cases", points)},
        signoffs={"3.2.7": cost},
        adapters={"3.2.0a8": AdaptationCost(release="3.2.0a8", adapters=("950",), turns=20, paid=PAID)},
    )


def test_the_page_puts_what_was_measured_beside_the_aims(record):
    text = page.render(record)
    assert "| whole walk, warm, 3.2.7 | 6.0x | 5.0x | yes |" in text
    assert "| a stage from a snapshot, 3.2.7 | 2000x | 300x | yes |" in text
    assert "| sign-off of 3.2.7 over its floor | 4.00x | at most 2.0x | no: " in text
    assert "| `--version`, cold, all adapters on, 3.2.0a8 | 1.020x | below 1.05x | yes |" in text
    assert "| 3.2.0a8 | `--version` | warm | 0.0100 | 0.0110 | 1.100x | 20 |" in text
    assert "| `merge` | 1 | 4.000 | 0.500 | 8.0x |" in text
    assert "Both said the same 1 times out of 2" in text
    assert "| cases | 1: 3.0 s, 2: 5.0 s, 4: 9.0 s | 1.000 |" in text


def test_a_walk_that_misses_its_aim_is_shown_without_init_too(record):
    slow = msgspec.structs.replace(
        WALK, warm=1.4, pairs=(msgspec.structs.replace(WALK.pairs[0], warm=0.9), *WALK.pairs[1:])
    )
    text = page.render(msgspec.structs.replace(record, walks={"3.2.7": slow}))
    assert "| whole walk, warm, 3.2.7 | 4.3x | 5.0x | no: `init` reads" in text
    assert "| the same without `init`, 3.2.7 | 6.0x | 5.0x | yes |" in text


def test_what_was_not_measured_has_no_chapter():
    text = page.render(Record())
    assert "## How cost grows" not in text
    assert "## A whole sign-off" not in text


def test_what_was_measured_is_kept_and_read_back(record, tmp_path):
    file = tmp_path / "benchmarks" / "benchmarks.json"
    assert Record.load(file) == Record()
    record.save(file)
    assert page.render(Record.load(file)) == page.render(record)


def test_the_same_figures_give_the_same_picture(record, tmp_path):
    for name in ("one", "two"):
        plot.draw(tuple(record.growth.values()), tmp_path / f"{name}.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert b"<svg" in (tmp_path / "one.svg").read_bytes()


def test_a_straight_line_explains_all_of_what_grows_evenly_and_less_of_what_does_not():
    bent = [growth.Point(number=number, cpu=cpu) for number, cpu in ((1, 1.0), (2, 9.0), (3, 2.0))]
    flat = [growth.Point(number=number, cpu=1.0) for number in (1, 2)]
    assert growth.growth("x", bent).fit < 0.5
    assert growth.growth("x", flat).fit == 1.0


def test_a_machine_without_a_list_of_processors_is_named_by_its_kind():
    assert _processor(Path("/nowhere"))
