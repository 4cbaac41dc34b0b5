"""
The shipped set is clean; what of it is made unclean is found, and little else.

Copies of test questions that were trained on are found by the audit of a run
(``python -m benchmarks.leaks`` has more of them).

``paraphrases.jsonl``: 300 questions of the shipped set with their answers, written again by another
hand: half lightly (a few words changed), half heavily (another person and situation, as few of the
words as can be). The thresholds were set on its part ``development`` (200); here it is ``test``
(100). A paraphrase is planted without evidence, framework and citations, so that nothing but its
words tells whose it is.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.leaks.measuring import drawn_copies, found_among
from benchmarks.leaks.planting import EDITS
from rag.corpus import load_corpus
from rag.embedder import Embedder
from rag.index import Index
from tasks.checking.check import check_data
from tasks.checking.duplicates import near_duplicates
from tasks.checking.unanswerable import SECTION
from tasks.policyqa.questions import DATA, SPLITS, Question, in_split
from tests.tasks.folders import load

PARAPHRASES = Path(__file__).parent / "paraphrases.jsonl"


@pytest.fixture(scope="module", autouse=True)
def embedded_once(minilm: Path) -> Iterator[None]:  # noqa: ARG001
    """Thousands of texts are embedded in most of these tests: here each once."""
    vectors: dict[str, Any] = {}
    real = Embedder.embed

    def embed(self: Embedder, texts: Sequence[str]) -> Any:
        new = [text for text in dict.fromkeys(texts) if text not in vectors]
        vectors.update(zip(new, real(self, new), strict=True))
        return np.array([vectors[text] for text in texts]).reshape(len(texts), self.size)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Embedder, "embed", embed)
        yield


def test_the_shipped_set_is_clean() -> None:
    assert check_data(DATA) == []


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


def test_planted_paraphrases_are_found() -> None:
    figures = measured("test")
    print(figures)
    assert figures["planted"] == 100
    assert figures["precision"] >= 0.95
    assert figures["recall"] >= 0.95
    assert figures["recall light"] == 1.0
    assert figures["recall heavy"] >= 0.9


def test_without_citations_more_is_found_wrongly() -> None:
    figures = measured("test", citations=False)
    print("no question cites:", figures)
    assert figures["precision"] >= 0.8
    assert figures["recall"] >= 0.95


@pytest.mark.parametrize("kind", EDITS)
def test_planted_copies_are_met_in_training_and_nothing_else_is(kind: str) -> None:
    rows = load(DATA)
    scored, trained = in_split(rows, "test"), in_split(rows, "train")
    found = found_among(scored, trained, drawn_copies(scored, kind, 100, 1), Embedder())
    print(kind, found)
    assert found.planted == 100
    assert found.recall >= 0.95
    assert found.precision >= 0.95


def test_no_unanswerable_question_is_as_near_to_a_section_as_some_answerable_ones() -> None:
    questions = load(DATA)
    hits = Index(load_corpus(DATA), Embedder()).search(
        [q.question for q in questions], 1, mode="dense"
    )
    found = [hit[0].score >= SECTION for hit in hits]
    answerable = [at for q, at in zip(questions, found, strict=True) if q.answerable]
    share = sum(answerable) / len(answerable)
    print(f"of {len(answerable)} answerable questions, {share:.1%} would be found")
    assert not any(at for q, at in zip(questions, found, strict=True) if not q.answerable)
    assert share > 0.02
