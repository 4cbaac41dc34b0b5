"""A comparison → its tables of text, the same for every way of showing them."""

from collections.abc import Sequence
from dataclasses import replace

from reports import explained
from reports.audit_tables import audit_tables
from reports.cells import (
    ARROWS,
    TextTable,
    chance,
    change,
    counted,
    heads,
    label,
    lacking,
    score_cell,
    share_cell,
)
from reports.claims.table import claims_table
from reports.comparison import Comparison, Cost, VariantFigures
from reports.curve_table import curve_table
from reports.floors import won_by_floors
from reports.gate import Gated
from reports.headline import arrowed, further, headline, measured
from reports.pairwise import Paired
from reports.verdict_table import verdict_table
from reports.why_tables import attribution_table, frameworks_table, slices_table

_NAMED = 5
"""Questions without an answer that are named."""


def tables(comparison: Comparison) -> list[TextTable]:
    """The verdict; the variants with their cost; what explains them; beside the floor; curves;
    rates; why; claims; last what was published.

    What follows from several is said of the first.
    """
    audit = comparison.audit
    made = [
        _verdict(comparison),
        _variants(comparison),
        _further(comparison),
        _beside_the_floor(comparison),
        *(curve_table(comparison, curve) for curve in comparison.sweep),
        _rates(comparison),
        attribution_table(comparison),
        slices_table(comparison),
        frameworks_table(comparison),
        claims_table(comparison.claims) if comparison.claims else None,
        _published(comparison),
        *(audit_tables(audit) if audit and any(audit.exposed.values()) else []),
    ]
    said: set[str] = set()
    shown = []
    for table in (table for table in made if table and table.rows):
        fresh = [line for line in table.conclusions if line not in said]
        shown.append(replace(table, conclusions=fresh))
        said.update(fresh)
    return shown


def _verdict(comparison: Comparison) -> TextTable | None:
    decided = comparison.verdict
    return verdict_table(decided, comparison.metrics[decided.by].title) if decided else None


def gate_tables(gated: Gated) -> list[TextTable]:
    """The verdict of a gate, and the two that it is about."""
    found, metrics = gated.verdict, gated.pair.metrics
    title = metrics[found.by].title if found.by in metrics else found.by
    return [verdict_table(found, title), pair_table(gated.pair)]


def pair_table(pair: Paired) -> TextTable:
    """Two variants, a line a metric: both figures, and how they differ."""
    rows = [
        [
            f"{row.title} {ARROWS[row.higher_is_better]}",
            f"{row.a:.3f}",
            f"{row.b:.3f}",
            *change(row),
            chance(row.p_adjusted),
            str(row.n),
            str(row.clusters),
        ]
        for row in pair.metrics.values()
    ]
    columns = ["metric", "A", "B", "A - B", "95% interval", "p", "n", "groups"]
    title = f"A: {pair.a}\nB: {pair.b}"
    if pair.where:
        title += f"\nof the questions with {pair.where}"
    shared = pair.cluster or "evidence, or where no more is known a document"
    note = "\n".join([explained.DIFFERENCES.format(shared=shared), *pair.notes])
    return TextTable(title, columns, rows, note, pair.conclusions)


def notes(shown: Sequence[TextTable]) -> list[str]:
    """The notes of the tables shown, each once."""
    return list(dict.fromkeys(table.note for table in shown if table.note))


def _variants(comparison: Comparison) -> TextTable:
    """The floors, and below them the variants."""
    shown = headline(comparison, "mean", "corpus")
    # The differences of others have no room here; comparison.json has them.
    compared = comparison.titles("mean")
    rows = [
        [
            _name(name, entry),
            *(
                score_cell(entry.metrics, entry.vs_baseline if one in compared else None, one)
                for one in shown
            ),
            _cost(entry.cost, len(entry.unanswered)),
        ]
        for name, entry in comparison.unswept.items()
    ]
    groups = explained.grouping(comparison.groups.n, comparison.groups.by)
    changes = [entry.vs_baseline or {} for entry in comparison.variants.values()]
    return TextTable(
        f"Variants of suite {comparison.suite.name}, and what each adds to {comparison.baseline}",
        ["variant", *heads(arrowed(comparison, shown)), "cost"],
        rows,
        " ".join([explained.VARIANTS, groups, *_asides(comparison)]),
        [
            *lacking(one[metric] for one in changes for metric in compared if metric in one),
            *won_by_floors(comparison),
        ],
    )


