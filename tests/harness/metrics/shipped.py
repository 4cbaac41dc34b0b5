"""The policy set that is shipped, as rows in which every answer is the reference itself."""

from functools import cache

from harness.metrics import Row
from rag.context import Excerpt
from rag.corpus import Section, load_sections
from tasks.policyqa.documents import make_documents, provisions_of, row_of
from tasks.policyqa.prompts import shipped_prompt
from tasks.policyqa.questions import DATA, Question, load_questions


@cache
def sections() -> list[Section]:
    """Of its documents."""
    return load_sections(DATA)


@cache
def questions() -> list[Question]:
    """All of them, with the sections their evidence covers."""
    return load_questions(DATA, [one.id for one in sections()])


@cache
def rows() -> list[Row]:
    """A row of each answerable question; its evidence is shown, and its facts are left to rules."""
    texts = {one.id: one.text for one in sections()}
    asked = [one for one in questions() if one.answerable]
    shown = [Excerpt("\n".join(texts[id_] for id_ in one.evidence), ()) for one in asked]
    bare = [one.model_copy(update={"facts": []}) for one in asked]
    documents = make_documents(bare, shipped_prompt("plain"), shown, provisions_of(sections()))
    return [row_of(one, one["answer"]) for one in documents]
