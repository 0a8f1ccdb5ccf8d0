"""Boot: arm this interpreter with the plan and the adapters that the environment names, before all else.

Executed once at interpreter start-up, in the target itself and in every interpreter that it or git starts.
Without KITTY_INSIDE_PLAN and KITTY_INSIDE_ADAPTERS it does nothing at all. What cannot be had ends the
process: what runs unguarded, or without the adapters it was to have, proves nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would cost each start of the interpreter some milliseconds
if TYPE_CHECKING:
    from typing import Any


def boot() -> None:
    """Arm this process."""
    import os  # noqa: PLC0415 - this text may be executed in the middle of a function, without globals
    import sys  # noqa: PLC0415 - same

    plan, adapters = os.environ.get("KITTY_INSIDE_PLAN"), os.environ.get("KITTY_INSIDE_ADAPTERS")
    if plan is None and not adapters:
        return
    here = os.path.dirname(os.environ["KITTY_INSIDE"])

    def load(name: str) -> Any:
        full_name = f"kitty_conformance.inside.{name}"
        if full_name in sys.modules:
            return sys.modules[full_name]
        loader = sys.modules[
            "_frozen_importlib_external"
        ].SourceFileLoader  # uses byte code where there is some
        module = sys.modules[full_name] = type(sys)(full_name)
        module.__file__ = os.path.join(here, f"{name.replace('.', '/')}.py")
        loader(full_name, module.__file__).exec_module(module)
        return module

    try:
        # Armed already: some interpreters read the files of site-packages twice.
        if plan is not None and "kitty_conformance.inside.events" not in sys.modules:
            import json  # noqa: PLC0415 - same

            with open(plan, "rb") as file:
                told = json.load(file)
            events, faults, guard = load("events"), load("faults"), load("guard")
            starts = os.path.join(told["folder"], "starts.jsonl")
            faults.log(starts, main=faults.is_main(), argv=sys.orig_argv)
            watchers = [faults.Faults(told)] if told["rules"] else []
            events.watch(*watchers, *([guard.Guard(told, faults.log)] if told["guard"] else []))
        if adapters:
            load("adapters.applying").put_on(adapters)
    # Whatever the reason, the target must not run unguarded; os._exit leaves coverage no time to save.
    except Exception as error:  # noqa: BLE001 # pragma: no cover - see above
        os.write(2, f"kitty-conformance: cannot arm this interpreter: {error!r}\n".encode())
        os._exit(70)


boot()
