"""The machine that figures were taken on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import msgspec
import psutil

from kitty_conformance.target.sandbox import scratch_folder


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What of a machine decides figures; `memory` in bytes, `load` as of the last minute."""

    processor: str
    cores: int
    memory: int
    system: str
    python: str
    sandboxes: str
    load: float

    @classmethod
    def this(cls) -> Machine:
        """Describe the one we run on."""
        scratch = scratch_folder().parent
        return cls(
            processor=_processor(),
            cores=os.cpu_count() or 1,
            memory=psutil.virtual_memory().total,
            system=platform.system(),
            python=platform.python_version(),
            sandboxes="in memory" if scratch.is_relative_to("/dev/shm") else "on disk",  # noqa: S108 - where they are
            load=round(os.getloadavg()[0], 1),
        )


def _processor(described: Path = Path("/proc/cpuinfo")) -> str:
    lines = described.read_text("utf-8").splitlines() if described.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
