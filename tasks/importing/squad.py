"""
Files in the layout of SQuAD 1.1 and 2.0 (PolicyQA's, too) → documents and questions.

A paragraph becomes a section. Of several reference spans the one most annotators gave is the
reference, the longest among equals. A file's name tells its split (``train``, ``dev``, ``test``).
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rag.corpus import Framework, Section, clean, one_line
from rag.sections import Names
from tasks.importing.drafts import SPLIT_NAMES, Document, Draft, Refused, Source
from tasks.policyqa.questions import Split

UNANSWERABLE = "The document does not answer this question."
"""The reference of a question that SQuAD 2.0 marks impossible."""


def squad_content(path: Path) -> dict[str, Any] | None:
    """The content of a file in this layout; None if it is something else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
        return value if "paragraphs" in value["data"][0] else None
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return None


def read_squad(contents: Mapping[Path, dict[str, Any]]) -> Source:
    """The documents and questions of files of this layout, by what ``squad_content`` read."""
    documents: list[Document] = []
    drafts: list[Draft] = []
    refused: list[Refused] = []
    names = Names()
    ids: set[str] = set()
    for path, content in contents.items():
        for number, article in enumerate(content["data"]):
            title = one_line(str(article.get("title") or "").replace("_", " "))
            title = title or f"Document {number + 1}"
            framework = Framework(id=names.unique(title, "document"), title=title)
            sections = []
            for index, paragraph in enumerate(article.get("paragraphs") or []):
                place = f"{path.name}: {title}, paragraph {index}"
                body = clean(str(paragraph.get("context") or "")).strip()
                if body:
                    section = _section(framework, index, body)
                    sections.append(section)
                    found = _questions(paragraph, section, split_of(path), place)
                else:
                    refused.append(Refused(place, "passage", "is empty"))
                    found = (
                        Refused(f"{place}, {qa.get('id')}", "question", "its paragraph is empty")
                        for qa in paragraph.get("qas") or []
                    )
                for one in found:
                    if isinstance(one, Refused):
                        refused.append(one)
                    elif one.id in ids:
                        refused.append(Refused(one.place, "question", "its id stands there before"))
                    else:
                        ids.add(one.id)
                        drafts.append(one)
            if sections:
                documents.append(Document(framework, sections))
    return Source("squad", documents, drafts, refused)


def split_of(path: Path) -> Split | None:
    """The split a file's name tells; None if it tells none."""
    words = re.split(r"[^a-z]+", path.stem.lower())
    return next((SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES), None)


def _section(framework: Framework, index: int, body: str) -> Section:
    return Section(
        f"{framework.id}/p-{index}", framework.id, framework.title, f"Paragraph {index}", body
    )


def _questions(
    paragraph: dict[str, Any], section: Section, split: Split | None, place: str
) -> Iterator[Draft | Refused]:
    for number, qa in enumerate(paragraph.get("qas") or []):
        id_ = str(qa.get("id") or f"{section.id}-{number}")
        where = f"{place}, {id_}"
        question = clean(str(qa.get("question") or "")).strip()
        impossible = bool(qa.get("is_impossible", False))
        answers = qa.get("answers") or []
        if isinstance(answers, dict):  # As the Hugging Face copies of SQuAD have it.
            answers = [{"text": text} for text in answers.get("text", [])]
        answer = UNANSWERABLE if impossible else reference(answers)
        if not question:
            yield Refused(where, "question", "has no text")
        elif answer is None:
            yield Refused(where, "question", "has no answer, and is not marked impossible")
        else:
            yield Draft(
                id=id_,
                place=where,
                question=question,
                answer=answer,
                framework=section.framework,
                evidence=[] if impossible else [section.id],
                split=split,
                kind="unanswerable" if impossible else "span",
                answerable=not impossible,
            )


def reference(answers: list[dict[str, Any]]) -> str | None:
    """The span most annotators gave, the longest and then first among equals; None if none is."""
    spans = Counter(
        text for answer in answers if (text := clean(str(answer.get("text") or "")).strip())
    )
    return max(spans, key=lambda span: (spans[span], len(span)), default=None)
