"""The table of metrics: what they are called, in which order, and what all of them say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics import (
    Metric,
    Row,
    Value,
    aggregate,
    description,
    make_metrics,
    marks_of,
    metric_names,
    score,
    signature,
)
from harness.metrics.bertscore import BertScore, EncoderMetric
from harness.metrics.context_precision import ContextPrecision
from harness.metrics.overlap import Bleu, CorpusBleu


@pytest.mark.parametrize("metric", make_metrics(metric_names()), ids=lambda metric: metric.name)
def test_a_metric_says_what_it_is_and_gives_one_value_a_row(metric: Metric) -> None:
    assert metric.signature.startswith(f"{metric.name}:")
    assert metric.signature == signature([metric])
    assert json.loads(json.dumps(description(metric))) == {
        "title": metric.title,
        "kind": metric.kind,
        "higher_is_better": metric.higher_is_better,
        "signature": metric.signature,
    }
    row = Row("?", "72 hours.", ("72 hours.",), True, ("a/s",), "…", ("a/s",))
    assert metric.score([]) == []
    if not isinstance(metric, EncoderMetric):
        assert len(metric.score([row, row, Row("?", "", ("72 hours.",), False)])) == 3


ODD = [
    *(" ", "\n", "\x00", "\ud800", "٣ أيام", "½", "5²", "mıllion", "hundred " * 400, "1" * 5000),
    *("((((" * 5000, "1," * 10_000, "1,1111" * 3000, "11-" * 7000 + "11ab", "." * 20_000 + "x"),
    *("Articles 1 and " + "11-" * 7000 + "11ab", "Articles " + "5, " * 7000, "paragraph 5 " * 2000),
    *(
        "Article 5(1)(a), (b) and " * 800,
        "EUR 5 or " * 2000,
        "within a month " * 1500,
        "a" * 20_000,
    ),
    *(
        "2 August 2026 " * 1500,
        "one hundred and " * 1500,
        "$5" * 10_000,
        "no " * 7000,
        "5 (" * 7000,
    ),
]
"""In which patterns that try all ways to match would not end within a day."""


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_texts_have_values_and_marks_as_others_do(text: str) -> None:
    _holds_of(Row("5 days?", text, ("72 hours, Article 33.",), context="Article 33", **NAMED))
    _holds_of(Row(text[:500], "In 5 days.", (text[:500],), context=text, **NAMED))


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_has_values_and_marks(answer: str, reference: str) -> None:
    _holds_of(Row("?", answer, (reference,), context=reference, **NAMED))


NAMED: dict[str, Any] = {
    "evidence": ("a/s",),
    "citations": ("Article 33",),
    "provisions": (("a/s", ("article/33",)),),
}
READ = ["facts", "citation_recall", "citation_precision", "citation_shown", "grounded"]
READ += ["repetition", "length", "contradicted", "fabricated_citation", "unfinished", "empty"]


def _holds_of(row: Row) -> None:
    """That values are of their metric's kind, shares are shares, and marks are of the row."""
    metrics = make_metrics(READ)
    for name, (value,) in score(metrics, [row]).items():
        assert value is None or name == "length" or 0 <= float(value) <= 1  # type: ignore[arg-type]
    for metric in metrics:
        marks_of(metric, row)


def test_what_rules_read_from_answers_is_listed_and_scored_unless_others_are_named() -> None:
    assert [one.name for one in make_metrics() if one.name in READ] == READ
    assert [one.name for one in make_metrics(READ[::-1])] == READ
    (fewer,) = make_metrics(["contradicted"])
    assert (fewer.higher_is_better, fewer.kind) == (False, "rate")


def test_metrics_are_made_by_name_in_the_order_they_are_shown_in() -> None:
    names = metric_names()
    everything = make_metrics(names)
    assert len({metric.title for metric in everything}) == len(set(names)) == len(names)
    assert [metric.name for metric in make_metrics(names[::-1])] == names
    assert [one for one in everything if one not in make_metrics()] == [ContextPrecision()]
    assert make_metrics([]) == []
    assert make_metrics(["corpus_bleu", "bleu", "bleu"]) == [Bleu(), CorpusBleu()]
    assert make_metrics(["bertscore_f1"], "some/encoder", 3) == [BertScore("some/encoder", 3)]
    contexts = ["bertscore_context_precision"]
    assert make_metrics(contexts, "some/encoder", 3) == [ContextPrecision("some/encoder", 3)]
    bleus = make_metrics(["bleu", "corpus_bleu"])
    assert signature(bleus) == f"{bleus[0].signature} | {bleus[1].signature}"


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("rouge_l", [0.25, 0.5, 0.0], 0.25),
        ("over_refusal", [1.0, 0.0, 0.0, 1.0], 0.5),
        # Of 4 words together none is found: 1/2 of the two there are, summed, not averaged.
        ("corpus_bleu", [(4.0, 4.0, 4.0, 3.0, 2.0, 0.0, 4.0, 3.0, 2.0, 1.0)] * 2, 0.25**0.25),
    ],
)
def test_a_figure_is_made_of_values_as_their_kind_says(
    name: str, values: list[Value], expected: float
) -> None:
    (metric,) = make_metrics([name])
    figure = aggregate(metric, values)
    assert type(figure) is float
    assert figure == pytest.approx(expected, abs=1e-12)
