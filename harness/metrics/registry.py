"""
The metrics there are: a suite names them, and everything that lists metrics asks here.

Ours by name; anyone's by dotted path, ``package.module:Name``, or by a name that an installed
package has among its entry points of the group ``policyqa.metrics``. What is named is a metric, or
makes one when called without arguments.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import entry_points
from typing import get_args

from harness.errors import ConfigError
from harness.imported import imported
from harness.metrics.abstention import Abstained, FalseAnswer, OverRefusal
from harness.metrics.bertscore import ENCODER, BertScore
from harness.metrics.evidence import EvidenceShown
from harness.metrics.metric import Kind, Metric
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
GROUP = "policyqa.metrics"
"""Of the entry points by which an installed package offers metrics."""
MEMBERS = ("name", "title", "higher_is_better", "kind", "signature", "score")
"""What a metric has (``harness.metrics.metric.Metric``)."""


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
        ConfigError: a name is none of a metric, what it names is none, or two have one name.
    """
    ours: dict[str, Metric] = {metric.name: metric for metric in (make() for make in _METRICS)}
    ours[BertScore.name] = BertScore(encoder, layer)
    wanted = list(ours if names is None else names)
    others = [_others(name, list(ours)) for name in dict.fromkeys(wanted) if name not in ours]
    made = [metric for name, metric in ours.items() if name in wanted] + others
    twice = [name for name, count in Counter(one.name for one in made).items() if count > 1]
    if twice:
        raise ConfigError(f"two metrics are named {twice[0]}; give one of them another name")
    return made


def _others(name: str, ours: Sequence[str]) -> Metric:
    """A metric that is not ours."""
    found = {one.name: one for one in entry_points(group=GROUP)}
    if ":" not in name and name not in found:
        raise ConfigError(
            f"no metric {name!r}; there are {', '.join([*ours, *found])}, and any by its path, "
            "package.module:Name"
        )
    made = imported(name if ":" in name else found[name].value)
    try:
        metric: Metric = made() if callable(made) else made
    except Exception as error:  # Whatever a user's class raises.
        raise ConfigError(f"metric {name}: {type(error).__name__}: {error}") from error
    kind = getattr(metric, "kind", None)
    needed = [*MEMBERS, "total"] if kind == "corpus" else MEMBERS
    missing = [member for member in needed if not hasattr(metric, member)]
    if missing or kind not in get_args(Kind):
        what = f"has no {', '.join(missing)}" if missing else f"is of kind {kind!r}"
        raise ConfigError(
            f"metric {name} {what}; a metric has {', '.join(needed)} (harness/metrics/metric.py), "
            f"and its kind is one of {', '.join(get_args(Kind))}"
        )
    return metric


def check(metrics: Iterable[Metric]) -> None:
    """A cheap look, before long work, at what metrics need: the ``check`` of those that have one.

    Raises:
        ModelError, ConfigError: what one needs is not there.
    """
    for metric in metrics:
        look = getattr(metric, "check", None)
        if look:
            look()


def signature(metrics: Sequence[Metric]) -> str:
    """All that could change the scores of these metrics, in one line."""
    return " | ".join(metric.signature for metric in metrics)
