"""Scores are computed once for what was read, and not at all where they are kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from importlib.metadata import version
from typing import Any

import numpy as np
import pytest

from harness.errors import ConfigError, ModelError
from harness.kept import Kept
from harness.metrics import Metric, Row, Value, make_metrics, score
from harness.metrics.fact import Fact
from harness.metrics.scoring import row_keys

ROW = Row("Within what time?", "72 hours.", ("Within 72 hours.",), True, ("a/s",), "…", ("a/s",))
OTHER = replace(ROW, answer="a week")
NONE = replace(ROW, answer="")


@dataclass(frozen=True)
class Length:
    """Letters of an answer; nothing to say of none. Notes what it is asked."""

    name: str = "length"
    title: str = "length"
    higher_is_better: bool | None = None
    kind: Any = "mean"
    signature: str = "length:letters"
    asked: list[Row] = field(default_factory=list)

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        self.asked.extend(rows)
        return [float(len(row.answer)) if row.answer else None for row in rows]


def test_only_what_is_not_kept_is_computed_and_equal_rows_once(kept: Kept) -> None:
    first, second, third, mended = Length(), Length(), Length(), Length(signature="length:2")
    assert score([first], [ROW, OTHER, replace(ROW)], kept) == {"length": [9.0, 6.0, 9.0]}
    assert first.asked == [ROW, OTHER]
    assert score([second], [OTHER, NONE, ROW], kept) == {"length": [6.0, None, 9.0]}
    assert second.asked == [NONE]
    # Not even None is computed again; another signature is, and so is another metric.
    new = Length(name="other", signature="other:letters")
    both = {"length": [9.0, None], "other": [9.0, None]}
    assert score([third, new], [ROW, NONE], kept) == both
    assert (third.asked, new.asked) == ([], [ROW, NONE])
    score([mended], [ROW], kept)
    assert mended.asked == [ROW]
    assert score([Length()], [], kept) == {"length": []}
    assert score([], [ROW], kept) == {}
    assert score([Length()], [ROW]) == {"length": [9.0]}


CHANGES: dict[str, Any] = {
    "question": "When?",
    "answer": "a week",
    "references": ("Within 72 hours.", "72 hours."),
    "answerable": False,
    "evidence": ("a/t",),
    "context": "… …",
    "context_ids": ("a/t", "a/s"),
    "facts": (Fact("duration", "72 hours"),),
    "citations": ("Article 33",),
    "provisions": (("a/s", ("article/33",)),),
}


def test_all_that_a_metric_can_read_tells_rows_apart() -> None:
    assert list(CHANGES) == [one.name for one in fields(Row)]
    others = [replace(ROW, **{name: value}) for name, value in CHANGES.items()]
    one, same, *rest = row_keys([ROW, replace(ROW), *others])
    assert one == same
    assert len({one, *rest}) == 1 + len(CHANGES)


def test_a_row_of_one_reference_is_kept_under_what_it_always_was() -> None:
    # Scores that earlier versions kept are found by it, and by their metrics' signatures.
    key = "4413838d175defb1a41f43cef4c4413f24db05dc4721910e2d0f463a3cc0b2a4"
    assert row_keys([ROW]) == [key]
    sacrebleu, rouge = version("sacrebleu"), version("rouge")
    assert [one.signature for one in make_metrics(["bleu", "corpus_bleu", "rouge_l"])] == [
        f"bleu:sacrebleu-{sacrebleu},mean-of-sentences,effective-order,13a,exp",
        f"corpus_bleu:sacrebleu-{sacrebleu},corpus,13a,exp",
        f"rouge_l:rouge-{rouge},F,summary-level",
    ]


def test_every_kind_of_value_comes_back_from_the_file_as_it_was(kept: Kept) -> None:
    metrics = [one for one in make_metrics() if one.name != "bertscore_f1"]
    rows = [ROW, OTHER, NONE, replace(ROW, answerable=False, evidence=())]
    made = score(metrics, rows, kept)
    unused = [Length(name=one.name, signature=one.signature) for one in metrics]
    assert score(unused, rows, kept) == made
    assert [one.asked for one in unused] == [[]] * len(metrics)
    assert isinstance(made["corpus_bleu"][0], tuple)


def given(kind: str, values: Any) -> Metric:
    """A metric of that kind that gives these values, or raises."""

    class Given(Length):
        def score(self, rows: Sequence[Row]) -> list[Value | None]:
            del rows
            if isinstance(values, Exception):
                raise values
            return values

    return Given(kind=kind)


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        ("mean", [], "metric length gave 0 values of 2 rows; it must give one of each"),
        ("mean", [0.5, 0.5, 0.5], "metric length gave 3 values of 2 rows"),
        ("mean", None, "metric length: TypeError: 'NoneType' object is not iterable"),
        ("mean", [0.5, float("nan")], "metric length gave nan of a row; .* a finite number"),
        ("mean", ["0.5", 0.5], "metric length gave '0.5' of a row"),
        ("mean", [(0.5,), 0.5], r"metric length gave \(0.5,\) of a row; .* a finite number"),
        ("mean", [0.5, "a\nb" * 99], r"metric length gave 'a\\nba\\nb.{,60} of a row"),
        ("rate", [0, 0.5], "metric length gave 0.5 of a row; .* None or 0 or 1"),
        ("corpus", [0.5, (1, 2)], "metric length gave 0.5 of a row; .* a tuple of finite numbers"),
        ("corpus", [(), (1, 2)], r"metric length gave \(\) of a row"),
        ("corpus", ["12", (1, 2)], "metric length gave '12' of a row"),
        ("corpus", [(1, float("nan")), (1, 2)], r"metric length gave \(1, nan\) of a row"),
        ("corpus", [(1, 2), (1, 2, 3)], "gave statistics of 2 and 3 numbers; they must be as many"),
        ("corpus", [np.ones((2, 2)), (1, 2)], r"metric length gave array\(\[\[1., 1.\], .* of a"),
        ("corpus", [np.array(1.0), (1, 2)], "metric length: TypeError: "),
        ("mean", ValueError("two\nlines"), r"metric length: ValueError: two lines \(test_scor"),
    ],
)
def test_values_that_are_none_of_a_metrics_kind_are_one_line_and_not_kept(
    kind: str, values: Any, said: str, kept: Kept
) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        score([given(kind, values)], [ROW, OTHER], kept)
    assert "\n" not in str(caught.value)
    assert kept.scores("length:letters", row_keys([ROW, OTHER])) == {}


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("mean", [1, np.float32(0.5)], [1.0, 0.5]),
        ("mean", [None, np.int64(2)], [None, 2.0]),
        ("rate", [True, np.bool_(False)], [1.0, 0.0]),
        ("corpus", [[1, 2], np.array([3, 4])], [(1.0, 2.0), (3.0, 4.0)]),
        ("corpus", [None, (True, 2)], [None, (1.0, 2.0)]),
    ],
)
def test_numbers_of_any_library_are_kept_as_pythons_own(
    kind: str, values: Any, expected: list[Value | None], kept: Kept
) -> None:
    for _ in range(2):
        (found,) = score([given(kind, values)], [ROW, OTHER], kept).values()
        assert found == expected
        flat = [x for value in found for x in (value if isinstance(value, tuple) else (value,))]
        assert {type(one) for one in flat} <= {float, type(None)}


def test_an_error_of_ours_stays_what_it_is() -> None:
    with pytest.raises(ModelError, match=r"^no server$"):
        score([given("mean", ModelError("no server"))], [ROW])
