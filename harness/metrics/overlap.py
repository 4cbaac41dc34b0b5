"""BLEU and ROUGE-L of an answer against its references, each a number in [0, 1]."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from harness.metrics.metric import MetricKind, Row, Value
from harness.metrics.once import read_once

_ORDERS = 4
"""Longest n-grams that BLEU counts."""


@dataclass(frozen=True)
class Bleu:
    """The mean of sentence BLEU over the answers, as in the published work, which says BLEU."""

    name: ClassVar[str] = "bleu"
    title: ClassVar[str] = "sentence BLEU"
    higher_is_better: ClassVar[bool] = True
    kind: ClassVar[MetricKind] = "mean"

    @property
    def signature(self) -> str:
        """All that could change a score, in one line."""
        return f"bleu:sacrebleu-{version('sacrebleu')},mean-of-sentences,effective-order,13a,exp"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """``bleu`` of each row."""
        return [bleu(row.answer, *row.references) for row in rows]


@dataclass(frozen=True)
class CorpusBleu:
    """BLEU as Papineni et al. 2002 define it: of the counts of all answers together.

    https://aclanthology.org/P02-1040. A value is ten statistics: lengths of answer and reference in
    words, then for n-grams of 1 to 4 words those found in the reference, and those there are. Of
    several references the length nearest to the answer's counts (the shorter of two), and an n-gram
    is found as often as the one that has it most often has it.
    """

    name: ClassVar[str] = "corpus_bleu"
    title: ClassVar[str] = "corpus BLEU"
    higher_is_better: ClassVar[bool] = True
    kind: ClassVar[MetricKind] = "corpus"
    width: ClassVar[int] = 2 + 2 * _ORDERS

    @property
    def signature(self) -> str:
        """All that could change a score, in one line."""
        return f"corpus_bleu:sacrebleu-{version('sacrebleu')},corpus,13a,exp"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """The statistics of each row, as sacreBLEU counts them."""
        return [_counted(row.answer, _written(row.references) or ("",))[1] for row in rows]

    def total(self, sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """BLEU of summed statistics, shape (..., 10) → (...), in [0, 1].

        Precision of an order that has n-grams and found none of them is smoothed as
        mteval-v13a does (Chen & Cherry 2014, method 3, https://aclanthology.org/W14-3346): the
        first such order counts 1/2, the next 1/4, of one n-gram. An order without n-grams makes
        the figure 0, as it does in sacreBLEU.
        """
        answer, reference = sums[..., 0], sums[..., 1]
        found, there = sums[..., 2 : 2 + _ORDERS], sums[..., 2 + _ORDERS :]
        missed = (found == 0) & (there > 0)
        smoothed = np.where(missed, 0.5 ** np.cumsum(missed, axis=-1), found)
        some = (there > 0).all(axis=-1) & (found[..., 0] > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            precision = np.exp(np.log(smoothed / there).mean(axis=-1))
            brevity = np.exp(np.minimum(0.0, 1 - reference / answer))
            return np.where(some, brevity * precision, 0.0)


@dataclass(frozen=True)
class RougeL:
    """ROUGE-L F against the best reference, averaged over the answers."""

    name: ClassVar[str] = "rouge_l"
    title: ClassVar[str] = "ROUGE-L"
    higher_is_better: ClassVar[bool] = True
    kind: ClassVar[MetricKind] = "mean"

    @property
    def signature(self) -> str:
        """All that could change a score, in one line."""
        return "rouge_l:rouge-1.0.1,F,summary-level"

    def score(self, rows: Sequence[Row]) -> list[Value | None]:
        """``rouge_l`` of each row."""
        return [rouge_l(row.answer, *row.references) for row in rows]


def bleu(hypothesis: str, *references: str) -> float:
    """Sentence BLEU in [0, 1]: sacreBLEU's, effective order, 13a tokens, exponential smoothing.

    Effective order leaves out n-grams longer than the hypothesis, so a right two-word answer is
    not zero (Post 2018, https://aclanthology.org/W18-6319). An empty text scores 0. One more
    reference can lower a score, since it is the nearest reference's length that an answer should
    have.
    """
    written = _written(references)
    if not hypothesis.strip() or not written:
        return 0.0
    return min(_counted(hypothesis, written)[0], 1.0)  # It can be 1.0000000000000004.


@read_once
def _counted(answer: str, references: tuple[str, ...]) -> tuple[float, tuple[float, ...]]:
    """Sentence BLEU, and the statistics, which effective order leaves as they are."""
    one = _counter().sentence_score(answer.strip(), references)
    return one.score / 100, tuple(map(float, (one.sys_len, one.ref_len, *one.counts, *one.totals)))


@lru_cache
def _counter() -> Any:
    """sacreBLEU's counter of n-grams, which keeps the words of references that come again."""
    from sacrebleu.metrics import BLEU

    return BLEU(effective_order=True)


def rouge_l(hypothesis: str, *references: str) -> float:
    """ROUGE-L F in [0, 1], summary level, as the ``rouge`` package has it, on words as written.

    F with equal weight of precision and recall over the union of longest common subsequences,
    sentence by sentence, against the reference that gives the most (Lin 2004,
    https://aclanthology.org/W04-1013). A text without a word scores 0; a text against itself
    0.999999995, since 1e-8 is added to a denominator. The published figures were made with that
    package, whose tables, dicts of pairs, take most of the time of all overlaps.
    """
    return max(_rouge_l(hypothesis, reference) for reference in references)


def _rouge_l(hypothesis: str, reference: str) -> float:
    """ROUGE-L F against one reference."""
    if not _has_words(hypothesis) or not _has_words(reference):
        return 0.0
    said, meant = _sentences(hypothesis), _sentences(reference)
    common = {word for one in meant for other in said for word in _in_common(one, other)}
    precision, recall = (len(common) / len(set().union(*those)) for those in (said, meant))
    return 2.0 * ((precision * recall) / (precision + recall + 1e-8))


def _in_common(left: Sequence[str], right: Sequence[str]) -> Iterator[str]:
    """The words of a longest common subsequence, from its end.

    Of several, the one that leaves out words of ``right`` first, as the package does. A line of the
    table of lengths is a number, in which a bit is 0 where the length grows at that word of
    ``right`` (Hyyrö 2004, "Bit-parallel LCS-length computation revisited", AWOCA).
    """
    places: dict[str, int] = {}
    for place, word in enumerate(right):
        places[word] = places.get(word, 0) | 1 << place
    everywhere = level = (1 << len(right)) - 1
    lines = []
    for word in left:
        there = level & places.get(word, 0)
        level = (level + there | level - there) & everywhere
        lines.append(level)
    line, column = len(left), len(right)
    while line and column:
        if left[line - 1] == right[column - 1]:
            line, column = line - 1, column - 1
            yield left[line]
        elif lines[line - 1] >> column - 1 & 1:
            column -= 1
        else:
            line -= 1


def _sentences(text: str) -> list[list[str]]:
    """The words of each, cut at full stops; a blank one has one empty word, as in the package."""
    return [" ".join(one.split()).split(" ") for one in text.split(".") if one]


def _written(references: Sequence[str]) -> tuple[str, ...]:
    """Those with text: an empty one would be the nearest in length to a short answer."""
    return tuple(reference for reference in references if reference.strip())


def _has_words(text: str) -> bool:
    return any(sentence.strip() for sentence in text.split("."))
