import threading

import pytest

from kitty_conformance.bench.turns import Turns, TurnTaking, named
from kitty_conformance.target.launcher import Command, Completed


class Scripted:
    """A launcher that only writes down who asked for what."""

    name = "scripted"

    def __init__(self, log, mark):
        self.log, self.mark, self.cpu = log, mark, 0.0

    def start(self, command):  # noqa: D102 - as the protocol has it
        self.log.append((self.mark, command.argv[1]))
        self.cpu += 0.5
        done = Completed(command=command, exit_status=0, stdout=b"", stderr=b"", seconds=1.0)
        return type("Ended", (), {"wait": lambda _: done})()


def test_two_parties_take_turns_and_the_one_left_goes_on_alone(tmp_path):
    log, turns = [], Turns()
    parties = [TurnTaking(Scripted(log, mark), turns, number) for number, mark in enumerate("ab")]

    def act(launcher, words):
        for word in words:
            launcher.start(Command(argv=("spec-kitty", word), cwd=tmp_path, environment={})).wait()
        launcher.close()

    second = threading.Thread(target=act, args=(parties[1], ["one", "two", "three"]))
    second.start()
    act(parties[0], ["one", "two"])
    second.join(20)
    assert log == [("a", "one"), ("b", "one"), ("a", "two"), ("b", "two"), ("b", "three")]
    assert [(each.command, each.cpu, each.seconds) for each in parties[0].spent] == [
        ("one", 0.5, 1.0),
        ("two", 0.5, 1.0),
    ]


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        ("/env/bin/spec-kitty agent tasks move-task WP01 --to done", "agent tasks move-task"),
        ("@{SPEC_KITTY} agent mission create demo", "agent mission create"),
        ("spec-kitty agent action implement WP01", "agent action implement"),
        ("spec-kitty init --ai claude", "init"),
        ("spec-kitty merge --mission m", "merge"),
        ("spec-kitty --version", "--version"),
        ("git commit", "git"),
    ],
)
def test_a_command_is_named_by_what_it_does(argv, name):
    assert named(tuple(argv.split())) == name
