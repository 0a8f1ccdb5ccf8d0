"""The contract of every document we write or read: the JSON Schemas in `reports/schema`.

An installed wheel carries them as `kitty_conformance/schema`; a checkout has them where people look for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import msgspec
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from kitty_conformance.errors import HarnessError

NAMES: Final = (
    *("results", "report", "deferrals", "history", "summary", "difference", "bisection", "statement"),
    *("envelope", "verification", "badge", "trace"),
)
"""The documents that have a schema."""

_PACKAGE: Final = Path(__file__).parent
_PLACES: Final = (_PACKAGE / "schema", _PACKAGE.parents[1] / "reports" / "schema")
_LONGEST_MESSAGE: Final = 160
_BASE: Final = "json-schema:///"


def schema_text(name: str, places: Iterable[Path] = _PLACES) -> str:
    """Return the schema of a document as it is shipped.

    Raises
    ------
    HarnessError
        The installation holds no such schema.

    """
    for place in places:
        try:
            return (place / _file(name)).read_text(encoding="utf-8")
        except OSError:
            continue
    raise HarnessError(f"no schema for {name} documents in this installation", hint="install it again")


def breach(name: str, document: Any) -> str:
    """Say where and how a document departs from its schema; empty if it does not.

    The worst departure is named, in one line, as a JSON path and what is wrong there.
    """
    if _verdict(name).is_valid(document):
        return ""
    error = best_match(_validator(name).iter_errors(document))
    return "$: breaks the schema" if error is None else f"{error.json_path}: {_in_words(error)}"


def encoded(name: str, document: Any) -> bytes:
    """Return a document of ours as JSON: sorted keys, two spaces, a final newline.

    The same document gives the same bytes.

    Raises
    ------
    HarnessError
        It does not match its own schema.

    """
    data = msgspec.json.encode(document, order="sorted")
    departure = breach(name, msgspec.json.decode(data))
    if departure:
        raise HarnessError(f"the {name} breaks its schema: {departure}")
    return msgspec.json.format(data, indent=2) + b"\n"


def _in_words(error: ValidationError) -> str:
    """Keep a message that quotes a whole document from flooding the line."""
    if len(error.message) <= _LONGEST_MESSAGE:
        return " ".join(error.message.split())
    return f"does not keep to {error.validator}: {json.dumps(error.validator_value)[:_LONGEST_MESSAGE]}"


def _file(name: str) -> str:
    return f"{name}.schema.json"


@cache
def _verdict(name: str) -> jsonschema_rs.Validator:
    """Give what says yes or no: a stream is read and written line by line, and this is quick."""
    schemas = {each: json.loads(schema_text(each)) for each in NAMES}
    registry = jsonschema_rs.Registry([(f"{_BASE}{_file(each)}", schema) for each, schema in schemas.items()])
    return jsonschema_rs.validator_for(schemas[name], registry=registry, base_uri=_BASE)


@cache
def _validator(name: str) -> Draft202012Validator:
    schemas = {each: json.loads(schema_text(each)) for each in NAMES}
    registry: Registry[Any] = Registry().with_resources(
        (_file(each), Resource.from_contents(schema, default_specification=DRAFT202012))
        for each, schema in schemas.items()
    )
    return Draft202012Validator(schemas[name], registry=registry)
