import shlex
from pathlib import Path

import msgspec
import pytest

from kitty_conformance.signoff.again import (
    reproduce_command,
    reproduce_command_of_release,
    signoff_command,
    verify_command,
)


@pytest.mark.parametrize(
    ("requested", "resolution", "adapters", "words"),
    [
        ("pypi:3.2.0a8", "locked", (), ["3.2.0a8"]),
        ("pypi:3.2.0", "today", (), ["3.2.0", "--resolve", "today"]),
        ("path:/my src/$x", "today", (), ["path:/my src/$x"]),
        ("pypi:3.2.0", "era", ("950", "951"), ["3.2.0", "--adapters", "950,951"]),
    ],
)
def test_the_command_asks_for_the_same_target_and_a_shell_takes_it(
    builder, requested, resolution, adapters, words
):
    builder.target = msgspec.structs.replace(
        builder.target, requested=requested, resolution=resolution, adapters=adapters
    )
    command = reproduce_command(builder.target, "951-02/block")
    assert shlex.split(command) == ["kitty-conformance", "reproduce", "951-02/block", "--target", *words]


@pytest.mark.parametrize(
    ("requested", "named"),
    [
        ("path:/work/spec-kitty", "path:."),
        ("path:/work/spec-kitty/sub dir", "'path:sub dir'"),
        ("wheel:/work/spec-kitty/dist/a.whl", "wheel:dist/a.whl"),
        ("path:/work/other", "path:../other"),
        ("path:/elsewhere", "path:/elsewhere"),
        ("pypi:3.2.0", "3.2.0"),
    ],
)
def test_for_another_machine_a_path_is_seen_from_the_working_folder(target, requested, named):
    target = msgspec.structs.replace(target, requested=requested)
    command = reproduce_command(target, "951-02", here=Path("/work/spec-kitty"))
    assert command == f"kitty-conformance reproduce 951-02 --target {named}"


def test_of_a_release_no_more_is_needed_than_how_it_was_resolved():
    assert (
        reproduce_command_of_release("3.2.0", "945-01", resolution="today")
        == "kitty-conformance reproduce 945-01 --target 3.2.0 --resolve today"
    )


def test_what_is_typed_to_sign_off_or_verify_can_be_copied_whole(target):
    assert signoff_command(target) == "kitty-conformance signoff 3.2.0a8"
    today = msgspec.structs.replace(target, resolution="today")
    assert signoff_command(today) == "kitty-conformance signoff 3.2.0a8 --resolve today"
    wheel = msgspec.structs.replace(target, requested="wheel:/a b.whl", resolution="today")
    assert signoff_command(wheel) == "kitty-conformance signoff 'wheel:/a b.whl'"
    assert verify_command("/a b") == "kitty-conformance verify '/a b'"
