"""What another right answer scores: each reference against the others of its question."""

from pathlib import Path

import pytest

from harness.metrics import make_metrics
from harness.metrics.overlap import rouge_l
from tasks.policyqa.ceiling import ceiling
from tests.conftest import printed, refused
from tests.tasks.folders import change, load, rows_of

ANSWERS = ["Part one asks for nine metres of string.", "Nine metres, says part one."]


def test_each_reference_is_scored_against_the_others_and_against_the_first(data: Path) -> None:
    first = "Nine metres of string."
    change(data, {0: {"answer": first, "answers": ANSWERS}, 1: {"answerable": True}})
    found = ceiling(load(data), make_metrics(["rouge_l"]), {})
    three = [first, *ANSWERS]
    left_out = [rouge_l(one, *(x for x in three if x != one)) for one in three]
    assert found.of_all["rouge_l"].n == 1  # The question that has several.
    assert found.of_all["rouge_l"].mean == pytest.approx(sum(left_out) / 3)
    beside_first = [rouge_l(one, first) for one in ANSWERS]
    assert found.of_first["rouge_l"].mean == pytest.approx(sum(beside_first) / 2)


def test_the_command_shows_it_and_says_where_there_is_none(data: Path) -> None:
    assert "no question has several references in split test" in refused("data", "ceiling", data)
    change(data, {n: {"answers": [f"{n}. So it says."]} for n in range(len(rows_of(data)))})
    figures = printed("data", "ceiling", data)
    assert set(figures["all"]) >= {"bertscore_f1", "bleu", "corpus_bleu", "facts", "empty"}
    assert figures["all"]["empty"]["mean"] == 0.0
    assert figures["all"]["empty"]["high"] > 0.3  # Of three questions little is known.
    assert figures["all"]["bleu"]["n"] == 3
