import pytest

from kitty_conformance.errors import UsageError
from kitty_conformance.target.tool_environment import of_command, of_tool


@pytest.fixture
def home(tmp_path):
    def make(*parts):
        python = tmp_path.joinpath(*parts, "spec-kitty-cli", "bin", "python")
        python.parent.mkdir(parents=True)
        python.touch()
        return python

    return make


@pytest.mark.parametrize(
    ("parts", "variables"),
    [
        ((".local", "share", "uv", "tools"), {}),
        (("data", "uv", "tools"), {"XDG_DATA_HOME": "data"}),
        (("tools",), {"UV_TOOL_DIR": "tools"}),
        ((".local", "share", "pipx", "venvs"), {}),
        ((".local", "pipx", "venvs"), {}),
        (("px", "venvs"), {"PIPX_HOME": "px"}),
    ],
)
def test_a_tool_is_found_where_its_installer_keeps_it(home, tmp_path, parts, variables):
    python = home(*parts)
    placed = {name: str(tmp_path / value) for name, value in variables.items()}
    assert of_tool("spec-kitty-cli", {"HOME": str(tmp_path), **placed}) == python


def test_a_tool_that_is_not_there_says_where_it_was_looked_for(tmp_path):
    with pytest.raises(UsageError, match=r"no tool spec-kitty-cli in .*uv/tools.*pipx/venvs"):
        of_tool("spec-kitty-cli", {"HOME": str(tmp_path)})


def test_of_two_tools_none_is_chosen(home, tmp_path):
    home(".local", "share", "uv", "tools")
    home(".local", "share", "pipx", "venvs")
    with pytest.raises(UsageError, match="there are several"):
        of_tool("spec-kitty-cli", {"HOME": str(tmp_path)})


@pytest.mark.parametrize(
    "text",
    [
        "#!{python}\nimport sys\n",
        "#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n",
        "#!/bin/sh\n'''exec' {python} \"$0\" \"$@\"\n' '''\n",
    ],
)
def test_a_command_tells_its_interpreter(tmp_path, text):
    script, python = tmp_path / "bin" / "spec-kitty", tmp_path / "bin" / "python3.11"
    script.parent.mkdir()
    script.write_text(text.format(python=python))
    script.chmod(0o755)
    assert of_command({"PATH": str(script.parent)}) == python


def test_a_command_that_tells_nothing_is_named(tmp_path):
    script = tmp_path / "spec-kitty"
    script.write_text("#!/bin/sh\nexec something\n")
    script.chmod(0o755)
    with pytest.raises(UsageError, match="does not tell its interpreter"):
        of_command({"PATH": str(tmp_path)})


def test_no_command_on_path_is_told(tmp_path):
    with pytest.raises(UsageError, match="no spec-kitty on PATH"):
        of_command({"PATH": str(tmp_path)})
