"""Saboteurs of #945: each makes the cases of its promise red and no others."""

import pytest

from saboteurs.saboteur import Saboteur, each, idle

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

REPEATS_EVENTS = """
import atexit, glob, json

def _repeat_last_event():
    for name in glob.glob("kitty-specs/*/status.events.jsonl") if _armed() else ():
        with open(name) as log:
            record = json.loads(log.readlines()[-1])
        if record["to_lane"] == "approved" and record["wp_id"] == "WP02":
            record["event_id"] = record["event_id"][:-4] + "ZZZZ"
            with open(name, "a") as log:
                log.write(json.dumps(record, sort_keys=True) + chr(10))

atexit.register(_repeat_last_event)
"""

STORE = "specify_cli/status/store.py"

TRUSTS_THE_WRITE = """
_verify = verify_event_readback

def verify_event_readback(feature_dir, expected):
    if not _armed():
        _verify(feature_dir, expected)
"""

SWALLOWS_THE_ERROR = """
_append_verified = append_event_verified

def append_event_verified(feature_dir, event):
    try:
        _append_verified(feature_dir, event)
    except EventPersistenceError as error:
        if not _armed() or "append failed" not in str(error):
            raise
"""

NAMES_NOTHING = """
_initialise = EventPersistenceError.__init__

def _say_little(self, **known):
    _initialise(self, **known)
    if _armed():
        self.args = ("the transition failed",)
        self.to_diagnostic = lambda: {"error": "the transition failed"}

EventPersistenceError.__init__ = _say_little
"""

LEAVES_IT_WHEN = """
_append, _verify = append_event, verify_event_readback

def _left(feature_dir):
    return _armed() and {condition}

def append_event(feature_dir, event):
    if not _left(feature_dir):
        _append(feature_dir, event)

def verify_event_readback(feature_dir, expected):
    if not _left(feature_dir):
        _verify(feature_dir, expected)
"""

WRITES_ELSEWHERE = """
_path = _events_path

def _events_path(feature_dir):
    path = str(_path(feature_dir))
    return Path(path.replace("/second-clone/", "/repo/") if _armed() else path)
"""

COMMITS_ALL_THE_SAME = """
import atexit, subprocess, sys

_GAVE_UP = []
_initialise = EventPersistenceError.__init__

def _take_note(self, **known):
    _initialise(self, **known)
    _GAVE_UP.append(self.event_path.with_name("approved.md"))

def _commit():
    for note in _GAVE_UP if _armed() else ():
        note.write_text("approved")
        subprocess.run(["git", "add", note], cwd=note.parent)
        subprocess.run(["git", "commit", "--quiet", "-m", "Approved"], cwd=note.parent)

EventPersistenceError.__init__ = _take_note
atexit.register(_commit)
"""

SHOWS_THE_LANE = """
import atexit, json

_GAVE_UP = []
_initialise = EventPersistenceError.__init__

def _take_note(self, **known):
    _initialise(self, **known)
    _GAVE_UP.append((self.event_path.with_name("status.json"), self.wp_id))

def _show():
    for state, work_package in _GAVE_UP if _armed() else ():
        document = json.loads(state.read_text())
        document["work_packages"][work_package]["lane"] = "approved"
        state.write_text(json.dumps(document))

EventPersistenceError.__init__ = _take_note
atexit.register(_show)
"""

