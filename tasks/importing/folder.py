"""
A folder of documents, with questions or without → documents and drafts.

Every file that can be read becomes one document; every other is reported and left out.
"""

from collections.abc import Sequence
from pathlib import Path

from harness.errors import DataError
from harness.progress import Advance, silent
from rag.corpus import Framework
from rag.documents import READERS, DocumentError, read_document
from rag.sections import Names, sections_of, title_of
from tasks.importing.drafts import Document, Refused, Source
from tasks.importing.tables import read_questions

QUESTIONS = ("questions.csv", "questions.jsonl")
"""Files of questions that are found without being named."""


def read_folder(folder: Path, questions: Path | None = None, advance: Advance = silent) -> Source:
    """The documents below a folder, and the questions about them.

    Args:
        folder: with documents, in folders of their own or not; hidden files are passed over.
        questions: a CSV or JSON lines file; else one of ``QUESTIONS`` in the folder, if any.
        advance: hears documents done and in all.

    Raises:
        DataError: no document could be read, or the questions break their form.
    """
    asked = questions or next((folder / n for n in QUESTIONS if (folder / n).is_file()), None)
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path != asked
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    documents, refused = _documents(files, folder, advance)
    if not documents:
        reasons = "; ".join(f"{r.place} {r.reason}" for r in refused[:5]) or "it holds no file"
        raise DataError(
            f"no document of {folder} could be read: {reasons}. Kinds are {', '.join(READERS)}"
        )
    drafts, not_taken = read_questions(asked, documents) if asked else ([], [])
    return Source("documents", documents, drafts, refused + not_taken)


def _documents(
    files: Sequence[Path], folder: Path, advance: Advance
) -> tuple[list[Document], list[Refused]]:
    documents: list[Document] = []
    refused: list[Refused] = []
    names = Names()
    for number, path in enumerate(files, start=1):
        place = path.relative_to(folder).as_posix()
        try:
            blocks = read_document(path)
            framework = Framework(
                id=names.unique(path.stem, "document"),
                title=title_of(blocks) or path.stem.replace("_", " ").replace("-", " "),
                citation=place,
            )
            documents.append(Document(framework, sections_of(blocks, framework)))
        except (DocumentError, OSError) as error:
            refused.append(Refused(place, "document", str(error)))
        advance(number, len(files))
    return documents, refused
