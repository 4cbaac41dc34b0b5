"""A comparison → tables of text, the same for every way of showing them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.metrics import METRICS, RATES
from harness.runs import Arm
from reports import explained
from reports.comparison import ABSTAINED, NAMES
from reports.sweep import swept

TITLES = {
    "bertscore_f1": "BERTScore",
    "bleu": "BLEU",
    "rouge_l": "ROUGE-L",
    "false_answer": "false answers",
    "over_refusal": "over-refusals",
    ABSTAINED: "abstained",
}


@dataclass(frozen=True)
class TextTable:
    """A table ready to be shown; a cell may have several lines."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    note: str
    """What a reader of it must know."""
    conclusion: str = ""
    """What follows from it, to stand right below."""


def tables(comparison: dict[str, Any]) -> list[TextTable]:
    """The published comparison beside ours, each arm with its cost, curves, and who abstains."""
    curves = [_curve(comparison, curve) for curve in comparison.get("sweep", [])]
    rates = (_abstention(comparison), _misled(comparison))
    made = (_published(comparison), _arms(comparison), *curves, *rates)
    return [table for table in made if table.rows]


def differences(comparison: dict[str, Any]) -> TextTable:
    """Two arms, a line a metric: both scores, and how they differ."""
    rows = [
        [TITLES[name], f"{row['a']:.3f}", f"{row['b']:.3f}", *_change(row), str(row["n"])]
        for name, row in comparison["metrics"].items()
    ]
    columns = ["metric", "A", "B", "A - B", "95% interval", "n"]
    title = f"A: {comparison['a']}\nB: {comparison['b']}"
    return TextTable(title, columns, rows, explained.DIFFERENCES)


def notes(shown: Sequence[TextTable]) -> list[str]:
    """The notes of the tables shown, each once."""
    return list(dict.fromkeys(table.note for table in shown))


def _published(comparison: dict[str, Any]) -> TextTable:
    rows = [
        [NAMES[arm], arm, *(_beside(comparison, arm, name) for name in METRICS)]
        for arm in comparison["published"]
    ]
    columns = ["variant", "arm", *(TITLES[name] for name in METRICS)]
    return TextTable("The published variants: ours (published)", columns, rows, explained.PUBLISHED)


def _beside(comparison: dict[str, Any], arm: str, metric: str) -> str:
    ours = comparison["arms"][arm]["metrics"][metric]["mean"]
    return f"{ours:.3f} ({comparison['published'][arm][metric]:.2f})"


def _arms(comparison: dict[str, Any]) -> TextTable:
    rows = [
        [
            _name(arm),
            *(_score(entry["metrics"], entry.get("vs_base"), name) for name in METRICS),
            f"{entry['tokens_per_question']:.0f} tok\n"
            f"{entry['seconds_per_question']:.2f} s\nn = {entry['n']}",
        ]
        for arm, entry in comparison["arms"].items()
        if arm not in swept(comparison)
    ]
    columns = ["arm", *(TITLES[name] for name in METRICS), "cost"]
    return TextTable(f"Arms of suite {comparison['suite']['name']}", columns, rows, explained.ARMS)


def _curve(comparison: dict[str, Any], curve: dict[str, Any]) -> TextTable:
    """One line a point of the curve, and the oracle's."""
    varies, points, oracle = curve["varies"], curve["points"], curve["oracle"]
    first = comparison["arms"][points[0]["arm"]]
    lines = [(str(point[varies]), point, point["step"]) for point in points]
    lines += [("oracle", oracle, oracle["gap"])] if oracle else []
    rows = [
        [
            value,
            f"{_interval(point['evidence'])}\n{point['sections']:.1f}",
            *(_score(point["metrics"], change, name) for name in METRICS),
            _cost(comparison["arms"][point["arm"]], first),
        ]
        for value, point, change in lines
    ]
    batches = f"(batches\nof {comparison['suite']['batch_size']})"
    cost = f"tokens;\nseconds\na\nquestion\n{batches}"
    columns = [varies, "evidence\nshown;\nsections", *(TITLES[name] for name in METRICS), cost]
    title = (
        f"Context sweep: {curve['fixed']}, {varies} varies, "
        f"n = {curve['n']} in {curve['clusters']} groups"
    )
    return TextTable(title, columns, rows, _sweep_note(comparison), _conclusion(curve))


