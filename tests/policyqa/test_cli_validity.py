"""``policyqa validity``: what it prints, and what it refuses in one line."""

from pathlib import Path

import pytest

from tests.conftest import printed, refused, shown
from tests.reports.judging import judged, write_preferences, write_ratings


def test_preferences_are_scored_by_the_metrics_named(tmp_path: Path) -> None:
    path = write_preferences(tmp_path / "preferences.csv", [judged(n) for n in range(12)])
    wanted = ["validity", path, "--metric", "rouge_l", "--metric", "bleu"]
    found = printed(*wanted)
    assert list(found["metrics"]) == ["bleu", "rouge_l"]
    assert found["metrics"]["rouge_l"]["said"] == "shown better than a coin"
    assert "Shown better than a coin: sentence BLEU, ROUGE-L." in shown(*wanted)


@pytest.mark.usefixtures("minilm")
def test_public_ratings_are_scored_by_every_metric_of_ours(tmp_path: Path) -> None:
    write_ratings(tmp_path / "reference_subset_with_human_evaluations.json")
    found = printed("validity", "--mtrag", tmp_path)
    assert {"bertscore_f1", "bertscore_context_precision", "rouge_l"} <= set(found["metrics"])
    assert found["metrics"]["bertscore_context_precision"]["preference"]["n"] == 1
    assert list(found["published"]) == ["RougeL", "rl_f"]


def test_wrong_input_is_one_line_and_status_2(tmp_path: Path) -> None:
    path = write_preferences(tmp_path / "p.csv", [judged(1, "c")])
    for arguments, said in [
        ([], "name one of two"),
        ([path, "--mtrag", tmp_path], "name one of two"),
        (["--mtrag", tmp_path, "--run", tmp_path], "name one of two"),
        ([path], ":2: preferred is 'c'"),
        ([tmp_path / "none.csv"], "cannot be read"),
        (["--mtrag", tmp_path], "no folder with"),
    ]:
        assert said in refused("validity", *arguments)
    write_preferences(path, [judged(1)])
    assert "no run folder" in refused("validity", path, "--run", tmp_path)
    assert "no metric 'rouge'" in refused("validity", path, "--metric", "rouge")
    assert "cannot load" in refused(
        "validity", path, "--encoder", str(tmp_path), "--encoder-layer", "1"
    )
