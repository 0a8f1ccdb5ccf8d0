import os

import msgspec
import pytest

from kitty_conformance.errors import AdapterRefusedError, ExitCode, HarnessError, TargetUnavailableError
from kitty_conformance.results import TargetIdentity
from kitty_conformance.target.adapted import adapted
from kitty_conformance.target.adapter_order import AdapterOrder, order_text, read_order, tried
from kitty_conformance.target.adapters import known_adapters
from kitty_conformance.target.cold import ColdLauncher
from kitty_conformance.target.environment import Environment
from kitty_conformance.target.installation import HOOK, HOOK_LINE
from kitty_conformance.target.launcher import Command
from kitty_conformance.target.plan import INSIDE
from kitty_conformance.target.verified import Verification, demand_verified, record, verifications
from kitty_conformance.target.warm import WarmLauncher

FUNCTION = "specify_cli.greeting:greet"


@pytest.fixture
def environment(kennel):
    identity = TargetIdentity(
        requested="pypi:9.9",
        version="9.9",
        sha256="ab" * 32,
        resolution="era",
        python="3.11",
        dependencies=(),
    )
    return Environment(root=kennel.root, identity=identity)


@pytest.fixture
def adapters(kennel):
    return known_adapters(kennel.adapters)


@pytest.fixture
def adapt(environment, adapters, kennel, tmp_path):
    """Puts adapters on the environment; all unless told otherwise."""

    def adapt(chosen=adapters, **options):
        return adapted(environment, chosen, folder=kennel.adapters, cache=tmp_path / "cache", **options)

    return adapt


def test_without_adapters_an_environment_is_as_it_was(environment, adapt):
    assert adapt([]) is environment
    assert (environment.variables, environment.name) == ({}, environment.root.name)
    assert environment.marks == (str(environment.executable),)


def test_adapters_change_what_an_environment_is_called_and_needs(environment, adapt, kennel):
    before = kennel.hashed()
    made = adapt(unverified=True)
    assert made.identity.adapters == ("900", "901")
    assert made.variables == {"KITTY_INSIDE_ADAPTERS": str(made.adapters)}
    assert made.name != environment.name
    assert made.marks == (str(environment.executable), str(made.adapters))
    order = read_order(made.adapters)
    assert order.wanted == {"specify_cli.greeting": ["900", "901"]}
    assert order.modules["specify_cli.greeting"][1] == kennel.greeting.stat().st_size
    assert len(order.digest_of(FUNCTION)) == 16
    assert order.digest_of("specify_cli.other:gone") == ""
    assert kennel.hashed() == before


def test_a_trial_is_not_repeated_while_nothing_changes(adapt, kennel):
    first = adapt(unverified=True)
    when = first.adapters.stat().st_mtime_ns
    assert adapt(unverified=True) == first
    assert first.adapters.stat().st_mtime_ns == when
    kennel.greeting.write_text(kennel.greeting.read_text() + "\n")
    assert adapt(unverified=True).adapters.stat().st_mtime_ns != when


def test_other_adapters_are_another_order(adapt, adapters, kennel):
    files = {adapt(chosen, unverified=True).adapters for chosen in (adapters, adapters[:1], adapters[1:])}
    (kennel.adapters / "wrapping.py").write_text((kennel.adapters / "wrapping.py").read_text() + "\n")
    assert len({*files, adapt(unverified=True).adapters}) == 4


def test_a_function_that_is_not_there_is_refused(adapt, kennel):
    kennel.greeting.write_text("def wave(name):\n    return name\n")
    with pytest.raises(AdapterRefusedError, match=f"do not fit spec-kitty-cli 9.9: there is no {FUNCTION}"):
        adapt(unverified=True)


def test_a_module_that_is_not_there_is_refused(adapt, kennel):
    kennel.greeting.unlink()
    with pytest.raises(AdapterRefusedError, match=f"there is no {FUNCTION}"):
        adapt(unverified=True)


