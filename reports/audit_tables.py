"""The leakage audit as tables of text, the same for every way of showing them."""

from collections.abc import Mapping

from harness.statistics import Difference, Figure
from reports.audit import AUDITED, Audit, VariantAudit
from reports.cells import TextTable, change, counted, end, heads, label, lacking
from reports.headline import without_asides
from reports.reported import Figures
from tasks.checking.exposure import MEASURES

MET = (
    "Met in training: the same question but for case and punctuation (exact), a copy by its "
    "letters (edited), a copy of the answer to another question (answer), or the same in other "
    "words, by an embedding (reworded); the strongest counts. Exposed: all of these. Validated on: "
    "scored questions that chose which state of the training was kept. Same evidence: questions, "
    "exposed or not, about a section that training asked about, too, which the splits of a data "
    "folder forbid. Not in it: what a base was trained on before, and what was shown as context in "
    "training."
)
PARTED = (
    "All questions, the clean ones and the exposed: each figure with its 95% interval, and below "
    "it the difference from the baseline on the same questions, with the paired one; there, clean "
    "is what was met by neither."
)
CALLED = {"exact": "exact", "letters": "edited", "answer": "answer", "embedding": "reworded"}
"""The columns of ``MEASURES``."""
_NAMED = 5
"""Questions that are named of a variant."""


def audit_tables(audit: Audit) -> list[TextTable]:
    """What was met, and of variants with exposed questions what they score on the others.

    None where no variant has trained weights.
    """
    if not audit.variants and not audit.untold:
        return []
    parted = _parted(audit)
    return [_met(audit), *([parted] if parted.rows else [])]


def _met(audit: Audit) -> TextTable:
    rows = [
        [
            label(name),
            str(entry.trained_on),
            *(str(entry.counted(measure)) for measure in MEASURES),
            str(len(entry.exposed)),
            str(len(entry.chosen_on)),
            str(len(entry.same_evidence)),
        ]
        for name, entry in audit.variants.items()
    ]
    kinds = [CALLED[measure] for measure in MEASURES]
    columns = ["trained on", *kinds, "exposed", "validated on", "same evidence"]
    scored = max((entry.scored for entry in audit.variants.values()), default=0)
    of = f"of the {scored} scored questions" if scored else "of the scored questions"
    title = f"Leakage audit: {of}, those that trained weights had met"
    return TextTable(title, ["variant", *heads(columns)], rows, MET, conclusions(audit))


def conclusions(audit: Audit) -> list[str]:
    """What follows, a line a variant that is exposed or that nobody can tell of."""
    lines = []
    for name, entry in audit.variants.items():
        if entry.exposed:
            named = ", ".join(list(entry.exposed)[:_NAMED])
            more = " …" if len(entry.exposed) > _NAMED else ""
            lines.append(
                f"{name} is exposed: its weights had met {len(entry.exposed)} of the "
                f"{entry.scored} questions in training ({named}{more}). Judge it by the clean ones."
            )
        if entry.same_evidence:
            lines.append(
                f"{name} was trained on the evidence of {len(entry.same_evidence)} of the "
                f"{entry.scored} questions."
            )
    clean = [name for name, one in audit.variants.items() if not one.exposed]
    if clean:
        lines.append(f"Had met none of the questions: {', '.join(clean)}.")
    lines += [f"{name} was not audited: {why}" for name, why in audit.untold.items()]
    return lines


def _parted(audit: Audit) -> TextTable:
    """Figures of all, clean and exposed questions, of the variants with exposed ones."""
    titles = {name: one.title for name, one in audit.metrics.items() if one.kind != "rate"}
    shown = without_asides(titles)
    concerned = {
        name: entry
        for name, entry in audit.variants.items()
        if entry.exposed or "clean" in entry.vs_baseline  # The baseline is exposed.
    }
    rows = [
        [f"{label(name)}\n{_counted(part, entry)}", *(_cell(entry, part, one) for one in shown)]
        for name, entry in concerned.items()
        for part in AUDITED
        if part in entry.metrics or part in entry.vs_baseline
    ]
    figures: list[Figure | Difference] = [
        found[one]
        for entry in concerned.values()
        for by_part in (entry.metrics, entry.vs_baseline)
        for found in by_part.values()
        for one in shown
        if one in found
    ]
    title = f"Exposed variants on all, clean and exposed questions, and minus {audit.baseline}"
    return TextTable(title, ["variant", *heads(shown.values())], rows, PARTED, lacking(figures))


def _counted(part: str, entry: VariantAudit) -> str:
    found: Mapping[str, Figure | Difference] = entry.metrics.get(part) or entry.vs_baseline[part]
    if not found:
        return f"{part}: none"
    most = max(found.values(), key=lambda one: one.n)
    return f"{part}: {counted(most.n, most.clusters)}"


def _cell(entry: VariantAudit, part: str, metric: str) -> str:
    lines: list[str] = []
    figures: Figures = entry.metrics.get(part, {})
    if metric in figures:
        one = figures[metric]
        ends = "–" if one.low is None or one.high is None else f"[{end(one.low)}, {end(one.high)}]"
        lines += [f"{one.mean:.3f}", ends.replace("+", "")]
    if metric in entry.vs_baseline.get(part, {}):
        lines += change(entry.vs_baseline[part][metric])
    return "\n".join(lines) or "–"
