"""
Questions → (question, gold passage) pairs with hard negatives → the batches they are trained in.

Other pairs' passages in a batch are negatives too. So no batch has a pair whose passage, or
negative, is gold for another pair's question. Sentence-transformers' own parts do other things:
``mine_hard_negatives`` ranks by an embedder, not by BM25, and ``NO_DUPLICATES`` compares the texts
of a batch alone (on the policy set 49 golds stood as negatives in 24 batches of 2 to 64 pairs; here
none does, in 20 of 57 or 58).
"""

import math
import random
from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from more_itertools import unique_everseen

from finetune.embedder import EmbedderRecipe
from harness.errors import DataError
from rag.context import inert
from rag.corpus import Section
from tasks.policyqa.questions import Question, in_split

Ranking = Callable[[Sequence[str], int], Sequence[Sequence[str]]]
"""Questions and a count → so many section ids for each, best first; fewer where no more match."""

SPARE = 10
"""Ranked beyond those needed: passages that say what an evidence says are passed over."""


@dataclass(frozen=True)
class Pair:
    """A question, a passage that holds its answer, and passages that do not."""

    question: str
    positive: Section
    negatives: tuple[Section, ...]
    golds: frozenset[str]
    """What all passages say that are known to hold its answer."""

    @cached_property
    def shown(self) -> frozenset[str]:
        """What the passages say that it brings into a batch."""
        return frozenset(said(section) for section in (self.positive, *self.negatives))


@dataclass(frozen=True)
class Pairs:
    """What is trained on."""

    rows: list[Pair]
    questions: int
    """Of the train split, with evidence."""
    without_evidence: int
    """Questions of the train split left out: no section is known to answer them."""


def said(section: Section) -> str:
    """What a section says, wherever it stands: a corpus may say a thing more than once."""
    return inert(section.body).casefold()


def build_pairs(
    questions: Sequence[Question],
    sections: Mapping[str, Section],
    ranking: Ranking,
    recipe: EmbedderRecipe,
) -> Pairs:
    """A pair for each question of ``train`` and each of its evidence sections.

    Args:
        questions: of all splits.
        sections: of the corpus, by id.
        ranking: what hard negatives are taken from.
        recipe: how many.

    Raises:
        DataError: no question of ``train`` has evidence, or the corpus has too few sections.
    """
    train = in_split(questions, "train")
    asked = [question for question in train if question.evidence]
    if not asked:
        raise DataError(
            f"none of the {len(train)} train questions has evidence, and an embedder learns from "
            "nothing else; name sections in the field evidence of questions.jsonl"
        )
    golds: dict[str, set[str]] = defaultdict(set)
    for question in asked:
        golds[question.question] |= {said(sections[one]) for one in question.evidence}
    wrong = _negatives(golds, sections, ranking, recipe)
    rows = [
        Pair(one.question, positive, wrong[one.question], frozenset(golds[one.question]))
        for one in asked
        for positive in unique_everseen((sections[id_] for id_ in one.evidence), said)
    ]
    return Pairs(rows, len(asked), len(train) - len(asked))


def _negatives(
    golds: Mapping[str, set[str]],
    sections: Mapping[str, Section],
    ranking: Ranking,
    recipe: EmbedderRecipe,
) -> dict[str, tuple[Section, ...]]:
    """The hard negatives of each question; where the ranking has too few, drawn by seed."""
    if not recipe.negatives:
        return dict.fromkeys(golds, ())
    every = list(unique_everseen(sections.values(), said))
    needed = recipe.skip + recipe.negatives + max(len(gold) for gold in golds.values())
    if len(every) < needed:
        raise DataError(
            f"the corpus has {len(every)} different sections, and recipe {recipe.name} needs "
            f"{needed} for {recipe.negatives} negatives: lower negatives or skip"
        )
    ranked = ranking(list(golds), needed + SPARE)
    found = {}
    for (question, gold), ids in zip(golds.items(), ranked, strict=True):
        best = [
            one
            for one in unique_everseen((sections[i] for i in ids), said)
            if said(one) not in gold
        ]
        if len(best) < recipe.skip + recipe.negatives:
            known = gold | {said(one) for one in best}
            rest = [one for one in every if said(one) not in known]
            best += random.Random(f"{recipe.seed} {question}").sample(rest, len(rest))  # noqa: S311
        found[question] = tuple(best[recipe.skip :][: recipe.negatives])
    return found


def batches(rows: Sequence[Pair], recipe: EmbedderRecipe) -> list[list[int]]:
    """Indices of the rows of each update, of all epochs in turn.

    Each epoch has every row once, in batches drawn by seed and epoch. They are of like size, since
    each weighs the same in training, but for rows that too few batches take.
    """
    shown = Counter(text for pair in rows for text in pair.shown)
    crowded = [max(shown[text] for text in pair.golds) for pair in rows]
    planned: list[list[int]] = []
    for epoch in range(recipe.epochs):
        draw = random.Random(f"{recipe.seed} {epoch}")  # noqa: S311
        order = draw.sample(range(len(rows)), len(rows))
        # Rows that few batches take come first: late, they would be left in batches of their own.
        made = _spread(sorted(order, key=lambda row: -crowded[row]), rows, recipe.batch_size)
        planned += draw.sample(made, len(made))
    return planned


def _spread(order: Sequence[int], rows: Sequence[Pair], size: int) -> list[list[int]]:
    """Batches of at most ``size``, none twice another's size unless conflicts leave no choice."""
    number = math.ceil(len(rows) / size)
    while True:
        made = _dealt(order, rows, number, size)
        sizes = [len(batch) for batch in made]
        if len(made) == number or max(sizes) <= 2 * min(sizes):
            return made
        number = len(made)  # What was begun late stayed small: dealt anew, all begin together.


def _dealt(order: Sequence[int], rows: Sequence[Pair], number: int, size: int) -> list[list[int]]:
    """Each row in the smallest of ``number`` batches that takes it, else in one more."""
    made: list[list[int]] = [[] for _ in range(number)]
    for row in order:
        fit = (
            place
            for place, batch in enumerate(made)
            if len(batch) < size and not any(_clash(rows[row], rows[other]) for other in batch)
        )
        place = next(fit, None)
        batch = [] if place is None else made.pop(place)
        batch.append(row)
        insort(made, batch, key=len)  # The smallest stay first.
    return made


def _clash(one: Pair, other: Pair) -> bool:
    """Whether a passage of one is gold for the other's question."""
    return not (one.golds.isdisjoint(other.shown) and other.golds.isdisjoint(one.shown))
