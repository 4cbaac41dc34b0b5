"""Sample logs and results files as lm-eval leaves them, without a model."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

TIME = "2026-01-02T03-04-05.678901"


def line(
    number: int, doc: dict[str, Any] | None = None, kept: str = "none", **values: Any
) -> dict[str, Any]:
    """A line of a log: the question of that number under the filter ``kept``."""
    doc = {"text": f"What is {number}?"} if doc is None else doc
    hashed = json.dumps(doc, indent=2, ensure_ascii=False)
    return {
        "doc_id": number,
        "doc": doc,
        "target": "right",
        "arguments": {"gen_args_0": {"arg_0": "?", "arg_1": {}}},
        "resps": [["right"]],
        "filtered_resps": ["right"],
        "filter": kept,
        "metrics": list(values),
        "doc_hash": hashlib.sha256(hashed.encode()).hexdigest(),
        "prompt_hash": "p",
        "target_hash": "t",
        **values,
    }


def policyqa_line(key: str, prompt: str = "", **values: Any) -> dict[str, Any]:
    """A line of a log of a policyqa task."""
    doc = {
        "id": key,
        "question": f"What of {key}?",
        "evidence": [],
        "prompt": prompt,
        "context": "",
        "context_ids": [],
        "best_passage": "",
    }
    return line(int(key.removeprefix("q")), doc, **values)


def write_log(folder: Path, lines: Iterable[Any], task: str = "quiz", time: str = TIME) -> Path:
    """A log of these lines."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"samples_{task}_{time}.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    return path


def write_results(
    folder: Path, better: dict[str, Any], name: str = f"results_{TIME}.json", **further: Any
) -> Path:
    """A results file that says which metrics of the task ``quiz`` are better when higher."""
    path = folder / name
    path.write_text(json.dumps({"higher_is_better": {"quiz": better}, **further}))
    return path
