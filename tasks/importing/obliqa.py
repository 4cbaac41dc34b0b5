"""
ObliQA's layout → documents and questions.

A folder of ``1.json`` … with passages (``DocumentID``, ``PassageID``, ``Passage``) and of
``ObliQA_train.json``, ``ObliQA_dev.json``, ``ObliQA_test.json`` with questions and their gold
passages. Questions have no reference answers: they can be retrieved for, not scored.

Some passage ids stand twice in a document. Each passage is a section of its own; its heading is
the original id, and the section's id tells the second by ``-2``.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.errors import DataError
from rag.corpus import Framework, Section, framework_of, one_line
from rag.sections import Names
from tasks.importing.drafts import Contents, Draft, ImportedDocument, Refused, contents_of, text_of
from tasks.importing.limits import check_tables, source_json, table_text
from tasks.importing.squad import split_of

Key = tuple[str, str]
"""A passage's identity in the source: ``DocumentID`` and ``PassageID``."""


def obliqa_files(files: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Of JSON files those of passages, by number, and of questions; none unless there are both."""
    numbered = (path for path in files if path.stem.isdecimal())
    passages = sorted(numbered, key=lambda path: int(path.stem))
    questions = sorted(path for path in files if path.name.startswith("ObliQA_"))
    return (passages, questions) if passages and questions else ([], [])


def read_obliqa(files: Sequence[Path]) -> Contents:
    """The documents and questions of a folder of this layout, by its JSON files.

    Raises:
        DataError: a file breaks the layout.
    """
    passage_files, question_files = obliqa_files(files)
    check_tables([*passage_files, *question_files])
    rows = {path: _rows(path, {"DocumentID", "PassageID", "Passage"}) for path in passage_files}
    keys = [_key(row) for some in rows.values() for row in some]
    sections: dict[Key, list[Section]] = defaultdict(list)
    documents = [one for path in rows for one in _document(path, rows[path], sections)]
    questions = [one for path in question_files for one in _questions(path, sections)]
    counts = {"passages": len(keys), "distinct ids": len(set(keys))}
    return contents_of("obliqa", [*documents, *questions], counts)


def _document(
    path: Path, rows: list[dict[str, Any]], sections: dict[Key, list[Section]]
) -> Iterator[ImportedDocument | Refused]:
    """The document of one file, whose sections are added to those of all, by key."""
    title = f"Document {path.stem}"
    framework = Framework(id=f"document-{int(path.stem):02d}", title=title, citation=path.name)
    names = Names()
    kept = []
    for number, row in enumerate(rows, start=1):
        key = _key(row)
        body = text_of(row["Passage"])
        if not body:
            place = f"{path.name}: row {number}, PassageID {key[1]!r}"
            yield Refused(place, "passage", "is empty")
            continue
        id_ = f"{framework.id}/{names.unique(key[1], 'passage')}"
        heading = one_line(key[1]) or "Passage"
        kept.append(Section(id_, framework.id, title, heading, body))
        sections[key].append(kept[-1])
    if kept:
        yield ImportedDocument(framework, kept)


def _questions(path: Path, sections: dict[Key, list[Section]]) -> Iterator[Draft | Refused]:
    for number, row in enumerate(_rows(path, {"QuestionID", "Question", "Passages"}), start=1):
        id_, question = text_of(row["QuestionID"]), text_of(row["Question"])
        place = f"{path.name}: row {number}, {id_}"
        passages = row["Passages"] if isinstance(row["Passages"], list) else []
        gold = [_found(passage, sections) for passage in passages]
        if not gold or not all(gold):
            reason = "a gold passage is not among the passages, or is empty"
            yield Refused(place, "question", reason)
        elif not question:
            yield Refused(place, "question", "has no text")
        else:
            evidence = list(dict.fromkeys(section.id for found in gold for section in found))
            yield Draft(
                id=id_,
                place=place,
                question=question,
                answer=None,
                framework=framework_of(evidence[0]),
                evidence=evidence,
                split=split_of(path),
                kind="obligation",
            )


def _key(row: dict[str, Any]) -> Key:
    return str(row.get("DocumentID")), str(row.get("PassageID"))


def _found(passage: Any, sections: dict[Key, list[Section]]) -> list[Section]:
    """The sections of a gold passage: that of its text, among those of its id."""
    if not isinstance(passage, dict):
        return []
    same_id = sections.get(_key(passage), [])
    text = text_of(passage.get("Passage"))
    return [section for section in same_id if section.body == text][:1] or same_id


def _rows(path: Path, fields: set[str]) -> list[dict[str, Any]]:
    rows = source_json(table_text(path), str(path))
    for number, row in enumerate(rows if isinstance(rows, list) else [None], start=1):
        if not isinstance(row, dict) or not fields <= set(row):
            raise DataError(f"{path}: row {number} lacks {', '.join(sorted(fields))}")
    found: list[dict[str, Any]] = rows
    return found
