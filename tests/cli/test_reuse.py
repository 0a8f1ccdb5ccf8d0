"""Results of earlier runs, as people ask for them."""

import pytest

from kitty_conformance.errors import ExitCode
from kitty_conformance.stream import read

pytestmark = pytest.mark.timeout(120)


def test_a_run_is_fresh_unless_asked_otherwise_and_says_what_it_reused(command_line, build):
    build.does("sys.exit('no such step')")  # which breaks the promise that the walk completes
    for number, options in enumerate([(), (), ("--reuse",), ("--fresh",)]):
        out = command_line.folder / str(number)
        ended = command_line("run", "smoke-01", "--target", build.target, "--out", out, *options)
        assert (ended.returncode, ended.stderr) == (ExitCode.VIOLATED, "")
        (stream,) = out.glob("*/*/results.ndjson")
        (result,) = read(stream).results
        reused = options == ("--reuse",)
        assert bool(result.reused) is reused
        assert ("reused  1 of 1 results, recorded " in ended.stdout) is reused
        assert ("1 of 1 results were reused" in ended.stdout) is reused
