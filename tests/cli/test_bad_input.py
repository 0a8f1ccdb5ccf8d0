"""What a person may get wrong: one clear line, the documented exit code, nothing written."""

import contextlib
import http.server
import json
import threading

import msgspec
import pytest

from kitty_conformance.case import Case
from kitty_conformance.errors import ExitCode
from kitty_conformance.results import FORMAT, Header, TargetIdentity
from kitty_conformance.running.disturbance import disturbance

SIMPLE_JSON = "application/vnd.pypi.simple.v1+json"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("run", "946", "--target", "3.2.0a8"), "UNKNOWN_ISSUE"),
        (("signoff", "svn:trunk"), "UNKNOWN_TARGET"),
        (("reproduce",), "USAGE"),
    ],
    ids=["issue", "target", "nothing to reproduce"],
)
def test_what_does_not_exist_is_refused_before_anything_is_done(command_line, arguments, code):
    assert command_line.refused(*arguments) == (code, ExitCode.USAGE)
    assert list(command_line.folder.iterdir()) == []


def test_a_file_that_is_no_wheel_is_no_target(command_line):
    wheel = command_line.folder / "spec_kitty_cli-9.9-py3-none-any.whl"
    wheel.write_bytes(b"PK, or so it says")
    ended = command_line.refused("run", "949-03", "--target", f"wheel:{wheel}")
    assert ended == ("TARGET_UNAVAILABLE", ExitCode.TARGET_UNAVAILABLE)
    assert list(command_line.folder.iterdir()) == [wheel]


def test_a_build_that_does_not_start_is_no_target(command_line, wheel_in):
    target = wheel_in(command_line.folder / "wheels", "raise SystemExit('it\\nis\\nbroken')")
    ended = command_line("run", "949-03", "--target", target)
    assert ended.stderr.startswith("error[TARGET_UNAVAILABLE]: ")
    assert "does not run: broken\n" in ended.stderr
    assert ended.returncode == ExitCode.TARGET_UNAVAILABLE
    assert [path.name for path in command_line.folder.iterdir()] == ["wheels"]


