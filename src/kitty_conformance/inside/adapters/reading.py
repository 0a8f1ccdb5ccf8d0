"""What a name stands for in the source of a module, as a digest: the same digest is the same text."""

from __future__ import annotations

import ast
import hashlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

LENGTH = 16
"""Hexadecimal digits of a digest."""


def digests(source: bytes, names: Iterable[str]) -> dict[str, str]:
    """Give the digest of what each name stands for; empty where the source has no such name.

    A function or class is its text with its decorators, a constant its assignments, an imported name the
    module and the name it comes from.
    """
    text = source.decode("utf-8")
    lines, tree = text.splitlines(), ast.parse(text)
    return {name: _digest("\n".join(_texts(tree, name.split("."), lines))) for name in names}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH] if text else ""


def _texts(tree: ast.AST, path: list[str], lines: list[str]) -> Iterator[str]:
    """Yield the text of every statement of a body that binds a name, also below `if` and `try`."""
    first, *rest = path
    for node in _statements(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (_origin(node, each) for each in node.names if (each.asname or each.name) == first)
        elif first in _bound(node):
            yield from _texts(node, rest, lines) if rest else [_text(node, lines)]


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    for field in ("body", "orelse", "handlers", "finalbody"):
        for node in getattr(tree, field, ()):
            yield node
            if isinstance(node, (ast.If, ast.Try, ast.With, ast.ExceptHandler)):
                yield from _statements(node)


def _bound(node: ast.AST) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [each.id for each in targets if isinstance(each, ast.Name)]


def _text(node: Any, lines: list[str]) -> str:
    first = min(each.lineno for each in (node, *getattr(node, "decorator_list", ())))
    return "\n".join(lines[first - 1 : node.end_lineno])


def _origin(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    module = "" if isinstance(node, ast.Import) else f"{'.' * node.level}{node.module or ''}"
    return f"from {module} import {alias.name}"
