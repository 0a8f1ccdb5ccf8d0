"""Faults: the N-th matching event of a Python process fails, is lost, is late, is cut short or is its last.

A plan is `{"folder": ..., "rules": [rule, ...]}`. `folder` holds what the processes under one plan share: a
counter per rule, and `fired.jsonl`, a line per firing. A rule is

    events   kinds of events; `mutate` stands for every kind that changes a tree of files
    paths    globs, one of which the event's subject must match
    process  `main` (the command itself), `child` (a process it starts) or `any`
    after    number of another rule that must have matched before, or null
    nth      only the N-th match of all processes together, or null for each
    action   {"do": "fail", "errno": 5} | {"do": "lose"} | {"do": "delay", "seconds": 1}
             | {"do": "short", "bytes": 7} | {"do": "kill", "signal": "SIGINT"} | {"do": "count"}
             | {"do": "alter", "changes": [[pattern, replacement], ...]}

A delay with `"until": n` ends as soon as rule n has come to act. A thread fails without an errno: it cannot
be started, as it cannot once the interpreter is about to end.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import resource
import signal
import time
from _thread import allocate_lock, get_ident
from contextlib import suppress
from fnmatch import fnmatchcase

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from typing import Any


MAIN = "KITTY_INSIDE_MAIN"
"""Environment variable with the process id of the command itself; its children inherit it, not the role."""

TREE_CHANGES = ("write", "mkdir", "rmdir", "metadata")
THREADS = ("thread", "late-thread")
SPAWNS = ("subprocess.Popen", "os.posix_spawn", "os.spawn", "os.system", "os.fork")


def is_main() -> bool:
    """Whether this process is the command itself; the first process to ask is."""
    return os.environ.setdefault(MAIN, str(os.getpid())) == str(os.getpid())


def append(path: str, data: bytes) -> int:
    """Add to a file that several processes add to, in one piece; return its size then."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        limit_files(limits[1])  # a limit of ours is not for us
        os.write(file, data)
        return os.lseek(file, 0, os.SEEK_CUR)
    finally:
        limit_files(limits[0])
        os.close(file)


def log(path: str, **record: object) -> None:
    """Add a line to a log that several processes add to."""
    append(path, json.dumps({**record, "pid": os.getpid()}).encode() + b"\n")


