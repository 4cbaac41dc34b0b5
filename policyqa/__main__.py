"""
``policyqa``, also as ``python -m policyqa``, for launchers that start a module several times.

Our other packages have names that a user's own modules have as well (``tasks``, ``reports``): those
beside this one are imported here, before anything is looked for in the working directory, in
PYTHONPATH or beside a suite.
"""

import gc
import sys
from importlib import import_module
from pathlib import Path

PACKAGES = ("harness", "rag", "tasks", "finetune", "reports")
CYCLES = (100_000, 20, 10)
"""When Python looks for cycles that nobody uses: by its own numbers, of which the first is 700, it
looks through all answers of a large run again and again, for half of the time of a report."""


def start() -> None:
    """Entry point of the command; exits with 2 where another's package stands in place of ours."""
    gc.set_threshold(*CYCLES)
    beside = Path(__file__).parents[1]
    sys.path.insert(0, str(beside))
    for name in PACKAGES:
        found = import_module(name)
        if str(beside / name) not in getattr(found, "__path__", ()):
            sys.stderr.write(
                f"error: {found.__file__} is in the way of policyqa-bench's own {name} (in "
                f"{beside}): rename it, or install policyqa-bench into an environment of its own\n"
            )
            sys.exit(2)
    sys.path.remove(str(beside))
    from policyqa import cli

    cli.main()


if __name__ == "__main__":
    start()
