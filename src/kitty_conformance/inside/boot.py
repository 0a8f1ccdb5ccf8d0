"""Boot: arm this interpreter with the plan that the environment names, before anything else runs.

Executed once at interpreter start-up, in the target itself and in every interpreter that it or git starts.
Without KITTY_INSIDE_PLAN it does nothing at all. A plan that cannot be had ends the process: what runs
unguarded proves nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from typing import Any


def boot() -> None:
    """Arm this process."""
    import os  # noqa: PLC0415 - this text may be executed in the middle of a function, without globals
    import sys  # noqa: PLC0415 - same

    path = os.environ.get("KITTY_INSIDE_PLAN")
    if path is None or "kitty_conformance.inside.events" in sys.modules:
        return  # no plan, or armed already: some interpreters read the files of site-packages twice
    here = os.path.dirname(os.environ["KITTY_INSIDE"])

    def load(name: str) -> Any:
        loader = sys.modules[
            "_frozen_importlib_external"
        ].SourceFileLoader  # uses byte code where there is some
        full_name = f"kitty_conformance.inside.{name}"
        module = sys.modules[full_name] = type(sys)(full_name)
        loader(full_name, os.path.join(here, f"{name}.py")).exec_module(module)
        return module

    try:
        import json  # noqa: PLC0415 - same

        with open(path, "rb") as file:
            plan = json.load(file)
        events, faults, guard = load("events"), load("faults"), load("guard")
        faults.log(os.path.join(plan["folder"], "starts.jsonl"), main=faults.is_main(), argv=sys.orig_argv)
        watchers = [faults.Faults(plan)] if plan["rules"] else []
        events.watch(*watchers, *([guard.Guard(plan, faults.log)] if plan["guard"] else []))
    # Whatever the reason, the target must not run unguarded; os._exit leaves coverage no time to save.
    except Exception as error:  # noqa: BLE001 # pragma: no cover - see above
        os.write(2, f"kitty-conformance: cannot arm this interpreter: {error!r}\n".encode())
        os._exit(70)


boot()
