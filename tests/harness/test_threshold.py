"""What an answer must reach to be given."""

import pytest

from harness.threshold import AnswerThreshold


@pytest.mark.parametrize(
    ("asks", "nearness", "likelihood", "given"),
    [
        ({"nearness": 0.5}, 0.5, -9.0, True),
        ({"nearness": 0.5}, 0.49, 0.0, False),
        ({"likelihood": -1.0}, -1.0, -1.0, True),
        ({"likelihood": -1.0}, 1.0, -1.01, False),
        ({"nearness": 0.5, "likelihood": -1.0}, 0.6, -1.5, False),
        ({"nearness": 0.5, "likelihood": -1.0}, 0.6, -0.5, True),
        # What nobody tells, an answer is not held to.
        ({"nearness": 0.5, "likelihood": -1.0}, None, -0.5, True),
        ({"nearness": 0.5, "likelihood": -1.0}, 0.6, None, True),
    ],
)
def test_an_answer_is_given_where_all_that_is_known_of_it_is_enough(
    asks: dict[str, float], nearness: float | None, likelihood: float | None, given: bool
) -> None:
    threshold = AnswerThreshold("sure", **asks)
    assert threshold.gives({"nearness": nearness}, likelihood) is given


def test_a_threshold_is_what_it_asks_for_and_what_is_said_instead() -> None:
    one = AnswerThreshold("a", nearness=0.5)
    assert one.identity == AnswerThreshold("b", nearness=0.5).identity
    assert one.identity != AnswerThreshold("a", nearness=0.5, refusal="No.").identity
    assert one.identity != AnswerThreshold("a", likelihood=-0.5).identity