@contextlib.contextmanager
def package_index():
    """An index on loopback that knows spec-kitty-cli 3.2.7 and nothing else."""

    class Index(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            wheel = "spec_kitty_cli-3.2.7-py3-none-any.whl"
            files = [{"filename": wheel, "url": wheel, "hashes": {"sha256": "ab" * 32}}]
            project = {"meta": {"api-version": "1.0"}, "name": "spec-kitty-cli", "files": files}
            self.send_response(200)
            self.send_header("Content-Type", SIMPLE_JSON)
            self.end_headers()
            self.wfile.write(json.dumps(project).encode())

        def log_message(self, *_):
            """Stay silent."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/simple/"
        server.shutdown()
        thread.join()


def test_a_release_the_index_does_not_know_is_refused(command_line):
    with package_index() as url:
        command_line.settings |= {"UV_DEFAULT_INDEX": url, "NO_PROXY": "127.0.0.1"}
        ended = command_line.refused("run", "949-03", "--target", "3.2.99")
    assert ended == ("UNKNOWN_TARGET", ExitCode.USAGE)


def test_without_a_network_the_newest_release_cannot_be_had(command_line):
    command_line.settings |= {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple/", "NO_PROXY": "127.0.0.1"}
    ended = command_line.refused("signoff")
    assert ended == ("TARGET_UNAVAILABLE", ExitCode.TARGET_UNAVAILABLE)
    assert list(command_line.folder.iterdir()) == []


def test_a_report_folder_that_cannot_be_made_stops_the_run(command_line, build):
    (command_line.folder / "file").write_text("in the way")
    ended = command_line(
        "run", "949-03", "--target", build.target, "--out", command_line.folder / "file" / "reports"
    )
    assert ended.stderr.startswith("error[OUTPUT_UNWRITABLE]: the report folder ")
    assert ended.stderr.count("\n") == 1
    assert ended.returncode == ExitCode.OUTPUT_UNWRITABLE
    assert "inconclusive" not in ended.stdout
    assert [path.name for path in command_line.folder.iterdir()] == ["file"]


HEADER = (
    msgspec.json.encode(
        Header(
            format=FORMAT,
            harness="0",
            target=TargetIdentity(
                requested="wheel:/w",
                version="9.9",
                sha256="ab" * 32,
                resolution="today",
                python="3.11.7",
                dependencies=(),
            ),
            cases=(
                Case(id="949-03", requirements=("FR-004",), scenario="US2.1", promise="p", rationale="r"),
            ),
            runs=(disturbance(1),),
            started="2026-05-02T00:00:00Z",
        )
    )
    + b"\n"
)
FOOTER = b'{"kind":"footer","results":%d,"finished":"2026-05-02T00:00:01Z"}\n'


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"not ours\n",
        HEADER,
        HEADER + FOOTER % 7,
        HEADER + (FOOTER % 0)[:20],
        HEADER.replace(b"/1", b"/9"),
    ],
    ids=["missing", "empty", "foreign", "no footer", "footer miscounts", "torn footer", "another format"],
)
def test_results_that_cannot_be_believed_make_no_report(command_line, content):
    results = command_line.folder / "results.ndjson"
    if content is not None:
        results.write_bytes(content)
    out = command_line.folder / "reports"
    ended = command_line.refused("report", results, "--out", out)
    assert ended == ("RESULTS_UNUSABLE", ExitCode.RESULTS_UNUSABLE)
    assert not out.exists()


def test_whole_results_without_any_result_are_reported_as_inconclusive(command_line):
    results = command_line.folder / "results.ndjson"
    results.write_bytes(HEADER + FOOTER % 0)
    ended = command_line("report", results, "--as-of", "2026-05-02")
    assert ended.returncode == ExitCode.INCONCLUSIVE
    assert sorted(path.name for path in command_line.folder.iterdir()) == [
        "badge.json",
        "junit.xml",
        "report.html",
        "report.json",
        "report.md",
        "results.ndjson",
        "statement.json",
    ]


def test_results_of_cases_that_are_gone_are_not_continued(command_line):
    results = command_line.folder / "results.ndjson"
    results.write_bytes(HEADER.replace(b"949-03", b"949-99"))
    ended = command_line.refused("signoff", "--resume", results)
    assert ended == ("RESULTS_UNUSABLE", ExitCode.RESULTS_UNUSABLE)
    assert results.read_bytes() == HEADER.replace(b"949-03", b"949-99")


def test_a_report_that_cannot_be_written_leaves_none(command_line):
    results = command_line.folder / "results.ndjson"
    results.write_bytes(HEADER + FOOTER % 0)
    in_the_way = command_line.folder / "report.md"
    in_the_way.mkdir()
    (in_the_way / "kept").touch()
    ended = command_line.refused("report", results)
    assert ended == ("OUTPUT_UNWRITABLE", ExitCode.OUTPUT_UNWRITABLE)
    assert sorted(path.name for path in command_line.folder.iterdir()) == ["report.md", "results.ndjson"]


def test_a_person_s_own_files_do_not_disturb_the_suites(command_line):
    (command_line.folder / "conftest.py").write_text("raise RuntimeError('not yours')")
    (command_line.folder / "secrets.py").write_text("raise RuntimeError('not yours')")
    (command_line.folder / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option")
    command_line.settings |= {"PYTEST_ADDOPTS": "--no-such-option", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ended = command_line("cases", "949-03")
    assert (ended.returncode, ended.stderr) == (ExitCode.OK, "")
    assert "949-03" in ended.stdout


def test_a_terminal_without_unicode_gets_escapes(command_line, build):
    command_line.settings |= {"PYTHONIOENCODING": "ascii"}
    build.does("sys.exit('no…')")
    ended = command_line("run", "949-03", "--target", build.target, "--out", "reports")
    assert ended.stderr == ""
    assert ended.returncode == ExitCode.INCONCLUSIVE
    assert r"no\u2026" in ended.stdout
