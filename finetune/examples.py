"""
Questions → tokenised training examples, with loss on the answer only.

The published tokeniser padded questions and answers to 512 tokens each and used the answer's ids
as labels for the question's positions: the model was asked to predict word i of the answer at
word i of the question, which trains nothing useful. Here prompt and answer are one sequence, the
prompt's positions carry no loss, and batches are padded to their longest row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rag.retriever import Retriever
from tasks.policyqa.prompts import completion, render
from tasks.policyqa.questions import Question
from tasks.policyqa.task import contexts_of

IGNORED = -100
"""The label of a position that carries no loss (PyTorch's convention)."""


@dataclass(frozen=True)
class Example:
    """One training sequence; ``input_ids`` and ``labels`` have the same length."""

    input_ids: list[int]
    labels: list[int]
    """``IGNORED`` over the prompt, then the ids of the answer and its end."""


@dataclass(frozen=True)
class Examples:
    """The examples of one split that fit, and the ids of the questions that did not."""

    rows: list[Example]
    too_long: list[str]

    @property
    def tokens(self) -> int:
        """Tokens of all rows together, without padding."""
        return sum(len(row.input_ids) for row in self.rows)


def build_examples(
    questions: Sequence[Question],
    prompt: str,
    retriever: Retriever,
    tokenizer: Any,
    max_tokens: int,
) -> Examples:
    """The examples of ``questions`` under a prompt, as the tasks would ask them.

    Args:
        questions: of one split.
        prompt: ``plain`` or ``rag``; the latter with the retriever's contexts.
        retriever: the evaluation's.
        tokenizer: of the model that is trained.
        max_tokens: an example over this is left out and named in ``too_long``.
    """
    mode = "retrieved" if prompt == "rag" else "none"
    contexts = contexts_of(list(questions), mode, retriever)
    rows, too_long = [], []
    for question, context in zip(questions, contexts, strict=True):
        text = render(prompt, question.question, context.text)
        example = tokenise(tokenizer, text, completion(question.reference))
        if len(example.input_ids) > max_tokens:
            too_long.append(question.id)
        else:
            rows.append(example)
    return Examples(rows, too_long)


def tokenise(tokenizer: Any, prompt: str, answer: str) -> Example:
    """One sequence of prompt, answer and end-of-text, with loss on the last two.

    The prompt's ids are exactly those it is asked with, since the answer's first token begins
    with the space that ``answer`` begins with.
    """
    prompt_ids = tokenizer(prompt)["input_ids"]
    ids = tokenizer(prompt + answer)["input_ids"]
    if ids[: len(prompt_ids)] != prompt_ids:
        # A tokenizer that joins across the space: tokenise the answer on its own.
        ids = prompt_ids + tokenizer(answer, add_special_tokens=False)["input_ids"]
    ids = [*ids, tokenizer.eos_token_id]
    return Example(ids, [IGNORED] * len(prompt_ids) + ids[len(prompt_ids) :])