def strike(number: int) -> None:
    """Send a signal to the command itself, to this process, and to those between them, the eldest first."""
    main = int(os.environ[MAIN])
    line = [os.getpid()]
    above = os.getppid()
    while main not in line and above > 1:
        line.append(above)
        with open(f"/proc/{above}/stat", "rb") as file:
            above = int(file.read().rpartition(b")")[2].split()[1])
    for pid in reversed(line) if main in line else line[:1]:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def limit_files(size: int) -> None:
    """Let no file grow beyond a size (-1: any): a write is cut short there, and the next one fails."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard if size == resource.RLIM_INFINITY else size, hard))


def _content(path: str) -> bytes | None:
    if not os.path.exists(path):
        return None
    with open(path, "rb") as file:
        return file.read()


def _put_back(path: str, content: bytes | None) -> None:
    if content is None:
        os.unlink(path)
        return
    with open(path, "wb") as file:
        file.write(content)


def _writers(path: str) -> list[int]:
    """Descriptors through which this process can still write to a file."""
    found = []
    for name in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        try:
            same = os.readlink(f"/proc/self/fd/{name}") == path
            if same and fcntl.fcntl(int(name), fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
                found.append(int(name))
        except OSError:
            continue  # closed meanwhile
    return found


def _altered(content: bytes, changes: list[list[str]]) -> bytes:
    """Content with every match of the first pattern that occurs in it replaced; as it is if none does."""
    import re  # noqa: PLC0415 - few plans need it

    for pattern, replacement in changes:
        changed, count = re.subn(pattern.encode(), replacement.encode(), content)
        if count:
            return changed
    return content


class Faults:
    """The rules of one plan, at work in this process."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.rules = plan["rules"]
        self.about_reads = any("read" in rule["events"] for rule in self.rules)
        self.wants_threads = any(kind in THREADS for rule in self.rules for kind in rule["events"])
        self.wants_end = any("end" in rule["events"] for rule in self.rules)
        self.folder = os.path.realpath(plan["folder"])
        self.pid, self.main = os.getpid(), is_main()
        self.lost: dict[str, tuple[int, bytes | None, set[int]]] = {}  # path → rule, content before, threads
        self.short: dict[str, tuple[int, int]] = {}  # path → thread, size it may grow to
        self.settling = allocate_lock()
        self.over = False
        os.makedirs(self.folder, exist_ok=True)
        atexit.register(self.end)

    @property
    def wants_reads(self) -> bool:
        """Whether files opened for reading matter now: to a rule, or to what is under way."""
        return self.about_reads or bool(self.lost) or bool(self.short)

    def see(self, event: str, arguments: tuple[Any, ...], pairs: list[tuple[str, str]]) -> None:
        """Let an event happen, or not."""
        if self.over:
            return
        self.settle(spawning=event in SPAWNS)
        hits = [(n, *pair) for n, rule in enumerate(self.rules) for pair in self.hits(rule, event, pairs)]
        due = [hit for hit in hits if self.is_due(hit[0])]  # each is counted before any of them acts
        for number, kind, subject in due:
            self.act(number, kind, subject, arguments)

    def hits(self, rule: dict[str, Any], event: str, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return what of an event a rule is about: a list of one pair, or none."""
        if not pairs or rule["process"] == ("child" if self.main else "main"):
            return []
        if rule["after"] is not None and not os.path.exists(self.counter(rule["after"])):
            return []
        if rule["action"]["do"] == "short" and event != "open":
            return []  # only what is opened can be written in part
        kinds = (*rule["events"], *(TREE_CHANGES if "mutate" in rule["events"] else ()))
        return [
            (kind, subject)
            for kind, subject in pairs
            if kind in kinds and any(fnmatchcase(subject, glob) for glob in rule["paths"])
        ][:1]

    def counter(self, number: int) -> str:
        """One byte per match: its size says which match this is, in whatever process."""
        return os.path.join(self.folder, f"rule-{number}")

    def is_due(self, number: int) -> bool:
        """Count one more match of a rule; whether it is one to act on."""
        ordinal, nth = append(self.counter(number), b"."), self.rules[number]["nth"]
        return nth is None or nth == ordinal

    def act(self, number: int, kind: str, subject: str, arguments: tuple[Any, ...]) -> None:
        """Do what a rule says with an event that is about to happen."""
        action = self.rules[number]["action"]
        do = action["do"]
        if do in ("lose", "alter"):
            with self.settling:
                if not os.path.isdir(subject):
                    self.lost.setdefault(subject, (number, _content(subject), set()))[2].add(get_ident())
            return  # fired once the content is what it is to be
        self.fired(number, kind, subject)
        if do == "kill":
            strike(getattr(signal, action["signal"]))
        elif do == "delay":
            self.delay(action["seconds"], action.get("until"))
        elif do == "short":
            kept = os.path.exists(subject) and not arguments[2] & os.O_TRUNC
            self.short[subject] = (get_ident(), (os.path.getsize(subject) if kept else 0) + action["bytes"])
            limit_files(self.short[subject][1])
        elif do == "fail" and kind in THREADS:
            raise RuntimeError("can't create new thread at interpreter shutdown")
        elif do == "fail":
            raise OSError(action["errno"], os.strerror(action["errno"]), subject)

    def delay(self, seconds: float, until: int | None) -> None:
        """Let time pass, no more than it takes until another rule has come to act."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not (until is not None and self.has_acted(until)):
            time.sleep(left if until is None else min(left, 0.02))

    def has_acted(self, number: int) -> bool:
        """Whether a rule has matched as often as it takes, in whatever process."""
        counter = self.counter(number)
        return os.path.exists(counter) and os.path.getsize(counter) >= (self.rules[number]["nth"] or 1)

    def fired(self, number: int, kind: str, subject: str) -> None:
        """Leave word that a rule did what it says."""
        log(f"{self.folder}/fired.jsonl", rule=number, event=kind, subject=subject, main=self.main)

    def settle(self, *, spawning: bool = False, last: bool = False) -> None:
        """End what is under way: limits on files meanwhile closed, lost writes meanwhile made."""
        if os.getpid() != self.pid:  # forked: what the parent has under way is the parent's
            self.pid, self.main, self.lost, self.short = os.getpid(), False, {}, {}
            self.settling = allocate_lock()
        with self.settling:
            if self.short:
                limit_files(resource.RLIM_INFINITY)
                for path, (thread, _) in list(self.short.items()):
                    if thread == get_ident() and not _writers(path):
                        del self.short[path]
            for path in list(self.lost):
                self.lose(path, last=last)
            if self.short and not spawning:
                limit_files(min(size for _, size in self.short.values()))

    def lose(self, path: str, *, last: bool) -> None:
        """Put back what a file held, once its writer is done or will never be."""
        number, before, threads = self.lost[path]
        threads.discard(get_ident())  # this thread is past its write; another may be about to begin
        writers = _writers(path)
        if writers and not last:
            return
        if last or not threads:
            del self.lost[path]
        if self.rules[number]["action"]["do"] == "alter":
            if path not in self.lost:
                self.alter(path, number)
            return
        for descriptor in writers:  # buffers are yet to be flushed: into nothing
            os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
        if writers or _content(path) != before:
            with suppress(OSError):  # where nothing can be put back, nothing was lost: not fired
                _put_back(path, before)
                self.fired(number, "write", path)

    def alter(self, path: str, number: int) -> None:
        """Change what was written, if there is anything to change; what is not flushed yet is not there."""
        content = _content(path) or b""
        changed = _altered(content, self.rules[number]["action"]["changes"])
        if changed != content:
            _put_back(path, changed)
            self.fired(number, "write", path)

    def end(self) -> None:
        """Settle everything: the process is about to end."""
        self.over = True  # what we do ourselves from here on is no event
        self.settle(last=True)
