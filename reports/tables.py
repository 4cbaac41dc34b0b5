"""A comparison → tables of text, the same for every way of showing them."""

from dataclasses import dataclass
from typing import Any

from harness.metrics import METRICS
from reports.comparison import NAMES

TITLES = {"bertscore_f1": "BERTScore", "bleu": "BLEU", "rouge_l": "ROUGE-L"}

NOTES = (
    "Δ: difference from base/plain on the same questions, with its paired 95% bootstrap interval "
    "(sections resampled).",
    "Published: LLaMA-2-7B, other data, no n and no interval. Its BERTScore comes from another "
    "encoder and is not comparable with ours.",
    "Seconds a question are of this machine at this moment, in batches: compare arms of one run "
    "only, and loosely.",
)


@dataclass(frozen=True)
class TextTable:
    """A table ready to be shown; a cell may have two lines."""

    title: str
    columns: list[str]
    rows: list[list[str]]


def tables(comparison: dict[str, Any]) -> list[TextTable]:
    """The published comparison beside ours, then every arm with what it costs."""
    return [table for table in (_published(comparison), _arms(comparison)) if table.rows]


def _published(comparison: dict[str, Any]) -> TextTable:
    rows = []
    for arm, figures in comparison["published"].items():
        ours = comparison["arms"][arm]["metrics"]
        row = [NAMES[arm], arm]
        for name in METRICS:
            row += [f"{figures[name]:.2f}", f"{ours[name]['mean']:.3f}"]
        rows.append(row)
    columns = ["variant", "arm"]
    for name in METRICS:
        columns += [f"{TITLES[name]} published", "ours"]
    return TextTable("Published variants, beside ours", columns, rows)


def _arms(comparison: dict[str, Any]) -> TextTable:
    rows = [
        [
            arm,
            *(_score(entry, name) for name in METRICS),
            f"{entry['tokens_per_question']:.0f}",
            f"{entry['seconds_per_question']:.2f}",
            str(entry["n"]),
        ]
        for arm, entry in comparison["arms"].items()
    ]
    scores = [f"{TITLES[name]}\nΔ [95% interval]" for name in METRICS]
    columns = ["arm", *scores, "tokens a question", "seconds a question", "n"]
    return TextTable(f"Arms of suite {comparison['suite']['name']}", columns, rows)


def _score(entry: dict[str, Any], metric: str) -> str:
    mean = f"{entry['metrics'][metric]['mean']:.3f}"
    if "vs_base" not in entry:
        return f"{mean}\n–"
    change = entry["vs_base"][metric]
    return f"{mean}\n{change['delta']:+.3f} [{change['low']:+.3f}, {change['high']:+.3f}]"
