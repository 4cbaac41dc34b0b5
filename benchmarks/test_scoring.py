"""
Answers scored a second, against the published loop: pair by pair, the encoder loaded for each.

The loop is measured on some of the answers, and what it takes for all is that by their number.
"""

from itertools import pairwise
from typing import Any

import pytest
from bert_score import score as bert_score
from rouge import Rouge
from sacrebleu import sentence_bleu

from benchmarks.conftest import in_turns, report
from harness.metrics import Row, make_metrics, score
from harness.metrics.bertscore import ENCODER, MATCHING_LAYERS
from harness.models import catalogue
from rag.corpus import load_corpus
from tasks.policyqa.questions import DATA, load_questions

METRICS = ("bertscore_f1", "bleu", "rouge_l")
ANSWERS = 1_000
LOOPED = 20
"""Of them, by the loop."""


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """To each question of the policy set the answer of the next, cut: no text twice."""
    said = [one.answer for one in load_questions(DATA, [s.id for s in load_corpus(DATA)])]
    answers = [answer for answer in said if answer][: ANSWERS + 1]
    return [Row("", one.partition(" ")[2], (other,)) for other, one in pairwise(answers)]


def test_scoring(benchmark: Any, rows: list[Row]) -> None:
    metrics, encoder = make_metrics(METRICS), catalogue.resolve(ENCODER)
    some = rows[:: ANSWERS // LOOPED]

    def looped(row: Row) -> tuple[float, float, float]:
        (reference,) = row.references
        layer = MATCHING_LAYERS[ENCODER]
        _, _, found = bert_score([row.answer], [reference], model_type=encoder, num_layers=layer)
        bleu = sentence_bleu(row.answer, [reference]).score / 100
        rouge = Rouge(metrics=["rouge-l"]).get_scores(row.answer, reference)[0]["rouge-l"]["f"]
        return float(found), bleu, rouge

    ours = score(metrics, rows)
    for place, row in zip(range(0, ANSWERS, ANSWERS // LOOPED), some, strict=True):
        assert [ours[name][place] for name in METRICS] == pytest.approx(looped(row), abs=1e-4)

    ratio = in_turns(
        benchmark, lambda: score(metrics, rows), lambda: [looped(row) for row in some], rounds=2
    )
    faster = len(rows) / len(some) / ratio
    report(
        benchmark,
        "the published loop",
        {f"{len(rows)} answers scored a second": faster},
        more_is_better=True,
    )
