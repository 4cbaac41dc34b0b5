"""MTRAG's human ratings: a small file of their layout, and the published one where it is."""

import json
from pathlib import Path

import pytest

from harness.agreement import preferred_share, rank_correlation
from harness.errors import DataError
from harness.metrics import make_metrics
from harness.metrics.overlap import RougeL
from reports.checked import CHECKED, checked
from reports.judged import Judgements
from reports.public_ratings import RATINGS, read_public_ratings
from reports.validity import check_validity
from tests.reports.judging import RIGHT, WRONG, write_ratings

PUBLIC = Path(__file__).parents[3] / "shared" / "data" / "mtrag_human"


def test_a_rater_prefers_the_answer_with_the_higher_win_rate(tmp_path: Path) -> None:
    found = read_public_ratings(write_ratings(tmp_path / "below" / RATINGS).parent.parent)
    first, second = found.pairs
    # Of the reference itself there is no pair, and r3 and r4 saw one of the two alone.
    assert (first.first.answer, first.second.answer) == (f"{RIGHT}.", WRONG)
    assert (first.votes, second.votes) == ((1, -1), (1,))
    assert (first.group, second.group) == ("c0", "c1")
    assert first.published == {"RougeL": (0.75, 0.25), "rl_f": (0.5, 0.5)}
    assert [one.ratings["faithfulness"] for one in found.rated] == [3, 1, 4, 2]
    assert found.rated[0].ratings["win-rate"] == pytest.approx(100 / 3)


def test_a_row_has_what_was_shown_and_asked(tmp_path: Path) -> None:
    unanswerable, _, answerable, _ = read_public_ratings(write_ratings(tmp_path / "r.json")).rated
    row = answerable.row
    assert (row.question, row.references) == ("user: By when?", (RIGHT,))
    assert (row.context, row.evidence) == ("Text d1.\nText d2.", ("d1", "d2"))
    assert (unanswerable.row.context, unanswerable.row.answerable) == ("", False)


def test_what_is_not_the_published_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"no folder with {RATINGS}"):
        read_public_ratings(tmp_path)
    path = write_ratings(tmp_path / "r.json")
    content = json.loads(path.read_text())
    for broken in (
        {"tasks": []},
        content | {"tasks": []},
        content | {"documents": [1]},
        content | {"evaluations": content["evaluations"] + [{"task_id": "c0<::>1"}]},
    ):
        path.write_text(json.dumps(broken))
        with pytest.raises(DataError, match="not the human ratings as IBM/mt-rag-benchmark"):
            read_public_ratings(path)


@pytest.fixture(scope="module")
def published() -> Judgements:
    """The published ratings."""
    if not PUBLIC.is_dir():
        pytest.skip(f"no public data at {PUBLIC}")
    return read_public_ratings(PUBLIC)


def test_the_published_scores_agree_with_people_as_the_reference_figures_say(
    published: Judgements,
) -> None:
    """ROUGE-L prefers theirs in 59% [51, 67], BERTScore recall in 56% [48, 64]; precision in the
    context follows faithfulness with 0.65: of the two models, by the mean win rate of an answer's
    raters, each pair a group. In conversations as groups ROUGE-L's intervals lie about the line."""
    assert (len(published.pairs), len(published.rated)) == (159, 318)
    wins = {one.row: one.ratings["win-rate"] for one in published.rated}
    apart = [one for one in published.pairs if abs(wins[one.first] - wins[one.second]) > 1e-9]
    preferred = [1 if wins[one.first] > wins[one.second] else -1 for one in apart]
    alone, together = [str(n) for n in range(len(apart))], [one.group for one in apart]
    ours = list(RougeL().score([row for one in apart for row in (one.first, one.second)]))
    two = {
        "ours": list(zip(ours[::2], ours[1::2], strict=True)),
        **{name: [one.published[name] for one in apart] for name in ("RougeL", "Bert-Rec")},
    }
    for name, groups, share, low, high in [
        ("RougeL", alone, 0.592, 0.511, 0.672),
        ("RougeL", together, 0.592, 0.495, 0.689),
        ("Bert-Rec", alone, 0.565, 0.484, 0.646),
        ("ours", together, 0.585, 0.514, 0.656),
    ]:
        first, second = zip(*two[name], strict=True)
        found = preferred_share(first, second, preferred, groups)
        assert (found.mean, found.low, found.high) == pytest.approx((share, low, high), abs=1e-3)
    precision = rank_correlation(
        [one.published["Bert-KPrec"] for one in published.rated],
        [one.ratings["faithfulness"] for one in published.rated],
        [one.group for one in published.rated],
    )
    assert precision is not None
    assert precision.mean == pytest.approx(0.65, abs=0.005)


def test_what_reports_say_was_checked_is_what_the_ratings_give(published: Judgements) -> None:
    # The two that need no encoder.
    metrics = make_metrics(["rouge_l", "bleu"])
    found = check_validity(published, metrics)
    assert (found.pairs, found.ties, found.unjudged, found.same) == (135, 21, 2, 1)
    for metric in metrics:
        share = found.metrics[metric.name].preference
        assert share is not None
        said = f"{share.mean:.0%} [{share.low:.0%}, {share.high:.0%}] of {share.n} pairs"
        assert said in checked(metric.signature)
        assert checked(metric.signature).endswith(f": {found.metrics[metric.name].said}")
    assert found.raters is not None
    assert f"two raters agreed in {found.raters.mean:.0%}" in checked("rouge_l")
    assert metrics[0].signature in CHECKED.read_text()
