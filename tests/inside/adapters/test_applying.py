import os

import pytest

GREET = "from specify_cli.greeting import greet; print(greet('you'))"


def test_a_function_is_wrapped_before_anybody_gets_hold_of_it(stage):
    ended = stage.python(GREET)
    assert (ended.stdout, ended.stderr) == ("HELLO YOU\n", "")


def test_nothing_is_imported_before_the_target_is(stage):
    show = "import sys; print(sorted(n for n in set(sys.modules) if 'json' in n or 'kitty' in n))"
    told = stage.python(show, measured=False).stdout
    assert told == "['kitty_conformance.inside.adapters.applying']\n"


def test_the_loader_of_an_adapted_module_is_as_it_was(stage):
    ended = stage.python(
        "import specify_cli.greeting as g, importlib.util as u; "
        "print(type(g.__loader__).__name__, 'exec_module' in vars(g.__loader__), "
        "u.find_spec('specify_cli.greeting').origin == g.__file__)"
    )
    assert ended.stdout == "SourceFileLoader False True\n"


def test_a_module_that_is_reloaded_is_adapted_again(stage):
    ended = stage.python(
        "import importlib, specify_cli.greeting as g; importlib.reload(g); print(g.greet('you'))"
    )
    assert ended.stdout == "HELLO YOU\n"


def test_child_processes_are_adapted(stage):
    ended = stage.python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {GREET!r}])")
    assert ended.stdout == "HELLO YOU\n"


def test_without_a_plan_and_without_adapters_nothing_is_loaded(stage):
    ended = stage.python(
        f"import sys; print(any('kitty_conf' in n for n in sys.modules)); {GREET}", KITTY_INSIDE_ADAPTERS=""
    )
    assert ended.stdout == "False\nhello you\n"


def test_another_text_of_a_function_is_refused_before_anything_is_done(stage):
    stage.greeting.write_text(stage.greeting.read_text().replace("hello", "good day"))
    ended = stage.python(f"print('begun', flush=True); {GREET}")
    assert (ended.returncode, ended.stdout) == (70, "begun\n")
    assert ended.stderr == (
        "kitty-conformance: the adapter of #900 is refused: specify_cli.greeting:greet of spec-kitty-cli 9.9 "
        "is another one than it was verified on (install again)\n"
    )


@pytest.mark.parametrize(
    "touch",
    [
        lambda path: os.utime(path, (1, 1)),
        lambda path: path.write_text(f"{path.read_text()}\nOTHER = 1\n"),
    ],
)
def test_a_file_that_was_touched_is_read_and_may_still_fit(stage, touch):
    touch(stage.greeting)
    assert stage.python(GREET).stdout == "HELLO YOU\n"


def test_another_release_is_refused(stage):
    (stage.root / "spec_kitty_cli-9.9.dist-info").rename(stage.root / "spec_kitty_cli-9.10.dist-info")
    ended = stage.python(GREET)
    assert (ended.returncode, ended.stdout) == (70, "")
    told = "the adapters were put here for spec-kitty-cli 9.9, which is gone (install again)"
    assert ended.stderr == f"kitty-conformance: {told}\n"


def test_a_module_that_is_gone_is_refused(stage):
    stage.greeting.unlink()
    ended = stage.python("import specify_cli")
    assert (ended.returncode, ended.stderr.count("\n")) == (70, 1)
    assert "specify_cli.greeting:greet of spec-kitty-cli 9.9 is gone" in ended.stderr


def test_an_adapter_that_does_not_apply_ends_the_process(stage):
    (stage.folder / "issue_900.py").write_text("def apply(module):\n    raise LookupError('no such thing')\n")
    ended = stage.python(f"{GREET}; print('went on')")
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (70, "", 1)
    assert "the adapter of #900 does not apply to specify_cli.greeting of 9.9: LookupError" in ended.stderr


@pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"folder": "", "root": ""}'])
def test_an_order_that_cannot_be_read_ends_the_process(stage, content):
    stage.order.unlink()
    if content is not None:
        stage.order.write_text(content)
    ended = stage.python(GREET)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (70, "", 1)
    assert ended.stderr.startswith("kitty-conformance: the adapters cannot be read: ")


def test_a_program_that_is_not_the_target_runs_with_any_order(stage):
    stage.order.write_text("")
    assert stage.python("import json; print(json.dumps(1))").stdout == "1\n"