def test_what_only_some_releases_have_may_be_missing(adapt, kennel):
    text = (kennel.adapters / "issue_900.py").read_text()
    more = 'WHERE_THERE = {"specify_cli.waving": ("wave",), "specify_cli.greeting": ("greet", "wave")}\n'
    (kennel.adapters / "issue_900.py").write_text(text.replace("def apply", f"{more}def apply"))
    (first, _) = known_adapters(kennel.adapters)
    assert first.functions == (FUNCTION, FUNCTION, "specify_cli.greeting:wave", "specify_cli.waving:wave")
    order = read_order(adapt([first], unverified=True).adapters)
    assert order.optional == ["specify_cli.greeting:wave", "specify_cli.waving:wave"]
    assert order.digest_of("specify_cli.waving:wave") == ""
    assert list(order.modules) == ["specify_cli.greeting"]
    known = {"900": Verification().with_release("9.9", order, {"conforms": 1})}
    assert adapt([first], known=known).identity.adapters == ("900",)


def test_an_adapter_that_does_not_apply_is_refused_before_anything_is_run(adapt, kennel):
    text = (kennel.adapters / "issue_900.py").read_text()
    (kennel.adapters / "issue_900.py").write_text(text.replace('"greet", lambda', '"wave", lambda'))
    with pytest.raises(AdapterRefusedError, match="the adapter of #900 does not apply") as caught:
        adapt(unverified=True)
    assert caught.value.exit_code == ExitCode.TARGET_UNAVAILABLE


def test_a_target_that_does_not_import_is_refused(adapt, kennel):
    kennel.greeting.write_text("def greet(name): return name\nraise RuntimeError('bad day')\n")
    with pytest.raises(AdapterRefusedError, match="greeting cannot be imported: RuntimeError"):
        adapt(unverified=True)


def test_a_target_that_lacks_something_of_somebody_else_is_told_apart(adapt, kennel):
    kennel.greeting.write_text("def greet(name): return name\nimport a_lost_library\n")
    with pytest.raises(AdapterRefusedError, match="by itself: it imports a_lost_library") as caught:
        adapt(unverified=True)
    assert caught.value.hint == "put a_lost_library into that environment first"


@pytest.mark.parametrize(
    ("trial", "message"),
    [
        ("import sys; sys.exit('out of order')", "cannot be tried with .*: out of order"),
        ("import sys; sys.exit(3)", "cannot be tried with .*: no message"),
        ("import time; time.sleep(60)", "timed out"),
    ],
)
def test_a_trial_that_fails_says_why(adapt, kennel, monkeypatch, trial, message):
    (kennel.adapters / "trial.py").write_text(trial)
    monkeypatch.setattr("kitty_conformance.target.adapter_order.TRIAL_TIMEOUT", 2)
    with pytest.raises(AdapterRefusedError, match=message):
        adapt(unverified=True)


@pytest.mark.parametrize("printed", ["", "nothing of use"])
def test_a_trial_that_tells_nothing_is_our_own_failure(adapt, kennel, printed):
    (kennel.adapters / "trial.py").write_text(f"print({printed!r}, end='')")
    with pytest.raises(HarnessError, match="the trial of the adapters printed"):
        adapt(unverified=True)


