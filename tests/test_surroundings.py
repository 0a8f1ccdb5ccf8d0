from pathlib import Path

from kitty_conformance.surroundings import ROOT, environment, git_config

HERE = Path("/somewhere")


def test_every_place_is_in_the_folder_and_no_token_is_left():
    there = environment(HERE)
    assert there["HOME"] == "/somewhere/home"
    assert there["GIT_CEILING_DIRECTORIES"] == "/somewhere"
    assert not any(ROOT in value for value in there.values())


def test_git_takes_its_template_from_the_folder():
    assert "templateDir = /somewhere/home/.git-template\n" in git_config(HERE)