def _further(comparison: Comparison) -> TextTable | None:
    """The metrics that explain the scores; None where a suite has none beside its own."""
    shown = further(comparison, "mean", "corpus")
    if not shown:
        return None
    rows = [
        [label(name), *(score_cell(entry.metrics, entry.vs_baseline, one) for one in shown)]
        for name, entry in comparison.unswept.items()
    ]
    return TextTable(
        f"What answers name and how they are built, and the difference from {comparison.baseline}",
        ["variant", *heads(arrowed(comparison, shown))],
        rows,
        explained.FURTHER,
    )


def _name(name: str, entry: VariantFigures) -> str:
    return f"{label(name)}\n{counted(entry.n, entry.clusters, entry.replicates)}"


def _cost(cost: Cost, unanswered: int) -> str:
    """Means a question of what is told of it, the share of answers cut, and those not given."""
    tokens = [one for one in (cost.prompt_tokens, cost.answer_tokens) if one is not None]
    parts = [f"{sum(tokens):.0f} tok"] if tokens else []
    parts += [f"{cost.seconds:.2f} s"] if cost.seconds is not None else []
    parts += [f"{cost.memory / 1e9:.2f} GB"] if cost.memory is not None else []
    parts += [f"{1000 * cost.price:.3g} / 1,000"] if cost.price is not None else []
    parts += [f"{cost.cut:.0%} cut"] if cost.cut is not None else []
    parts += [f"{unanswered} without"] if unanswered else []
    return "\n".join(parts) or "–"


def _asides(comparison: Comparison) -> list[str]:
    """What must be known of single variants."""
    trained = [
        f"{name} is asked in {entry.asked_in}, its weights were trained in {entry.trained_in}."
        for name, entry in comparison.variants.items()
        if entry.trained_in
    ]
    without = [
        f"{name} has no answer to {', '.join(entry.unanswered[:_NAMED])}"
        f"{' …' if len(entry.unanswered) > _NAMED else ''}"
        f"{' in some of its replicates' if entry.replicates > 1 else ''}: scored as an empty one."
        for name, entry in comparison.variants.items()
        if entry.unanswered
    ]
    return [*trained, *without]


def _beside_the_floor(comparison: Comparison) -> TextTable:
    """What each variant adds to the floor; without rows where no variant is beside one."""
    shown = headline(comparison, "mean", "corpus")
    beside = {
        name: entry.vs_floor
        for name, entry in comparison.unswept.items()
        if entry.vs_floor is not None
    }
    rows = [
        [
            _name(name, comparison.variants[name]),
            *("\n".join(change(found[one])) if one in found else "–" for one in shown),
        ]
        for name, found in beside.items()
    ]
    return TextTable(
        f"Beside the floor: each variant minus {comparison.floor}",
        ["variant", *heads(arrowed(comparison, shown))],
        rows,
        explained.BESIDE_FLOOR,
        lacking(found[one] for found in beside.values() for one in shown if one in found),
    )


def _published(comparison: Comparison) -> TextTable | None:
    published = comparison.published
    if not published:
        return None
    shown = {
        name: title
        for name, title in comparison.titles("mean").items()
        if any(name in what.figures for what in published.variants.values())
    }
    rows = [
        [
            what.title,
            name,
            *(
                f"{comparison.variants[name].metrics[one].mean:.3f} ({what.figures[one]:.2f})"
                for one in shown
            ),
        ]
        for name, what in published.variants.items()
    ]
    columns = ["published as", "variant", *shown.values()]
    return TextTable("Ours (published)", columns, rows, published.note)


def _rates(comparison: Comparison) -> TextTable:
    shown = measured(comparison, "rate")
    better = {name: ARROWS[comparison.metrics[name].higher_is_better] for name in shown}
    rows = [
        [
            label(name),
            *(
                f"{share_cell(found)}\n{counted(found.n, found.clusters)}" if found else "–"
                for found in map(entry.rates.get, shown)
            ),
        ]
        for name, entry in comparison.variants.items()
        if entry.rates
    ]
    columns = ["variant", *heads(f"{title} {better[name]}" for name, title in shown.items())]
    return TextTable("Rates", columns, rows, explained.RATES)
