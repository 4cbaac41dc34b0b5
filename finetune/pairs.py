"""
Questions → (question, sentence that answers it) pairs with hard negatives → the batches they are
trained in.

Of a section that holds the answer, the sentence nearest to the answer is what should be found, and
others of the same section are the hardest to tell from it. Other pairs' sentences in a batch are
negatives too. So no batch has a pair with a sentence of another's evidence. Sentence-transformers'
own parts do other things: ``mine_hard_negatives`` ranks by an embedder, not by BM25, and
``NO_DUPLICATES`` compares the texts of a batch alone.
"""

import math
import random
from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from more_itertools import unique_everseen

from finetune.embedder import EmbedderRecipe
from harness.errors import DataError
from rag.corpus import Section, said
from rag.sentences import Sentence, SentenceRanker, split
from rag.stores.store import Hit
from tasks.policyqa.questions import Question, in_split

Ranking = Callable[[Sequence[str], int], Sequence[Sequence[str]]]
"""Questions and a count → so many section ids for each, best first; fewer where no more match."""

MAY_ANSWER = 2
"""Sentences of the evidence, nearest to the answer, that are no negatives: it may need both."""


@dataclass(frozen=True)
class Pair:
    """A question, a sentence that holds its answer, and sentences that do not."""

    question: str
    positive: Hit
    negatives: tuple[Hit, ...]
    golds: frozenset[str]
    """What all sentences say of the passages that are known to hold its answer."""

    @cached_property
    def shown(self) -> frozenset[str]:
        """What the sentences say that it brings into a batch."""
        return frozenset(said(one) for one in (self.positive, *self.negatives))


@dataclass(frozen=True)
class Pairs:
    """What is trained on."""

    rows: list[Pair]
    questions: int
    """Of the train split, with evidence."""
    without_evidence: int
    """Questions of the train split left out: no section is known to answer them."""


def build_pairs(
    questions: Sequence[Question],
    sections: Mapping[str, Section],
    ranking: Ranking,
    ranker: SentenceRanker,
    recipe: EmbedderRecipe,
) -> Pairs:
    """A pair for each question of ``train`` and each of its evidence sections.

    Args:
        questions: of all splits. Of one without an answer the sentence nearest to itself is taken.
        sections: of the corpus, by id.
        ranking: what hard negatives are taken from.
        ranker: tells which sentence of a section is meant.
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
        own = [_hit(sections[one]) for one in question.evidence]
        golds[question.question] |= {said(part) for section in own for part in split(section)}
    wrong = _negatives(golds, sections, ranking, recipe)
    pairs = [
        (one, positive)
        for one in asked
        for positive in unique_everseen((sections[id_] for id_ in one.evidence), said)
    ]
    rows = [
        Pair(one.question, best, others, frozenset(golds[one.question]))
        for (one, _), (best, others) in zip(
            pairs, _sentences(pairs, wrong, golds, ranker, recipe), strict=True
        )
    ]
    return Pairs(rows, len(asked), len(train) - len(asked))


def _sentences(
    pairs: Sequence[tuple[Question, Section]],
    wrong: Mapping[str, Sequence[Section]],
    golds: Mapping[str, set[str]],
    ranker: SentenceRanker,
    recipe: EmbedderRecipe,
) -> list[tuple[Sentence, tuple[Sentence, ...]]]:
    """Of each question and section the sentence that answers, and those that do not: of each of the
    ``wrong`` sections that nearest to the question, and so of the section itself. None from
    elsewhere says what the ``golds`` say."""
    own = [[_hit(section)] for _, section in pairs]
    by_answer = ranker.rank([one.answer or one.question for one, _ in pairs], own)
    by_question = ranker.rank([one.question for one, _ in pairs], own)
    elsewhere = [(one.question, _hit(found)) for one, _ in pairs for found in wrong[one.question]]
    nearest = ranker.rank([text for text, _ in elsewhere], [[found] for _, found in elsewhere])
    found = {
        pair: next(one for one in some if said(one) not in golds[pair[0]])
        for pair, some in zip(elsewhere, nearest, strict=True)
    }
    made = []
    for (one, _), answering, asked in zip(pairs, by_answer, by_question, strict=True):
        may_answer = {sentence.place for sentence in answering[:MAY_ANSWER]}
        beside = [sentence for sentence in asked if sentence.place not in may_answer]
        others = [found[one.question, _hit(section)] for section in wrong[one.question]]
        beside = beside[: recipe.siblings]
        made.append((answering[0], (*beside, *others[: recipe.shown - len(beside)])))
    return made


def _hit(section: Section) -> Hit:
    return Hit(section.id, 0.0, section.citation, section.body)


def _negatives(
    golds: Mapping[str, set[str]],
    sections: Mapping[str, Section],
    ranking: Ranking,
    recipe: EmbedderRecipe,
) -> dict[str, tuple[Section, ...]]:
    """The hard negatives of each question; where the ranking has too few, drawn by seed. None says
    only what its evidence says."""
    if not recipe.shown:
        return dict.fromkeys(golds, ())
    every = list(unique_everseen(sections.values(), said))
    wanted = recipe.skip + recipe.shown
    if len(every) <= wanted:
        raise _too_few(len(every), wanted + 1, recipe)  # Before anything is embedded.
    ranked = ranking(list(golds), wanted + max(map(len, golds.values())))
    found = {}
    for (question, gold), ids in zip(golds.items(), ranked, strict=True):
        best = _not_all(gold, unique_everseen((sections[i] for i in ids), said))
        if len(best) < wanted:
            known = {said(one) for one in best}
            rest = _not_all(gold, (one for one in every if said(one) not in known))
            best += random.Random(f"{recipe.seed} {question}").sample(rest, len(rest))  # noqa: S311
        if len(best) < wanted:
            raise _too_few(len(best), wanted, recipe, f" beside what answers {question!r}")
        found[question] = tuple(best[recipe.skip : wanted])
    return found


def _too_few(count: int, needed: int, recipe: EmbedderRecipe, beside: str = "") -> DataError:
    return DataError(
        f"the corpus has {count} different sections{beside}, and recipe {recipe.name} needs "
        f"{needed} for {recipe.shown} negatives: lower negatives, siblings or skip"
    )


def _not_all(gold: set[str], sections: Iterable[Section]) -> list[Section]:
    """Those that say something else as well."""
    return [one for one in sections if not {said(part) for part in split(_hit(one))} <= gold]


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
