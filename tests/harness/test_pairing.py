"""Answers are paired by the question's id, in groups of the compared questions alone."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.outcomes import Outcome
from harness.pairing import Measure, align, clusters_of, difference, figure
from harness.runs import Result
from harness.statistics import FEWEST, FEWEST_TOGETHER, Difference, Figure
from tests.intervals import share

MEAN = Measure("score", "score", "mean", True)
RATE = Measure("score", "score", "rate", None)
SHARE = Measure("score", "score", "corpus", True, share)

IDS = [f"q{i}" for i in range(3 * (FEWEST + 2))]
FEWEST_OF = {"mean": FEWEST, "rate": 1, "corpus": FEWEST_TOGETHER}


def section(key: str) -> str:
    """Three questions are about one section."""
    return f"f/s{int(key[1:]) // 3}"


def holds(found: Figure | Difference, value: float, fewest: int) -> bool:
    """Whether the interval is there where it should be, and holds the value."""
    if found.clusters < fewest:
        return found.low is found.high is None
    return found.low is not None and found.high is not None and found.low <= value <= found.high


def scored(values: Mapping[str, Any], **evidence: list[str]) -> Result:
    """A variant with these values by question, in their order; None is a question without one."""
    return Result(
        "any",
        {
            key: Outcome(
                key,
                "",
                {} if value is None else {"score": value},
                {"evidence": evidence.get(key, [section(key)])},
            )
            for key, value in values.items()
        },
    )


def repeated(*values: Mapping[str, Any]) -> Result:
    """A variant of which each replicate has these values by question."""
    first, *others = map(scored, values)
    return replace(first, further=tuple(one.outcomes for one in others))


@st.composite
def variants(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Values of some of the questions or of most, in any order."""
    ids = draw(st.permutations(IDS))[draw(st.sampled_from([0, 0, 25, len(IDS)])) :]
    without = draw(st.sets(st.sampled_from(IDS), max_size=6))
    return {key: None if key in without else draw(values) for key in ids}


def test_different_orders_and_different_gaps_by_hand() -> None:
    """By position, the differences would be 0.8, 0.2 and -0.6."""
    first = scored({"q3": 0.9, "q0": 0.5, "q1": 0.4, "q2": None, "q6": 0.0})
    second = scored({"q1": 0.1, "q3": 0.3, "q9": 1.0, "q2": 0.7, "q0": 0.4, "q6": None})
    found = difference(first, second, MEAN)
    assert found is not None
    assert found.delta == pytest.approx((0.6 + 0.1 + 0.3) / 3)
    assert (found.n, found.clusters) == (3, 2)  # q0 and q1 are about one section.
    assert (found.low, found.high) == (None, None)


COUNTS = st.integers(1, 20).flatmap(lambda there: st.tuples(st.integers(0, there), st.just(there)))


