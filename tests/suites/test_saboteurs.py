"""Each saboteur breaks one promise in a good release: the suite must go red on exactly that promise."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

GOOD = "3.2.0a9"

REPEATS_EVENTS = """
def _repeat_last_event():
    import glob, json
    for name in glob.glob("kitty-specs/*/status.events.jsonl"):
        with open(name) as log:
            last = log.readlines()[-1]
        record = json.loads(last)
        if record.get("to_lane") == "approved" and record["wp_id"] == "WP02":
            record["event_id"] = record["event_id"][:-4] + "ZZZZ"
            with open(name, "a") as log:
                log.write(json.dumps(record, sort_keys=True) + chr(10))

import atexit
atexit.register(_repeat_last_event)
"""
"""A transition leaves its event twice."""


def verdicts(target: str, tmp_path: Path, *selection: str) -> dict[str, str]:
    command = [Path(sys.executable).with_name("kitty-conformance"), "run", *selection, "--target", target]
    subprocess.run(
        [*command, "--out", tmp_path / "reports", "--launcher", "warm"],
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
        cwd=tmp_path,
    )
    (results,) = tmp_path.glob("reports/*/*/results.ndjson")
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    return {line["case"]: line["verdict"] for line in lines if line["kind"] == "case"}


def test_an_event_too_many_turns_the_success_case_red_and_no_other(sabotage, tmp_path):
    found = verdicts(
        sabotage(GOOD, REPEATS_EVENTS),
        tmp_path,
        "945-01/move-task/root",
        "945-01/review/root",
        "945-02/move-task/root",
    )
    assert found == {
        "945-01/move-task/root": "violates",
        "945-01/review/root": "conforms",
        "945-02/move-task/root": "conforms",
    }
