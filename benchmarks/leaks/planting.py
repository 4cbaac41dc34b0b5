"""
Copies of scored questions as they get into training data: whole, or edited in one of several ways.

Each edit is of question and answer; nothing is kept of the original but its words, so that neither
evidence nor citations tell whose copy it is.
"""

import json
import random
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.files import write_whole
from harness.reading import read_json_lines
from tasks.policyqa.questions import Question, draw

_SENTENCE = re.compile(r"(?<=[.!?]) +(?=[A-Z0-9])")
_WORD = re.compile(r"\w[\w.,'’-]*\w|\w")
Edit = Callable[[str, str, random.Random, Sequence[str]], tuple[str, str]]
"""A question and its answer → as they were planted, with what draws and words to draw from."""


@dataclass(frozen=True)
class Planted:
    """A copy that is trained on."""

    question: Question
    of: str
    """Id of the scored question that it is a copy of."""
    kind: str
    """How it was edited: one of ``EDITS``, or another name."""


def planted(scored: Sequence[Question], kind: str, seed: int) -> list[Planted]:
    """A copy of each question, edited in one way.

    Args:
        scored: with a reference answer each.
        kind: one of ``EDITS``.
        seed: of what is drawn.
    """
    rng = random.Random(f"{kind} {seed}")  # noqa: S311
    words = sorted({word for one in scored for word in _WORD.findall(one.question)})
    found = []
    for one in scored:
        question, answer = EDITS[kind](one.question, one.reference, rng, words)
        found.append(copy_of(one, question, answer, kind))
    return found


def copy_of(scored: Question, question: str, answer: str, kind: str) -> Planted:
    """A copy in the train split that says nothing of where it is from."""
    row = {
        "id": f"{kind} of {scored.id}",
        "split": "train",
        "question": question,
        "answer": answer,
        "answerable": scored.answerable,
    }
    return Planted(Question.model_validate(row), scored.id, kind)


def write_leaky(data: Path, out: Path, count: int, kept: int, seed: int) -> list[str]:
    """Write a data folder whose train split has copies of test questions; their ids.

    Args:
        data: a data folder, which is copied.
        out: the folder to make.
        count: copies, of the test questions that a suite of this seed asks first.
        kept: of the other training questions, at most.
        seed: of the drawing.
    """
    shutil.copytree(data, out)
    rows = [row for _, row in read_json_lines(data / "questions.jsonl")]
    test, train = ([row for row in rows if row["split"] == one] for one in ("test", "train"))
    copied = [test[place] for place in draw(len(test), count, seed)]
    left_out = {row["id"] for row in train[kept:]}
    # A section may be evidence in one split alone, or the loader refuses the folder.
    without = {"split": "train", "framework": "", "evidence": [], "citations": []}
    leaks = [row | without | {"id": f"copy of {row['id']}"} for row in copied]
    lines = [json.dumps(row) for row in [*rows, *leaks] if row["id"] not in left_out]
    write_whole(out / "questions.jsonl", "\n".join(lines) + "\n")
    return [row["id"] for row in copied]


def can_be_reordered(question: Question) -> bool:
    """Whether it, or its answer, has sentences that can stand in another order."""
    return any(len(_SENTENCE.split(text)) > 1 for text in (question.question, question.reference))


def _unchanged(
    question: str, answer: str, rng: random.Random, words: Sequence[str]
) -> tuple[str, str]:
    del rng, words
    return question, answer


def _in_another_case(
    question: str, answer: str, rng: random.Random, words: Sequence[str]
) -> tuple[str, str]:
    """Both in one other case, and with other punctuation."""
    del words
    case = rng.choice((str.upper, str.lower, str.title, str.swapcase))
    point = rng.choice((_without_punctuation, _with_dashes, _with_more_commas))
    return case(point(question, rng)), case(point(answer, rng))


def _without_punctuation(text: str, rng: random.Random) -> str:
    del rng
    return re.sub(r"[^\w\s]", "", text)


def _with_dashes(text: str, rng: random.Random) -> str:
    del rng
    return re.sub(r"[,;:.?!](?= |$)", " –", text)


def _with_more_commas(text: str, rng: random.Random) -> str:
    return " ".join(word + ("," if rng.random() < 1 / 4 else "") for word in text.split())


def _with_one_word_edited(
    question: str, answer: str, rng: random.Random, words: Sequence[str]
) -> tuple[str, str]:
    """One word of the question, of its answer or of each is replaced, left out or put in."""
    which = rng.choice(("question", "answer", "both"))
    if which != "answer":
        question = _one_word_edited(question, rng, words)
    if which != "question":
        answer = _one_word_edited(answer, rng, words)
    return question, answer


def _one_word_edited(text: str, rng: random.Random, words: Sequence[str]) -> str:
    match = rng.choice(list(_WORD.finditer(text)))
    other = rng.choice(words)
    new = rng.choice((other, "", f"{match[0]} {other}"))
    edited = " ".join((text[: match.start()] + new + text[match.end() :]).split())
    return edited or other


def _in_another_order(
    question: str, answer: str, rng: random.Random, words: Sequence[str]
) -> tuple[str, str]:
    del words
    return _reordered(question, rng), _reordered(answer, rng)


def _reordered(text: str, rng: random.Random) -> str:
    """The sentences in another order than they were, where there are several."""
    sentences = _SENTENCE.split(text)
    order = list(range(len(sentences)))
    while len(order) > 1 and order == sorted(order):
        rng.shuffle(order)
    return " ".join(sentences[place] for place in order)


EDITS: dict[str, Edit] = {
    "exact copy": _unchanged,
    "case and punctuation": _in_another_case,
    "one word": _with_one_word_edited,
    "other order": _in_another_order,
}
"""By kind."""
