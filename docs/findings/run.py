# ruff: noqa: INP001 - a script, no part of a package
"""Run the scripts of the findings by hand: `nox -s findings -- 3.2.7 4.0.0rc7 --only 951`.

What each answered on each release is kept in `answers.json` beside this file, and drawn as a table into
`README.md`. A script is run with nothing but a home of its own, empty before.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from kitty_conformance.target.environment import obtain
from kitty_conformance.target.specification import TargetSpecification

HERE = Path(__file__).parent
ANSWERS = HERE / "answers.json"
README = HERE / "README.md"
WORDS = {0: "holds", 1: "**broken**", 3: "could not be tried", None: "did not end"}
"""What the exit status of a script means."""
PATIENCE = 900
"""Seconds a script may take."""


def answer(script: Path, spec_kitty: Path) -> tuple[int | None, str]:
    """Run one script; return its exit status (`None` if it did not end) and its last line."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8"}
        command = ["bash", str(script), str(spec_kitty)]
        try:
            done = subprocess.run(
                command, env=environment, cwd=home, capture_output=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            return None, ""
    lines = done.stdout.decode(errors="replace").strip().splitlines()
    return done.returncode, lines[-1].replace(home, "~") if lines else ""


def main() -> None:
    """Run the scripts asked for, keep the answers, draw the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("releases", nargs="*")
    parser.add_argument("--only", default="", metavar="START", help="findings whose name begins so")
    asked = parser.parse_args()
    for release in asked.releases:
        executable = obtain(TargetSpecification.parse(release)).executable
        for script in sorted(HERE.glob(f"{asked.only}*.sh")):
            status, line = answer(script, executable)
            sys.stdout.write(f"{script.stem} on {release}: {WORDS.get(status, status)}: {line}\n")
            sys.stdout.flush()
            keep(script.stem, release, status)
    draw()


def keep(finding: str, release: str, status: int | None) -> None:
    """Write one answer down."""
    known = json.loads(ANSWERS.read_text("utf-8")) if ANSWERS.exists() else {}
    known.setdefault(finding, {})[release] = status
    ANSWERS.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", "utf-8")


def draw() -> None:
    """Draw the table of all answers into the page."""
    known = json.loads(ANSWERS.read_text("utf-8")) if ANSWERS.exists() else {}
    releases = [name for name in RELEASES if any(name in answers for answers in known.values())]
    rows = [["finding", *releases], ["---"] * (len(releases) + 1)]
    for page in sorted(HERE.glob("*-*.md")):
        answers = known.get(page.stem, {})
        cells = [WORDS.get(answers[name], "?") if name in answers else "not run" for name in releases]
        rows.append([f"[{page.stem}]({page.name})", *cells])
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    text = README.read_text("utf-8")
    README.write_text(re.sub(BETWEEN, lambda match: f"{match[1]}\n{table}\n{match[2]}", text), "utf-8")


RELEASES = ("3.2.0a8", "3.2.0a9", "3.2.0", "3.2.7", "4.0.0rc7")
BETWEEN = re.compile(r"(<!-- answers -->).*(<!-- end of answers -->)", re.DOTALL)

if __name__ == "__main__":
    main()
