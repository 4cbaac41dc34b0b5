"""The table of metrics: what they are called, in which order, and what all of them say."""

import json

import pytest

from harness.errors import ConfigError
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
from harness.metrics.bertscore import BertScore
from harness.metrics.overlap import Bleu, CorpusBleu
from harness.metrics.registry import _METRICS

WITHOUT_MODEL = [name for name in metric_names() if name != BertScore.name]
EACH = pytest.mark.parametrize("metric", make_metrics(), ids=lambda metric: metric.name)


def test_names_are_unique() -> None:
    assert metric_names() == [make().name for make in _METRICS]
    assert len(set(metric_names())) == len(metric_names())
    assert len({metric.title for metric in make_metrics()}) == len(metric_names())


@EACH
def test_a_metric_says_what_it_is(metric: Metric) -> None:
    assert metric.signature.startswith(f"{metric.name}:")
    assert "\n" not in metric.signature
    assert metric.kind in ("mean", "rate", "corpus")
    assert metric.higher_is_better in (True, False, None)
    assert json.loads(json.dumps(description(metric))) == {
        "title": metric.title,
        "kind": metric.kind,
        "higher_is_better": metric.higher_is_better,
        "signature": metric.signature,
    }


@pytest.mark.parametrize("name", WITHOUT_MODEL)
def test_a_metric_gives_one_value_a_row(name: str) -> None:
    (metric,) = make_metrics([name])
    row = Row("?", "72 hours.", ("72 hours.",), True, ("a/s",), "…", ("a/s",))
    assert metric.score([]) == []
    assert len(metric.score([row, row, Row("?", "", ("72 hours.",), False)])) == 3


def test_all_metrics_are_made_unless_some_are_named() -> None:
    assert [metric.name for metric in make_metrics()] == metric_names()
    assert make_metrics([]) == []


def test_metrics_keep_the_order_they_are_shown_in() -> None:
    backwards = list(reversed(metric_names()))
    assert [metric.name for metric in make_metrics(backwards)] == metric_names()
    assert make_metrics(["corpus_bleu", "bleu", "bleu"]) == [Bleu(), CorpusBleu()]


def test_the_encoder_is_bertscores() -> None:
    assert make_metrics(["bertscore_f1"]) == [BertScore()]
    assert make_metrics(["bertscore_f1"], "some/encoder", 3) == [BertScore("some/encoder", 3)]


def test_an_unknown_metric_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="no metric 'blue'") as caught:
        make_metrics(["bleu", "blue"])
    assert ", ".join(metric_names()) in str(caught.value)


def test_the_signature_of_several_is_one_line_of_all() -> None:
    metrics = make_metrics(["bleu", "rouge_l"])
    assert signature(metrics).split(" | ") == [metric.signature for metric in metrics]


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("rouge_l", [0.25, 0.5, 0.0], 0.25),
        ("over_refusal", [1.0, 0.0, 0.0, 1.0], 0.5),
        # Five words each, all found: by row 5 of 1, 4 of 2, 3 of 3 and 2 of 4 words.
        ("corpus_bleu", [(5.0, 5.0, *(5.0, 4.0, 3.0, 2.0) * 2)] * 2, 1.0),
        ("corpus_bleu", [(0.0, 5.0, *[0.0] * 8)], 0.0),
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
