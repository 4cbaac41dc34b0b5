"""The metrics this project has: a suite names them, and everything that lists metrics asks here."""

from collections.abc import Callable, Iterable, Sequence

from harness.errors import ConfigError
from harness.metrics.abstention import Abstained, FalseAnswer, OverRefusal
from harness.metrics.bertscore import ENCODER, BertScore
from harness.metrics.evidence import EvidenceShown
from harness.metrics.metric import Metric
from harness.metrics.overlap import Bleu, CorpusBleu, RougeL

_METRICS: tuple[Callable[[], Metric], ...] = (
    BertScore,
    Bleu,
    CorpusBleu,
    RougeL,
    FalseAnswer,
    OverRefusal,
    Abstained,
    EvidenceShown,
)
"""In the order they are shown."""


def metric_names() -> list[str]:
    """The names of all metrics, in the order they are shown."""
    return [make().name for make in _METRICS]


def make_metrics(
    names: Iterable[str] | None = None, encoder: str = ENCODER, layer: int | None = None
) -> list[Metric]:
    """The metrics of these names, in the order they are shown.

    Args:
        names: None is all.
        encoder: BERTScore's: a catalogue name, a Hugging Face id or a folder.
        layer: of it, to match; None takes the one known for it.

    Raises:
        ConfigError: a name is none of a metric.
    """
    found: dict[str, Metric] = {metric.name: metric for metric in (make() for make in _METRICS)}
    found[BertScore.name] = BertScore(encoder, layer)
    wanted = list(found if names is None else names)
    unknown = [name for name in wanted if name not in found]
    if unknown:
        raise ConfigError(f"no metric {unknown[0]!r}; there are {', '.join(found)}")
    return [metric for name, metric in found.items() if name in wanted]


def check(metrics: Iterable[Metric]) -> None:
    """A cheap look, before long work, at what the metrics need.

    Raises:
        ModelError, ConfigError: as ``BertScore.check``.
    """
    for metric in metrics:
        if isinstance(metric, BertScore):
            metric.check()


def signature(metrics: Sequence[Metric]) -> str:
    """All that could change the scores of these metrics, in one line."""
    return " | ".join(metric.signature for metric in metrics)
