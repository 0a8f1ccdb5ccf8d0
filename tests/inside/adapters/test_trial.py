import json
import sys

import pytest

from kitty_conformance.inside.adapters import applying, trial


@pytest.fixture
def tries(stage, monkeypatch, capsys):
    """Tries the order in this process; gives what is printed."""
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setattr(sys, "path", [str(stage.root), *sys.path])
    monkeypatch.setattr(trial, "FOLDER", str(stage.folder))

    def run():
        before = dict(sys.modules)
        try:
            trial.main(str(stage.order))
        finally:
            for name in set(sys.modules) - set(before):
                del sys.modules[name]
            sys.modules.update(before)
        return json.loads(capsys.readouterr().out)

    return run


def test_a_trial_tells_what_the_files_and_functions_are(tries, stage):
    order = json.loads(stage.order.read_text())
    found = tries()
    assert found == {
        "modules": order["modules"],
        "functions": order["functions"],
        "missing": "",
        "problem": "",
    }


def test_a_package_is_looked_up_in_its_own_file(tries, stage):
    (stage.root / "specify_cli" / "__init__.py").write_text("LIMIT = 3\n")
    stage.write(functions={"specify_cli": {"LIMIT": ""}}, wanted={})
    found = tries()
    assert found["modules"]["specify_cli"][0] == "specify_cli/__init__.py"
    assert len(found["functions"]["specify_cli"]["LIMIT"]) == 16


@pytest.mark.parametrize(
    ("functions", "problem"),
    [
        ({"specify_cli.greeting": {"wave": ""}}, "there is no specify_cli.greeting:wave"),
        ({"specify_cli.waving": {"wave": ""}}, "there is no specify_cli.waving:wave"),
    ],
)
def test_what_is_not_there_is_a_problem(tries, stage, functions, problem):
    stage.write(functions=functions)
    assert tries()["problem"] == problem


def test_what_only_some_releases_have_may_be_missing(tries, stage):
    order = json.loads(stage.order.read_text())
    functions = {**order["functions"], "specify_cli.waving": {"wave": ""}}
    wanted = {**order["wanted"], "specify_cli.waving": ["900"]}
    stage.write(functions=functions, wanted=wanted, optional=["specify_cli.waving:wave"])
    found = tries()
    assert (found["problem"], found["functions"]["specify_cli.waving"]) == ("", {"wave": ""})


def test_an_adapter_that_does_not_apply_is_a_problem(tries, stage):
    (stage.folder / "issue_900.py").write_text("def apply(module):\n    raise LookupError('gone')\n")
    assert "the adapter of #900 does not apply to specify_cli.greeting of 9.9" in tries()["problem"]


def test_a_target_that_does_not_import_is_a_problem(tries, stage):
    stage.greeting.write_text(f"{stage.greeting.read_text()}\nraise RuntimeError('bad day')\n")
    assert tries()["problem"].startswith("specify_cli.greeting cannot be imported: RuntimeError")


@pytest.mark.parametrize(
    ("name", "missing"), [("a_lost_library.part", "a_lost_library"), ("specify_cli.lost", "")]
)
def test_what_is_missing_of_somebody_else_is_no_problem_of_the_adapters(tries, stage, name, missing):
    stage.greeting.write_text(f"{stage.greeting.read_text()}\nimport {name}\n")
    found = tries()
    assert found["missing"] == missing
    assert bool(found["problem"]) != bool(missing)


def test_what_lies_beside_is_put_on_unless_a_harness_has_the_say(monkeypatch):
    put = []
    monkeypatch.setattr(applying, "put_on", put.append)
    monkeypatch.setenv("KITTY_INSIDE_ADAPTERS", "")
    applying.put_on_installed()
    monkeypatch.delenv("KITTY_INSIDE_ADAPTERS")
    applying.put_on_installed()
    assert [file.rpartition("/")[2] for file in put] == ["order.json"]
