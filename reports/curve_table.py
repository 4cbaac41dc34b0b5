"""A curve of a comparison → its table of text, with what follows from it."""

from typing import Any

from reports import explained
from reports.cells import TextTable, change, heads, interval, lacking, score, titles


def curve_table(comparison: dict[str, Any], curve: dict[str, Any]) -> TextTable:
    """One line a point of the curve, and the oracle's."""
    shown = titles(comparison, "mean")
    varies, points, oracle = curve["varies"], curve["points"], curve["oracle"]
    first = comparison["variants"][points[0]["variant"]]
    lines = [(str(point[varies]), point, point["step"]) for point in points]
    lines += [("oracle", oracle, oracle["gap"])] if oracle else []
    rows = [
        [
            value,
            f"{interval(point['evidence'])}\n{point['sections']:.1f}",
            *(score(point["metrics"], step, name) for name in shown),
            _cost(comparison["variants"][point["variant"]], first),
        ]
        for value, point, step in lines
    ]
    batches = f"(batches\nof {comparison['suite']['batch_size']})"
    cost = f"tokens;\nseconds\na\nquestion\n{batches}"
    columns = [varies, "evidence\nshown;\nsections", *heads(list(shown.values())), cost]
    title = (
        f"Context sweep: {curve['fixed']}, {varies} varies, "
        f"n = {curve['n']} in {curve['clusters']} groups"
    )
    steps = [one for _, _, step in lines if step for one in step.values()]
    conclusions = [*_conclusions(curve, shown), *lacking(steps)]
    return TextTable(title, columns, rows, _note(comparison, curve), conclusions)


def _cost(entry: dict[str, Any], first: dict[str, Any]) -> str:
    """Mean tokens of prompt and answer, and seconds as a ratio to those of ``first``; of what is
    told."""
    cost, began = entry["cost"], first["cost"]["seconds"]
    tokens = {"in": cost["prompt_tokens"], "out": cost["answer_tokens"]}
    parts = [f"{count:.0f} {way}" for way, count in tokens.items() if count is not None]
    parts += [f"×{cost['seconds'] / began:.1f}"] if began and cost["seconds"] is not None else []
    return "\n".join(parts) or "–"


def _note(comparison: dict[str, Any], curve: dict[str, Any]) -> str:
    """The same for every curve of models that are alike."""
    if not curve["trained"]:
        return explained.SWEEP
    suite = comparison["suite"]
    return (
        f"{explained.SWEEP} Training showed the fine-tuned weights at most k = {suite['k']} "
        f"sections and {suite['budget']} tokens of context, so this sweep alone cannot tell "
        "whether more does not help or was only never shown in training."
    )


def _conclusions(curve: dict[str, Any], shown: dict[str, str]) -> list[str]:
    """What follows from a curve, a line a metric that every point has a value of."""
    said = {metric: title for metric, title in shown.items() if curve["enough"][metric]}
    if not said:
        return [
            f"There are too few independent questions ({curve['clusters']}) to say whether a "
            f"larger {curve['varies']} pays."
        ]
    return [
        f"{title}: {_where(curve, metric)}{_left(curve, metric)}." for metric, title in said.items()
    ]


def _where(curve: dict[str, Any], metric: str) -> str:
    """The smallest value that is not shown to be beaten, and what that leaves open."""
    value, bound = curve["enough"][metric]["value"], curve["enough"][metric]["bound"]
    if bound is None:
        return f"still rising at {value}, more was not tried"
    open_to = f"up to {bound:+.3f} more" if bound > 0 else "a gain"
    ruled = "is not ruled out" if bound > 0 else "is ruled out"
    return f"no larger {curve['varies']} is shown to beat {value} ({open_to} {ruled})"


def _left(curve: dict[str, Any], metric: str) -> str:
    """What the oracle has over the curve's last point."""
    if not curve["oracle"] or metric not in curve["oracle"]["gap"]:
        return ""
    last = curve["points"][-1][curve["varies"]]
    return f"; oracle minus {last}: {' '.join(change(curve['oracle']['gap'][metric]))}"
