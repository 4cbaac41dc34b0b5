"""How far metrics agree with people: judgements and metrics → shares and correlations."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version

from harness.agreement import (
    COIN,
    majority,
    preferred_share,
    rank_correlation,
    rater_agreement,
)
from harness.errors import DataError
from harness.metrics import Metric, Row, score
from harness.statistics import INTERVAL_METHOD, Figure
from reports.judged import JudgedPair, Judgements, RatedAnswer
from reports.reported import Reported

BETTER = "shown better than a coin"
WORSE = "shown worse than a coin"
NOT_SHOWN = "not shown better than a coin"
TOO_FEW = "too few groups to tell from a coin"
_Two = tuple[float, float]


class MetricValidity(Reported):
    """How far one metric agrees with people."""

    title: str
    signature: str | None
    """None of scores that others published."""
    preference: Figure | None
    """The share of pairs of which it prefers the answer people prefer, one scored alike counting
    half; None where it scores no pair."""
    alike: int
    """Pairs it scores alike."""
    said: str | None
    """What the share shows, in words."""
    correlations: Mapping[str, Figure]
    """Spearman's with the mean human ratings, by what was rated; positive where what it calls
    better is rated higher."""


class Validity(Reported):
    """How far metrics agree with people, on one source of judgements."""

    source: str
    grouped_by: str
    pairs: int
    """Pairs of which people prefer an answer: those that are looked at."""
    ties: int
    """Pairs of which as many raters prefer the one as the other, left out."""
    unjudged: int
    """Pairs that no rater compared, left out."""
    same: int
    """Pairs of two same answers, left out."""
    raters: Figure | None
    """How often two raters of one pair, who both prefer an answer, prefer the same; None where no
    pair has two such."""
    metrics: Mapping[str, MetricValidity]
    published: Mapping[str, MetricValidity]
    """The same of scores that the source has of other metrics."""
    left_out: Mapping[str, str]
    """Why, by the titles of the metrics that say nothing here."""
    signature: str


def check_validity(judgements: Judgements, metrics: Sequence[Metric]) -> Validity:
    """How far each metric agrees with what people said.

    Raises:
        DataError: people prefer one of two answers nowhere.
        ConfigError: a metric fails.
    """
    differing = [one for one in judgements.pairs if not _is_same(one)]
    kept = [one for one in differing if majority(one.votes)]
    if not kept:
        raise DataError(
            f"{judgements.source}: no pair of two answers of which more raters prefer the one than "
            "the other; preferred must be a or b somewhere"
        )
    rated = judgements.rated
    said = [(metric, _of_metric(metric, kept, rated)) for metric in metrics]
    found = {one.name: made for one, made in said if isinstance(made, MetricValidity)}
    left_out = {one.title: reason for one, reason in said if isinstance(reason, str)}
    if not found:
        reasons = "; ".join(f"{title}: {reason}" for title, reason in left_out.items())
        raise DataError(
            f"{judgements.source}: no metric has anything to say ({reasons}); name right answers "
            "in a column reference, or the run whose answers these are"
        )
    votes, groups = [one.votes for one in differing], [one.group for one in differing]
    signatures = [metric.signature for metric in metrics if metric.name in found]
    return Validity(
        source=judgements.source,
        grouped_by=judgements.grouped_by,
        pairs=len(kept),
        ties=sum(bool(one) and not majority(one) for one in votes),
        unjudged=sum(not one for one in votes),
        same=len(judgements.pairs) - len(differing),
        raters=rater_agreement(votes, groups),
        metrics=found,
        published=_published(kept, rated),
        left_out=left_out,
        signature=" | ".join(
            [
                f"judged:{judgements.identity}",
                *signatures,
                f"interval:{INTERVAL_METHOD}",
                f"code:{version('policyqa-bench')}",
            ]
        ),
    )


def beside_a_coin(share: Figure) -> str:
    """What a share of preferences shows, in words."""
    if share.low is None or share.high is None:
        return TOO_FEW
    if share.low > COIN:
        return BETTER
    return WORSE if share.high < COIN else NOT_SHOWN


def _is_same(pair: JudgedPair) -> bool:
    return pair.first.answer.split() == pair.second.answer.split()


def _of_metric(
    metric: Metric, pairs: Sequence[JudgedPair], rated: Sequence[RatedAnswer]
) -> MetricValidity | str:
    """How far it agrees with people, or why nothing is to be said of that."""
    if metric.kind == "corpus":
        return "a figure of all answers together"
    if metric.higher_is_better is None:
        return "nothing says which way it is better"
    values = _values(metric, [row for one in pairs for row in (one.first, one.second)], rated)
    of_pairs = {
        place: (values[one.first], values[one.second])
        for place, one in enumerate(pairs)
        if one.first in values and one.second in values
    }
    of_rated = {p: values[one.row] for p, one in enumerate(rated) if one.row in values}
    made = _made(metric.title, metric.signature, pairs, of_pairs, rated, of_rated)
    if made.correlations:
        return made
    if made.preference is None:
        return "no pair of which it has a value of both answers"
    return "the answers of every pair alike" if made.alike == made.preference.n else made


def _values(metric: Metric, rows: Sequence[Row], rated: Sequence[RatedAnswer]) -> dict[Row, float]:
    """The values it has, the higher the better."""
    all_rows = dict.fromkeys([*rows, *(one.row for one in rated)])
    needs_reference = getattr(metric, "needs_reference", True)
    readable = [row for row in all_rows if row.references or not needs_reference]
    values = score([metric], readable)[metric.name]
    sign = 1 if metric.higher_is_better else -1
    pairs = zip(readable, values, strict=True)
    return {row: sign * value for row, value in pairs if isinstance(value, float)}


def _published(
    pairs: Sequence[JudgedPair], rated: Sequence[RatedAnswer]
) -> dict[str, MetricValidity]:
    having = [*(one.published for one in pairs), *(one.published for one in rated)]
    names = dict.fromkeys(name for one in having for name in one)
    return {
        name: _made(
            name,
            None,
            pairs,
            {p: one.published[name] for p, one in enumerate(pairs) if name in one.published},
            rated,
            {p: one.published[name] for p, one in enumerate(rated) if name in one.published},
        )
        for name in names
    }


def _made(
    title: str,
    signature: str | None,
    pairs: Sequence[JudgedPair],
    of_pairs: Mapping[int, _Two],
    rated: Sequence[RatedAnswer],
    of_rated: Mapping[int, float],
) -> MetricValidity:
    """Args: scores are by the places of the pairs and rated answers that have them."""
    share = None
    if of_pairs:
        scored = [pairs[place] for place in of_pairs]
        first, second = zip(*of_pairs.values(), strict=True)
        preferred = [majority(one.votes) for one in scored]
        share = preferred_share(first, second, preferred, [one.group for one in scored])
    correlations = {}
    for name in dict.fromkeys(name for one in rated for name in one.ratings):
        having = [place for place in of_rated if name in rated[place].ratings]
        found = rank_correlation(
            [of_rated[place] for place in having],
            [rated[place].ratings[name] for place in having],
            [rated[place].group for place in having],
        )
        if found:
            correlations[name] = found
    return MetricValidity(
        title=title,
        signature=signature,
        preference=share,
        alike=sum(one == other for one, other in of_pairs.values()),
        said=beside_a_coin(share) if share else None,
        correlations=correlations,
    )
