"""
Metrics that are not ours: by dotted path, ``package.module:Name``, or by a name that an installed
package has among its entry points of the group ``policyqa.metrics``.

What is named is a metric, or makes one when called without arguments. It is looked at before any
work, so that what is wrong with it is said in one line.
"""

from collections.abc import Iterator, Sequence
from importlib.metadata import entry_points
from inspect import getattr_static
from typing import Any, get_args

from harness.errors import ConfigError
from harness.imported import imported
from harness.metrics.metric import Metric, MetricKind, named_in_errors

GROUP = "policyqa.metrics"
"""Of the entry points by which an installed package offers metrics."""
MEMBERS = ("name", "title", "higher_is_better", "kind", "signature", "score")
"""What a metric has (``harness.metrics.metric.Metric``)."""
LOGGED = (
    *("doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics"),
    *("doc_hash", "prompt_hash", "target_hash"),
)
"""What lm-eval's line of a sample log has beside the values of metrics, by their names."""
TAKEN = (*LOGGED, "cost", "likelihood", "unanswered", "marks")
"""The same of a line of a run."""
_NOTHING = object()


def foreign(name: str, ours: Sequence[str]) -> Metric:
    """The metric that ``name`` stands for, beside ``ours``, by their names.

    Raises:
        ConfigError: it stands for none, or for one that cannot be used.
    """
    offered = {one.name: f"{one.module}:{one.attr}" for one in entry_points(group=GROUP)}
    if ":" not in name and name not in offered:
        raise ConfigError(
            f"no metric {name!r}; there are {', '.join([*ours, *offered])}, and any by its path, "
            "package.module:Name"
        )
    made = imported(name if ":" in name else offered[name])
    with named_in_errors(name):
        metric: Metric = made() if callable(made) else made
        wrong = next(_wrong_with(metric, ours), None)
    if wrong:
        raise ConfigError(f"metric {name} {wrong} (harness/metrics/metric.py says what it has)")
    return metric


def _wrong_with(metric: Any, ours: Sequence[str]) -> Iterator[str]:
    """What is wrong with what a metric says of itself; its signature may need what is not there
    yet, and is looked at later."""
    kind = getattr(metric, "kind", None)
    needed = [*MEMBERS, *(["total"] if kind == "corpus" else [])]
    missing = [one for one in needed if getattr_static(metric, one, _NOTHING) is _NOTHING]
    if missing:
        yield f"has no {', '.join(missing)}; it needs {', '.join(needed)}"
    if kind not in get_args(MetricKind):
        yield f"is of kind {kind!r}; it must be one of {', '.join(get_args(MetricKind))}"
    name, title, better = metric.name, metric.title, metric.higher_is_better
    if not (isinstance(name, str) and name.isidentifier()):
        yield f"is named {name!r}; a name is of letters, digits and '_'"
    if name in (*ours, *TAKEN):
        yield f"is named {name}, as something of ours is; give it another name"
    if not (isinstance(title, str) and title.strip()):
        yield f"has the title {title!r}; it must be text"
    if not (better is None or isinstance(better, bool)):
        yield f"has higher_is_better {better!r}; it must be True, False or None"
    if not all(callable(getattr(metric, one)) for one in needed[len(MEMBERS) - 1 :]):
        yield f"has a {' or '.join(needed[len(MEMBERS) - 1 :])} that cannot be called"
    marks = getattr(metric, "marks", None)
    if not (marks is None or callable(marks)):
        yield "has a marks that cannot be called"
