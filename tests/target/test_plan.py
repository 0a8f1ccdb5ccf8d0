import errno
import os
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec
import pytest

from kitty_conformance.errors import HarnessError
from kitty_conformance.target.plan import (
    Action,
    Alter,
    Breach,
    Count,
    Delay,
    Fail,
    FaultRule,
    Fired,
    InsidePlan,
    Kill,
    Lose,
    Short,
    Started,
    count_fired,
    exactly,
    read_breaches,
    read_fired,
    read_starts,
    standalone,
    take_breaches,
    ways_to,
)

ACTIONS: tuple[Action, ...] = (
    Fail(errno=5),
    Lose(),
    Alter(changes=(("a", "b"),)),
    Short(bytes=3),
    Delay(seconds=0.5),
    Kill(),
    Count(),
)


@pytest.fixture
def plan(tmp_path: Path) -> InsidePlan:
    return InsidePlan(
        folder=str(tmp_path / "plan"),
        rules=tuple(FaultRule(events=("write",), action=action) for action in ACTIONS),
        writable=(str(tmp_path),),
    )


def test_a_written_plan_reads_back_the_same(plan: InsidePlan) -> None:
    plan.write()
    plan.write()
    assert msgspec.json.decode(plan.file.read_bytes(), type=InsidePlan) == plan
    assert [path.name for path in plan.file.parent.iterdir()] == ["plan.json"]


def test_every_action_is_known_to_the_inside_by_its_name(plan: InsidePlan) -> None:
    names = [rule["action"]["do"] for rule in msgspec.to_builtins(plan)["rules"]]
    assert names == ["fail", "lose", "alter", "short", "delay", "kill", "count"]


def test_the_environment_names_the_plan_and_a_file_that_exists(plan: InsidePlan) -> None:
    environment = plan.environment()
    assert environment["KITTY_INSIDE_PLAN"] == str(plan.file)
    assert Path(environment["KITTY_INSIDE"]).name == "boot.py"
    assert Path(environment["KITTY_INSIDE"]).is_file()


@pytest.mark.parametrize(
    ("action", "options"),
    [
        (Lose(), {"events": ("read",)}),
        (Alter(changes=(("a", "b"),)), {"events": ("read",)}),
        (Short(bytes=1), {"events": ("write", "mkdir")}),
        (Count(), {"events": ()}),
        (Count(), {"events": ("write",), "paths": ()}),
        (Count(), {"events": ("write",), "nth": 0}),
    ],
)
def test_a_rule_that_cannot_do_what_it_says_is_refused(action: Action, options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"only writes|no rule"):
        FaultRule(action=action, **options)  # type: ignore[arg-type]


def test_nothing_written_down_is_nothing_that_happened(plan: InsidePlan) -> None:
    assert (read_starts(plan), read_fired(plan), read_breaches(plan)) == ((), (), ())
    assert count_fired(plan) == (0,) * len(ACTIONS)


def test_what_was_written_down_is_read_in_order(plan: InsidePlan) -> None:
    plan.write()
    fired = tuple(Fired(pid=1, main=True, rule=rule, event="write", subject="/f") for rule in (1, 0, 1))
    breach = Breach(pid=1, event="connect", subject="192.0.2.1:80", argv=("python",))
    start = Started(pid=1, main=False, argv=("python",))
    for name, records in (("fired", fired), ("breaches", (breach,)), ("starts", (start,))):
        lines = b"".join(msgspec.json.encode(record) + b"\n" for record in records)
        Path(plan.folder, f"{name}.jsonl").write_bytes(lines)
    assert (read_fired(plan), read_breaches(plan), read_starts(plan)) == (fired, (breach,), (start,))
    assert count_fired(plan) == (1, 2) + (0,) * (len(ACTIONS) - 2)


def test_breaches_that_are_taken_are_no_longer_on_the_record(plan: InsidePlan) -> None:
    plan.write()
    write, connect = (
        Breach(pid=1, event=event, subject="/f", argv=("python",)) for event in ("write", "connect")
    )
    log = Path(plan.folder, "breaches.jsonl")
    log.write_bytes(b"".join(msgspec.json.encode(breach) + b"\n" for breach in (write, connect)))
    assert take_breaches(plan, "connect", "resolve") == (connect,)
    assert take_breaches(plan, "connect", "resolve") == ()
    assert read_breaches(plan) == (write,)


@pytest.mark.parametrize("line", ["{", '{"pid": 1}', "\udcff"])
def test_a_damaged_log_is_an_error_of_ours(plan: InsidePlan, line: str) -> None:
    plan.write()
    Path(plan.folder, "fired.jsonl").write_bytes(line.encode("utf-8", "surrogateescape"))
    with pytest.raises(HarnessError, match=r"fired\.jsonl cannot be read"):
        count_fired(plan)


def test_an_exact_glob_matches_its_path_alone() -> None:
    path = "/a/[b]/c*?.jsonl"
    assert fnmatchcase(path, exactly(path))
    assert not fnmatchcase("/a/b/cxx.jsonl", exactly(path))


@pytest.mark.parametrize(
    "name", ["e.jsonl", "e.jsonl.tmp", ".e.jsonl.x1.tmp", "e.tmp", "tmpx1y2", ".e.x1.tmp", "e.jsonl.12"]
)
def test_the_ways_to_a_file_lead_over_its_temporary_names(name: str) -> None:
    assert any(fnmatchcase(f"/m/{name}", glob) for glob in ways_to(Path("/m/e.jsonl")))


@pytest.mark.parametrize("path", ["/m/e.json", "/m/other.jsonl", "/n/e.jsonl", "/m/status.json.tmp"])
def test_the_ways_to_a_file_leave_its_neighbours_alone(path: str) -> None:
    assert not any(fnmatchcase(path, glob) for glob in ways_to(Path("/m/e.jsonl")))


def _run_alone(folder: Path, text: str, program: str) -> subprocess.CompletedProcess[str]:
    (folder / "fault").mkdir()
    (folder / "fault" / "sitecustomize.py").write_text(text)
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "fault"), "ROOT": str(folder), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )


def test_standing_alone_a_plan_does_the_same(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("old\n")
    rules = (
        FaultRule(events=("write",), paths=("$ROOT/log",), action=Lose()),
        FaultRule(events=("mkdir",), paths=("*/d",), action=Fail(errno=errno.EROFS), process="main"),
    )
    plan = InsidePlan(folder="$ROOT/faults", rules=rules)
    program = "import os\nwith open('log', 'a') as f: f.write('new\\n')\nos.mkdir('d')"
    ran = _run_alone(tmp_path, standalone(plan), program)
    assert "Read-only file system" in ran.stderr
    assert (tmp_path / "log").read_text() == "old\n"
    assert count_fired(msgspec.structs.replace(plan, folder=str(tmp_path / "faults"))) == (1, 1)


def test_a_plan_out_of_a_story_stands_alone_as_well(plan: InsidePlan) -> None:
    document = msgspec.json.decode(msgspec.json.encode(plan))
    assert standalone(document) == standalone(plan)


def test_the_text_that_stands_alone_shows_the_plan_and_nothing_of_ours(plan: InsidePlan) -> None:
    text = standalone(plan)
    shown, _, machinery = text.partition('"""Events')
    assert "'do': 'short'" in shown
    assert "writable" not in shown
    assert "kitty_conformance" not in text
    assert text.count("from __future__") == 1
    assert max(map(len, machinery.splitlines())) <= 110