def test_a_cache_that_cannot_be_written_is_told(adapt, tmp_path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(TargetUnavailableError, match="cannot be written"):
        adapt(unverified=True)


def test_what_was_never_verified_is_refused(adapt):
    with pytest.raises(
        AdapterRefusedError, match=r"#900 is not verified on 9\.9, only on no release"
    ) as caught:
        adapt(known={})
    assert "--unverified-adapters" in caught.value.hint


@pytest.fixture
def order(kennel, adapters):
    made = AdapterOrder.of(adapters, release="9.9", root=kennel.packages, folder=kennel.adapters)
    return tried(made, kennel.python)


@pytest.fixture
def known(adapters, order):
    return {each.issue: Verification().with_release("9.9", order, {"conforms": 3}) for each in adapters}


def test_what_was_verified_is_taken(adapt, known):
    assert adapt(known=known).identity.adapters == ("900", "901")


def test_another_release_is_refused_although_its_functions_are_the_same(adapters, known, order):
    later = msgspec.structs.replace(order, release="9.10")
    with pytest.raises(AdapterRefusedError, match=r"#900 is not verified on 9\.10, only on 9\.9"):
        demand_verified(later, adapters, known)


def test_another_text_of_a_function_is_refused_by_its_name(adapt, known, kennel):
    kennel.greeting.write_text(kennel.greeting.read_text().replace("hello", "good day"))
    with pytest.raises(AdapterRefusedError, match=f"#900 is not verified on this 9.9: {FUNCTION} is another"):
        adapt(known=known)


def test_what_an_adapter_has_begun_to_wrap_since_was_not_looked_at(adapters, known, order):
    first = known["900"]
    before = msgspec.structs.replace(first, functions={})
    assert first.holding(adapters[0]) == {"9.9": {"conforms": 3}}
    assert before.holding(adapters[0]) == {}
    with pytest.raises(AdapterRefusedError, match=r"#900 is not verified on 9\.9, only on no release"):
        demand_verified(order, adapters, {**known, "900": before})


def test_each_release_has_its_own_texts(order, known):
    (before,) = known["900"].functions[FUNCTION]
    other = msgspec.structs.replace(order, functions={"specify_cli.greeting": {"greet": "0" * 16}})
    found = known["900"].with_release("9.10", other, {"conforms": 2})
    assert found.functions == {FUNCTION: {before: ["9.9"], "0" * 16: ["9.10"]}}
    again = found.with_release("9.9", other, {"conforms": 4})
    assert again.functions == {FUNCTION: {"0" * 16: ["9.10", "9.9"]}}
    assert again.releases == {"9.9": {"conforms": 4}, "9.10": {"conforms": 2}}


def test_the_record_is_read_as_it_was_written(known, tmp_path):
    file = tmp_path / "verified.json"
    assert verifications(file) == {}
    record(known, file)
    assert verifications(file) == known
    file.write_text("{")
    with pytest.raises(HarnessError, match="cannot be read"):
        verifications(file)


def test_an_order_that_is_damaged_is_none(order, tmp_path):
    file = tmp_path / "order.json"
    assert read_order(file) is None
    file.write_bytes(order_text(order))
    assert read_order(file) == order
    file.write_bytes(order_text(order)[:-9])
    assert read_order(file) is None


MAIN = """
import subprocess, sys
from specify_cli.greeting import greet
def main():
    print(greet("you"), flush=True)
    if sys.argv[1:]:
        subprocess.run([sys.executable, "-c", "from specify_cli.main import main; main()"], check=True)
"""


@pytest.fixture
def command(kennel, tmp_path):
    """Makes a command of the kennel's console script, with adapters or without."""
    (kennel.packages / "specify_cli" / "main.py").write_text(MAIN)
    entry = "[console_scripts]\nspec-kitty = specify_cli.main:main\n"
    (kennel.packages / "spec_kitty_cli-9.9.dist-info" / "entry_points.txt").write_text(entry)
    (kennel.packages / HOOK).write_text(HOOK_LINE)
    script = kennel.root / "bin" / "spec-kitty"
    script.write_text(f"#!{kennel.python}\nimport sys\nfrom specify_cli.main import main\nsys.exit(main())\n")
    script.chmod(0o755)

    def make(environment, *words):
        variables = {"PATH": os.defpath, "HOME": str(tmp_path), "KITTY_INSIDE": str(INSIDE / "boot.py")}
        return Command(
            argv=(str(script), *words), cwd=tmp_path, environment={**variables, **environment.variables}
        )

    return make


@pytest.mark.parametrize("kind", ["cold", "warm"])
def test_commands_and_what_they_start_are_adapted_cold_and_warm(kennel, environment, adapt, command, kind):
    launchers = {"cold": ColdLauncher(), "warm": WarmLauncher(kennel.python, kennel.root / "bin/spec-kitty")}
    (first, _) = known_adapters(kennel.adapters)
    said = [
        launchers[kind].start(command(each, "and a child")).wait().stdout
        for each in (adapt([first], unverified=True), environment, adapt(unverified=True))
    ]
    assert said == [b"HELLO YOU\nHELLO YOU\n", b"hello you\nhello you\n", b"hello you\nhello you\n"]
    warm = launchers["warm"]
    assert (len(warm.servers), warm.cold) == ((3, 0) if kind == "warm" else (0, 0)), warm.reason
    for launcher in launchers.values():
        launcher.close()
