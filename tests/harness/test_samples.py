"""A sample log of any task becomes outcomes and measures; what is no number is left out by name."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError
from harness.metrics import make_metrics
from harness.samples import Log, read_log
from tests.logs import line, policyqa_line, write_log, write_results

STATISTICS = [10.0, 10.0, 9.0, 7.0, 5.0, 3.0, 10.0, 9.0, 8.0, 7.0]


def log_of(folder: Path, *values: dict[str, Any]) -> Log:
    """A log whose questions have these values, in order."""
    return read_log(write_log(folder, [line(n, **one) for n, one in enumerate(values)]))


def values_of(log: Log, name: str) -> list[Any]:
    return [one.values[name] for one in log.outcomes.values() if name in one.values]


def test_values_are_read_by_question_as_rates_and_means(tmp_path: Path) -> None:
    write_results(tmp_path, {"n": False})
    log = log_of(tmp_path, {"acc": True, "em": 0.25, "n": 2}, {"acc": False}, {"acc": 1, "em": 1})
    assert list(log.outcomes) == ["0", "1", "2"]
    assert values_of(log, "acc") == [1.0, 0.0, 1.0]
    assert values_of(log, "em") == [0.25, 1.0]
    assert log.outcomes["1"].document == {"text": "What is 1?"}
    assert (log.filters, log.ours, log.left_out) == (("none",), False, ())
    measures = log.measures.values()
    assert [one.title for one in measures] == ["acc", "em", "n"]
    assert [one.kind for one in measures] == ["rate", "mean", "mean"]
    assert [one.higher_is_better for one in measures] == [None, None, False]


def test_a_question_is_read_under_each_filter_and_the_metric_named_with_it(tmp_path: Path) -> None:
    filters = ("strict", "flexible")
    lines = [line(n, kept=kept, em=n + len(kept)) for kept in filters for n in (0, 1)]
    log = read_log(write_log(tmp_path, lines))
    assert list(log.measures) == ["em,strict", "em,flexible"]
    assert log.outcomes["0"].values == {"em,strict": 6.0, "em,flexible": 8.0}
    assert log.outcomes["1"].values == {"em,strict": 7.0, "em,flexible": 9.0}
    assert log.filters == ("strict", "flexible")


@pytest.mark.parametrize("value", [["right", "wrong"], "right", None, {"a": 1}, [1, 2], STATISTICS])
def test_a_metric_whose_values_are_no_numbers_is_left_out_by_name(
    tmp_path: Path, value: Any
) -> None:
    name = "corpus_bleu"  # Which has statistics in a task of ours alone.
    log = log_of(tmp_path, {name: value, "acc": 1}, {name: value, "acc": 0})
    assert list(log.measures) == ["acc"]
    assert log.left_out == (f"{name} is left out: its values are no numbers",)


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), 10**400, "0.5", None, [0.5], {}])
def test_a_value_that_is_no_finite_number_among_numbers_is_refused(
    tmp_path: Path, value: Any
) -> None:
    path = write_log(tmp_path, [line(0, acc=1.0), line(1, acc=value), line(2, acc=0.5)])
    with pytest.raises(
        DataError, match=r"where a finite number is needed; .*--log_samples"
    ) as said:
        read_log(path)
    assert str(said.value).startswith(f"{path}:2: the value of acc is {value!r:.60}, where")


def test_statistics_of_a_corpus_metric_of_ours_are_known(tmp_path: Path) -> None:
    lines = [policyqa_line(key, corpus_bleu=STATISTICS, bleu=0.5) for key in ("q1", "q2")]
    log = read_log(write_log(tmp_path, lines, task="policyqa_rag"))
    measure = log.measures["corpus_bleu"]
    (known,) = make_metrics(["corpus_bleu"])
    assert (measure.kind, measure.title) == ("corpus", known.title)
    assert measure.of(values_of(log, "corpus_bleu")) == pytest.approx(
        (9 / 10 * 7 / 9 * 5 / 8 * 3 / 7) ** 0.25
    )
    assert log.measures["bleu"].title == "sentence BLEU"
    assert log.measures["bleu"].higher_is_better is True
    assert log.ours


def test_statistics_of_another_length_are_left_out_and_what_is_no_number_is_refused(
    tmp_path: Path,
) -> None:
    for other in (STATISTICS[:9], [*STATISTICS, 1.0]):
        log = read_log(write_log(tmp_path, [policyqa_line("q1", corpus_bleu=other, bleu=0.5)]))
        assert list(log.measures) == ["bleu"]
        assert "corpus_bleu is left out" in log.left_out[0]
    wrong = [*STATISTICS[:9], float("nan")]
    path = write_log(tmp_path, [policyqa_line("q1", corpus_bleu=wrong)])
    with pytest.raises(DataError, match=r":1: the value of corpus_bleu is nan"):
        read_log(path)


def test_a_metric_that_is_no_mean_of_its_values_is_left_out_by_name(tmp_path: Path) -> None:
    """A perplexity is logged as log-likelihoods, of which higher is better, not lower."""
    figures = {"perplexity,none": 7.389, "acc,none": 1 / 3}
    write_results(tmp_path, {"perplexity": False, "acc": True}, results={"quiz": figures})
    values = [{"perplexity": -one, "acc": one == 1} for one in (1.0, 2.0, 3.0)]
    log = log_of(tmp_path, *values)
    assert list(log.measures) == ["acc"]
    assert "lm-eval's figure 7.389 is not the mean -2 of its values" in log.left_out[0]


def test_a_log_cut_at_the_end_of_a_line_is_refused_where_its_questions_are_counted(
    tmp_path: Path,
) -> None:
    write_results(tmp_path, {}, **{"n-samples": {"quiz": {"effective": 3}}})
    assert len(log_of(tmp_path, {"acc": 1}, {"acc": 0}, {"acc": 0}).outcomes) == 3
    with pytest.raises(DataError, match="ends after 2 of the 3 questions"):
        log_of(tmp_path, {"acc": 1}, {"acc": 0})


def test_what_was_asked_is_told_by_lm_evals_hash_or_by_our_question(tmp_path: Path) -> None:
    logged = line(0, {"text": "Größe?", "n": [1, {"b": None}]}, acc=1)
    without = {name: value for name, value in logged.items() if name != "doc_hash"}
    ours = [policyqa_line("q1", prompt=prompt, bleu=1) for prompt in ("plain", "engineered")]
    asked = [read_log(write_log(tmp_path, [x])).questions for x in (logged, without, *ours)]
    assert asked == [{"0": logged["doc_hash"]}] * 2 + [{"q1": "What of q1?"}] * 2


def test_names_steer_no_terminal(tmp_path: Path) -> None:
    sample = line(0, kept="\x1b]0;", **{"a\x1b[31m": 1, "b\n": "x"})
    log = read_log(write_log(tmp_path, [sample], task="quiz"))
    assert list(log.measures) == [r"a\x1b[31m"]
    assert json.dumps([log.filters, log.left_out]).isprintable()
    assert log.left_out[0].isprintable()
