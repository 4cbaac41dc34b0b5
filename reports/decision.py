"""The verdict of a run, or of any variants: who enters, by what it is decided, and what it says."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from harness.deciding import decide
from harness.errors import ConfigError
from harness.pairing import Measure, figure
from harness.runs import TOKENS, Result, costs_of
from harness.verdict import CostLimit, Entrant, Needed, Role, Rule, Standing
from reports.attribution import ANALYSES
from reports.audit import Audit
from reports.checked import checked
from reports.reasons import reasons
from reports.reported import Reported
from reports.sentences import sentence

DEAR = ("seconds", "tokens", "memory", "price")
"""What a suite may call dear: means a question, and bytes of the weights."""
EVIDENT = tuple(ANALYSES)
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
    higher: bool
    """Whether more of it is better; if not, differences are turned round."""
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
    audit: Audit | None = None,
    in_place: tuple[Result, Sequence[Measure]] | None = None,
) -> Decided | None:
    """The verdict of a run; None where its variants share no question with a deciding value.

    Args:
        manifest: the run's, whose suite may say how to decide.
        results: its variants, by name.
        measures: its metrics.
        audit: what training has seen of its questions; None where nobody has looked.
        in_place: what the variants would replace, of elsewhere, and the metrics that it has as
            well, of which one decides; None is the suite's baseline.

    Raises:
        ConfigError: it is to be decided by a metric that the run has not, or that has no direction.
    """
    row = manifest["suite"]["decide"] or {}
    rule = Rule(**{name: of for name, of in row.items() if name != "by"})
    roles = {name: _role(manifest, name, in_place is None) for name in results}
    entering = [(results[name], role) for name, role in roles.items()]
    if in_place is not None:
        entering.append((in_place[0], "in place"))
    untold = audit.untold if audit else {}
    notes = [f"Not checked: what {name} was trained on: {why}." for name, why in untold.items()]
    notes += [] if row else ["The suite has no decide: the first metric decides, with margin 0."]
    if manifest["tried"]:
        notes.append(
            f"{manifest['tried']} variants were scored on these questions so far, by what is kept: "
            "choose on validation, confirm on test."
        )
    by = deciding_metric(in_place[1] if in_place else measures, row.get("by"))
    notes.append(f"{checked(manifest['metrics'][by.name]['signature'])}.")
    exposed = audit.exposed if audit else None
    floors = [name for name, what in manifest["variants"].items() if what["floor"]]
    return decided(entering, by, rule, measures, exposed, notes, floors)


def decided(
    entering: Sequence[tuple[Result, Role]],
    by: Measure,
    rule: Rule,
    measures: Sequence[Measure] = (),
    exposed: EXPOSED | None = None,
    notes: Sequence[str] = (),
    floors: Collection[str] = (),
) -> Decided | None:
    """The verdict on what enters, in words as well.

    Args:
        entering: results of different names, each with its role.
        by: the deciding metric.
        rule: how it is decided.
        measures: what limits may be of.
        exposed: None where nobody has looked.
        notes: further reasons.
        floors: those that are floors, whatever their role.

    Raises:
        ConfigError: two have one name.
    """
    names = [result.name for result, _ in entering]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"{', '.join(twice)} enters twice; a verdict is on different variants")
    entrants = [
        Entrant(
            result,
            role,
            _cost(result, rule.cost),
            [_limit(result, measures, *one) for one in rule.at_most.items()],
            result.name in floors,
        )
        for result, role in entering
    ]
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
        higher=by.higher_is_better is not False,
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


def deciding_metric(measures: Sequence[Measure], by: str | None) -> Measure:
    """The metric that decides: that of a name, or the first that has a direction.

    Raises:
        ConfigError: there is none.
    """
    directed = {one.name: one for one in measures if one.higher_is_better is not None}
    if by is None and directed:
        return next(iter(directed.values()))
    if by not in directed:
        known, whom = (", ".join(directed), "these alone") if directed else ("none", "none of them")
        raise ConfigError(
            f"nothing can be decided by {by or 'any metric'}: of those scored, {known} can be, "
            f"since which way is better is known of {whom}"
        )
    return directed[by]


def _role(manifest: Mapping[str, Any], name: str, own: bool) -> Role:
    """Of a variant of a run; ``own``: whether what is in place is the suite's baseline."""
    described = manifest["variants"][name]
    if own and name == manifest["baseline"]:
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
    parts = [told.get(one) for one in TOKENS]
    return None if None in parts else sum(one for one in parts if one is not None)


def _limit(result: Result, measures: Sequence[Measure], name: str, most: float) -> CostLimit:
    """A limit of a metric, or of what an answer costs."""
    named = {one.name: one for one in measures}
    if name in named:
        return CostLimit.of(name, most, figure(result, named[name]))
    costing = Measure(name, name, "mean", higher_is_better=False)
    return CostLimit.of(name, most, figure(costs_of(result, name), costing))
