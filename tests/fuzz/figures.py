"""Figures a command printed, beside a plain computation from the files as they lie."""

import json
import math
from pathlib import Path
from statistics import fmean
from typing import Any

TOLERANCE = 1e-9
PLAIN = ("bleu", "rouge_l", "facts", "acc")
"""Metrics whose figure is the mean over questions."""


def wrong(command: str, output: str) -> str | None:
    """What is wrong with the figures that a command printed with status 0; None if nothing is.

    Read anew by other means than ours: the log a variant's record names, or the only one there.
    """
    if command not in ("report", "compare run", "compare log"):
        return None
    printed = json.loads(output)
    if command == "report":
        return _report_is_wrong(printed)
    logs = ("log/a.jsonl", "log/b.jsonl") if command == "compare log" else ("new", "today")
    first, second = (_log(one) if "/" in one else _log(_of_variant(one)) for one in logs)
    for name, found in printed["metrics"].items():
        if name not in PLAIN:
            continue
        both = [key for key in first.get(name, {}) if key in second.get(name, {})]
        expected = fmean(first[name][key] - second[name][key] for key in both) if both else None
        if _differs(found["delta"], expected):
            return f"{name}: printed {found['delta']}, and it is {expected}"
    return None


def _report_is_wrong(printed: dict[str, Any]) -> str | None:
    for variant, row in printed["variants"].items():
        values = _log(_of_variant(variant))
        for name in PLAIN:
            if name not in row["metrics"]:
                continue
            expected = fmean(values[name].values()) if values.get(name) else None
            if _differs(row["metrics"][name]["mean"], expected):
                return f"{variant} {name}: {row['metrics'][name]['mean']}, and it is {expected}"
    return None


def _of_variant(name: str) -> str:
    folder = Path("run/variants") / name
    named = json.loads((folder / "variant.json").read_text())["files"]
    (log,) = [one for one in named if Path(one).name.startswith("samples_")]
    return str(folder / log)


def _log(path: str) -> dict[str, dict[str, float]]:
    """By metric and question, of a log whose questions stand once."""
    found: dict[str, dict[str, float]] = {}
    for text in Path(path).read_text(encoding="utf-8-sig").split("\n"):
        if text.strip():
            line = json.loads(text)
            key = line["doc"].get("id", line.get("doc_id"))
            for name in line["metrics"]:
                if isinstance(line[name], (int, float)):
                    found.setdefault(name, {})[str(key)] = line[name]
    return found


def _differs(printed: float | None, expected: float | None) -> bool:
    if printed is None or expected is None:
        return printed is not expected
    return not math.isclose(printed, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
