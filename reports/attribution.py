"""
Why a variant won: what each change of one part adds, of the variants there are.

Two variants that differ in one part alone (model, precision, prompt or context) show what that
part adds. A retrieved context comes with the prompt that has a place for it, so that going from
none to one changes both, and counts as a change of context. Four variants that make a square show
what two changes add together beyond what each adds alone. Variants for analysis (the oracle's
sections, another question's) stand beside the retrieving variant that they explain, and nowhere
else.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, Literal

from harness.contrasts import shared_figures
from harness.files import fingerprint
from harness.outcomes import Outcome
from harness.pairing import Keep, Measure, difference, everything
from harness.runs import Result
from harness.statistics import Difference
from reports.reported import Differences, Reported

Factor = Literal["model", "precision", "prompt", "context"]
FACTORS: tuple[Factor, ...] = ("model", "precision", "prompt", "context")
"""Of a variant, what a change is of."""
ASKED = ("none", "retrieved")
"""Sources of context that an assistant can have; the others are for analysis."""
ANALYSES = {
    "oracle": "what retrieval misses",
    "misled": "use of the context",
    "withheld": "use of the evidence",
}
"""What a variant of that source says of the retrieving one."""


class Effect(Reported):
    """What a change adds."""

    title: str
    """What is changed, as ``model`` or ``model × context``; or one of ``ANALYSES``."""
    weights: Mapping[str, int]
    """Of the variants that it is a sum of: 1 and -1 of a difference."""
    evident: bool
    """Whether it is of the questions with evidence alone."""
    metrics: Differences


@dataclass(frozen=True)
class Parted:
    """A finished variant by its parts: two that have the same of one are alike in it."""

    result: Result
    source: str
    """Of its context."""
    budget: int
    """Of its context, in tokens of the embedder."""
    manner: str
    """Of its prompt, all but the texts: chat or not, and shots."""
    parts: Mapping[str, str]
    """By ``FACTORS``, its decoding and its threshold."""

    def without(self, *left_out: str) -> list[str]:
        """All its parts but these."""
        return [value for name, value in self.parts.items() if name not in left_out]


@dataclass(frozen=True)
class Change:
    """From one variant to another."""

    of: Factor
    before: Parted
    after: Parted

    @property
    def what(self) -> tuple[tuple[str, str, str], ...]:
        """Each part that differs, from what to what: the same of changes that are the same."""
        before, after = self.before.parts, self.after.parts
        return tuple((p, before[p], after[p]) for p in before if before[p] != after[p])

    @property
    def names(self) -> tuple[str, str]:
        """Of the two variants."""
        return self.before.result.name, self.after.result.name


Summed = Sequence[tuple[Parted, int]]
"""Variants with their weights in a sum."""


def attribution(
    results: Sequence[Result], manifest: dict[str, Any], measures: Sequence[Measure]
) -> list[Effect]:
    """What changes add: of one part, then of two together; then what the analyses say.

    Of several variants that differ in one part, the others are set beside the one that has it as
    the baseline, else beside the first.

    Args:
        results: variants of one run, in the order they are shown.
        manifest: the run's, which says what each is.
        measures: the run's; effects are on all but the rates.
    """
    described = manifest["variants"]
    wanted = [one for one in measures if one.kind != "rate"]
    points = [
        _parted(one, described[one.name]) for one in results if not described[one.name]["floor"]
    ]
    first = [one for one in points if one.result.name == manifest["baseline"]]
    changes = _changes(_ordered([one for one in [*first, *points] if one.source in ASKED]))
    shown = _told(changes)
    squares = sorted(_squares(changes, shown), key=lambda one: one[0])
    effects = [
        *(_effect(one.of, [(one.after, 1), (one.before, -1)], wanted) for one in shown),
        *(_effect(title, corners, wanted) for title, corners in squares),
        *(_effect(title, both, wanted, evident=True) for title, both in _analyses(points)),
    ]
    return [one for one in effects if one.metrics]


def _parted(result: Result, described: dict[str, Any]) -> Parted:
    identity = next(iter(described["replicates"].values()))
    prompt = identity["prompt"]
    return Parted(
        result=result,
        source=described["context"]["source"],
        budget=described["context"]["budget"],
        manner=fingerprint([prompt.get("chat"), prompt.get("shots")]),
        parts={
            "model": described["model"],
            "precision": described["precision"] or "",
            # By what they are: the prompt oracle, say, is the prompt rag by another name.
            **{part: fingerprint(identity[part]) for part in ("prompt", "context", "decoding")},
            "threshold": fingerprint(identity.get("threshold")),
        },
    )


def _ordered(points: Sequence[Parted]) -> list[Parted]:
    """Each once, part by part: what the first has of a part comes first."""
    places = {part: list(dict.fromkeys(one.parts[part] for one in points)) for part in FACTORS}
    by_name = {one.result.name: one for one in points}
    return sorted(
        by_name.values(), key=lambda one: [places[part].index(one.parts[part]) for part in FACTORS]
    )


def _changes(points: Sequence[Parted]) -> list[Change]:
    """Every two that differ in one part, from the one that comes first; by part."""
    found = []
    for part in FACTORS:
        for before, after in combinations(points, 2):
            differing = {one for one in before.parts if before.parts[one] != after.parts[one]}
            if differing == {part}:
                found.append(Change(part, before, after))
            elif part == "context" and differing == {"prompt", "context"}:
                none, shows = sorted((before, after), key=lambda one: ASKED.index(one.source))
                if none.source != shows.source and none.manner == shows.manner:
                    found.append(Change(part, none, shows))
    return found


def _told(changes: Sequence[Change]) -> list[Change]:
    """Of variants that differ in one part, those from the first: the others follow from them."""
    first: dict[tuple[str, ...], str] = {}
    told = []
    for change in changes:
        before, after = change.names
        alike = [after] if len(change.what) > 1 else change.after.without(change.of)
        if first.setdefault((change.of, *alike), before) == before:
            told.append(change)
    return told


def _squares(changes: Sequence[Change], told: Sequence[Change]) -> Iterator[tuple[str, Summed]]:
    """Where two changes are made each alone and both together: what both add beyond the sum.

    Of either change, one of the two sides that show it is told by itself.
    """
    shown = {one.names for one in told}
    for one, other in product(changes, changes):
        if one.names[0] != other.names[0] or FACTORS.index(one.of) >= FACTORS.index(other.of):
            continue
        for beyond in changes:
            if beyond.names[0] != one.names[1] or beyond.what != other.what:
                continue
            across = (other.names[1], beyond.names[1])
            if {one.names, across} & shown and {other.names, beyond.names} & shown:
                ends, sides = (beyond.after, one.before), (one.after, other.after)
                corners = [*((point, 1) for point in ends), *((point, -1) for point in sides)]
                yield f"{one.of} × {other.of}", corners


def _analyses(points: Sequence[Parted]) -> Iterator[tuple[str, Summed]]:
    """Each retrieving variant beside those that differ by a source for analysis.

    Of several of one source, the one that may show as much, else the one that may show most.
    """
    for source, title in ANALYSES.items():
        for shows in (one for one in points if one.source == "retrieved"):
            others = [
                one
                for one in points
                if one.source == source and one.without("context") == shows.without("context")
            ]
            if others:
                other = max(others, key=lambda one: (one.budget == shows.budget, one.budget))
                sign = -1 if source == "oracle" else 1
                yield title, [(shows, sign), (other, -sign)]


def _effect(
    title: str, summed: Summed, measures: Sequence[Measure], evident: bool = False
) -> Effect:
    """An effect on those metrics that all its variants have."""
    ordered = sorted(summed, key=lambda one: -one[1])
    results = [one.result for one, _ in ordered]
    weights = [weight for _, weight in ordered]
    keep = _evident if evident else everything
    found = {one.name: _sum(results, weights, one, keep) for one in measures}
    return Effect(
        title=title,
        weights=dict(zip((one.name for one in results), weights, strict=True)),
        evident=evident,
        metrics={name: one for name, one in found.items() if one},
    )


def _sum(
    results: Sequence[Result], weights: Sequence[int], measure: Measure, keep: Keep
) -> Difference | None:
    """Of two as everywhere; of four by the contrast of their figures."""
    if len(results) == 2:
        return difference(results[0], results[1], measure, keep=keep)
    found = shared_figures(results, measure, keep=keep)
    return found.contrast(weights) if found else None


def _evident(outcome: Outcome) -> bool:
    return bool(outcome.evidence)
