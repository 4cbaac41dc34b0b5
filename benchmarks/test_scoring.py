"""
Answers scored a second, against the published loop: pair by pair, the encoder loaded for each.

The loop is measured on some of the answers, and what it takes for all is that by their number.
"""

import gc
from collections.abc import Sequence
from typing import Any

import pytest
from bert_score import score as bert_score
from more_itertools import chunked
from rouge import Rouge
from sacrebleu import sentence_bleu

from benchmarks.conftest import in_turns, report
from harness.metrics import Row, bertscore, make_metrics, metric_names, overlap, score
from harness.metrics.bertscore import ENCODER, MATCHING_LAYERS
from harness.metrics.facts import drawn_facts
from harness.metrics.provisions import provisions
from harness.metrics.quantities import quantities
from harness.models import catalogue
from policyqa.__main__ import CYCLES
from rag.corpus import load_corpus
from tasks.policyqa.questions import DATA, load_questions

METRICS = ("bertscore_f1", "bleu", "rouge_l")
"""What the loop gives."""
ANSWERS = 1_000
LOOPED = 20
"""Of them, by the loop."""
KEPT = (
    *(bertscore._kept, drawn_facts, provisions, quantities),
    *(overlap._counted, overlap._counter),
)
"""What metrics keep of texts."""


def made_up(questions: int) -> list[list[Row]]:
    """Ten answers or one to each of so many questions of the policy set, a list of each variant's:
    the answers to other questions, cut, no text twice."""
    said = [one.answer for one in load_questions(DATA, [s.id for s in load_corpus(DATA)])]
    said = [answer for answer in said if answer]
    return [
        [
            Row("", said[(place + first + 1) % len(said)].partition(" ")[2], (said[place],))
            for place in range(questions)
        ]
        for first in range(0, ANSWERS, questions)
    ]


@pytest.mark.parametrize(
    ("what", "questions", "at_once", "names"),
    [
        ("to 100 questions", 100, ANSWERS, METRICS),
        ("to 100 questions, a variant's 100 at a time as in a run", 100, 100, METRICS),
        ("to 100 questions, so too, by every metric we have", 100, 100, metric_names()),
        ("to as many questions", ANSWERS, ANSWERS, METRICS),
    ],
    ids=["in one call", "as in a run", "by every metric", "as many questions"],
)
def test_scoring(
    benchmark: Any, what: str, questions: int, at_once: int, names: Sequence[str]
) -> None:
    metrics, encoder = make_metrics(names), catalogue.resolve(ENCODER)
    rows, usual = [row for one in made_up(questions) for row in one], gc.get_threshold()
    some = rows[:: ANSWERS // LOOPED]

    def looped(row: Row) -> tuple[float, float, float]:
        (reference,) = row.references
        layer = MATCHING_LAYERS[ENCODER]
        _, _, found = bert_score([row.answer], [reference], model_type=encoder, num_layers=layer)
        bleu = sentence_bleu(row.answer, [reference]).score / 100
        rouge = Rouge(metrics=["rouge-l"]).get_scores(row.answer, reference)[0]["rouge-l"]["f"]
        return float(found), bleu, rouge

    def ours() -> list[tuple[float, ...]]:
        """As the command has it; no text is known before."""
        for kept in KEPT:
            kept.cache_clear()
        gc.set_threshold(*CYCLES)
        scored = [score(metrics, list(part)) for part in chunked(rows, at_once)]
        gc.set_threshold(*usual)
        return [values for one in scored for values in zip(*map(one.get, METRICS), strict=True)]

    for found, row in zip(ours()[:: ANSWERS // LOOPED], some, strict=True):
        assert found == pytest.approx(looped(row), abs=1e-4)

    ratio = in_turns(benchmark, ours, lambda: [looped(row) for row in some])
    faster = {f"{ANSWERS} answers {what}, scored a second": ANSWERS / len(some) / ratio}
    report(benchmark, "the published loop", faster, more_is_better=True)
