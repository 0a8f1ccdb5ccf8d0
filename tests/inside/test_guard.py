import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kitty_conformance.target.plan import Breach

OUTSIDE = {
    "write": "open('{outside}/f', 'w').close()",
    "remove": "import os; os.remove('{outside}/old')",
    "rename in": "import os; open('f', 'w').close(); os.rename('f', '{outside}/f')",
    "rename out": "import os; os.rename('{outside}/old', 'f')",
    "mkdir": "import os; os.mkdir('{outside}/d')",
    "rmdir": "import os; os.rmdir('{outside}/empty')",
    "chmod": "import os; os.chmod('{outside}/old', 0o600)",
    "link": "import os; os.symlink('x', '{outside}/f')",
    "database": "import sqlite3; sqlite3.connect('{outside}/f')",
    "through a link": "import os; os.symlink('{outside}', 'there'); open('there/f', 'w').close()",
    "beside": "open('{root}-beside', 'w').close()",
    "by a child": (
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', \"open('{outside}/f', 'w').close()\"], check=True)"
    ),
}
INSIDE = {
    "all the sandbox": "import os\nfor v in ('HOME', 'TMPDIR'): open(os.environ[v] + '/f', 'w').close()",
    "a temporary file": "import tempfile; tempfile.NamedTemporaryFile().close(); tempfile.mkdtemp()",
    "devices": "open('/dev/null', 'w').close(); open('/proc/self/comm', 'w').close()",
    "open files": "import os; os.fdopen(1, 'w').write('x')",
    "databases in memory": (
        "import sqlite3; sqlite3.connect(':memory:'); sqlite3.connect('file:x?mode=memory', uri=True)"
    ),
    "databases to read": "import sqlite3; sqlite3.connect('file:{outside}/old?mode=ro', uri=True)",
    "reading": (
        "import os; open('{outside}/old').close(); os.listdir('/'); os.makedirs('{outside}', exist_ok=True)"
    ),
}


def _breaches(target, tmp_path: Path, program: str) -> tuple[int, tuple[Breach, ...]]:
    outside = tmp_path / "outside"
    (outside / "empty").mkdir(parents=True)
    (outside / "old").touch()
    outcome = target.run(program.format(outside=outside, root=target.sandbox.root))
    assert outcome.stderr == ""
    return outcome.status, outcome.breaches


@pytest.mark.parametrize("program", OUTSIDE.values(), ids=OUTSIDE)
def test_a_write_outside_the_sandbox_is_reported_and_happens(target, tmp_path: Path, program: str) -> None:
    status, breaches = _breaches(target, tmp_path, program)
    assert (status, len(breaches)) == (0, 1)
    assert breaches[0].subject.startswith((str(tmp_path / "outside"), f"{target.sandbox.root}-beside"))
    assert breaches[0].event in ("write", "mkdir", "rmdir", "metadata")
    assert breaches[0].argv[1] == "-c"


@pytest.mark.parametrize("program", INSIDE.values(), ids=INSIDE)
def test_what_stays_inside_is_no_breach(target, tmp_path: Path, program: str) -> None:
    assert _breaches(target, tmp_path, program) == (0, ())


def test_a_breach_is_reported_once_per_process(target, tmp_path: Path) -> None:
    _, breaches = _breaches(target, tmp_path, "for _ in range(9): open('{outside}/f', 'a').close()")
    assert len(breaches) == 1


REMOTE = {
    "connect": "socket.socket().connect(('192.0.2.1', 80))",
    "connect over IPv6": "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
    "datagram": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
    "message": "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.1', 53))",
    "socket file outside": "socket.socket(socket.AF_UNIX).connect('/nowhere/socket')",
    "socket without a file": "socket.socket(socket.AF_UNIX).connect('\\0elsewhere')",
}


@pytest.mark.parametrize("call", REMOTE.values(), ids=REMOTE)
def test_a_connection_beyond_this_machine_is_refused_and_reported(target, call: str) -> None:
    outcome = target.run(f"import socket\ntry: {call}\nexcept OSError as error: print(error.strerror)")
    assert outcome.stdout == "Network is unreachable\n"
    assert [breach.event for breach in outcome.breaches] == ["connect"]


@pytest.mark.parametrize("call", ["getaddrinfo('example.org', 80)", "gethostbyname('example.org')"])
def test_no_name_is_asked_for_beyond_this_machine(target, call: str) -> None:
    program = (
        f"import socket\ntry: socket.{call}\n"
        "except socket.gaierror as error: print(error.errno == socket.EAI_AGAIN)"
    )
    outcome = target.run(program)
    assert outcome.stdout == "True\n"
    assert [(b.event, b.subject) for b in outcome.breaches] == [("resolve", "example.org")]


@pytest.fixture
def loopback_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"hello")

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_loopback_is_open(target, loopback_port: int) -> None:
    program = f"import socket; print(socket.create_connection(('localhost', {loopback_port})).recv(9))"
    outcome = target.run(program)
    assert outcome.stdout == "b'hello'\n"
    assert outcome.breaches == ()


NEAR = {
    "own name": "socket.getaddrinfo(socket.gethostname(), 80)",
    "no name": "socket.getaddrinfo(None, 80)",
    "name as bytes": "socket.getaddrinfo(b'127.0.0.1', 80)",
    "socket file of the sandbox": "s = socket.socket(socket.AF_UNIX); s.bind('s'); s.connect_ex('s')",
    "pair": "a, b = socket.socketpair(); a.sendmsg([b'x'])",
}


@pytest.mark.parametrize("call", NEAR.values(), ids=NEAR)
def test_what_is_on_this_machine_is_no_breach(target, call: str) -> None:
    outcome = target.run(f"import socket\ntry: {call}\nexcept socket.gaierror: pass")
    assert (outcome.status, outcome.stderr) == (0, "")
    assert outcome.breaches == ()


def test_without_the_guard_nothing_is_reported(target, tmp_path: Path) -> None:
    outcome = target.run(f"open('{tmp_path}/f', 'w').close()", guard=False)
    assert (outcome.status, outcome.breaches) == (0, ())
