"""Judgements as people leave them: a CSV of preferences, and a file as MTRAG's authors have it."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

RIGHT = "The notice is due within 72 hours"
WRONG = "Kites fly well on windy days"


def write_preferences(path: Path, rows: Sequence[dict[str, Any]], delimiter: str = ",") -> Path:
    """A CSV with the columns that any row has."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def judged(number: int, preferred: str = "a", **more: str) -> dict[str, str]:
    """One rater's judgement of a right answer and a wrong one."""
    answers = {"a": f"{RIGHT}, says part {number}.", "b": f"{WRONG}, says part {number}."}
    reference = {"reference": f"{RIGHT}."}
    return {"question": f"q{number}", **answers, "preferred": preferred, **reference, **more}


def rated(task: str, model: str, answer: str, wins: dict[str, float], grade: int) -> dict[str, Any]:
    """An evaluation of MTRAG's file: who preferred it to how many, and what they rated it."""
    of_raters = {who: {"value": value, "duration": 1.0} for who, value in wins.items()}
    grades = {who: {"value": str(grade)} for who in wins}
    scores = {"RougeL": {"system": {"value": grade / 4}}, "rl_f": {"composite": {"value": 0.5}}}
    return {
        "task_id": task,
        "model_id": model,
        "model_response": answer,
        "annotations": {**scores, "faithfulness": grades, "win-rate": of_raters},
    }


def write_ratings(path: Path) -> Path:
    """Two conversations of one question each: a reference and the answers of two models."""
    authors = {"RougeL": "algorithm", "rl_f": "algorithm"}
    authors |= {"faithfulness": "human", "win-rate": "human"}
    tasks = [
        {
            "task_id": f"c{n}<::>1",
            "input": [{"speaker": "user", "text": "By when?"}],
            "contexts": [{"document_id": "d1"}, {"document_id": "d2"}] if n else [],
            "targets": [{"speaker": "agent", "text": RIGHT}],
            "Answerability": ["ANSWERABLE"] if n else ["UNANSWERABLE"],
        }
        for n in range(2)
    ]
    evaluations = [
        rated("c0<::>1", "reference", RIGHT, {"r1": 100.0, "r2": 0.0}, 4),
        rated("c0<::>1", "one", f"{RIGHT}.", {"r1": 50.0, "r2": 50.0, "r3": 0.0}, 3),
        rated("c0<::>1", "two", WRONG, {"r1": 0.0, "r2": 100.0, "r4": 100.0}, 1),
        rated("c1<::>1", "reference", RIGHT, {"r1": 50.0}, 4),
        rated("c1<::>1", "one", f"{RIGHT}!", {"r1": 50.0}, 4),
        rated("c1<::>1", "two", f"{WRONG}!", {"r1": 0.0}, 2),
    ]
    content = {
        "metrics": [{"name": name, "author": author} for name, author in authors.items()],
        "documents": [{"document_id": name, "text": f"Text {name}."} for name in ("d1", "d2")],
        "tasks": tasks,
        "evaluations": evaluations,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