SABOTEURS = (
    Saboteur(
        name="a write is trusted without reading it back",
        requirements=("FR-001", "SC-002"),
        release="3.2.0a9",
        module=STORE,
        deed=TRUSTS_THE_WRITE,
        verdicts={
            "945-01/move-task/root": "conforms",
            "945-02/move-task/root": "violates",
            "945-03/move-task/root": "violates",
            "945-04/move-task/root/EIO": "conforms",
        },
    ),
    Saboteur(
        name="a write that fails is passed over",
        requirements=("FR-002", "SC-002"),
        release="3.2.0a9",
        module=STORE,
        deed=SWALLOWS_THE_ERROR,
        verdicts={
            "945-01/move-task/root": "conforms",
            "945-02/move-task/root": "conforms",
            "945-04/move-task/root/EIO": "violates",
        },
    ),
    Saboteur(
        name="a diagnostic names nothing",
        requirements=("NFR-005",),
        release="3.2.0a9",
        module=STORE,
        deed=NAMES_NOTHING,
        verdicts={
            "945-01/emit/root": "conforms",
            "945-02/emit/root": "conforms",
            "945-03/emit/root": "violates",
            "945-04/emit/root/EIO": "violates",
        },
    ),
    Saboteur(
        name="a second clone writes to the log of the first",
        requirements=("FR-001",),
        release="3.2.0a9",
        module=STORE,
        deed=WRITES_ELSEWHERE,
        verdicts={"945-01/emit/root": "conforms", "945-06/emit": "violates"},
    ),
    Saboteur(
        name="files of nobody cost the event",
        requirements=("FR-001", "SC-002"),
        release="3.2.0a9",
        module=STORE,
        deed=LEAVES_IT_WHEN.format(condition='(feature_dir / "../../notes/loose.md").exists()'),
        verdicts={"945-01/emit/root": "conforms", "945-13/emit": "violates"},
    ),
    Saboteur(
        name="a link costs the event",
        requirements=("FR-001", "SC-002"),
        release="3.2.0a9",
        module=STORE,
        deed=LEAVES_IT_WHEN.format(condition="_events_path(feature_dir).is_symlink()"),
        verdicts={"945-01/emit/root": "conforms", "945-16/emit/symlink": "violates"},
    ),
    Saboteur(
        name="an approval that failed is committed",
        requirements=("FR-001", "FR-002"),
        release="3.2.0a9",
        module=STORE,
        deed=COMMITS_ALL_THE_SAME,
        verdicts={"945-03/move-task/root": "conforms", "945-12/move-task": "violates"},
    ),
    Saboteur(
        name="a lane is shown although its event was lost",
        requirements=("FR-001", "FR-002"),
        release="3.2.0a9",
        module=STORE,
        deed=SHOWS_THE_LANE,
        verdicts={
            "945-02/move-task/root": "conforms",
            "945-03/move-task/root": "violates",
            "945-04/move-task/root/EIO": "violates",
            "945-12/move-task": "conforms",
        },
    ),
    Saboteur(
        name="a transition leaves its event twice",
        requirements=("FR-001",),
        release="3.2.0a9",
        deed=REPEATS_EVENTS,
        verdicts={
            "945-01/move-task/root": "violates",
            "945-01/review/root": "conforms",
            "945-02/move-task/root": "conforms",
        },
    ),
)


ALL_OR_NOTHING = """
import glob, json, os, re, subprocess, sys

_genuine_main = main
_LANES = {"implement": "claimed, in_progress", "review": "in_review"}


def _git(*arguments):
    return subprocess.run(["git", *arguments], capture_output=True, text=True)


def _content():
    paths = glob.glob("kitty-specs/**", recursive=True, include_hidden=True)
    return {path: open(path, "rb").read() for path in paths if os.path.isfile(path)}


def _shown(content, work_package):
    log, state = (
        b"".join(text for path, text in content.items() if path.endswith(name))
        for name in ("status.events.jsonl", "status.json")
    )
    events = [json.loads(line) for line in log.splitlines()]
    last = [event["to_lane"] for event in events if event.get("wp_id") == work_package][-1:]
    return bool(last) and json.loads(state)["work_packages"][work_package]["lane"] == last[0]


def _undo(before, head):
    for path in set(_content()) - set(before):
        os.unlink(path)
    for path, content in before.items():
        if not os.path.exists(path) or open(path, "rb").read() != content:
            with open(path, "wb") as file:
                file.write(content)
    if _git("rev-parse", "HEAD").stdout != head:
        _git("reset", "--quiet", "--soft", head.strip())
    _git("reset", "--quiet", "--", "kitty-specs")


def main(*arguments, **options):
    if not _armed() or not {"emit", "move-task", "implement", "review"} & set(sys.argv):
        return _genuine_main(*arguments, **options)
    before, head, status = _content(), _git("rev-parse", "HEAD").stdout, 0
    try:
        _genuine_main(*arguments, **options)
    except SystemExit as end:
        status = end.code
    except Exception:
        status = 1
    (work_package,) = [word for word in sys.argv if re.fullmatch("WP[0-9]+", word)]
    differing = _git("diff", "HEAD", "--name-only", "--", "kitty-specs/*/status*").stdout
    if status or (differing and "emit" not in sys.argv) or not _shown(_content(), work_package):
        _undo(before, head)
        lane = sys.argv[sys.argv.index("--to") + 1] if "--to" in sys.argv else _LANES[sys.argv[3]]
        log = (*glob.glob("kitty-specs/*/status.events.jsonl"), "the event log")[0]
        sys.exit(
            f"Error: {log.split('/')[1]}: {work_package} to {lane}: nothing was changed; its event must be "
            f"persisted in {os.path.abspath(log)}, materialised in status.json and committed"
        )
    sys.exit(0)
"""

