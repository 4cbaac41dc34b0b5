"""How far metrics agree with people → tables of text."""

from collections.abc import Mapping

from harness.statistics import FEWEST, Figure
from reports.cells import TextTable, heads, share_cell
from reports.validity import BETTER, NOT_SHOWN, TOO_FEW, WORSE, MetricValidity, Validity

PREFERENCES = (
    "Prefers theirs: the share of pairs of which the metric scores the answer people prefer "
    "higher, a pair it scores alike counting half. Several raters of one pair are one by majority. "
    "In brackets the 95% interval: Student's t by the jackknife over groups that share {shared}; "
    "where all pairs go one way, Wilson's; none below {fewest} groups. That there are several "
    "metrics is not corrected for. It holds of answers like these, and of which of two is better: "
    "not of whether either is good."
)
CORRELATIONS = (
    "With ratings: Spearman's correlation of a metric with the mean of what raters gave an answer, "
    "positive where what it calls better is rated higher. The interval is by the jackknife over "
    "the same groups, everything ranked anew without each."
)
_THEIRS = "as published"
_SHORT = {BETTER: "better", WORSE: "worse", NOT_SHOWN: "not shown", TOO_FEW: "too few"}


def validity_tables(found: Validity) -> list[TextTable]:
    """Preferences, then correlations with ratings where there are such."""
    shared = found.grouped_by
    preferences = TextTable(
        f"Which of two answers people prefer: {found.source}",
        ["metric", *heads(["prefers theirs", "beside a coin", "alike", "n", "groups"])],
        [_row(one, one.preference) for one in _all(found).values() if one.preference],
        PREFERENCES.format(shared=shared, fewest=FEWEST),
        _conclusions(found),
    )
    rated = list(dict.fromkeys(name for one in _all(found).values() for name in one.correlations))
    correlations = TextTable(
        f"What people rated: {found.source}",
        ["metric", *rated, "n"],
        [
            [
                one.title,
                *(_correlation(one.correlations.get(name)) for name in rated),
                str(max(each.n for each in one.correlations.values())),
            ]
            for one in _all(found).values()
            if one.correlations
        ],
        CORRELATIONS,
    )
    return [table for table in (preferences, correlations) if table.rows]


def _all(found: Validity) -> Mapping[str, MetricValidity]:
    """The metrics, and below them what the source has of others."""
    theirs = {
        f"published:{name}": one.model_copy(update={"title": f"{one.title} ({_THEIRS})"})
        for name, one in found.published.items()
    }
    return {**found.metrics, **theirs}


def _row(one: MetricValidity, share: Figure) -> list[str]:
    short = _SHORT.get(one.said or "", "–")
    return [one.title, share_cell(share), short, str(one.alike), str(share.n), str(share.clusters)]


def _correlation(found: Figure | None) -> str:
    return share_cell(found) if found else "–"


def _conclusions(found: Validity) -> list[str]:
    said = {
        what: [one.title for one in found.metrics.values() if one.said == what] for what in _SHORT
    }
    lines = [f"{what.capitalize()}: {', '.join(of)}." for what, of in said.items() if of]
    if found.raters:
        lines.append(
            "Two raters of one pair who both prefer an answer prefer the same in "
            f"{share_words(found.raters)} of {found.raters.n} pairs."
        )
    out = {
        f"of which as many raters prefer the one as the other: {found.ties}": found.ties,
        f"that nobody compared: {found.unjudged}": found.unjudged,
        f"of two same answers: {found.same}": found.same,
    }
    told = [text for text, count in out.items() if count]
    if told:
        lines.append(f"Left out are pairs {'; '.join(told)}.")
    lines += [f"Left out: {title} ({reason})." for title, reason in found.left_out.items()]
    return lines


def share_words(share: Figure) -> str:
    """A share with its interval, in a sentence."""
    ends = "" if share.low is None else f" [{share.low:.0%}, {share.high:.0%}]"
    return f"{share.mean:.0%}{ends}"
