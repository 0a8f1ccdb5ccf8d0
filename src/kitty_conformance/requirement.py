"""What the seed specification asks for, by its own identifiers, and the issues it is linked to (C-006).

The list is `requirements.toml`, in the seed's order. `US1.2` is user story 1, acceptance scenario 2; `edge-3`
the third edge case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

PARENT: Final = "822"
"""The issue that all blockers hang under."""
BLOCKERS: Final = ("944", "945", "949", "950", "951", "952", "953", "904")
"""Every linked issue; #944 is there to be verified."""

_REQUIREMENT: Final = re.compile(r"(FR|NFR|C|SC)-\d{3}")


class Requirement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing the seed asks for.

    Attributes
    ----------
    title
        The seed's title, or the telling part of its sentence.
    issues
        The issues it is linked to.
    without_case
        Why no case is traced to it, where none is.

    """

    title: str
    issues: tuple[str, ...] = BLOCKERS
    without_case: str = ""


EVERYTHING: Final[Mapping[str, Requirement]] = MappingProxyType(
    msgspec.toml.decode(
        Path(__file__).with_name("requirements.toml").read_bytes(), type=dict[str, Requirement]
    )
)
"""Whatever a case can be traced to, by its identifier: requirements, acceptance scenarios, edge cases."""


def is_requirement(identity: str) -> bool:
    """Whether the seed has a requirement, constraint or success criterion of this identifier."""
    return identity in EVERYTHING and _REQUIREMENT.fullmatch(identity) is not None
