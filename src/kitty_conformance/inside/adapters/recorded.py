"""What an event log holds, for adapters that read it themselves."""

from __future__ import annotations

import json

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


def records(log: Path) -> list[dict[str, Any]]:
    """Give the records of an event log, in order.

    Raises
    ------
    OSError, ValueError
        It cannot be read.

    """
    return [json.loads(line) for line in log.read_bytes().splitlines() if line.strip()]
