"""
Files in the layout of SQuAD 1.1 and 2.0 (PolicyQA's, too) → documents and questions.

A paragraph becomes a section. Of several reference spans the one most annotators gave is the
reference, the longest among equals. A file's name tells its split (``train``, ``dev``, ``test``).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rag.corpus import Framework, Section, one_line
from rag.documents import LONGEST_HEADING
from rag.sections import Names
from tasks.importing.drafts import (
    SPLIT_NAMES,
    Contents,
    Draft,
    ImportedDocument,
    Refused,
    contents_of,
    text_of,
)
from tasks.importing.limits import objects_in, source_json, table_text
from tasks.policyqa.questions import Split

UNANSWERABLE = "The document does not answer this question."
"""The reference of a question that SQuAD 2.0 marks impossible."""


def squad_content(path: Path) -> dict[str, Any] | None:
    """The content of a file in this layout; None if it is something else.

    Raises:
        DataError: it cannot be read, is no JSON or has more than may be read.
    """
    value = source_json(table_text(path), str(path))
    articles = objects_in(value.get("data")) if isinstance(value, dict) else []
    return value if any("paragraphs" in article for article in articles) else None


def read_squad(contents: Mapping[Path, dict[str, Any]]) -> Contents:
    """The documents and questions of files of this layout, by what ``squad_content`` read."""
    names = Names()
    return contents_of(
        "squad",
        (
            one
            for path, content in contents.items()
            for number, article in enumerate(content["data"], start=1)
            for one in _article(article, f"Document {number}", path, names)
        ),
    )


def _article(
    article: Any, untitled: str, path: Path, names: Names
) -> Iterator[ImportedDocument | Draft | Refused]:
    if not isinstance(article, dict) or not isinstance(article.get("paragraphs") or [], list):
        yield Refused(f"{path.name}: {untitled}", "document", "is no object with paragraphs")
        return
    # It stands in the place of every question, so that a long one would be there as many times.
    title = one_line(text_of(article.get("title"))[:LONGEST_HEADING].replace("_", " ")) or untitled
    framework = Framework(id=names.unique(title, "document"), title=title)
    sections = []
    for index, paragraph in enumerate(article.get("paragraphs") or []):
        place = f"{path.name}: {title}, paragraph {index}"
        if not isinstance(paragraph, dict) or not isinstance(paragraph.get("qas") or [], list):
            yield Refused(place, "passage", "is no object with context and qas")
            continue
        id_, heading = f"{framework.id}/p-{index}", f"Paragraph {index}"
        section = Section(id_, framework.id, title, heading, text_of(paragraph.get("context")))
        if section.body:
            sections.append(section)
        else:
            yield Refused(place, "passage", "is empty")
        for number, qa in enumerate(paragraph.get("qas") or []):
            yield _question(qa, number, section, split_of(path), place)
    if sections:
        yield ImportedDocument(framework, sections)


def split_of(path: Path) -> Split | None:
    """The split a file's name tells; None if it tells none."""
    words = re.split(r"[^a-z]+", path.stem.lower())
    return next((SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES), None)


def _question(
    qa: Any, number: int, section: Section, split: Split | None, place: str
) -> Draft | Refused:
    if not isinstance(qa, dict):
        return Refused(f"{place}, question {number}", "question", "is no object with a question")
    id_ = text_of(qa.get("id")) or f"{section.id}-{number}"
    impossible = bool(qa.get("is_impossible", False))
    draft = Draft(
        id=id_,
        place=f"{place}, {id_}",
        question=text_of(qa.get("question")),
        answer=UNANSWERABLE if impossible else reference(qa.get("answers") or []),
        framework=section.framework,
        evidence=[] if impossible else [section.id],
        split=split,
        kind="unanswerable" if impossible else "span",
        answerable=not impossible,
    )
    if not section.body:
        return Refused(draft.place, "question", "its paragraph is empty")
    if not draft.question:
        return Refused(draft.place, "question", "has no text")
    if draft.answer is None:
        return Refused(draft.place, "question", "has no answer, and is not marked impossible")
    return draft


def reference(answers: Any) -> str | None:
    """The span most annotators gave, the longest and then first among equals; None if none is."""
    # The Hugging Face copies of SQuAD have a list of texts.
    texts = answers.get("text") if isinstance(answers, dict) else None
    listed = texts if isinstance(texts, list) else [texts]
    given = listed if texts else [answer.get("text") for answer in objects_in(answers)]
    spans = Counter(span for text in given if (span := text_of(text)))
    return max(spans, key=lambda span: (spans[span], len(span)), default=None)
