"""
A source in any layout we know → a data folder, whole or not at all.

    summary = import_data(Path("documents"), Path("my/data"))
"""

import json
import os
import re
import shutil
import stat
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.errors import ConfigError, DataError
from harness.files import locked, put_folder, write_json, write_whole
from harness.progress import Advance, silent
from rag.corpus import load_corpus, write_framework
from rag.documents import READERS
from tasks.importing.drafts import Contents, Draft, Refused
from tasks.importing.folder import read_documents, read_folder
from tasks.importing.limits import check_tables, tables_of
from tasks.importing.links import inside, place_in
from tasks.importing.mtrag import is_mtrag, read_mtrag
from tasks.importing.obliqa import obliqa_files, read_obliqa
from tasks.importing.places import coverage_of
from tasks.importing.splits import split_drafts
from tasks.importing.squad import read_squad, squad_content
from tasks.policyqa.enough import too_few_for_test
from tasks.policyqa.questions import Question, Split, load_questions

IMPORT_RECORD = "import.json"
"""Beside the data: what was taken, and every row that was not, with the reason."""
_ENGLISH = re.compile(
    r"\b(?:the|of|what|which|how|when|who|does|are|must|can|may)\b", re.IGNORECASE
)
"""Words of which nearly every English question has one."""


def import_data(
    source: Path,
    out: Path,
    questions: Path | None = None,
    split_by: str = "section",
    seed: int = 7,
    shares: Mapping[Split, float] | None = None,
    advance: Advance = silent,
) -> dict[str, Any]:
    """Make the data folder ``out`` of a source; what its ``import.json`` says.

    Args:
        source: a folder of documents, a file or folder in SQuAD's layout, ObliQA's folder, or a
            file of MTRAG's tasks.
        out: the data folder; must not be there, or be empty.
        questions: a CSV or JSON lines file about the documents of a folder.
        split_by: ``section`` or ``document``, where splits are made.
        seed: of those splits.
        shares: of new splits, in place of the source's own; None keeps those it has.
        advance: hears documents done and in all.

    Raises:
        ConfigError: ``out`` holds something, cannot be made or is being made by another import, or
            a split of ``shares`` would get no question.
        DataError: the source is of no layout we know, nothing of it can be read, or it has more
            than ``tasks.importing.limits`` say.
    """
    _is_folder(source)  # What is not there is told before anything is made.
    # Unlike Path.resolve before Python 3.13, it raises nothing for a link to itself.
    out = Path(os.path.realpath(out))
    partial = out.with_name(f".{out.name}.partial")
    with _making(out, partial):
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise ConfigError(f"{out} is there already: name another --out, or remove it first")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()  # What cannot be written is told before all documents are read.
        read = read_source(source, questions, advance)
        summary = _written(read, partial, split_by, seed, shares)
        put_folder(partial, out)
    return summary


