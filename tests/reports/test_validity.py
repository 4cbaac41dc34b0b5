"""Metrics against people: planted skill is found, chance is not taken for it, and what is left out
is said."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.errors import DataError
from harness.metrics import Metric, make_metrics
from reports.judged import Judgements
from reports.preferences import read_preferences
from reports.public_ratings import read_public_ratings
from reports.terminal import show_tables
from reports.validity import BETTER, NOT_SHOWN, TOO_FEW, WORSE, Validity, check_validity
from reports.validity_tables import validity_tables
from tests.reports.judging import RIGHT, judged, write_preferences, write_ratings

QUICK = make_metrics(["rouge_l", "corpus_bleu", "evidence_shown", "over_refusal"])


def read(folder: Path, rows: list[dict[str, Any]]) -> Judgements:
    """The judgements of these lines."""
    return read_preferences(write_preferences(folder / "preferences.csv", rows))


def preferring(wrong: int, count: int = 20) -> list[dict[str, Any]]:
    """Judgements of as many pairs, of so many of which the wrong answer is preferred."""
    return [judged(n, "b" if n < wrong else "a") for n in range(count)]


@pytest.mark.parametrize(
    ("wrong", "share", "said"),
    [(0, 1.0, BETTER), (2, 0.9, BETTER), (9, 0.55, NOT_SHOWN), (19, 0.05, WORSE)],
)
def test_a_metric_that_prefers_right_answers_is_told_by_what_people_prefer(
    tmp_path: Path, wrong: int, share: float, said: str
) -> None:
    found = check_validity(read(tmp_path, preferring(wrong)), QUICK).metrics["rouge_l"]
    assert found.preference is not None
    assert found.preference.mean == pytest.approx(share)
    assert (found.preference.n, found.preference.clusters, found.alike) == (20, 20, 0)
    assert found.said == said


def test_a_few_pairs_show_nothing(tmp_path: Path) -> None:
    found = check_validity(read(tmp_path, preferring(0, 9)), QUICK).metrics["rouge_l"]
    assert found.preference is not None
    assert (found.preference.mean, found.preference.low, found.said) == (1.0, None, TOO_FEW)


class Length:
    """The fewer words the better; of a user's own."""

    name, title, kind, higher_is_better, signature = "words", "words", "mean", False, "words:1"

    def score(self, rows: Any) -> list[Any]:
        return [float(len(row.answer.split())) for row in rows]


def test_where_lower_is_better_the_lower_is_preferred(tmp_path: Path) -> None:
    rows = [judged(n, "a", a="One two.", b=f"One two three {n}.") for n in range(12)]
    length: Metric = Length()  # type: ignore[assignment]
    found = check_validity(read(tmp_path, rows), [length])
    assert found.metrics["words"].said == BETTER


def test_ties_of_people_pairs_alike_and_metrics_that_say_nothing_are_left_out_and_said(
    tmp_path: Path,
) -> None:
    rows = [
        *preferring(0, 12),
        judged(12, "tie"),
        *(judged(13, preferred, rater=preferred) for preferred in ("a", "b")),
        judged(14, a=RIGHT, b=f"{RIGHT} "),
        # Scored alike by ROUGE-L: of neither a word is right.
        judged(15, a="Zebra.", b="Gnu."),
    ]
    found = check_validity(read(tmp_path, rows), QUICK)
    assert (found.pairs, found.ties, found.same, found.unjudged) == (13, 2, 1, 0)
    metric = found.metrics["rouge_l"]
    assert metric.preference is not None
    assert (metric.alike, metric.preference.mean) == (1, pytest.approx(12.5 / 13))
    assert found.raters is not None
    assert (found.raters.mean, found.raters.n) == (0.0, 1)
    assert found.left_out == {
        "corpus BLEU": "a figure of all answers together",
        "over-refusals": "no pair of which it has a value of both answers",
        "evidence shown": "no pair of which it has a value of both answers",
    }
    nobody = read(tmp_path, [judged(1, "tie")])
    with pytest.raises(DataError, match="no pair of two answers of which more raters prefer"):
        check_validity(nobody, QUICK)


@pytest.mark.usefixtures("minilm")
def test_without_a_reference_only_a_metric_that_reads_none_scores(tmp_path: Path) -> None:
    context = f"{RIGHT} of the breach."
    rows = [judged(n, reference="", context=context) for n in range(12)]
    metrics = make_metrics(["rouge_l", "bertscore_context_precision"])
    found = check_validity(read(tmp_path, rows), metrics)
    assert list(found.metrics) == ["bertscore_context_precision"]
    assert found.metrics["bertscore_context_precision"].said == BETTER
    with pytest.raises(DataError, match=r"no metric has anything to say .* column reference, or"):
        check_validity(read(tmp_path, rows), QUICK)
    assert found.left_out == {"ROUGE-L": "no pair of which it has a value of both answers"}


def shown(found: Validity) -> str:
    """What a terminal of 80 columns shows."""
    console = Console(file=io.StringIO(), width=80, color_system=None)
    show_tables(validity_tables(found), found.signature, console)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(map(len, text.splitlines())) <= 80
    return " ".join(text.split())


def test_what_is_shown_says_what_was_found_and_its_json_is_read_back(tmp_path: Path) -> None:
    found = check_validity(read(tmp_path, preferring(2)), QUICK)
    assert Validity.model_validate(found.as_json()) == found
    text = shown(found)
    for said in (
        "Which of two answers people prefer: preferences.csv",
        "ROUGE-L 0.90 better 0 20 20 [.76, 1.00]",
        "Shown better than a coin: ROUGE-L.",
        "Left out: corpus BLEU (a figure of all answers together).",
        "groups that share the question",
        "judged:preferences.csv@",
        "rouge_l:rouge-1.0.1",
    ):
        assert said in text
    assert "What people rated" not in text


def test_ratings_are_shown_beside_preferences_and_with_what_others_published(
    tmp_path: Path,
) -> None:
    found = check_validity(read_public_ratings(write_ratings(tmp_path / "r.json")), QUICK)
    correlations = found.metrics["rouge_l"].correlations
    assert list(correlations) == ["faithfulness", "win-rate"]
    # Rated 3, 1, 4 and 2; by ROUGE-L the first is best, then the third, and the others have 0.
    assert correlations["faithfulness"].mean == pytest.approx(3.5 / 22.5**0.5)
    assert found.published["RougeL"].correlations["faithfulness"].mean == pytest.approx(1)
    assert found.published["rl_f"].correlations == {}
    text = shown(found)
    for said in (
        "What people rated",
        "RougeL (as published)",
        "groups that share the conversation",
    ):
        assert said in text
