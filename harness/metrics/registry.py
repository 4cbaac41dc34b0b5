"""
The metrics there are: a suite names them, and everything that lists metrics asks here.

Ours by name; anyone's as ``foreign`` finds them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from harness.errors import ConfigError
from harness.metrics.abstention import ABSTAINED, OVER_REFUSAL, FalseAnswer
from harness.metrics.bertscore import ENCODER, BertScore
from harness.metrics.citations import (
    CitationPrecision,
    CitationRecall,
    CitationShown,
    FabricatedCitation,
)
from harness.metrics.context_precision import ContextPrecision
from harness.metrics.evidence import EvidenceShown
from harness.metrics.facts import Contradicted, FactRecall
from harness.metrics.foreign import foreign
from harness.metrics.grounded import Grounded
from harness.metrics.metric import Metric, named_in_errors
from harness.metrics.overlap import Bleu, CorpusBleu, RougeL
from harness.metrics.structure import Empty, Length, Repetition, Unfinished
from harness.metrics.taken import FactsShown, FactsTaken

_METRICS: tuple[Metric, ...] = (
    *(BertScore(), Bleu(), CorpusBleu(), RougeL(), ContextPrecision()),
    *(FactRecall(), CitationRecall(), CitationPrecision(), CitationShown(), Grounded()),
    *(Repetition(), Length(), Contradicted(), FabricatedCitation(), Unfinished(), Empty()),
    *(FalseAnswer(), OVER_REFUSAL, ABSTAINED, EvidenceShown(), FactsShown(), FactsTaken()),
)
"""In the order they are shown."""
_BY_NAME_ALONE = (ContextPrecision.name,)
"""Scored where they are named: an encoder reads every context for them."""


def metric_names() -> list[str]:
    """The names of all metrics, in the order they are shown."""
    return [metric.name for metric in _METRICS]


def make_metrics(
    names: Iterable[str] | None = None, encoder: str = ENCODER, layer: int | None = None
) -> list[Metric]:
    """The metrics of these names, in the order they are shown.

    Args:
        names: None is all but those that must be named.
        encoder: BERTScore's, and of its precision in context: a catalogue name, a Hugging Face
            id or a folder.
        layer: of it, to match; None takes the one known for it.

    Raises:
        ConfigError: a name is none of a metric, what it names is none, or two have one name.
    """
    ours: dict[str, Metric] = {metric.name: metric for metric in _METRICS}
    for matched in (BertScore, ContextPrecision):
        ours[matched.name] = matched(encoder, layer)
    unnamed = [name for name in ours if name not in _BY_NAME_ALONE]
    wanted = list(unnamed if names is None else names)
    others = [foreign(name, list(ours)) for name in dict.fromkeys(wanted) if name not in ours]
    made = [metric for name, metric in ours.items() if name in wanted] + others
    twice = [name for name, count in Counter(one.name for one in made).items() if count > 1]
    if twice:
        raise ConfigError(f"two metrics are named {twice[0]}; give one of them another name")
    return made


def check(metrics: Iterable[Metric]) -> None:
    """A cheap look, before long work, at what metrics need: the ``check`` of those that have one.

    Raises:
        ModelError, ConfigError: what one needs is not there, or its signature is none.
    """
    for metric in metrics:
        with named_in_errors(metric.name):
            look = getattr(metric, "check", None)
            if look:
                look()
            said = metric.signature
        # Scores are kept by it: without the name, two metrics could have each other's.
        if not isinstance(said, str) or said.split(":")[0] != metric.name or "\n" in said:
            raise ConfigError(
                f"metric {metric.name} has the signature {said!r}; it must be one line that begins "
                f"with {metric.name}:"
            )


def signature(metrics: Sequence[Metric]) -> str:
    """All that could change the scores of these metrics, in one line."""
    return " | ".join(metric.signature for metric in metrics)
