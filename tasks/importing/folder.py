"""
A folder of documents, with questions or without → documents and drafts.

Every file that can be read becomes one document; every other is reported and left out.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import DataError
from harness.progress import Advance, silent
from rag.apart import ApartReader
from rag.blocks import DocumentError
from rag.corpus import Framework, one_line
from rag.documents import READERS
from rag.sections import Names, sections_of, title_of
from tasks.importing.drafts import Contents, ImportedDocument, Refused, contents_of
from tasks.importing.limits import LONGEST_SOURCE, MOST_FILES, at_most
from tasks.importing.links import inside, place_in
from tasks.importing.tables import SUFFIXES, read_table

QUESTIONS = ("questions.csv", "questions.jsonl")
"""Files of questions that are found without being named."""


def read_folder(folder: Path, questions: Path | None = None, advance: Advance = silent) -> Contents:
    """The documents below a folder, and the questions about them.

    Args:
        folder: with documents, in folders of their own or not; hidden files are passed over, and
            links that lead out of it are refused.
        questions: a CSV or JSON lines file; else one of ``QUESTIONS`` in the folder, if any.
        advance: hears documents done and in all.

    Raises:
        DataError: no document could be read, the questions break their form, or there is more than
            ``MOST_FILES`` or ``LONGEST_SOURCE``.
    """
    shown = (p for p in folder.rglob("*") if "/." not in f"/{p.relative_to(folder).as_posix()}")
    found = list(at_most(shown, folder, MOST_FILES, "files and folders"))
    # The same file may be named by another path, or through a link.
    named = os.path.realpath(questions) if questions else None
    within, outside = inside([p for p in found if os.path.realpath(p) != named], folder)
    files = [path for path in within if not os.path.isdir(path)]  # noqa: PTH112  It raises less.
    own = [folder / name for name in QUESTIONS if folder / name in files]
    if len(own) > 1 and not questions:
        raise DataError(
            f"{folder} has {' and '.join(QUESTIONS)}: say which is meant, as --questions {own[0]}"
        )
    asked = questions or next(iter(own), None)
    return read_documents([f for f in files if f not in own], folder, asked, advance, outside)


def read_documents(
    files: Sequence[Path],
    folder: Path,
    questions: Path | None,
    advance: Advance = silent,
    outside: Sequence[Refused] = (),
) -> Contents:
    """These files of a folder as documents, and the questions about them; as ``read_folder``.

    ``outside`` is what of the folder was refused before.
    """
    if questions is not None and questions.suffix.lower() not in SUFFIXES:
        raise DataError(f"{questions} is no {', '.join(SUFFIXES)} file")
    found = [*outside, *_documents(files, folder, advance)]
    documents = [one for one in found if isinstance(one, ImportedDocument)]
    if not documents:
        refused = [one for one in found if isinstance(one, Refused)]
        reasons = "; ".join(f"{r.place} {r.reason}" for r in refused[:5]) or "it holds no file"
        raise DataError(
            f"no document of {folder} could be read: {reasons}. Kinds are {', '.join(READERS)}"
        )
    return contents_of(
        "documents", [*found, *(read_table(questions, documents) if questions else ())]
    )


def _documents(
    files: Sequence[Path], folder: Path, advance: Advance
) -> Iterator[ImportedDocument | Refused]:
    names = Names()
    size = 0
    with ApartReader() as apart:
        for number, path in enumerate(files, start=1):
            one = _document(apart, path, place_in(folder, path), names)
            if isinstance(one, ImportedDocument):
                size += sum(len(section.body) for section in one.sections)
            if size > LONGEST_SOURCE:
                raise DataError(
                    f"the documents of {folder} up to {place_in(folder, path)} have {size:,} "
                    f"characters, and at most {LONGEST_SOURCE:,} are imported: import it in parts"
                )
            yield one
            advance(number, len(files))


def _document(
    apart: ApartReader, path: Path, place: str, names: Names
) -> ImportedDocument | Refused:
    """A file as a document, or the reason why it is none."""
    try:
        blocks = apart.read(path)
    except DocumentError as error:
        return Refused(place, "document", str(error))
    except OSError as error:
        return Refused(place, "document", f"cannot be read: {error.strerror or error}")
    id_ = names.unique(Path(place).stem, "document")
    title = one_line(title_of(blocks) or re.sub(r"[_-]+", " ", Path(place).stem))
    framework = Framework(id=id_, title=title or id_, citation=place)
    return ImportedDocument(framework, sections_of(blocks, framework))
