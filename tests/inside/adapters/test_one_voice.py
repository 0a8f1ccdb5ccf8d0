import logging
import sys
from types import ModuleType, SimpleNamespace

import pytest

from kitty_conformance.inside.adapters import one_voice

MARK = "sync_diagnostic severity=warning fatal=false message="


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch):
    monkeypatch.setattr(one_voice, "TOLD", {})
    monkeypatch.setattr(sys, "argv", ["spec-kitty", "agent", "status", "emit"])


@pytest.fixture
def told(capsys):
    """Lines on standard error so far; nothing is ever on standard output."""

    def lines():
        said = capsys.readouterr()
        assert said.out == ""
        return said.err.splitlines()

    return lines


def test_a_thing_is_told_once_whatever_it_counts(told):
    for attempt in (1, 2):
        one_voice.tell(
            f"Sync failed (attempt {attempt}, next backoff {attempt}.0s): refused at 0x7f{attempt}a"
        )
    one_voice.tell("Sync failed of 01ARZ3NDEKTSV4RRFFQ69G5FAV")
    one_voice.tell("Sync failed of 01KQKV85000000000000000000")
    assert told() == [
        f"{MARK}'Sync failed (attempt 1, next backoff 1.0s): refused at 0x7f1a'",
        f"{MARK}'Sync failed of 01ARZ3NDEKTSV4RRFFQ69G5FAV'",
    ]


def test_a_thing_is_told_in_one_line_without_its_make_up(told):
    one_voice.tell("[yellow]❌ Offline queue at capacity.\n  Drain it: [/yellow]")
    assert told() == [f"{MARK}'Offline queue at capacity. Drain it:'"]


@pytest.mark.parametrize(
    "text",
    ["", "❌", "✅ Connected to sync server", "🔄 Reconnecting... (1/5)", "Disconnected from sync server"],
)
def test_what_goes_as_planned_is_not_told(told, text):
    one_voice.tell(text)
    assert told() == []


@pytest.mark.parametrize("command", ["sync", "auth"])
def test_where_sync_is_the_business_of_a_command_it_has_its_own_weight(told, monkeypatch, command):
    monkeypatch.setattr(sys, "argv", ["spec-kitty", command, "now"])
    one_voice.tell("Sync failed")
    assert told() == ["Sync failed"]


def test_the_process_in_the_background_leaves_nothing_out_of_its_log(told, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["-c"])
    for attempt in (1, 2):
        one_voice.tell(f"Sync failed (attempt {attempt})")
    assert told() == ["Sync failed (attempt 1)", "Sync failed (attempt 2)"]


@pytest.mark.parametrize(
    "stream", [None, SimpleNamespace(write=lambda _text: (_ for _ in ()).throw(ValueError))]
)
def test_where_there_is_nobody_to_tell_nothing_happens(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    one_voice.tell("Sync failed")


def test_loggers_of_a_package_tell_what_is_a_warning_at_least(told):
    package = ModuleType("specify_cli.some_sync")
    for _ in range(2):
        one_voice.voice_of_loggers(package)
    logger = logging.getLogger("specify_cli.some_sync.background")
    logger.info("Connected")
    logger.warning("Sync failed (attempt %d)", 1)
    logger.error("Token refresh failed")
    assert told() == [f"{MARK}'Sync failed (attempt 1)'", f"{MARK}'Token refresh failed'"]


def test_what_a_module_prints_is_told(told):
    module = ModuleType("client")
    one_voice.voice_of_print(module)
    exec("print('❌ Connection failed:', 401, file=None)", vars(module))  # noqa: S102 - as its own code would
    assert told() == [f"{MARK}'Connection failed: 401'"]


def test_what_a_module_prints_to_its_console_is_told(told):
    module = ModuleType("emitter")
    one_voice.voice_of_console(module)
    module._console.print("[yellow]Warning: Event routing failed: database is locked[/yellow]", style="red")
    assert told() == [f"{MARK}'Warning: Event routing failed: database is locked'"]


def test_a_method_that_fails_tells_it(told):
    class Service:
        def stop(self):
            raise RuntimeError("cannot schedule new futures after shutdown")

    one_voice.telling_failure(Service.stop)(Service())
    assert told() == [
        f"{MARK}'Final sync was left unfinished: RuntimeError: cannot schedule new futures after shutdown'"
    ]


def test_a_method_that_does_its_work_is_left_alone(told):
    done = []
    one_voice.telling_failure(done.append)("work")
    assert (done, told()) == (["work"], [])


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({"message": "Task was destroyed but it is pending!"}, "Task was destroyed but it is pending!"),
        ({"message": "Task exception was never retrieved", "exception": OSError("refused")}, "refused"),
    ],
)
def test_a_task_nobody_waits_for_is_told(told, context, said):
    handlers = []
    loop = SimpleNamespace(set_exception_handler=handlers.append)

    def ensure(runtime):
        runtime._async_loop = loop

    one_voice.telling_of_tasks(ensure)(SimpleNamespace())
    handlers[0](loop, context)
    assert told() == [f"{MARK}'Final sync was left unfinished: {said}'"]
