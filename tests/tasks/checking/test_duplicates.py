"""
Paraphrases planted into the shipped set are found, and little else.

``paraphrases.jsonl``: 300 questions of the shipped set with their answers, written again by another
hand: half lightly (a few words changed), half heavily (another person and situation, as few of the
words as can be). The thresholds were set on its part ``development`` (200); here it is ``test``
(100). A paraphrase is planted without evidence, framework and citations, so that nothing but its
words tells whose it is.
"""

import json
from collections import Counter
from pathlib import Path

from rag.embedder import Embedder
from tasks.checking.duplicates import near_duplicates
from tasks.policyqa.questions import DATA, SPLITS, Question
from tests.tasks.folders import load

PARAPHRASES = Path(__file__).parent / "paraphrases.jsonl"


def planted(part: str) -> tuple[list[Question], dict[str, str]]:
    """The shipped set with a part of the paraphrases in other splits, and the strength of each."""
    rows = load(DATA)
    by_id = {question.id: question for question in rows}
    strength = {}
    for line in PARAPHRASES.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["part"] != part:
            continue
        original = by_id[row["id"]]
        others = [split for split in SPLITS if split != original.split]
        new = {
            "id": f"again-{original.id}",
            "split": others[len(strength) % 2],
            **{name: row[name] for name in ("question", "answer")},
            **{"framework": "", "evidence": [], "citations": []},
        }
        rows.append(original.model_copy(update=new))
        strength[f"again-{original.id}"] = row["strength"]
    return rows, strength


def measured(part: str, citations: bool = True) -> dict[str, float]:
    rows, strength = planted(part)
    if not citations:
        rows = [row.model_copy(update={"citations": []}) for row in rows]
    found = {
        (rows[pair.first].id, rows[pair.second].id) for pair in near_duplicates(rows, Embedder())
    }
    true = {pair for pair in found if f"again-{pair[0]}" == pair[1]}
    counts = Counter(strength.values())
    right = Counter(strength[pair[1]] for pair in true)
    return {
        "planted": len(strength),
        "precision": len(true) / len(found),
        "recall": len(true) / len(strength),
        **{f"recall {name}": right[name] / counts[name] for name in counts},
    }


def test_planted_paraphrases_are_found(minilm: Path) -> None:  # noqa: ARG001
    figures = measured("test")
    print(figures)
    assert figures["planted"] == 100
    assert figures["precision"] >= 0.95
    assert figures["recall"] >= 0.95
    assert figures["recall light"] == 1.0
    assert figures["recall heavy"] >= 0.9


def test_without_citations_more_is_found_wrongly(minilm: Path) -> None:  # noqa: ARG001
    figures = measured("test", citations=False)
    print("no question cites:", figures)
    assert figures["precision"] >= 0.8
    assert figures["recall"] >= 0.95


def question(id_: str, split: str, text: str, answer: str | None) -> Question:
    row = {"id": id_, "split": split, "framework": "f", "question": text, "answer": answer}
    return Question.model_validate(row)


def pairs(rows: list[Question]) -> list[tuple[int, int]]:
    return [(pair.first, pair.second) for pair in near_duplicates(rows, Embedder())]


def test_questions_without_answers_are_compared_too(minilm: Path) -> None:  # noqa: ARG001
    rows = [
        question("a", "train", "How far from a road must a hive stand?", None),
        question("b", "test", "A hive must stand how far away from a road?", None),
        question("c", "test", "How long may the string of a kite be?", None),
        question("d", "test", "Who may dig a well?", "The owner of the land."),
    ]
    assert pairs(rows) == [(0, 1)]


def test_any_of_several_answers_may_tell_that_the_same_is_asked(minilm: Path) -> None:  # noqa: ARG001
    rows = [
        question("a", "train", "How far from cars must bees live?", "Ask the office."),
        question("b", "test", "What does the neighbour with hives have to keep to?",
                 "Under Rule 1 a hive stands 40 metres from a road."),
        question("c", "test", "How long may the string of a kite be?", "60 metres, says Rule 2."),
    ]  # fmt: skip
    assert pairs(rows) == []
    further = ["60 goats.", "By Rule 1 a hive stands 40 metres from any road."]
    rows[0] = rows[0].model_copy(update={"answers": further})
    assert pairs(rows) == [(0, 1)]
    # The one that has several may as well stand second.
    assert pairs(rows[::-1]) == [(1, 2)]


def test_a_question_in_three_splits_is_found_in_each_pair(minilm: Path) -> None:  # noqa: ARG001
    texts = ("How far must a hive stand off?", "How far off must hives stand?", "Hives: how far?")
    rows = [
        question(split, split, text, "A hive stands at least 40 metres from any road.")
        for split, text in zip(SPLITS, texts, strict=True)
    ]
    assert pairs(rows) == [(0, 1), (0, 2), (1, 2)]


def test_pairs_within_a_split_and_those_that_differ_in_a_number_are_none(minilm: Path) -> None:  # noqa: ARG001
    rows = [question(id_, "test", "How far must a hive stand?", "40 metres.") for id_ in "ab"]
    assert pairs(rows) == []
    asked = "What must a keeper of bees do under Article 1{}?"
    rows.append(question("c", "train", asked.format(2), "Keep a book."))
    rows.append(question("d", "validation", asked.format(3), "Pay EUR 5."))
    assert pairs(rows) == []
