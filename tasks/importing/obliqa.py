"""
ObliQA's layout → documents and questions.

A folder of ``1.json`` … with passages (``DocumentID``, ``PassageID``, ``Passage``) and of
``ObliQA_train.json``, ``ObliQA_dev.json``, ``ObliQA_test.json`` with questions and their gold
passages. Questions have no reference answers: they can be retrieved for, not scored.

Some passage ids stand twice in a document. Each passage is a section of its own; its heading is
the original id, and the section's id tells the second by ``-2``.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.errors import DataError
from rag.corpus import Framework, Section, clean, framework_of, one_line
from rag.sections import Names
from tasks.importing.drafts import Document, Draft, Refused, Source
from tasks.importing.squad import split_of

Key = tuple[str, str]
"""A passage's identity in the source: ``DocumentID`` and ``PassageID``."""


def obliqa_files(files: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Of JSON files those of passages, by number, and of questions; none unless there are both."""
    passages = sorted(
        (path for path in files if path.stem.isdigit()), key=lambda path: int(path.stem)
    )
    questions = sorted(path for path in files if path.name.startswith("ObliQA_"))
    return (passages, questions) if passages and questions else ([], [])


def read_obliqa(files: Sequence[Path]) -> Source:
    """The documents and questions of a folder of this layout, by its JSON files.

    Raises:
        DataError: a file breaks the layout.
    """
    passage_files, question_files = obliqa_files(files)
    sections: dict[Key, list[Section]] = defaultdict(list)
    documents: list[Document] = []
    refused: list[Refused] = []
    keys: set[Key] = set()
    count = 0
    for path in passage_files:
        rows = _rows(path, {"DocumentID", "PassageID", "Passage"})
        framework = Framework(
            id=f"document-{int(path.stem):02d}", title=f"Document {path.stem}", citation=path.name
        )
        names = Names()
        kept = []
        for number, row in enumerate(rows, start=1):
            count += 1
            key = (str(row["DocumentID"]), str(row["PassageID"]))
            keys.add(key)
            body = clean(str(row["Passage"] or "")).strip()
            if not body:
                place = f"{path.name}: row {number}, PassageID {key[1]!r}"
                refused.append(Refused(place, "passage", "is empty"))
                continue
            slug = names.unique(key[1], "passage")
            heading = one_line(key[1]) or "Passage"
            section = Section(
                f"{framework.id}/{slug}", framework.id, framework.title, heading, body
            )
            sections[key].append(section)
            kept.append(section)
        if kept:
            documents.append(Document(framework, kept))
    drafts, not_taken = _questions(question_files, sections)
    return Source(
        "obliqa",
        documents,
        drafts,
        refused + not_taken,
        {"passages": count, "distinct ids": len(keys)},
    )


def _questions(
    files: list[Path], sections: dict[Key, list[Section]]
) -> tuple[list[Draft], list[Refused]]:
    drafts: list[Draft] = []
    refused: list[Refused] = []
    ids: set[str] = set()
    for path in files:
        for number, row in enumerate(_rows(path, {"QuestionID", "Question", "Passages"}), start=1):
            place = f"{path.name}: row {number}, {row['QuestionID']}"
            gold = [_found(passage, sections) for passage in row["Passages"] or []]
            evidence = list(dict.fromkeys(section.id for found in gold for section in found))
            if not all(gold) or not evidence:
                reason = "a gold passage is not among the passages, or is empty"
                refused.append(Refused(place, "question", reason))
                continue
            id_, question = str(row["QuestionID"]), clean(str(row["Question"] or "")).strip()
            if id_ in ids or not question:
                reason = "its id stands there before" if id_ in ids else "has no text"
                refused.append(Refused(place, "question", reason))
                continue
            ids.add(id_)
            drafts.append(
                Draft(
                    id=id_,
                    place=place,
                    question=question,
                    answer=None,
                    framework=framework_of(evidence[0]),
                    evidence=evidence,
                    split=split_of(path),
                    kind="obligation",
                )
            )
    return drafts, refused


def _found(passage: dict[str, Any], sections: dict[Key, list[Section]]) -> list[Section]:
    """The sections of a gold passage: that of its text, among those of its id."""
    same_id = sections.get((str(passage.get("DocumentID")), str(passage.get("PassageID"))), [])
    text = clean(str(passage.get("Passage") or "")).strip()
    return [section for section in same_id if section.body == text][:1] or same_id


def _rows(path: Path, fields: set[str]) -> list[dict[str, Any]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    for number, row in enumerate(rows if isinstance(rows, list) else [None], start=1):
        if not isinstance(row, dict) or not fields <= set(row):
            raise DataError(f"{path}: row {number} lacks {', '.join(sorted(fields))}")
    found: list[dict[str, Any]] = rows
    return found
