"""Questions depend on one another where a field of theirs says so."""

from typing import Any

import pytest

from harness.errors import ConfigError
from harness.outcomes import Outcome
from harness.pairing import clusters_of
from reports.questions import check_have, questions_where


def of(**document: Any) -> Outcome:
    return Outcome("q", "", {}, document)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("law", ["law"]),
        (["a", "b"], ["a", "b"]),
        (7, ["7"]),
        (True, ["true"]),
        ({"b": 1, "a": [2]}, ['{"a": [2], "b": 1}']),
        ([[1, "x"], None, "", "y"], ['[1, "x"]', "y"]),
        ([], []),
        ("", []),
        (None, []),
    ],
)
def test_values_of_a_field_connect(value: Any, names: list[str]) -> None:
    assert of(topic=value).values_of("topic") == names
    assert of(other="law").values_of("topic") == []


def test_lists_connect_by_any_value_they_share() -> None:
    topics: list[Any] = [["a", "b"], ["c"], "b", ["d", "c"], [], []]
    groups = clusters_of([of(topic=one) for one in topics], lambda one: one.values_of("topic"))
    assert groups == ["0", "1", "0", "1", "2", "3"]


def test_a_question_without_the_field_is_refused_by_name_with_what_it_has() -> None:
    check_have([of(topic=None)], "topic")
    with pytest.raises(ConfigError, match=r"'q' has no field 'topic' to cluster by.*'a', 'b'$"):
        check_have([of(topic="law"), of(a=1, b=2)], "topic")


@pytest.mark.parametrize("where", ["answerable", "=true", ""])
def test_a_condition_of_another_form_is_refused(where: str) -> None:
    with pytest.raises(ConfigError, match=f"'{where}' has not the form FIELD=VALUE"):
        questions_where(where)
