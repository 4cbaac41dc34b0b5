"""
Answers scored a second, against the published loop: pair by pair, the encoder loaded for each.

The loop is measured on some of the answers, and what it takes for all is that by their number.
"""

import gc
from typing import Any

import pytest
from bert_score import score as bert_score
from rouge import Rouge
from sacrebleu import sentence_bleu

from benchmarks.conftest import in_turns, report
from harness.metrics import Row, bertscore, make_metrics, score
from harness.metrics.bertscore import ENCODER, MATCHING_LAYERS
from harness.models import catalogue
from policyqa.__main__ import CYCLES
from rag.corpus import load_corpus
from tasks.policyqa.questions import DATA, load_questions

METRICS = ("bertscore_f1", "bleu", "rouge_l")
ANSWERS = 1_000
LOOPED = 20
"""Of them, by the loop."""


def made_up(questions: int) -> list[list[Row]]:
    """Ten answers or one to each of so many questions of the policy set, a list a variant: those of
    other questions, cut, no text twice."""
    said = [one.answer for one in load_questions(DATA, [s.id for s in load_corpus(DATA)])]
    said = [answer for answer in said if answer]
    return [
        [
            Row("", said[(place + first + 1) % len(said)].partition(" ")[2], (said[place],))
            for place in range(questions)
        ]
        for first in range(0, ANSWERS, questions)
    ]


@pytest.mark.parametrize("questions", [ANSWERS // 10, ANSWERS])
def test_scoring(benchmark: Any, questions: int) -> None:
    metrics, encoder = make_metrics(METRICS), catalogue.resolve(ENCODER)
    variants, usual = made_up(questions), gc.get_threshold()
    some = [row for variant in variants for row in variant][:: ANSWERS // LOOPED]

    def looped(row: Row) -> tuple[float, float, float]:
        (reference,) = row.references
        layer = MATCHING_LAYERS[ENCODER]
        _, _, found = bert_score([row.answer], [reference], model_type=encoder, num_layers=layer)
        bleu = sentence_bleu(row.answer, [reference]).score / 100
        rouge = Rouge(metrics=["rouge-l"]).get_scores(row.answer, reference)[0]["rouge-l"]["f"]
        return float(found), bleu, rouge

    def ours() -> list[tuple[float, ...]]:
        """As a run scores: variant by variant, of whose references none is known before."""
        bertscore._kept.cache_clear()
        gc.set_threshold(*CYCLES)
        scored = [score(metrics, rows) for rows in variants]
        gc.set_threshold(*usual)
        return [values for one in scored for values in zip(*map(one.get, METRICS), strict=True)]

    for found, row in zip(ours()[:: ANSWERS // LOOPED], some, strict=True):
        assert found == pytest.approx(looped(row), abs=1e-4)

    ratio = in_turns(benchmark, ours, lambda: [looped(row) for row in some])
    what = f"{ANSWERS} answers to {questions} questions scored a second"
    faster = ANSWERS / len(some) / ratio
    report(benchmark, "the published loop", {what: faster}, more_is_better=True)