@contextmanager
def _making(out: Path, partial: Path) -> Iterator[None]:
    """Alone in making ``out``, of which nothing stays behind that is not whole.

    Raises:
        ConfigError: another import is making it, or it cannot be made.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # A lock where nothing can be written is told by filelock as one that another has.
        with TemporaryDirectory(prefix=f"{partial.name}.", dir=out.parent):
            pass
        with locked(partial, wait=False):
            try:
                yield
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
    except TimeoutError as error:
        raise ConfigError(
            f"another import is making {out}: wait until it has ended, or name another --out"
        ) from error
    except OSError as error:
        raise ConfigError(
            f"{out} cannot be made ({error.strerror or error}): name an --out in a folder that "
            "can be written"
        ) from error


def _written(
    read: Contents,
    partial: Path,
    split_by: str,
    seed: int,
    shares: Mapping[Split, float] | None,
) -> dict[str, Any]:
    """A source written as the data folder ``partial``; what its ``import.json`` says."""
    splits, leaking = split_drafts(read.drafts, split_by, seed, shares, coverage_of(read.documents))
    taken = [draft for draft in read.drafts if draft.id in splits]
    refused = [*read.refused, *leaking]
    for document in read.documents:
        write_framework(partial / "corpus", document.framework, document.sections)
    lines = (_line(draft, splits[draft.id]) + "\n" for draft in taken)
    write_whole(partial / "questions.jsonl", "".join(lines))
    summary = _summary(read, taken, splits, refused)
    if shares is not None:
        summary["new splits"] = {"shares": dict(shares), "by": split_by, "seed": seed}
    sections = load_corpus(partial)
    if taken:
        loaded = load_questions(partial, [section.id for section in sections])
        summary["too few"] = _too_few(loaded, shares)
    write_json(partial / IMPORT_RECORD, summary)
    return summary


def _too_few(questions: list[Question], shares: Mapping[Split, float] | None) -> list[str]:
    """That the test split decides nothing, unless none was asked for."""
    return [] if shares and not shares.get("test") else too_few_for_test(questions)


def _is_folder(source: Path) -> bool:
    try:
        return stat.S_ISDIR(source.stat().st_mode)
    except OSError as error:
        raise DataError(
            f"{source} is no file or folder that can be read: {error.strerror or error}"
        ) from error


def read_source(source: Path, questions: Path | None = None, advance: Advance = silent) -> Contents:
    """A source read, its layout recognised.

    Raises:
        ConfigError: ``questions`` are named for a layout that has its own.
        DataError: it is not there or cannot be read, is of no layout we know, or has too much.
    """
    folder = _is_folder(source)
    if source.suffix.lower() in READERS and not folder:
        return read_documents([source], source.parent, questions, advance)
    files, outside = inside(source.glob("*.json"), source) if folder else ([source], [])
    if not folder:
        check_tables(files)
    if folder and obliqa_files(files)[0]:
        read = read_obliqa(files)
    elif (found := _squads(files, source if folder else source.parent))[0]:
        read, outside = read_squad(found[0]), [*outside, *found[1]]
    elif folder:
        return read_folder(source, questions, advance)
    elif is_mtrag(source):
        read = read_mtrag(source)
    else:
        raise DataError(
            f"{source} has neither the layout of SQuAD, data[].paragraphs[].qas[], nor of MTRAG: "
            "JSON lines with conversation_id, task_id, contexts, input"
        )
    if questions is not None:
        raise ConfigError(f"--questions {questions}: a source of layout {read.layout} has its own")
    return replace(read, refused=[*outside, *read.refused])


def _squads(
    files: Sequence[Path], folder: Path
) -> tuple[dict[Path, dict[str, Any]], list[Refused]]:
    """Those of JSON files that are of SQuAD's layout, and those of which nobody can tell."""
    contents: dict[Path, dict[str, Any]] = {}
    refused: list[Refused] = []
    for path, error in tables_of(files):
        try:
            if error:
                raise error
            content = squad_content(path)
        except DataError as reason:
            refused.append(Refused(place_in(folder, path), "document", str(reason)))
        else:
            contents |= {path: content} if content else {}
    return contents, refused


def _line(draft: Draft, split: Split) -> str:
    fields = {name: value for name, value in asdict(draft).items() if name != "place"}
    question = Question.model_validate(fields | {"split": split})
    # So that a source without them gives the same bytes as it always did.
    left_out = {name for name in ("answers", "facts") if not getattr(question, name)}
    return json.dumps(question.model_dump(exclude=left_out), ensure_ascii=False)


def _summary(
    read: Contents, taken: list[Draft], splits: dict[str, Split], refused: list[Refused]
) -> dict[str, Any]:
    of = Counter(one.what for one in refused)
    silent = sum(draft.answer is None and not draft.answerable for draft in taken)
    blank = [draft.place for draft in taken if draft.answer is None and draft.answerable]
    return {
        "layout": read.layout,
        "documents": {"taken": len(read.documents), "not taken": of["document"]},
        "sections": sum(len(document.sections) for document in read.documents),
        **({"source": read.passages} if read.passages else {}),
        "passages not taken": of["passage"],
        "questions": {
            "taken": len(taken),
            "not taken": of["question"],
            "without reference answer": len(blank),
            **({"first without reference answer": blank[0]} if blank else {}),
            "unanswerable without answer": silent,
            "hardly English": sum(not _ENGLISH.search(draft.question) for draft in taken),
            "splits": dict(Counter(splits[draft.id] for draft in taken)),
        },
        "not taken": [asdict(one) for one in refused],
    }
