"""
Any two variants, question by question: by how much one is better, with the interval of that.

Each is of a run, or a sample log that lm-eval left (``side.py``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from harness.errors import ConfigError, RunError
from harness.metrics.evidence import EvidenceShown
from harness.outcomes import Outcome
from harness.pairing import Connect, Keep, Measure, align, difference
from harness.significance import Chances, chances_of
from harness.statistics import INTERVAL_METHOD
from reports.alike import check_scored_alike, shared_questions
from reports.cells import lacking
from reports.questions import check_have, questions_where
from reports.reported import Reported, Tested
from reports.side import Side


@dataclass(frozen=True)
class PairedRow(Tested):
    """What two variants score by a metric on the questions both have a value of."""

    title: str
    higher_is_better: bool | None
    """None where neither way is better."""
    a: float
    b: float


class Paired(Reported):
    """Two variants, question by question."""

    a: str
    b: str
    where: str | None
    """``FIELD=VALUE`` of the questions looked at."""
    cluster: str | None
    """The field that connects questions; None is their evidence."""
    n: int
    metrics: Mapping[str, PairedRow]
    notes: list[str]
    conclusions: list[str]
    signature: str


def compare_variants(
    first: Side,
    second: Side,
    where: str | None = None,
    by: str | None = None,
    cluster: str | None = None,
) -> Paired:
    """The first minus the second on the questions both answered, by metric.

    Args:
        first: a variant of a run, or a sample log.
        second: another.
        where: ``FIELD=VALUE`` of the questions looked at, as ``answerable=true``; None is all.
        by: the metric compared; None is all that both have.
        cluster: the field of a question whose value, or one of whose values, it shares with those
            that depend on it; None is its evidence, or else its document.

    Raises:
        RunError: they were scored on other data, other questions, another split or with a metric of
            another kind under the same name, or have no such question or no metric in common.
        ConfigError: an option has another form, or names what there is not.
    """
    check_scored_alike(first, second)
    keep = questions_where(where)
    shared = shared_questions(first, second, keep, where)
    measures = shared_measures(first, second, by)
    connect = partial(Outcome.values_of, field=cluster) if cluster else None
    if cluster:
        check_have(shared, cluster)
    chances = chances_of([first.result], second.result, measures, keep, connect)
    rows = {one.name: _row(first, second, one, keep, connect, chances) for one in measures}
    shown = {name: row for name, row in rows.items() if row}
    if by and not shown:
        raise RunError(f"no question that {first.name} and {second.name} share has a value of {by}")
    return Paired(
        a=first.name,
        b=second.name,
        where=where,
        cluster=cluster,
        n=len(shared),
        metrics=shown,
        notes=_notes(first, second, shown),
        conclusions=_conclusions(shown),
        signature=_signature(first, second, len(shared), where, cluster, list(rows)),
    )


def shared_measures(
    first: Side, second: Side, by: str | None = None, unknown: bool | None = True
) -> list[Measure]:
    """Those of both sides, in the order of the first; of one name, if any is given.

    ``unknown`` is whether higher is better where neither side says.

    Raises:
        RunError: there are none.
        ConfigError: none has that name.
    """
    shared = {
        name: _together(
            one, second.measures[name], None if _neither(name, first, second) else unknown
        )
        for name, one in first.measures.items()
        if name in second.measures
    }
    if not shared:
        ours, theirs = ("; ".join([*one.measures, *one.notes]) for one in (first, second))
        raise RunError(
            f"{first.name} ({ours or 'none'}) and {second.name} ({theirs or 'none'}) have no "
            "metric in common; score both with the same"
        )
    if by is not None and by not in shared:
        raise ConfigError(f"{by!r} is no metric of both; there are {'; '.join(shared)}")
    return [one for name, one in shared.items() if by in (None, name)]


def _neither(name: str, *sides: Side) -> bool:
    """Whether it is known that neither way of a metric is better."""
    return any(name in side.undirected for side in sides)


def _together(one: Measure, other: Measure, unknown: bool | None) -> Measure:
    """The measure of values of both: a mean unless both are shares."""
    kind = one.kind if one.kind == other.kind else "mean"
    known = [way for way in (one.higher_is_better, other.higher_is_better) if way is not None]
    return replace(one, kind=kind, higher_is_better=known[0] if known else unknown)


def _row(
    first: Side,
    second: Side,
    measure: Measure,
    keep: Keep,
    connect: Connect | None,
    chances: Chances,
) -> PairedRow | None:
    """Both figures on the questions both have a value of, and their difference."""
    pair = (first.result, second.result)
    found = difference(*pair, measure, keep=keep, connect=connect)
    if found is None:
        return None
    a, b = map(measure.of, align(pair, measure.name, keep, connect).values)
    chance = chances[first.result.name, measure.name]
    return PairedRow(
        **vars(found),
        **vars(chance),
        title=measure.title,
        higher_is_better=measure.higher_is_better,
        a=a,
        b=b,
    )


def _notes(first: Side, second: Side, shown: Iterable[str]) -> list[str]:
    """What a reader of the rows must know that is not so of every comparison."""
    sides = (first, second)
    notes = [note for side in sides for note in side.notes]
    for letter, side, other in (("A", first, second), ("B", second, first)):
        alone = [name for name in side.measures if name not in other.measures]
        notes += [f"{letter} alone has {'; '.join(alone)}"] if alone else []
    undirected = [
        name
        for name in shown
        if all(side.measures[name].higher_is_better is None for side in sides)
        and not _neither(name, *sides)
    ]
    if undirected:
        notes.append(
            f"which way {'; '.join(undirected)} is better, no results file beside a log says: "
            "higher counts as better"
        )
    if bool(first.metric_signatures) != bool(second.metric_signatures):
        notes.append(
            "the log does not say how its metrics were computed: the signature is the run's"
        )
    return list(dict.fromkeys(notes))


def _conclusions(shown: Mapping[str, PairedRow]) -> list[str]:
    """What follows from the rows together, where one by one they would mislead."""
    # What was shown is no answer's merit, and neither is what has no better way.
    rows = [
        row
        for name, row in shown.items()
        if name != EvidenceShown.name and row.higher_is_better is not None
    ]
    ahead: list[str] = []
    behind: list[str] = []
    for row in rows:
        if row.low is not None and row.high is not None and row.low * row.high > 0:
            (ahead if (row.low > 0) is row.higher_is_better else behind).append(row.title)
    conclusions = lacking(shown.values())
    if ahead and behind:
        conclusions.append(
            f"The metrics disagree: A is better by {', '.join(ahead)} and worse by "
            f"{', '.join(behind)}. Which of them decides is best settled before looking."
        )
    return conclusions


def _signature(
    first: Side,
    second: Side,
    n: int,
    where: str | None,
    cluster: str | None,
    shown: Sequence[str],
) -> str:
    """Everything that could change the figures, in one line."""
    metrics = {**second.metric_signatures, **first.metric_signatures}
    facts = {
        name: dict.fromkeys([*first.facts.get(name, ()), *second.facts.get(name, ())])
        for name in {**first.facts, **second.facts}
    }

    def said(*names: str) -> list[str]:
        return [f"{name}:{','.join(facts[name])}" for name in names if name in facts]

    parts = [
        first.identity,
        second.identity,
        *said("data", "split"),
        *([f"where:{where}"] if where else []),
        *([f"groups:{cluster}"] if cluster else []),
        f"n:{n}",
        *(metrics.get(name, name) for name in shown),
        f"intervals:95%,{INTERVAL_METHOD}; rates:Newcombe",
        *said("task", "model", "lm_eval", "code", "answers"),
    ]
    return " | ".join(parts)
