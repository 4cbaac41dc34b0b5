"""
Questions → tokenised training examples, with loss on the answer only.

The published tokeniser padded questions and answers to 512 tokens each and used the answer's ids
as labels for the question's positions: the model was asked to predict word i of the answer at
word i of the question, which trains nothing useful. Here prompt and answer are one sequence, the
prompt's positions carry no loss, and batches are padded to their longest row.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from transformers import AutoTokenizer

from finetune.contexts import AnsweredContext, shown_as_asked, shown_in_training
from finetune.recipe import Recipe, questions_of
from harness.errors import DataError
from harness.models.failures import load_explained
from harness.text import harmless
from rag.context import inert
from rag.retriever import Retriever
from tasks.policyqa.prompts import completion, render
from tasks.policyqa.questions import Question

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
    kinds: dict[str, int]
    """How many of the questions were shown what (``AnsweredContext.kind``)."""

    @property
    def questions(self) -> int:
        """Questions there were, before any was left out."""
        return len(self.rows) + len(self.too_long)

    @property
    def tokens(self) -> int:
        """Tokens of all rows together, without padding."""
        return sum(len(row.input_ids) for row in self.rows)


def tokenizer_of(folder: str) -> Any:
    """The tokenizer that ``folder`` trains with: padding on the left, by its end if by nothing."""
    with load_explained("tokenizer", folder):
        tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
        tokenizer("a")  # Some that are damaged can be read, and do nothing.
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def build_splits(
    recipe: Recipe, questions: list[Question], retriever: Retriever, tokenizer: Any
) -> dict[str, Examples]:
    """The examples of ``train``, as the recipe mixes them, and of ``validation``, as the tasks ask.

    Raises:
        DataError: a split has no question, or no example that is short enough.
    """
    splits = {}
    for split, show in (("train", shown_in_training), ("validation", shown_as_asked)):
        chosen = questions_of(recipe, questions, split)
        shown = show(chosen, retriever, recipe)
        splits[split] = build_examples(chosen, shown, recipe, tokenizer)
        if not splits[split].rows:
            raise DataError(
                f"no {split} example has at most {recipe.max_tokens} tokens; "
                f"raise max_tokens in recipe {recipe.name}"
            )
    return splits


def build_examples(
    questions: Sequence[Question],
    shown: Sequence[AnsweredContext],
    recipe: Recipe,
    tokenizer: Any,
) -> Examples:
    """The examples of ``questions`` under the recipe's prompt.

    Args:
        questions: of one split.
        shown: the context and answer of each.
        recipe: its ``prompt``, and ``max_tokens``, over which an example is left out and named.
        tokenizer: of the model that is trained.
    """
    rows, too_long = [], []
    for question, one in zip(questions, shown, strict=True):
        text = render(recipe.asked, question.question, one.context.text)
        if recipe.asked.chat:
            example = tokenise_chat(tokenizer, text, one.answer, recipe.asked.system)
        else:
            example = tokenise(tokenizer, text, one.answer)
        if len(example.input_ids) > recipe.max_tokens:
            too_long.append(question.id)
        else:
            rows.append(example)
    return Examples(rows, too_long, dict(Counter(one.kind for one in shown)))


def tokenise_chat(tokenizer: Any, prompt: str, answer: str, system: str | None) -> Example:
    """One chat, with loss on the answer and what ends its turn.

    The prompt's ids are exactly those it is asked with: the template's up to where the assistant
    begins.

    Raises:
        DataError: the template gives a chat with an answer another beginning than one without.
    """
    turns = [{"role": "system", "content": system}] if system else []
    turns.append({"role": "user", "content": prompt})
    turns = harmless(turns, tokenizer)
    answered = [*turns, *harmless([{"role": "assistant", "content": inert(answer)}], tokenizer)]
    begin = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    whole = tokenizer.apply_chat_template(answered, tokenize=False)
    if not whole.startswith(begin):
        raise DataError(
            "the chat template renders an answered chat otherwise than the chat that asks for the "
            "answer, so that it cannot be trained as it is asked; name a prompt without chat: true"
        )
    prompt_ids = tokenizer(begin, add_special_tokens=False)["input_ids"]
    ids = prompt_ids + tokenizer(whole[len(begin) :], add_special_tokens=False)["input_ids"]
    if tokenizer.eos_token_id not in ids[len(prompt_ids) :]:
        ids = [*ids, tokenizer.eos_token_id]
    return _example(prompt_ids, ids)


def tokenise(tokenizer: Any, prompt: str, answer: str) -> Example:
    """One sequence of prompt, answer and end-of-text, with loss on the last two.

    The prompt's ids are exactly those it is asked with, since the answer's first token begins
    with a space.
    """
    answer = completion(answer)
    prompt_ids = tokenizer(prompt)["input_ids"]
    ids = tokenizer(prompt + answer)["input_ids"]
    if ids[: len(prompt_ids)] != prompt_ids:
        # A tokenizer that joins across the space: tokenise the answer on its own.
        ids = prompt_ids + tokenizer(answer, add_special_tokens=False)["input_ids"]
    return _example(prompt_ids, [*ids, tokenizer.eos_token_id])


def _example(prompt_ids: list[int], ids: list[int]) -> Example:
    """The sequence ``ids``, with loss on what follows the prompt's."""
    begun = len(prompt_ids)
    return Example(ids, [IGNORED] * begun + ids[begun:])
