"""
MTRAG's public human ratings → judgements.

IBM/mt-rag-benchmark (Katsis et al. 2025, https://arxiv.org/abs/2501.03468): answers of models and
of people to questions of conversations, with the passages they were shown. Several raters rated
each answer 1 to 4 for what ``human`` metrics of the file name, and preferred one of each two: of a
rater's win rate of an answer, 100 is preferred to both others, 0 to neither. Which of two a rater
prefers is so which has the higher rate by that rater.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from harness.errors import DataError
from harness.files import hash_file
from harness.metrics import Row
from harness.reading import read_json
from reports.judged import JudgedPair, Judgements, RatedAnswer

RATINGS = "reference_subset_with_human_evaluations.json"
"""What the benchmark calls the file."""
WINS = "win-rate"


@dataclass(frozen=True)
class _Answer:
    row: Row
    group: str
    by_raters: Mapping[str, Mapping[str, float]]
    """What each rater said, by what was rated."""
    published: Mapping[str, float]
    """Its scores by the metrics of the benchmark's authors."""


def read_public_ratings(path: Path) -> Judgements:
    """The judgements of the models' answers, in groups of a conversation each.

    Answers that are the reference itself are left out: likeness to it would say nothing of them.

    Args:
        path: the file, or a folder with it somewhere below.

    Raises:
        DataError: there is none, or it is not as its authors published it.
    """
    path = _file_at(path)
    found = read_json(path)
    try:
        answered = _answered(found)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, StopIteration) as error:
        raise DataError(
            f"{path}: not the human ratings as IBM/mt-rag-benchmark has them ({error!r}); get its "
            f"{RATINGS} anew"
        ) from error
    return Judgements(
        source="MTRAG's public human ratings",
        identity=f"{path.name}@{hash_file(path)[:8]}",
        grouped_by="the conversation",
        pairs=[_pair(*both) for ones in answered for both in combinations(ones, 2)],
        rated=[_rated(one) for ones in answered for one in ones],
    )


def _file_at(path: Path) -> Path:
    found = [path] if path.is_file() else sorted(path.rglob(RATINGS))
    if not found:
        raise DataError(
            f"{path} is no file, and no folder with {RATINGS}; it is in the repository "
            "IBM/mt-rag-benchmark, among its human evaluations"
        )
    return found[0]


def _answered(found: Mapping[str, Any]) -> list[list[_Answer]]:
    """The answers to each question that are not its reference."""
    tasks = {task["task_id"]: task for task in found["tasks"]}
    texts = {document["document_id"]: document["text"] for document in found["documents"]}
    authors = {metric["name"]: metric["author"] for metric in found["metrics"]}
    answered: dict[str, list[_Answer]] = {key: [] for key in tasks}
    for evaluation in found["evaluations"]:
        key, annotations = evaluation["task_id"], evaluation["annotations"]
        row = _row(tasks[key], evaluation["model_response"], texts)
        values = {
            name: {who: float(said["value"]) for who, said in annotations[name].items()}
            for name in authors
            if annotations.get(name)
        }
        by_raters = {name: said for name, said in values.items() if authors[name] == "human"}
        published = {
            name: next(iter(said.values()))
            for name, said in values.items()
            if authors[name] == "algorithm"
        }
        if row.answer not in row.references:
            answered[key].append(_Answer(row, key.partition("<::>")[0], by_raters, published))
    return list(answered.values())


def _row(task: Mapping[str, Any], answer: str, texts: Mapping[str, str]) -> Row:
    """An answer to the last turn of a conversation. What was shown is what people had found to
    hold what answers it, where there is such."""
    shown = tuple(context["document_id"] for context in task["contexts"])
    answerable = "UNANSWERABLE" not in task["Answerability"]
    return Row(
        question="\n".join(f"{turn['speaker']}: {turn['text']}" for turn in task["input"]),
        answer=answer,
        references=tuple(target["text"] for target in task["targets"]),
        answerable=answerable,
        evidence=shown if answerable else (),
        context="\n".join(texts[one] for one in shown),
        context_ids=shown,
    )


def _pair(first: _Answer, second: _Answer) -> JudgedPair:
    ours, theirs = (one.by_raters.get(WINS, {}) for one in (first, second))
    scores, others = first.published, second.published
    return JudgedPair(
        first=first.row,
        second=second.row,
        votes=tuple(int(np.sign(ours[who] - theirs[who])) for who in ours if who in theirs),
        group=first.group,
        published={name: (scores[name], others[name]) for name in scores if name in others},
    )


def _rated(answer: _Answer) -> RatedAnswer:
    ratings = {name: fmean(said.values()) for name, said in answer.by_raters.items()}
    return RatedAnswer(answer.row, ratings, answer.group, answer.published)