def _cost(entry: dict[str, Any], first: dict[str, Any]) -> str:
    """Mean tokens of prompt and answer, and seconds as a ratio to those of ``first``."""
    ratio = entry["seconds_per_question"] / first["seconds_per_question"]
    tokens_in, tokens_out = (entry[f"{part}_tokens_per_question"] for part in ("prompt", "answer"))
    return f"{tokens_in:.0f} in\n{tokens_out:.0f} out\n×{ratio:.1f}"


def _sweep_note(comparison: dict[str, Any]) -> str:
    """The same for every curve of a run."""
    suite = comparison["suite"]
    drawn = [point["arm"] for curve in comparison["sweep"] for point in curve["points"]]
    if all(Arm.parse(arm).weights == "base" for arm in drawn):
        return explained.SWEEP
    return (
        f"{explained.SWEEP} Training showed the fine-tuned weights at most k = {suite['k']} "
        f"sections and {suite['budget']} tokens of context, so this sweep alone cannot tell "
        "whether more does not help or was only never shown in training."
    )


def _conclusion(curve: dict[str, Any]) -> str:
    """What follows from a curve, a line a metric."""
    if not all(curve["enough"].values()):
        return (
            f"There are too few independent questions ({curve['clusters']}) to say whether a "
            f"larger {curve['varies']} pays."
        )
    return "\n".join(
        f"{TITLES[metric]}: {_where(curve, metric)}{_left(curve, metric)}." for metric in METRICS
    )


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
    if not curve["oracle"]:
        return ""
    last = curve["points"][-1][curve["varies"]]
    return f"; oracle minus {last}: {' '.join(_change(curve['oracle']['gap'][metric]))}"


def _abstention(comparison: dict[str, Any]) -> TextTable:
    rows = [
        [_name(arm), *(_rate(entry["metrics"].get(name)) for name in RATES)]
        for arm, entry in comparison["arms"].items()
        if any(name in entry["metrics"] for name in RATES)
    ]
    columns = ["arm", *(TITLES[name] for name in RATES)]
    return TextTable("Abstention: lower is better", columns, rows, explained.ABSTENTION)


def _misled(comparison: dict[str, Any]) -> TextTable:
    rows = [
        [_name(arm), _rate(entry["metrics"][ABSTAINED])]
        for arm, entry in comparison["arms"].items()
        if ABSTAINED in entry["metrics"]
    ]
    columns = ["arm", TITLES[ABSTAINED]]
    return TextTable("Shown the wrong sections: higher is better", columns, rows, explained.MISLED)


def _name(arm: str) -> str:
    """An arm, with a context of its own on a second line."""
    return arm.replace("+", "\n+", 1)


def _rate(figure: dict[str, Any] | None) -> str:
    if figure is None:
        return "–"
    return f"{figure['mean']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}], n = {figure['n']}"


def _interval(figure: dict[str, Any]) -> str:
    """A share, and its interval below."""
    ends = f"[{figure['low']:.2f}, {figure['high']:.2f}]".replace("0.", ".")
    return f"{figure['mean']:.2f}\n{ends}"


def _score(figures: dict[str, Any], changes: dict[str, Any] | None, metric: str) -> str:
    """A mean, and below it how it differs from what it is compared with, if from anything."""
    mean = f"{figures[metric]['mean']:.3f}"
    return "\n".join([mean, *(_change(changes[metric]) if changes else ())])


def _change(change: dict[str, Any]) -> tuple[str, str]:
    """A difference, and its interval."""
    return f"{change['delta']:+.3f}", f"[{_end(change['low'])}, {_end(change['high'])}]"


def _end(value: float) -> str:
    """An interval's end, short enough for three metrics side by side on 80 columns."""
    return f"{value:+.3f}".replace("0.", ".", 1)
