"""Figures a command printed, beside a plain computation from the files as they lie."""

import csv
import json
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

TOLERANCE = 1e-9
PLAIN = ("bleu", "rouge_l", "facts", "acc")
"""Metrics whose figure is the mean over questions."""
Log = Mapping[str, Mapping[str, float]]
"""By metric and question."""


def wrong(command: str, output: str) -> str | None:
    """What is wrong with the figures that a command printed with status 0; None if nothing is.

    Read anew by other means than ours: the log a variant's record names, or the only one there.
    """
    check = _CHECKS.get(command)
    pairs = check(json.loads(output)) if check else []
    for name, printed, expected in pairs:
        if _differs(printed, expected):
            return f"{name}: printed {printed}, and it is {expected}"
    return None


_Pairs = Iterable[tuple[str, float | None, float | None]]
"""Of each figure its name, what was printed, and what it is."""


def _report(printed: dict[str, Any]) -> _Pairs:
    """The means, and the rates, which are means of 0 and 1."""
    for variant, row in printed["variants"].items():
        values = _log(_of_variant("run", variant))
        plain = {name: row["metrics"][name] for name in PLAIN if name in row["metrics"]}
        for name, found in (plain | row["rates"]).items():
            yield f"{variant} {name}", found["mean"], _mean(values.get(name, {}).values())


def _compare(first: Log, second: Log, printed: dict[str, Any]) -> _Pairs:
    for name in [one for one in PLAIN if one in printed["metrics"]]:
        yield name, printed["metrics"][name]["delta"], _apart(first, second, name)


def _compare_run(printed: dict[str, Any]) -> _Pairs:
    new, today = (_log(_of_variant("run", name)) for name in ("new", "today"))
    return _compare(new, today, printed)


def _compare_log(printed: dict[str, Any]) -> _Pairs:
    return _compare(_log("log/a.jsonl"), _log("log/b.jsonl"), printed)


def _claims(printed: dict[str, Any]) -> _Pairs:
    """The difference that the one claim of the workplace is about, wherever it is still that."""
    new, today = (_log(_of_variant("run", name)) for name in ("new", "today"))
    for claim in printed["claims"]:
        for one in claim["conditions"]:
            asked = (claim["variant"], claim["against"], one["metric"], one["ratio"])
            if asked == ("new", "today", "rouge_l", False) and one["value"] is not None:
                yield "a claim", one["value"], _apart(new, today, "rouge_l")


def _apart(first: Log, second: Log, name: str) -> float | None:
    both = [key for key in first.get(name, {}) if key in second.get(name, {})]
    return _mean(first[name][key] - second[name][key] for key in both)


def _threshold(printed: dict[str, Any]) -> _Pairs:
    """How often the variant answers falsely and refuses without the threshold."""
    values = _log(_of_variant("near", "llama/rag"))
    (found,) = printed["others"].values()
    for ours, name in (("false_answers", "false_answer"), ("over_refusals", "over_refusal")):
        mean = found[ours]["mean"] if found[ours] else None
        yield ours, mean, _mean(values.get(name, {}).values())


def _index_score(printed: dict[str, Any]) -> _Pairs:
    """The means of what it prints of each question, and their differences from the file's."""
    scores = printed["questions"]
    earlier = json.loads(Path("earlier.json").read_text(encoding="utf-8-sig"))["questions"]
    for name, found in printed["metrics"].items():
        yield name, found["mean"], _mean(one[name] for one in scores.values())
        same = [
            key for key, one in scores.items()
            if key in earlier and earlier[key]["fingerprint"] == one["fingerprint"]
        ]  # fmt: skip
        delta = printed["against"]["metrics"][name]["delta"]
        yield f"{name} apart", delta, _mean(scores[key][name] - earlier[key][name] for key in same)


def _validity(printed: dict[str, Any]) -> _Pairs:
    """How often the better ROUGE-L is of the preferred answer, both being one sentence."""
    with Path("preferences.csv").open(encoding="utf-8-sig", newline="") as table:
        rows = list(csv.DictReader(table))
    rows = list({tuple(row.items()): row for row in rows}.values())  # One said twice is one.
    texts = [row[one] for row in rows for one in ("a", "b", "reference")]
    judged = {row["preferred"] for row in rows} <= {"a", "b"}
    if judged and printed["pairs"] == len(rows) and all(map(_is_plain, texts)):
        wins = []
        for row in rows:
            a, b = (_rouge(row["reference"].split(), row[one].split()) for one in "ab")
            wins.append(0.5 if a == b else float((a > b) is (row["preferred"] == "a")))
        yield "preference", printed["metrics"]["rouge_l"]["preference"]["mean"], _mean(wins)


def _is_plain(text: str) -> bool:
    """Whether it is one sentence, none of whose words comes twice: else ROUGE-L is more than F."""
    words = text.split(" ")
    return text.isprintable() and "." not in text and len(set(words)) == len(words)


def _rouge(reference: list[str], answer: list[str]) -> float:
    """F of the words of the longest common subsequence."""
    longest = [0] * (len(answer) + 1)
    for word in reference:
        before = 0
        for place, one in enumerate(answer, start=1):
            here = max(longest[place], longest[place - 1], before + (word == one))
            before, longest[place] = longest[place], here
    return 2 * longest[-1] / (len(reference) + len(answer)) if reference or answer else 0.0


def _data_info(printed: dict[str, Any]) -> _Pairs:
    lines = Path("data/questions.jsonl").read_text(encoding="utf-8-sig").split("\n")
    yield "questions", printed["questions"], sum(bool(line.strip()) for line in lines)


_CHECKS: Mapping[str, Callable[[dict[str, Any]], _Pairs]] = {
    "report": _report,
    "compare run": _compare_run,
    "compare log": _compare_log,
    "claims": _claims,
    "threshold": _threshold,
    "index score": _index_score,
    "validity": _validity,
    "data info": _data_info,
}


def _of_variant(run: str, name: str) -> str:
    folder = Path(run) / "variants" / name
    named = json.loads((folder / "variant.json").read_text())["files"]
    (log,) = [one for one in named if Path(one).name.startswith("samples_")]
    return str(folder / log)


def _log(path: str) -> Log:
    """Of a log whose questions stand once."""
    found: dict[str, dict[str, float]] = {}
    for text in Path(path).read_text(encoding="utf-8-sig").split("\n"):
        if text.strip():
            line = json.loads(text)
            key = line["doc"].get("id", line.get("doc_id"))
            for name in line.get("metrics", PLAIN):
                if isinstance(line.get(name), (int, float)):
                    found.setdefault(name, {})[str(key)] = line[name]
    return found


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return fmean(found) if found else None


def _differs(printed: float | None, expected: float | None) -> bool:
    if printed is None or expected is None:
        return printed is not expected
    return not math.isclose(printed, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
