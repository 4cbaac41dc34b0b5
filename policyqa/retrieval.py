"""
A retriever → how well it finds the evidence of a split's questions.

Questions of one document are not independent, so intervals are of documents. Two retrievers are
compared question by question: what ``--json`` printed of one is what ``--against`` reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from more_itertools import chunked

from harness.errors import ConfigError, DataError
from harness.files import fingerprint
from harness.groups import groups
from harness.metrics.retrieval import (
    retrieval_metrics,
    retrieval_scores,
    retrieval_signature,
)
from harness.reading import read_json
from harness.statistics import INTERVAL_METHOD, Difference, Figure, mean_interval, paired_difference
from harness.validation import validated
from policyqa.progress import Watch
from rag.corpus import Corpus, framework_of
from rag.retriever import Retriever
from reports.retrieval import Against, Earlier, Miss, QuestionScores, RetrievalScores
from tasks.policyqa.questions import Question, data_identity, in_split, load_questions

_AT_A_TIME = 64
"""Questions searched for together: with a reranker, minutes of work."""
_ByQuestion = Mapping[str, Mapping[str, float]]
"""Scores, by question id and metric."""
_Found = TypeVar("_Found", Figure, Difference)


def score_retrieval(
    retriever: Retriever, data: Path, split: str, k: int, against: Path | None, watch: Watch
) -> RetrievalScores:
    """How well the first ``k`` sections that are found hold the evidence of a split's questions.

    Questions without evidence are counted as ``unscored``. A miss is a question none of whose
    evidence is found.

    Args:
        retriever: over the corpus of ``data``.
        data: a data folder.
        split: of its questions.
        k: sections found for a question.
        against: what ``--json`` printed of another retriever; None for no comparison.
        watch: shows the progress.

    Raises:
        DataError: the folder breaks its contract, or no question of the split has evidence.
        ConfigError: ``against`` is no such file, or of another k, or of other questions.
    """
    questions, unscored = _with_evidence(data, split)
    earlier = read_earlier(against, questions, k) if against else None
    rankings = _search(retriever, questions, k, watch)
    scores = retrieval_scores(rankings, {q.id: q.evidence for q in questions}, k)
    scored = RetrievalScores(
        split=split,
        k=k,
        n=len(questions),
        unscored=unscored,
        metrics=_figures(questions, scores, k),
        kinds={
            kind: _figures([q for q in questions if q.kind == kind], scores, k)
            for kind in sorted({q.kind for q in questions if q.kind})
        },
        misses=[
            Miss(id=q.id, question=q.question, evidence=q.evidence, found=rankings[q.id])
            for q in questions
            if not set(q.evidence) & set(rankings[q.id])
        ],
        questions={
            q.id: QuestionScores.model_validate(
                {"cluster": cluster, "fingerprint": _fingerprint(q), **scores[q.id]}
            )
            for q, cluster in zip(questions, clusters(questions), strict=True)
        },
        signature=_signature(retriever, data, split, k, len(questions)),
    )
    if earlier is None:
        return scored
    return scored.model_copy(update={"against": _compare(questions, scores, earlier)})


def clusters(questions: Sequence[Question]) -> list[str]:
    """The cluster each question belongs to: the document its evidence is in.

    One with evidence in several documents counts to that of its first section. Where all are of
    one document, which is one cluster, questions connected by shared sections are a cluster.
    """
    documents = [framework_of(question.evidence[0]) for question in questions]
    if len(set(documents)) > 1:
        return documents
    return [str(group) for group in groups([question.evidence for question in questions])]


def read_earlier(path: Path, questions: Sequence[Question], k: int) -> Earlier:
    """What ``policyqa index score --json`` printed of another retriever, on these questions.

    A question is the same if id, text and evidence are.

    Raises:
        ConfigError: the file is no such document, of another k, or has none of the questions.
    """
    again = f"score the other retriever: policyqa index score … --k {k} --json > FILE"
    try:
        found = validated(Earlier, read_json(path), "it is not what --json prints", DataError)
    except DataError as error:
        raise ConfigError(f"{path} cannot be read ({error}); {again}") from error
    if found.k != k:
        raise ConfigError(f"{path} was scored at k {found.k}, this at {k}; {again}")
    rows = found.questions
    same = {
        q.id: rows[q.id]
        for q in questions
        if q.id in rows and rows[q.id].fingerprint == _fingerprint(q)
    }
    if not same:
        raise ConfigError(
            f"{path} scored {len(rows)} questions, none of them one of these {len(questions)} "
            f"(as {questions[0].id}) with the same text and evidence; {again}"
        )
    if any(set(retrieval_metrics(k)) - set(row.scores) for row in same.values()):
        raise ConfigError(f"{path} lacks a metric of a question; {again}")
    return found.model_copy(update={"questions": same})


def _with_evidence(data: Path, split: str) -> tuple[list[Question], int]:
    """The questions of a split that have evidence, and how many have none."""
    asked = in_split(load_questions(data, (section.id for section in Corpus(data))), split)
    questions = [question for question in asked if question.evidence]
    if not questions:
        raise DataError(
            f"none of the {len(asked)} questions of split {split!r} in {data} has evidence, so "
            "there is nothing to find. Fill the column evidence of the questions you import: a "
            "heading of the row's document, a page of it like #page=3, or the document's name; "
            f"what there is: policyqa data info {data}"
        )
    return questions, len(asked) - len(questions)


def _search(
    retriever: Retriever, questions: Sequence[Question], k: int, watch: Watch
) -> dict[str, list[str]]:
    """The ids of the ``k`` sections found for each question, best first, by its id."""
    with watch.stage("index") as advance:
        retriever.build(advance)
    rankings: dict[str, list[str]] = {}
    with watch.stage(f"searching for {len(questions):,} questions") as advance:
        for batch in chunked(questions, _AT_A_TIME):
            hits = retriever.search([question.question for question in batch], k)
            for question, found in zip(batch, hits, strict=True):
                rankings[question.id] = [hit.id for hit in found]
            advance(len(rankings), len(questions))
    return rankings


def _figures(questions: Sequence[Question], scores: _ByQuestion, k: int) -> dict[str, Figure]:
    of = clusters(questions)
    return {
        name: _within(0.0, mean_interval([scores[q.id][name] for q in questions], of))
        for name in retrieval_metrics(k)
    }


def _compare(questions: Sequence[Question], scores: _ByQuestion, earlier: Earlier) -> Against:
    both = [question for question in questions if question.id in earlier.questions]
    of = clusters(both)

    def apart(name: str) -> Difference:
        ours = [scores[q.id][name] for q in both]
        theirs = [earlier.questions[q.id].scores[name] for q in both]
        return _within(-1.0, paired_difference(ours, theirs, of))

    metrics = {name: apart(name) for name in retrieval_metrics(earlier.k)}
    return Against(signature=earlier.signature, metrics=metrics)


def _within(least: float, found: _Found) -> _Found:
    """The interval no further than such figures go: from ``least`` to 1."""
    if found.low is None or found.high is None:
        return found
    return replace(found, low=max(least, found.low), high=min(1.0, found.high))


def _fingerprint(question: Question) -> str:
    """Of what is asked and what answers it, in 8 digits."""
    return fingerprint([question.question, sorted(question.evidence)])[:8]


def _signature(retriever: Retriever, data: Path, split: str, k: int, n: int) -> str:
    """Everything that could change the figures, in one line."""
    parts = [
        f"data:{data_identity(data)[:8]}",
        f"split:{split}",
        f"n:{n}",
        f"k:{k}",
        retriever.signature,
        retrieval_signature(),
        f"intervals:95%,{INTERVAL_METHOD},by documents (of one: by shared sections)",
        f"code:{version('policyqa-bench')}",
    ]
    return " | ".join(parts)