PASSES_OVER_FURTHER_RECORDS = """
_emit_further = emit_inner_state_changed_transactional

def emit_inner_state_changed_transactional(*arguments, **options):
    try:
        return _emit_further(*arguments, **options)
    except Exception as error:
        if not _armed() or "No space left" not in str(error):
            raise
"""

NAMES_WHAT_IS_NOT_ALLOWED = """
_emit = emit_status_transition

def emit_status_transition(request=None, *arguments, **options):
    try:
        return _emit(request, *arguments, **options)
    except TransitionError as error:
        if not _armed() or not isinstance(request, TransitionRequest):
            raise
        named = f"{request.mission_slug}: {request.wp_id} to {request.to_lane}"
        raise TransitionError(f"{named}: {error}") from error
"""

MENDERS = (
    Saboteur(
        name="a transition is proven whole or undone and named",
        requirements=("FR-001", "FR-002", "NFR-005", "SC-002"),
        release="3.2.0a9",
        deed=ALL_OR_NOTHING,
        verdicts={
            "945-01/move-task/root": "conforms",
            "945-10/emit": "conforms",
            "945-10/implement": "conforms",
            "945-10/move-task": "conforms",
            "945-10/review": "conforms",
            "945-11/implement/hook": "conforms",
            "945-11/implement/lock": "conforms",
            "945-11/move-task/hook": "conforms",
            "945-11/review/hook": "conforms",
            "945-15/emit/torn-line": "conforms",
            "945-15/emit/directory": "conforms",
            "945-15/implement/torn-line": "conforms",
            "945-15/move-task/torn-line": "conforms",
        },
    ),
    Saboteur(
        name="a transition that is not allowed is refused by name",
        requirements=("FR-002", "NFR-005", "SC-002"),
        release="3.2.0a9",
        module="specify_cli/status/emit.py",
        deed=NAMES_WHAT_IS_NOT_ALLOWED,
        verdicts={
            "945-17/emit": "conforms",
            "945-17/orchestrator-transition": "conforms",
        },
    ),
    Saboteur(
        name="a further record that cannot be written does not make a durable transition fail",
        requirements=("FR-001", "FR-002", "SC-002"),
        release="3.2.7",
        module="specify_cli/coordination/status_transition.py",
        deed=PASSES_OVER_FURTHER_RECORDS,
        verdicts={"945-09/move-task": "conforms"},
    ),
)


@each(SABOTEURS)
def test_a_saboteur_turns_its_cases_red_and_no_others(saboteur, found):
    assert found(saboteur) == saboteur.verdicts


@each(idle(SABOTEURS))
def test_without_a_deed_all_are_green(saboteur, found):
    assert found(saboteur) == saboteur.verdicts


@each(MENDERS)
def test_a_mended_release_turns_what_none_keeps_green(saboteur, found):
    assert found(saboteur) == saboteur.verdicts
