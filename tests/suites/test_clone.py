import subprocess

import msgspec
import pytest

from kitty_conformance.target.environment import RECORD, Environment
from saboteurs.clone import SWITCH, cloned, sabotage


@pytest.fixture
def genuine(tmp_path, identity, monkeypatch):
    """An environment whose command imports one module and says what that says."""
    monkeypatch.setenv("KITTY_CONFORMANCE_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "cache" / "environments" / "9.9-abc"
    package = root / "lib" / "python3.11" / "site-packages" / "specify_cli"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("def said():\n    return 'good'\n")
    (root / "bin").mkdir()
    (root / "bin" / "python").symlink_to("/bin/sh")
    (root / "bin" / "spec-kitty").write_text(f"#!{root}/bin/python\necho from {root}\n")
    (root / "bin" / "spec-kitty").chmod(0o755)
    (root / "pyvenv.cfg").write_text("version_info = 3.11\n")
    (root / RECORD).write_bytes(msgspec.json.encode(identity))
    return Environment.at(root)


def test_a_clone_is_a_target_of_its_own_in_a_place_of_its_own(genuine):
    with cloned(genuine) as clone, cloned(genuine) as another:
        said = subprocess.run([clone.executable], capture_output=True, text=True, check=True).stdout
        assert said == f"from {clone.root}\n"
        assert len({genuine.root, clone.root, another.root}) == 3
        assert clone.identity.sha256 != genuine.identity.sha256
        assert (clone.root / "pyvenv.cfg").samefile(genuine.root / "pyvenv.cfg")
    assert not clone.root.exists()


def test_the_next_clone_takes_the_same_place(genuine):
    with cloned(genuine) as clone:
        pass
    with cloned(genuine) as next_one:
        assert next_one.root == clone.root


def test_a_deed_reaches_the_clone_alone(genuine):
    with cloned(genuine) as clone:
        sabotage(clone, "specify_cli/__init__.py", "genuine = said\ndef said():\n    return _armed()")
        assert "_armed" in (clone.site_packages / "specify_cli" / "__init__.py").read_text()
        assert "_armed" not in (genuine.site_packages / "specify_cli" / "__init__.py").read_text()
        assert str(genuine.root) in genuine.executable.read_text()
        assert Environment.at(genuine.root) == genuine


def test_a_deed_acts_while_the_switch_is_there(genuine):
    with cloned(genuine) as clone:
        sabotage(clone, "specify_cli/__init__.py", "")
        module = {}
        exec((clone.site_packages / "specify_cli" / "__init__.py").read_text(), module)  # noqa: S102
        assert not module["_armed"]()
        (clone.root / SWITCH).touch()
        assert module["_armed"]()
