"""A comparison → tables of text, the same for every way of showing them."""

from dataclasses import dataclass
from typing import Any

from harness.metrics import METRICS, RATES
from reports.comparison import NAMES

TITLES = {
    "bertscore_f1": "BERTScore",
    "bleu": "BLEU",
    "rouge_l": "ROUGE-L",
    "false_answer": "false answers",
    "over_refusal": "over-refusals",
}

NOTES = (
    "Under each score: its difference from base/plain on the same questions, with the paired 95% "
    "bootstrap interval (sections resampled).",
    "Published: LLaMA-2-7B, other data, no n and no interval. Its BERTScore comes from another "
    "encoder and is not comparable with ours.",
    "False answers: share of the unanswerable questions that were answered all the same. "
    "Over-refusals: share of the answerable ones that were not. In brackets Wilson's 95% interval, "
    "with as many questions as their sections make independent; the detector's own errors (about 1 "
    "in 20 answers, 1 in 8 refusals) are not in it.",
    "Cost: mean tokens (prompt and answer) and seconds a question. Seconds are of this machine at "
    "this moment, in batches: compare them within one run only, and loosely.",
)


@dataclass(frozen=True)
class TextTable:
    """A table ready to be shown; a cell may have several lines."""

    title: str
    columns: list[str]
    rows: list[list[str]]


def tables(comparison: dict[str, Any]) -> list[TextTable]:
    """The published comparison beside ours, every arm with what it costs, and who abstains."""
    made = (_published(comparison), _arms(comparison), _abstention(comparison))
    return [table for table in made if table.rows]


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
            arm,
            *(_score(entry, name) for name in METRICS),
            f"{entry['tokens_per_question']:.0f} tok\n"
            f"{entry['seconds_per_question']:.2f} s\nn = {entry['n']}",
        ]
        for arm, entry in comparison["arms"].items()
    ]
    columns = ["arm", *(TITLES[name] for name in METRICS), "cost"]
    return TextTable(f"Arms of suite {comparison['suite']['name']}", columns, rows)


def _abstention(comparison: dict[str, Any]) -> TextTable:
    rows = [
        [arm, *(_rate(entry["metrics"].get(name)) for name in RATES)]
        for arm, entry in comparison["arms"].items()
        if any(name in entry["metrics"] for name in RATES)
    ]
    return TextTable("Abstention: lower is better", ["arm", *(TITLES[n] for n in RATES)], rows)


def _rate(figure: dict[str, Any] | None) -> str:
    if figure is None:
        return "–"
    return f"{figure['mean']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}], n = {figure['n']}"


def _score(entry: dict[str, Any], metric: str) -> str:
    mean = f"{entry['metrics'][metric]['mean']:.3f}"
    if "vs_base" not in entry:
        return mean
    change = entry["vs_base"][metric]
    return f"{mean}\n{change['delta']:+.3f}\n[{_end(change['low'])}, {_end(change['high'])}]"


def _end(value: float) -> str:
    """An interval's end, short enough for three metrics side by side on 80 columns."""
    return f"{value:+.3f}".replace("0.", ".", 1)
