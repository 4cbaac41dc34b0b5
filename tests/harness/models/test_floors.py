"""What answers without a language model: each floor says what its name says."""

from collections.abc import Sequence
from typing import Any

import pytest
from lm_eval.api.instance import Instance

from harness.errors import ConfigError
from harness.models.floors import FIRST_WORDS, FloorLM
from harness.models.kinds import FLOORS

PASSAGE = " ".join(f"word{i}" for i in range(FIRST_WORDS + 5))
DOCUMENTS = [
    {
        "id": f"i{i}",
        "question": f"q{i}",
        "answer": f"a{i}",
        "evidence": [f"s{i // 2}"],
        "best_passage": PASSAGE,
        "best_sentence": "word7 and on.",
    }
    for i in range(6)
]


def answers(kind: str, documents: Sequence[dict[str, Any]], **options: Any) -> list[str]:
    requests = [
        Instance("generate_until", one, ("a prompt", {}), i) for i, one in enumerate(documents)
    ]
    return FloorLM(kind, **options).generate_until(requests, True)


def test_each_floor_answers_as_its_name_says() -> None:
    two = [DOCUMENTS[0], {**DOCUMENTS[1], "best_passage": ""}]
    assert answers("echo", two) == ["q0", "q1"]
    assert answers("first", two) == [" ".join(PASSAGE.split()[:40]), ""]
    assert answers("sentence", DOCUMENTS[:2]) == ["word7 and on.", "word7 and on."]


def test_other_answers_with_that_of_a_question_about_something_else() -> None:
    # Half the list away, and the next after that where one section answers both.
    assert answers("other", DOCUMENTS) == ["a3", "a4", "a5", "a0", "a1", "a2"]
    turns = [{**one, "evidence": [f"s{i % 2}"]} for i, one in enumerate(DOCUMENTS[:4])]
    assert answers("other", turns) == ["a3", "a0", "a1", "a2"]
    # It does not depend on how many are asked.
    assert answers("other", DOCUMENTS[2:4], among=DOCUMENTS) == ["a5", "a0"]
    # Where all are about one thing, or nobody knows about what, any other question's.
    for evidence, expected in ((["s"], ["a1", "a0"]), ([], ["a1", "a2", "a0"])):
        few = [{**one, "evidence": evidence} for one in DOCUMENTS[: len(expected)]]
        assert answers("other", few) == expected
    assert answers("other", DOCUMENTS[:1]) == [""]


def test_a_floor_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigError, match=f"no floor 'cellar'; there are {', '.join(FLOORS)}"):
        FloorLM("cellar")
