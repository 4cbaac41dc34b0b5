"""The verdict of a run, or of two sides: who enters, by what it is decided, and what it says."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from harness.deciding import decide
from harness.errors import ConfigError
from harness.pairing import Measure, figure
from harness.runs import Result, costs_of
from harness.verdict import Entrant, Limit, Needed, Role, Rule, Standing
from reports.reported import Reported
from reports.sentences import reasons, sentence
from reports.side import Side

COSTS = ("seconds", "tokens", "memory", "price")
"""What a suite may call dear: means a question, and bytes of the weights."""
EVIDENT = ("oracle", "misled", "withheld")
"""Contexts that are made by a question's evidence, which nobody's questions name."""
EXPOSED = Mapping[str, Collection[str]]
"""Of each variant, the ids of questions that its training has seen."""


class Decided(Reported):
    """A verdict as reports show it."""

    decision: Literal["ship", "hold", "undecided"]
    variant: str
    """The one to ship; what stays in place; or the one that came closest."""
    sentence: str
    reasons: Sequence[str]
    in_place: str
    by: str
    """The deciding metric."""
    margin: float
    cost: str | None
    at_most: Mapping[str, float]
    n: int
    clusters: int
    not_shown_worse: Sequence[str]
    detectable: float | None
    needed: Needed | None
    variants: Mapping[str, Standing]


def run_decision(
    manifest: Mapping[str, Any],
    results: Mapping[str, Result],
    measures: Sequence[Measure],
    exposed: EXPOSED | None = None,
) -> Decided | None:
    """The verdict of a run; None where its variants share no question with a deciding value.

    Args:
        manifest: the run's, whose suite may say how to decide.
        results: its variants, by name.
        measures: its metrics.
        exposed: None where nobody has looked.

    Raises:
        ConfigError: it is to be decided by a metric that the run has not, or that has no direction.
    """
    row = manifest["suite"].get("decide") or {}
    rule = Rule(**{name: row[name] for name in ("margin", "cost", "at_most") if name in row})
    entrants = [
        Entrant(
            result,
            _role(manifest, name),
            _cost(result, rule.cost),
            [_limit(result, measures, *one) for one in rule.at_most.items()],
        )
        for name, result in results.items()
    ]
    by = deciding_metric(measures, row.get("by"))
    notes = [] if row else ["The suite has no decide: the first metric decides, with margin 0."]
    if manifest.get("tried"):
        notes.append(
            f"{manifest['tried']} variants were scored on these questions so far, by what is kept: "
            "choose on validation, confirm on test."
        )
    return _decided(entrants, by, rule, exposed, notes)


def sides_decision(
    candidate: Side, in_place: Side, by: str | None, margin: float, floors: Sequence[Side] = ()
) -> Decided | None:
    """The verdict on two sides, of which one would replace the other.

    Args:
        candidate: what would be shipped.
        in_place: what is there.
        by: the deciding metric; None is the first that both have.
        margin: the smallest difference that matters.
        floors: of the candidate's run.

    Raises:
        ConfigError: as ``run_decision``.
    """
    shared = [one for name, one in candidate.measures.items() if name in in_place.measures]
    roles: list[tuple[Side, Role]] = [(candidate, "candidate"), (in_place, "in place")]
    roles += [(one, "floor") for one in floors]
    entrants = [Entrant(side.result, role) for side, role in roles]
    return _decided(entrants, deciding_metric(shared, by), Rule(margin), None, [])


def deciding_metric(measures: Sequence[Measure], by: str | None) -> Measure:
    """The metric that decides: that of a name, or the first that has a direction.

    Raises:
        ConfigError: there is none.
    """
    directed = {one.name: one for one in measures if one.higher_is_better is not None}
    if by is None and directed:
        return next(iter(directed.values()))
    if by not in directed:
        raise ConfigError(
            f"nothing can be decided by {by or 'any metric'}: of those scored, "
            f"{', '.join(directed) or 'none'} can be, since better is known of them"
        )
    return directed[by]


def _decided(
    entrants: Sequence[Entrant],
    by: Measure,
    rule: Rule,
    exposed: EXPOSED | None,
    notes: Sequence[str],
) -> Decided | None:
    verdict = decide(entrants, by, rule, exposed)
    if verdict is None:
        return None
    return Decided(
        decision=verdict.decision,
        variant=verdict.variant,
        sentence=sentence(verdict),
        reasons=[*reasons(verdict, exposed), *notes],
        in_place=verdict.in_place,
        by=by.name,
        margin=rule.margin,
        cost=rule.cost,
        at_most=rule.at_most,
        n=verdict.n,
        clusters=verdict.clusters,
        not_shown_worse=verdict.not_shown_worse,
        detectable=verdict.detectable,
        needed=verdict.needed,
        variants=verdict.standings,
    )


def _role(manifest: Mapping[str, Any], name: str) -> Role:
    described = manifest["variants"][name]
    if name == manifest["baseline"]:
        return "in place"
    if described["floor"]:
        return "floor"
    return "shown the evidence" if described["context"]["source"] in EVIDENT else "candidate"


def _cost(result: Result, what: str | None) -> float | None:
    """A question's, of what is dear; of weights their bytes."""
    if what is None:
        return None
    told = result.cost
    if what != "tokens":
        return told.get(what)
    parts = [told["prompt_tokens"], told["answer_tokens"]]
    return None if None in parts else sum(one for one in parts if one is not None)


def _limit(result: Result, measures: Sequence[Measure], name: str, most: float) -> Limit:
    """A limit of a metric, or of what an answer costs."""
    named = {one.name: one for one in measures}
    if name in named:
        return Limit.of(name, most, figure(result, named[name]))
    if name == "memory":
        return Limit.exact(name, most, result.cost.get(name))
    costing = Measure(name, name, "mean", higher_is_better=False)
    return Limit.of(name, most, figure(costs_of(result, name), costing))
