"""What the adapters were verified on: releases by results, functions by the text they had there.

The record is written by `kitty-conformance adapters verify RESULTS…`, never by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from kitty_conformance.errors import AdapterRefusedError, HarnessError
from kitty_conformance.target.adapter_order import AdapterOrder
from kitty_conformance.target.adapters import FOLDER, Adapter

RECORD: Final = FOLDER / "verified.json"

ADVICE: Final = "--unverified-adapters applies it all the same; `kitty-conformance adapters list` tells more"


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """One adapter.

    Attributes
    ----------
    releases
        Release → outcome → how many cases of its suite came to it with the adapter on.
    functions
        `module:name` → digest of its text → the releases that have that text.

    """

    releases: dict[str, dict[str, int]] = {}
    functions: dict[str, dict[str, list[str]]] = {}

    def holding(self, adapter: Adapter) -> dict[str, dict[str, int]]:
        """Return the releases on which all that the adapter wraps and relies on by now was looked at."""
        texts = [self.functions.get(function, {}).values() for function in adapter.functions]
        return {
            release: outcomes
            for release, outcomes in self.releases.items()
            if all(any(release in releases for releases in each) for each in texts)
        }

    def with_release(self, release: str, order: AdapterOrder, outcomes: dict[str, int]) -> Verification:
        """Return it with one more release, or with this one anew."""
        functions: dict[str, dict[str, list[str]]] = {}
        for function, texts in self.functions.items():
            functions[function] = {
                digest: [each for each in releases if each != release] for digest, releases in texts.items()
            }
        for module, names in order.functions.items():
            for name, digest in names.items():
                releases = functions.setdefault(f"{module}:{name}", {}).setdefault(digest, [])
                releases.append(release)
        kept = {
            function: {digest: releases for digest, releases in sorted(texts.items()) if releases}
            for function, texts in sorted(functions.items())
        }
        return Verification(
            releases={**self.releases, release: outcomes},
            functions={function: texts for function, texts in kept.items() if texts},
        )


Verifications = dict[str, Verification]
"""By issue."""


def verifications(file: Path = RECORD) -> Verifications:
    """Return what is recorded.

    Raises
    ------
    HarnessError
        The record is damaged.

    """
    try:
        return msgspec.json.decode(file.read_bytes(), type=Verifications)
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError) as error:
        raise HarnessError(f"{file} cannot be read: {error}") from error


def record(found: Verifications, file: Path = RECORD) -> None:
    """Write the record down."""
    draft = file.with_suffix(".draft")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(found, order="sorted"), indent=1) + b"\n")
    draft.replace(file)


def demand_verified(order: AdapterOrder, adapters: Sequence[Adapter], known: Verifications) -> None:
    """Refuse adapters that were not verified on what the target has.

    Raises
    ------
    AdapterRefusedError
        Names the first adapter, and the function where it is one, that is unverified.

    """
    for adapter in adapters:
        verification = known.get(adapter.issue, Verification())
        releases = verification.holding(adapter)
        if order.release not in releases:
            raise AdapterRefusedError(
                f"the adapter of #{adapter.issue} is not verified on {order.release}, "
                f"only on {', '.join(releases) or 'no release'}",
                hint=ADVICE,
            )
        for function in adapter.functions:
            texts = verification.functions.get(function, {})
            if order.release not in texts.get(order.digest_of(function), ()):
                raise AdapterRefusedError(
                    f"the adapter of #{adapter.issue} is not verified on this {order.release}: "
                    f"{function} is another one there",
                    hint=ADVICE,
                )