@pytest.mark.parametrize(
    ("measure", "values"),
    [(MEAN, st.floats(0, 1)), (RATE, st.sampled_from([0.0, 1.0])), (SHARE, COUNTS)],
    ids=["mean", "rate", "corpus"],
)
@given(st.data())
def test_a_difference_is_of_the_questions_both_have_a_value_of(
    measure: Measure, values: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    ours, theirs = data.draw(variants(values)), data.draw(variants(values))
    found = difference(scored(ours), scored(theirs), measure)
    both = [key for key in ours if ours[key] is not None and theirs.get(key) is not None]
    assert (found is None) is (not both)
    if found:
        a, b = (measure.of([one[key] for key in both]) for one in (ours, theirs))
        assert found.delta == pytest.approx(a - b)
        assert (found.n, found.clusters) == (len(both), len({section(key) for key in both}))
        assert holds(found, found.delta, FEWEST_OF[measure.kind])
        # The order of the questions changes nothing.
        turned = difference(scored(dict(sorted(ours.items()))), scored(theirs), measure)
        assert turned
        assert list(asdict(turned).values()) == pytest.approx(
            list(asdict(found).values()), abs=1e-9
        )


def test_replicates_are_aligned_by_question() -> None:
    results = [
        repeated(
            {"q1": 0.1, "q2": 0.2, "q3": 0.3, "q4": 0.4},
            {"q3": 1.3, "q1": 1.1, "q2": 1.2, "q4": None},
        ),
        scored({"q2": 2.2, "q3": 2.3, "q4": 2.4, "q1": 2.1}),
        repeated(*[{"q3": i + 0.3, "q1": i + 0.1} for i in (3, 4, 5)]),
    ]
    found = align(results, "score")
    assert [one.tolist() for one in found.values] == [
        [[0.1, 0.3], [1.1, 1.3]],
        [[2.1, 2.3]],
        [[3.1, 3.3], [4.1, 4.3], [5.1, 5.3]],
    ]
    assert [MEAN.of(one) for one in found.values] == pytest.approx([0.7, 2.2, 4.2])
    # Alone, the first has q2 as well, and no q4: a replicate of it has no value there.
    alone, apart = figure(results[0], MEAN), difference(results[1], results[0], MEAN)
    assert alone and apart
    assert (alone.n, alone.mean) == (3, pytest.approx(0.7))
    assert (apart.n, apart.delta) == (3, pytest.approx(1.5))


def test_questions_can_be_connected_by_something_else() -> None:
    ids = ["q0", "q1", "q3", "q6"]
    one, other = scored(dict.fromkeys(ids, 0.5)), scored(dict.fromkeys(ids, 0.1))

    def parity(outcome: Outcome) -> list[str]:
        return [str(int(outcome.question_id[1:]) % 2)]

    apart = difference(one, other, MEAN, connect=parity)
    assert apart is not None
    assert apart.clusters == 2
    assert align([one, other], "score", connect=parity).clusters == ["0", "1", "1", "0"]
    outcomes = list(one.outcomes.values())
    assert clusters_of(outcomes, parity) == ["0", "1", "1", "0"]
    assert clusters_of(outcomes) == ["0", "0", "1", "2"]


@pytest.mark.parametrize(
    ("measure", "values", "mean"),
    [
        (MEAN, [{"q0": 0.2, "q1": None, "q2": 0.4, "q3": 0.9}], 0.5),
        (MEAN, [{"q0": 0.2, "q3": 0.6}, {"q0": 0.4, "q3": 1.0}], 0.55),
        (RATE, [{"q0": 1.0, "q1": None, "q2": 0.0, "q3": 0.0}], 1 / 3),
        (RATE, [{"q0": 1.0, "q3": 0.0}, {"q0": 1.0, "q3": 1.0}], 0.75),
        (SHARE, [{"q0": (1.0, 1.0), "q1": None, "q2": (0.0, 2.0), "q3": (1.0, 5.0)}], 0.25),
        (SHARE, [{"q0": (1, 1), "q3": (0, 2)}, {"q0": (1, 5), "q3": (2, 2)}], 0.4),
    ],
)
def test_a_figure_is_of_every_replicate_of_the_questions_that_have_a_value(
    measure: Measure, values: list[dict[str, Any]], mean: float
) -> None:
    variant = repeated(*values)
    found = figure(variant, measure)
    assert found is not None
    asked = [key for key, value in values[0].items() if value is not None]
    assert (found.mean, found.n, found.clusters) == (pytest.approx(mean), len(asked), 2)
    zero: Any = (0.0, 1.0) if measure is SHARE else 0.0
    apart = difference(variant, scored(dict.fromkeys(asked, zero)), measure)
    assert apart is not None
    assert (apart.delta, apart.n) == (pytest.approx(mean), len(asked))
    some = figure(variant, measure, keep=lambda one: one.question_id == "q3")
    assert some is not None
    assert (some.n, some.mean) == (1, pytest.approx(measure.of([one["q3"] for one in values])))
    assert figure(scored({"q0": None}), measure) is None


def test_where_no_more_is_known_documents_connect_if_there_are_several() -> None:
    def of(document: str, evidence: tuple[str, ...] = (), answerable: bool = True) -> Outcome:
        fields = {"framework": document, "evidence": list(evidence), "answerable": answerable}
        return Outcome("q", "", {}, fields)

    asked = [of("a"), of("b"), of("a"), of("a", ("a/s1",)), of("a", ("a/s1",)), of(""), of("")]
    assert clusters_of(asked) == ["0", "1", "0", "2", "2", "3", "4"]
    # Of what nothing answers, its document is not where the answer is.
    assert clusters_of([of("a"), of("b"), of("a", answerable=False)]) == ["0", "1", "2"]
    # One document cannot be resampled.
    assert clusters_of([of("a"), of("a"), of("a", ("a/s1",))]) == ["0", "1", "2"]
