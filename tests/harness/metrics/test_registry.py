"""The table of metrics: what they are called, in which order, and what all of them say."""

import json

import pytest

from harness.metrics import (
    Metric,
    Row,
    Value,
    aggregate,
    description,
    make_metrics,
    metric_names,
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
