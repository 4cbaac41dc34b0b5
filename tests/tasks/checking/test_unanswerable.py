"""What retrieval can say of the shipped set's unanswerable questions."""

from pathlib import Path

from rag.corpus import load_corpus
from rag.embedder import Embedder
from rag.index import Index
from tasks.checking.unanswerable import SECTION
from tasks.policyqa.questions import DATA
from tests.tasks.folders import load


def test_no_unanswerable_question_is_as_near_to_a_section_as_some_answerable_ones(
    minilm: Path,  # noqa: ARG001
) -> None:
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
