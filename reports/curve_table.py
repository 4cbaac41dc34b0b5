"""A curve of a comparison → its table of text, with what follows from it."""

from collections.abc import Mapping

from reports import explained
from reports.cells import TextTable, change, heads, lacking, score_cell, share_cell
from reports.comparison import Comparison, Cost
from reports.headline import arrowed, headline
from reports.sweep import Curve, Enough


def curve_table(comparison: Comparison, curve: Curve) -> TextTable:
    """One line a point of the curve, and the oracle's."""
    shown = headline(comparison, "mean")
    costs = {name: entry.cost for name, entry in comparison.variants.items()}
    first, oracle = costs[curve.points[0].variant].seconds, curve.oracle
    lines = [(str(at), one, one.step) for at, one in zip(curve.values, curve.points, strict=True)]
    lines += [("oracle", oracle, oracle.gap)] if oracle else []
    rows = [
        [
            value,
            f"{share_cell(point.evidence)}\n{point.sections:.1f}",
            *(score_cell(point.metrics, changes, name) for name in shown),
            _cost(costs[point.variant], first),
        ]
        for value, point, changes in lines
    ]
    cost = f"tokens;\nseconds\na\nquestion\n(batches\nof {comparison.suite.batch_size})"
    return TextTable(
        f"Context sweep: {curve.fixed}, {curve.varies} varies, "
        f"n = {curve.n} in {curve.clusters} groups",
        [curve.varies, "evidence\nshown;\nsections", *heads(arrowed(comparison, shown)), cost],
        rows,
        _note(comparison, curve),
        [
            *_conclusions(comparison, curve, shown),
            *lacking(one for _, _, changes in lines if changes for one in changes.values()),
        ],
    )


def _cost(cost: Cost, first: float | None) -> str:
    """Mean tokens of prompt and answer, and seconds as a ratio to ``first``; of what is told."""
    tokens = {"in": cost.prompt_tokens, "out": cost.answer_tokens}
    parts = [f"{count:.0f} {way}" for way, count in tokens.items() if count is not None]
    parts += [f"×{cost.seconds / first:.1f}"] if first and cost.seconds is not None else []
    return "\n".join(parts) or "–"


def _note(comparison: Comparison, curve: Curve) -> str:
    """The same for every curve of models that are alike."""
    if not curve.trained:
        return explained.SWEEP
    suite = comparison.suite
    return (
        f"{explained.SWEEP} Training showed the fine-tuned weights at most k = {suite.k} "
        f"sections and {suite.budget} tokens of context, so this sweep alone cannot tell "
        "whether more does not help or was only never shown in training."
    )


def _conclusions(comparison: Comparison, curve: Curve, shown: Mapping[str, str]) -> list[str]:
    """What follows from a curve, a line a metric that every point has a value of."""
    lower = {name: comparison.metrics[name].higher_is_better is False for name in shown}
    said = [
        f"{title}: {_where(curve.varies, enough, lower[metric])}{_left(curve, metric)}."
        for metric, title in shown.items()
        if (enough := curve.enough.get(metric))
    ]
    few = (
        f"There are too few independent questions ({curve.clusters}) to say whether a larger "
        f"{curve.varies} pays."
    )
    return said or [few]


def _where(varies: str, enough: Enough, lower: bool) -> str:
    """The smallest value that is not shown to be beaten, and what that leaves open."""
    value, bound = enough.value, enough.bound
    if bound is None:
        return f"still {'falling' if lower else 'rising'} at {value}, more was not tried"
    more = f"{-bound:+.3f}" if lower else f"{bound:+.3f} more"
    open_to = f"up to {more} is not" if bound > 0 else "a gain is"
    return f"no larger {varies} is shown to beat {value} ({open_to} ruled out)"


def _left(curve: Curve, metric: str) -> str:
    """What the oracle has over the curve's last point."""
    if not (curve.oracle and curve.oracle.gap and metric in curve.oracle.gap):
        return ""
    return f"; oracle minus {curve.values[-1]}: {' '.join(change(curve.oracle.gap[metric]))}"
