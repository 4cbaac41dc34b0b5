"""A comparison → tables of text, the same for every way of showing them."""

from dataclasses import dataclass
from typing import Any

from harness.metrics import METRICS, RATES
from harness.runs import EVIDENCE_SHOWN
from reports.comparison import NAMES
from reports.sweep import swept

TITLES = {
    "bertscore_f1": "BERTScore",
    "bleu": "BLEU",
    "rouge_l": "ROUGE-L",
    "false_answer": "false answers",
    "over_refusal": "over-refusals",
}

NOTES = (
    "Arms: under each score its difference from base/plain on the same questions, with the paired "
    "95% bootstrap interval (sections resampled).",
    "Published: LLaMA-2-7B, other data, no n and no interval. Its BERTScore comes from another "
    "encoder and is not comparable with ours.",
    "False answers: share of the unanswerable questions that were answered all the same. "
    "Over-refusals: share of the answerable ones that were not. In brackets Wilson's 95% interval, "
    "with as many questions as their sections make independent; the detector's own errors (about 1 "
    "in 20 answers, 1 in 8 refusals) are not in it.",
    "Cost: mean tokens (prompt and answer) and seconds a question. Seconds are of this machine at "
    "this moment, in batches: compare them within one run only, and loosely.",
)

SWEEP_NOTE = (
    "Context sweep: under each figure its own 95% interval. Evidence shown: share of the questions "
    "with evidence that were asked with a section that holds the answer in their context, whole "
    "or cut. Tokens: mean of the prompts. Time: seconds a question, as a ratio to the first line. "
    "More context stops paying at the smallest value that no larger one beats with the paired 95% "
    "interval above 0; a gain too small to see on so many questions is not ruled out. Intervals "
    "are single ones, not corrected for how many are compared."
)
LARGER = {"k": "A larger k", "budget": "A larger budget"}


@dataclass(frozen=True)
class TextTable:
    """A table ready to be shown; a cell may have several lines."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    conclusion: str = ""
    """A sentence to stand below."""


def tables(comparison: dict[str, Any]) -> list[TextTable]:
    """The published comparison beside ours, every arm with its cost, curves, and who abstains."""
    curves = [_curve(comparison, curve) for curve in comparison.get("sweep", [])]
    made = (_published(comparison), _arms(comparison), *curves, _abstention(comparison))
    return [table for table in made if table.rows]


def notes(comparison: dict[str, Any]) -> list[str]:
    """What a reader of the tables must know."""
    return [*NOTES, SWEEP_NOTE] if "sweep" in comparison else [*NOTES]


def _published(comparison: dict[str, Any]) -> TextTable:
    rows = [
        [NAMES[arm], arm, *(_beside(comparison, arm, name) for name in METRICS)]
        for arm in comparison["published"]
    ]
    columns = ["variant", "arm", *(TITLES[name] for name in METRICS)]
    return TextTable("The published variants: ours (published)", columns, rows)


def _beside(comparison: dict[str, Any], arm: str, metric: str) -> str:
    ours = comparison["arms"][arm]["metrics"][metric]["mean"]
    return f"{ours:.3f} ({comparison['published'][arm][metric]:.2f})"


def _arms(comparison: dict[str, Any]) -> TextTable:
    rows = [
        [
            _name(arm),
            *(_score(entry, name) for name in METRICS),
            f"{entry['tokens_per_question']:.0f} tok\n"
            f"{entry['seconds_per_question']:.2f} s\nn = {entry['n']}",
        ]
        for arm, entry in comparison["arms"].items()
        if arm not in swept(comparison)
    ]
    columns = ["arm", *(TITLES[name] for name in METRICS), "cost"]
    return TextTable(f"Arms of suite {comparison['suite']['name']}", columns, rows)


def _curve(comparison: dict[str, Any], curve: dict[str, Any]) -> TextTable:
    """One line a point of the curve, and the oracle's."""
    varies, arms = curve["varies"], comparison["arms"]
    shown = {str(point[varies]): arms[point["arm"]] for point in curve["points"]}
    if curve["oracle"]:
        shown["oracle"] = arms[curve["oracle"]]
    first = arms[curve["points"][0]["arm"]]
    rows = [
        [
            value,
            _interval(entry.get(EVIDENCE_SHOWN), 2),
            *(_interval(entry["metrics"][name], 3) for name in METRICS),
            f"{entry['prompt_tokens_per_question']:.0f}",
            f"×{entry['seconds_per_question'] / first['seconds_per_question']:.2f}",
        ]
        for value, entry in shown.items()
    ]
    columns = [varies, "evidence\nshown", *(TITLES[name] for name in METRICS), "tokens", "time"]
    evident = f", {first[EVIDENCE_SHOWN]['n']} with evidence" if EVIDENCE_SHOWN in first else ""
    title = f"Context sweep: {curve['fixed']}, {varies} varies, n = {first['n']}{evident}"
    return TextTable(title, columns, rows, _conclusion(curve))


def _conclusion(curve: dict[str, Any]) -> str:
    """Where more context stops paying, by metric."""
    last = curve["points"][-1][curve["varies"]]
    found = (
        f"{TITLES[metric]} {f'at {value}' if value < last else f'not by {last}'}"
        for metric, value in curve["enough"].items()
    )
    return f"{LARGER[curve['varies']]} stops paying: {', '.join(found)}."


def _abstention(comparison: dict[str, Any]) -> TextTable:
    rows = [
        [_name(arm), *(_rate(entry["metrics"].get(name)) for name in RATES)]
        for arm, entry in comparison["arms"].items()
        if any(name in entry["metrics"] for name in RATES)
    ]
    return TextTable("Abstention: lower is better", ["arm", *(TITLES[n] for n in RATES)], rows)


def _name(arm: str) -> str:
    """An arm, with a context of its own on a second line."""
    return arm.replace("+", "\n+", 1)


def _rate(figure: dict[str, Any] | None) -> str:
    if figure is None:
        return "–"
    return f"{figure['mean']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}], n = {figure['n']}"


def _interval(figure: dict[str, Any] | None, digits: int) -> str:
    """A mean, and its interval below."""
    if figure is None:
        return "–"
    ends = f"[{figure['low']:.{digits}f}, {figure['high']:.{digits}f}]".replace("0.", ".")
    return f"{figure['mean']:.{digits}f}\n{ends}"


def _score(entry: dict[str, Any], metric: str) -> str:
    mean = f"{entry['metrics'][metric]['mean']:.3f}"
    if "vs_base" not in entry:
        return mean
    change = entry["vs_base"][metric]
    return f"{mean}\n{change['delta']:+.3f}\n[{_end(change['low'])}, {_end(change['high'])}]"


def _end(value: float) -> str:
    """An interval's end, short enough for three metrics side by side on 80 columns."""
    return f"{value:+.3f}".replace("0.", ".", 1)
