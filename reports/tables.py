"""A comparison → its tables of text, the same for every way of showing them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from reports import explained
from reports.cells import TextTable, change, counted, heads, label, lacking, score, share, titles
from reports.curve_table import curve_table
from reports.sweep import swept

_NAMED = 5
"""Questions without an answer that are named."""
ARROWS = {True: "↑", False: "↓", None: ""}
"""Which way is better."""


def tables(comparison: dict[str, Any]) -> list[TextTable]:
    """The variants with their cost; beside the floor; curves; rates; last what was published."""
    curves = [curve_table(comparison, curve) for curve in comparison.get("sweep", [])]
    first, last = (_variants(comparison), _beside_the_floor(comparison)), _published(comparison)
    shown = [table for table in (*first, *curves, _rates(comparison), last) if table and table.rows]
    said: set[str] = set()
    once = []
    for table in shown:
        once.append(
            replace(table, conclusions=[one for one in table.conclusions if one not in said])
        )
        said.update(table.conclusions)
    return once


def differences(comparison: dict[str, Any]) -> TextTable:
    """Two variants, a line a metric: both figures, and how they differ."""
    rows = [
        [
            f"{row['title']} {ARROWS[row['higher_is_better']]}",
            f"{row['a']:.3f}",
            f"{row['b']:.3f}",
            *change(row),
            str(row["n"]),
            str(row["clusters"]),
        ]
        for row in comparison["metrics"].values()
    ]
    columns = ["metric", "A", "B", "A - B", "95% interval", "n", "groups"]
    title = f"A: {comparison['a']}\nB: {comparison['b']}"
    if comparison["where"]:
        title += f"\nof the questions with {comparison['where']}"
    shared = comparison["cluster"] or "evidence, or where no more is known a document"
    about = explained.DIFFERENCES.format(shared=shared)
    note = "\n".join([about, *comparison["notes"]])
    return TextTable(title, columns, rows, note, comparison["conclusions"])


def notes(shown: Sequence[TextTable]) -> list[str]:
    """The notes of the tables shown, each once."""
    return list(dict.fromkeys(table.note for table in shown))


def _variants(comparison: dict[str, Any]) -> TextTable:
    """The floors, and below them the variants."""
    shown = titles(comparison, "mean", "corpus")
    corpus = titles(comparison, "corpus")
    rows = [
        [
            f"{label(name)}\n{counted(entry)}",
            # Its difference has no room here; comparison.json has it.
            *(
                score(entry["metrics"], None if one in corpus else entry.get("vs_baseline"), one)
                for one in shown
            ),
            _cost(entry),
        ]
        for name, entry in comparison["variants"].items()
        if name not in swept(comparison)
    ]
    title = (
        f"Variants of suite {comparison['suite']['name']}, and what each adds to "
        f"{comparison['baseline']}"
    )
    columns = ["variant", *heads(list(shown.values())), "cost"]
    note = " ".join(
        [explained.VARIANTS, explained.grouping(comparison["groups"]), *_asides(comparison)]
    )
    conclusions = _without_interval(comparison, "vs_baseline", "mean")
    return TextTable(title, columns, rows, note, conclusions)


def _without_interval(comparison: dict[str, Any], compared: str, *kinds: str) -> list[str]:
    """What must be said of the differences from ``compared`` of metrics of these kinds."""
    entries = [entry.get(compared, {}) for entry in comparison["variants"].values()]
    shown = titles(comparison, *kinds)
    return lacking(entry[one] for entry in entries for one in shown if one in entry)


def _cost(entry: dict[str, Any]) -> str:
    """Means a question of what is told of it, the share of answers cut, and those not given."""
    cost = entry["cost"]
    tokens = [cost[one] for one in ("prompt_tokens", "answer_tokens") if cost[one] is not None]
    parts = [f"{sum(tokens):.0f} tok"] if tokens else []
    parts += [f"{cost['seconds']:.2f} s"] if cost["seconds"] is not None else []
    parts += [f"{1000 * cost['price']:.3g} / 1,000"] if cost["price"] is not None else []
    parts += [f"{cost['cut']:.0%} cut"] if cost["cut"] is not None else []
    parts += [f"{len(entry['unanswered'])} without"] if entry["unanswered"] else []
    return "\n".join(parts) or "–"


def _asides(comparison: dict[str, Any]) -> list[str]:
    """What must be known of single variants."""
    variants = comparison["variants"].items()
    trained = [
        f"{name} is asked in {entry['asked_in']}, its weights were trained in "
        f"{entry['trained_in']}."
        for name, entry in variants
        if entry["trained_in"]
    ]
    without = [
        f"{name} has no answer to {', '.join(entry['unanswered'][:_NAMED])}"
        f"{' …' if len(entry['unanswered']) > _NAMED else ''}: scored as an empty one."
        for name, entry in variants
        if entry["unanswered"]
    ]
    return [*trained, *without]


def _beside_the_floor(comparison: dict[str, Any]) -> TextTable | None:
    """What each variant adds to the floor; none where no variant is beside one."""
    if comparison["floor"] is None:
        return None
    shown = titles(comparison, "mean", "corpus")
    rows = [
        [
            f"{label(name)}\n{counted(entry)}",
            *(
                "\n".join(change(entry["vs_floor"][one])) if one in entry["vs_floor"] else "–"
                for one in shown
            ),
        ]
        for name, entry in comparison["variants"].items()
        if "vs_floor" in entry and name not in swept(comparison)
    ]
    columns = ["variant", *heads(list(shown.values()))]
    title = f"Beside the floor: each variant minus {comparison['floor']}"
    conclusions = _without_interval(comparison, "vs_floor", "mean", "corpus")
    return TextTable(title, columns, rows, explained.FLOOR, conclusions)


def _published(comparison: dict[str, Any]) -> TextTable | None:
    published = comparison["published"]
    if not published or not published["variants"]:
        return None
    found = published["variants"]
    shown = {
        name: title
        for name, title in titles(comparison, "mean").items()
        if any(name in what for what in found.values())
    }
    rows = [
        [
            what["title"],
            name,
            *(
                f"{comparison['variants'][name]['metrics'][one]['mean']:.3f} ({what[one]:.2f})"
                for one in shown
            ),
        ]
        for name, what in found.items()
    ]
    columns = ["published as", "variant", *shown.values()]
    return TextTable("Ours (published)", columns, rows, published["note"])


def _rates(comparison: dict[str, Any]) -> TextTable:
    shown = titles(comparison, "rate")
    better = {name: ARROWS[comparison["metrics"][name]["higher_is_better"]] for name in shown}
    rows = [
        [label(name), *(share(entry["rates"].get(one)) for one in shown)]
        for name, entry in comparison["variants"].items()
        if entry["rates"]
    ]
    columns = ["variant", *heads([f"{title} {better[name]}" for name, title in shown.items()])]
    return TextTable("Abstention and evidence", columns, rows, explained.RATES)
