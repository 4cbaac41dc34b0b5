"""
Generation tasks in the layout of MTRAG and MTRAG-UN, JSON lines → documents and questions.

A conversation becomes a document, and each context of its tasks a section of it, once. A question
is the user's last turn, with the turns before it as a transcript; its reference is the target.
Unanswerable and underspecified tasks have no evidence, whatever contexts stand with them. All
questions are of the test split.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from harness.errors import DataError
from harness.reading import numbered_lines
from harness.validation import validated
from rag.corpus import Framework, Section, one_line
from rag.sections import Names
from tasks.importing.drafts import Contents, Draft, ImportedDocument, Refused, contents_of, text_of
from tasks.importing.limits import MOST_QUESTIONS, at_most, source_object

ANSWERABILITY = {
    "answerable": True,
    "partial": True,
    "unanswerable": False,
    "underspecified": False,
}
"""What a task may be, and whether its contexts answer it."""
_MARKS = {"conversation_id", "task_id", "contexts", "input"}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)


class _Context(_Part):
    document_id: str
    text: str | None = None
    title: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What is one passage: some sources give several texts one id."""
        return self.document_id, text_of(self.text)


class _Turn(_Part):
    speaker: str
    text: str | None = None


class _Task(_Part):
    conversation_id: str
    task_id: str
    contexts: list[_Context]
    input: list[_Turn]
    targets: list[_Turn] = []
    answerability: list[str] | str = Field(
        validation_alias=AliasChoices("answerability", "Answerability")
    )

    @property
    def kind(self) -> str:
        """Its answerability, in lower case."""
        said = self.answerability
        return (said if isinstance(said, str) else " and ".join(said)).lower()


_Placed = tuple[str, _Task]
"""A task, and where it stands."""
_Sections = dict[tuple[str, str], Section]
"""Of a conversation, by the key of their context."""


def is_mtrag(path: Path) -> bool:
    """Whether some line of a file is a task of this layout."""
    try:
        return any(set(_object(text)) >= _MARKS for _, text in numbered_lines(path))
    except DataError:
        return False


def read_mtrag(path: Path) -> Contents:
    """The documents and questions of a file of this layout.

    Raises:
        DataError: the file cannot be read.
    """
    conversations: dict[str, list[_Placed]] = defaultdict(list)
    found: list[ImportedDocument | Draft | Refused] = []
    for line, text in at_most(numbered_lines(path), path, MOST_QUESTIONS, "tasks"):
        place = f"{path.name}:{line}"
        try:
            task = validated(_Task, source_object(text, place), place, DataError)
            conversations[task.conversation_id].append((place, task))
        except DataError as error:
            found.append(Refused(place, "question", str(error).removeprefix(f"{place}: ")))
    names = Names()
    for number, (id_, tasks) in enumerate(conversations.items(), start=1):
        framework = Framework(
            id=names.unique(id_, "conversation"), title=f"Conversation {number}", citation=id_
        )
        found += _conversation(framework, tasks)
    bare = [one for one in found if isinstance(one, Draft) and one.answerable and not one.evidence]
    counts = {"answerable tasks without contexts": len(bare)} if bare else {}
    return contents_of("mtrag", found, counts)


def _object(text: str) -> Mapping[str, Any]:
    try:
        return source_object(text, "")
    except DataError:
        return {}


def _conversation(
    framework: Framework, tasks: Sequence[_Placed]
) -> Iterator[ImportedDocument | Draft | Refused]:
    """The document of a conversation, unless it has no section, and its questions."""
    slugs = Names()
    sections: _Sections = {}
    for place, context in ((place, one) for place, task in tasks for one in task.contexts):
        id_, body = context.key
        if not body:
            yield Refused(f"{place}, document_id {id_!r}", "passage", "is empty")
        elif context.key not in sections:
            slug = slugs.unique(id_, "passage")
            heading = one_line(context.title or id_) or "Passage"
            sections[context.key] = Section(
                f"{framework.id}/{slug}", framework.id, framework.title, heading, body
            )
    if sections:
        yield ImportedDocument(framework, list(sections.values()))
    for place, task in tasks:
        yield _question(task, place, framework.id if sections else "", sections)


def _question(task: _Task, place: str, framework: str, sections: _Sections) -> Draft | Refused:
    if task.kind not in ANSWERABILITY:
        known = ", ".join(ANSWERABILITY)
        return Refused(place, "question", f"answerability {task.kind!r} is none of {known}")
    last = task.input[-1] if task.input else None
    if last is None or last.speaker.lower() != "user" or not text_of(last.text):
        return Refused(place, "question", "does not end with what a user says")
    answerable = ANSWERABILITY[task.kind]
    shown = [sections[one.key].id for one in task.contexts if one.key in sections]
    references = [text for one in task.targets if (text := text_of(one.text))]
    return Draft(
        id=task.task_id,
        place=place,
        question=transcript([(turn.speaker, turn.text or "") for turn in task.input]),
        answer=references[0] if references else None,
        answers=references[1:],
        framework=framework,
        evidence=list(dict.fromkeys(shown)) if answerable else [],
        split="test",
        kind=task.kind,
        answerable=answerable,
    )


def transcript(turns: Sequence[tuple[str, str]]) -> str:
    """Turns, each its speaker and text, as one text; a single turn is its text alone."""
    if len(turns) == 1:
        return text_of(turns[0][1])
    return "\n".join(
        f"{'User' if speaker.lower() == 'user' else 'Assistant'}: {text_of(text)}"
        for speaker, text in turns
    )
