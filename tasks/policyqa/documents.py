"""Questions → the documents lm-eval asks and logs; and what the metrics read of one."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.metrics import Row
from harness.metrics.fact import Fact
from harness.metrics.provisions import paths, written
from harness.variants import Prompt
from rag.context import Excerpt
from rag.corpus import Section, framework_of
from tasks.policyqa.prompts import render
from tasks.policyqa.questions import Question

VERSION = 4.0
"""Of the tasks. Raised whenever scores can change: those of different versions are not compared."""
Provisions = Mapping[str, Mapping[str, list[str]]]
"""By framework and section id, the provisions that it names, each as one word."""
Document = Mapping[str, Any]
"""A question with what it is asked with; one of the task's documents, as its sample log has it."""


def make_documents(
    questions: Sequence[Question],
    prompt: Prompt,
    excerpts: Sequence[Excerpt],
    named: Provisions,
) -> list[dict[str, Any]]:
    """A document a question, which has a reference: its line of the data, and the prompt and the
    excerpt it is asked with; and what is ``named`` by those frameworks that its evidence is of, or
    what it is shown."""
    return [
        question.model_dump()
        | {
            "prompt": render(prompt, question.question, excerpt.text),
            "context": excerpt.text,
            "context_ids": list(excerpt.ids),
            "context_scores": list(excerpt.scores),
            "best_passage": excerpt.best,
            "best_sentence": excerpt.sentence,
            "nearness": excerpt.nearness,
            "provisions": {
                section: words
                for framework in sorted(_in_question(question, excerpt))
                for section, words in named.get(framework, {}).items()
            },
        }
        for question, excerpt in zip(questions, excerpts, strict=True)
    ]


def provisions_of(sections: Sequence[Section]) -> Provisions:
    """What each section names, in its heading and its text."""
    named: dict[str, dict[str, list[str]]] = {}
    for one in sections:
        found = sorted(map(written, paths([one.heading, one.body])))
        if found:
            named.setdefault(one.framework, {})[one.id] = found
    return named


def _in_question(question: Question, excerpt: Excerpt) -> set[str]:
    """The frameworks whose provisions an answer may well name."""
    return question.evidence_frameworks | {question.framework, *map(framework_of, excerpt.ids)}


def question_of(document: Document) -> Question:
    """The question that a document was made of."""
    # Documents of an earlier version have fewer fields.
    known = {name: document[name] for name in Question.model_fields if name in document}
    return Question.model_validate(known)


def row_of(document: Document, answer: str) -> Row:
    """What a metric may read of an answer to a document's question."""
    return Row(
        question=document["question"],
        answer=answer,
        references=(document["answer"], *document["answers"]),
        answerable=document["answerable"],
        evidence=tuple(document["evidence"]),
        context=document["context"],
        context_ids=None if document["context_ids"] is None else tuple(document["context_ids"]),
        # Documents of an earlier version have none of these.
        facts=tuple(
            Fact(**one | {"also": tuple(one["also"])}) for one in document.get("facts", ())
        ),
        citations=tuple(document.get("citations", ())),
        provisions=tuple(
            (one, tuple(words)) for one, words in document.get("provisions", {}).items()
        ),
    )


def show_told(
    document: dict[str, Any], context: Sequence[str] | None, sections: Mapping[str, Section]
) -> None:
    """Write into a document what an assistant of the user's says it was shown: ids of ``sections``,
    or texts; None where it does not say."""
    ids = [one for one in context or [] if one in sections]
    texts = [sections[one].text if one in sections else one for one in context or []]
    document["context"] = None if context is None else "\n".join(texts)
    # Of texts alone nobody knows which sections they are.
    document["context_ids"] = None if context is None or (context and not ids) else ids
