"""Adapters: each mends one issue in a release that cannot be upgraded, by wrapping functions of it.

Loaded by path into the interpreters of a target, with the standard library alone. A module `issue_NNN.py` is
one adapter. It is data and one function, and imports nothing at its top that the target would not import:

    ISSUE = "950"
    REQUIREMENTS = ("FR-006",)
    WRAPS = {"specify_cli.some.module": ("function", "Class.method", "CONSTANT", "imported_name")}
    WHERE_THERE = {"specify_cli.some.other": ("function",)}  # may be left out
    def apply(module): ...

`WRAPS` names, module by module, everything it wraps or relies on. What a name stands for in the source (the
function with its decorators, the class, the assignment, the import) is what the adapter is verified on: where
the text is another one, the adapter is refused. `WHERE_THERE` is the same for what only some releases have:
nothing is amiss where it is missing.

`apply(module)` is called right after each of these modules was executed, before whoever imports it goes on;
`module.__name__` tells which. So `from x import f` in another module binds the wrapper already, as long as it
comes after; only a circular import or a decorator that took the function somewhere (a registered command)
needs more. A module that is reloaded is applied to again. `apply` raises where something is not as it should
be, and then nothing runs at all; it imports no module of the target (wrappers do, when they are called).

A module that is run (`python -m specify_cli.policy.commit_guard_hook`) is not imported: it has the name
`__main__`, and nothing is applied to it. Wrap what it imports.

What several adapters need, or what makes one too long, is in modules of this folder whose names do not begin
with `issue_`. They are imported as `from kitty_conformance.inside.adapters.wrapping import wrap`, written so,
and may import each other in the same way: whoever draws up an order finds them by these lines.
"""
