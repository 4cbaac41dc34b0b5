"""
Every command that writes, by several processes at once: is all as if one had done it alone?

    python -m tests.fuzz.at_once --processes 4 --trials 3

Of each trial: how many ended with success, how many were refused in one line, and what differs from
what one leaves undisturbed.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from tests.fuzz.kills import CASES, get_ready
from tests.killed import Place, differences, ended
from tests.left import damaged_in, partial_in


def trial(place: Place, name: str, processes: int) -> dict[str, Any]:
    """Carry a case out in so many processes at once; what came of it."""
    known = place.undisturbed(name)
    place.lay(name)
    logs = [f"said{number}.log" for number in range(processes)]
    begun = [place.begun(CASES[name].command, "warm", log=log) for log in logs]
    statuses = [ended(one, None) for one in begun]
    said = [place.said(log) for log in logs]
    return {
        "case": name,
        "processes": processes,
        "success": statuses.count(0),
        "refused": sum(map(_in_one_line, statuses, said)),
        "other": [
            one[-2000:]
            for status, one in zip(statuses, said, strict=True)
            if status and not _in_one_line(status, one)
        ],
        "said": sorted({one.splitlines()[-1] for s, one in zip(statuses, said, strict=True) if s}),
        "damaged": damaged_in(place.work),
        "differences": differences(known.left, place.left()),
        "partial": partial_in(place.work),
    }


def _in_one_line(status: int | None, said: str) -> bool:
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    return status == 2 and len(errors) == 1 and "Traceback" not in said


def main() -> None:
    """Try each case as often as is asked, and print what came of it."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    options.add_argument("--processes", type=int, default=4)
    options.add_argument("--trials", type=int, default=1)
    options.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    given = options.parse_args()
    get_ready()
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder), CASES)
        for name in given.cases:
            for _ in range(given.trials):
                print(json.dumps(trial(place, name, given.processes)), flush=True)


if __name__ == "__main__":
    main()
