"""The line below a verdict: how far its metric was checked against people."""

from harness.metrics import make_metrics
from harness.metrics.bertscore import BertScore
from reports.checked import checked


def test_a_metric_that_was_checked_has_its_share_interval_and_words() -> None:
    line = checked("rouge_l")
    assert line.startswith("ROUGE-L preferred the answer that people preferred in 58% [50%, 66%]")
    assert line.endswith("not shown better than a coin")
    assert "\n" not in line
    for metric in make_metrics(["bertscore_f1", "rouge_l", "bleu", "bertscore_context_precision"]):
        assert checked(metric.signature) == checked(metric.name)


def test_another_encoder_is_said_and_another_version_or_machine_is_not() -> None:
    ours = BertScore().signature
    newer = ours.replace("bert-score-0.3.13", "bert-score-0.4.0").replace(",cpu,", ",A GPU,")
    assert newer != ours
    assert checked(newer) == checked(ours)
    other = checked(BertScore("owner/encoder", 5).signature)
    assert "; that was with minilm-l6@" in other
    assert "L5" not in other
    assert "that was with L5" in checked(BertScore(layer=6).signature)


def test_one_that_was_not_checked_is_said_to_be_so_with_the_command_that_does() -> None:
    line = checked("judge:Faithfulness,v1")
    assert line.startswith("judge was not checked against people; policyqa validity ")
