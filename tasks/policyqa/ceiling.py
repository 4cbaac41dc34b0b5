"""
What another right answer scores: each reference of a question against its others.

A variant that answers as the references' writers do would score this, and none is to be expected
far above it.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from harness.errors import DataError
from harness.groups import groups
from harness.metrics import CorpusMetric, Metric, Row, Value, make_metrics, score
from harness.rates import shares_interval
from harness.statistics import Figure, corpus_interval, mean_interval
from rag.context import Excerpt
from rag.corpus import load_sections
from tasks.policyqa.documents import Provisions, make_documents, provisions_of, row_of
from tasks.policyqa.prompts import shipped_prompt
from tasks.policyqa.questions import Question, in_split, load_questions


@dataclass(frozen=True)
class Ceiling:
    """What further references score."""

    of_all: dict[str, Figure]
    """By metric: each reference against all others of its question."""
    of_first: dict[str, Figure]
    """Each further reference against the first alone, as where a question has but one."""


def ceiling(questions: Sequence[Question], metrics: Sequence[Metric], named: Provisions) -> Ceiling:
    """The ceiling of those questions that have several references.

    Nothing is shown to who wrote a reference but the evidence, so that metrics of the context have
    nothing to say. Of a question's references the mean counts, so that each question counts once.

    Raises:
        ValueError: no question has several references.
    """
    several = [one for one in questions if one.answerable and len(one.references) > 1]
    if not several:
        raise ValueError("no question has several references")
    plain = shipped_prompt("plain")
    documents = make_documents(several, plain, [Excerpt()] * len(several), named)
    clusters = [str(group) for group in groups([one.evidence for one in several])]
    unshown: dict[str, Any] = {"context": None, "context_ids": None}
    rows = [replace(row_of(document, ""), **unshown) for document in documents]
    return Ceiling(
        _figures(metrics, [_each_left_out(row) for row in rows], clusters),
        _figures(metrics, [_against_the_first(row) for row in rows], clusters),
    )


def ceiling_of(data: Path, split: str) -> dict[str, Any]:
    """The ceiling of a split on every metric, as JSON.

    Raises:
        DataError: none of its questions has several references.
    """
    sections = load_sections(data)
    questions = in_split(load_questions(data, [one.id for one in sections]), split)
    try:
        found = ceiling(questions, make_metrics(), provisions_of(sections))
    except ValueError as error:
        raise DataError(f"{data}: {error} in split {split}: give some further answers") from error
    return {"data": str(data), "split": split, **_as_json(found)}


def _each_left_out(row: Row) -> list[Row]:
    right = row.references
    return [
        replace(row, answer=one, references=(*right[:place], *right[place + 1 :]))
        for place, one in enumerate(right)
    ]


def _against_the_first(row: Row) -> list[Row]:
    first, *others = row.references
    return [replace(row, answer=one, references=(first,)) for one in others]


def _figures(
    metrics: Sequence[Metric], rows: Sequence[Sequence[Row]], clusters: Sequence[str]
) -> dict[str, Figure]:
    flat = [one for those in rows for one in those]
    scores = score(metrics, flat)
    starts = np.cumsum([0, *map(len, rows)])
    figures = {}
    for metric in metrics:
        values = scores[metric.name]
        own = [values[start:end] for start, end in itertools.pairwise(starts)]
        found = [(_mean(those), cluster) for those, cluster in zip(own, clusters, strict=True)]
        known = [(value, cluster) for value, cluster in found if value is not None]
        if known:
            figures[metric.name] = _figure(metric, *zip(*known, strict=True))
    return figures


def _mean(values: Sequence[Value | None]) -> Any:
    """The mean of a question's values, or of its statistics; None where it has none."""
    known = [value for value in values if value is not None]
    return np.mean(np.asarray(known, dtype=np.float64), axis=0) if known else None


def _figure(metric: Metric, values: Sequence[Any], clusters: Sequence[str]) -> Figure:
    if metric.kind == "corpus":
        total = cast("CorpusMetric", metric).total
        return corpus_interval(np.stack(values), clusters, total)
    if metric.kind == "rate":
        return shares_interval(values, clusters)
    return mean_interval(np.asarray(values), clusters)


def _as_json(found: Ceiling) -> dict[str, Mapping[str, Any]]:
    """By ``all`` and ``first``, and by metric, each figure with its interval."""
    both = {"all": found.of_all, "first": found.of_first}
    return {name: {key: vars(one) for key, one in those.items()} for name, those in both.items()}
