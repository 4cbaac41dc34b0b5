"""A recipe → a checkpoint or an embedder, in the cache or in a folder of the user's choice."""

from collections.abc import Sequence
from pathlib import Path

from finetune.checkpoint import Checkpoint, determinants, kept_at
from finetune.embedder import EmbedderRecipe, embedder_determinants, embedder_kept_at
from finetune.fitting import nearest_recipe
from finetune.pairs import Ranking, build_pairs
from finetune.recipe import Recipe
from finetune.work import finish
from harness.models import catalogue
from policyqa.progress import Watch
from rag.corpus import Section, load_corpus, load_sections
from rag.embedder import Embedder
from rag.retriever import Retriever
from rag.sentences import SentenceRanker
from tasks.policyqa.questions import Question, left_out, load_questions


def train_recipe(recipe: Recipe, data: Path, out: Path | None, watch: Watch) -> Checkpoint:
    """The finished checkpoint of ``recipe`` on the data folder ``data``.

    Raises:
        BenchError: the data or the model is not usable; nothing long was begun.
    """
    catalogue.check_terms([recipe.model])
    recipe, questions, retriever = prepared(recipe, data, watch)
    what = determinants(recipe, questions, retriever)
    from finetune.train import train

    target = out or kept_at(recipe, what)
    with watch.stage(f"training {recipe.weights} (recipe {recipe.name})") as advance:
        return train(recipe, questions, retriever, target, what, advance, watch.say)


def prepared(recipe: Recipe, data: Path, watch: Watch) -> tuple[Recipe, list[Question], Retriever]:
    """What this machine can do of ``recipe``, and what it is done with; what is left out is said.

    Raises:
        DataError: the data is not usable.
    """
    # A recipe that shows nothing of documents needs none.
    sections = (load_corpus if recipe.asked.shows_context else load_sections)(data)
    questions = load_questions(data, [section.id for section in sections])
    possible, changes = nearest_recipe(recipe)
    for line in (*left_out(questions, "train", "validation"), *changes):
        watch.say(line)
    return possible, questions, Retriever(sections)


def train_embedder_recipe(
    recipe: EmbedderRecipe, data: Path, out: Path | None, watch: Watch
) -> Path:
    """The folder of the embedder of ``recipe``, trained on the data folder ``data``.

    Raises:
        BenchError: the data, the model or ``out`` is not usable; nothing long was begun.
    """
    sections, questions, retriever = _embedded(data)
    what = embedder_determinants(recipe, questions, retriever)
    target = out or embedder_kept_at(what)

    def make(work: Path) -> None:
        catalogue.loadable(recipe.model)
        from finetune.embedder_trainer import train_embedder

        with watch.plan([0.2, 1.0] if recipe.shown else [1.0]):
            ranker = SentenceRanker(Embedder(recipe.model))
            pairs = build_pairs(questions, sections, _ranking(retriever, watch), ranker, recipe)
            title = f"training {recipe.model} on {pairs.questions:,} questions"
            with watch.stage(title, 1.0) as advance:
                train_embedder(work, recipe, pairs, what, advance)

    finish(target, "embedder", what, make)
    return target


def embedder_folder(recipe: EmbedderRecipe, data: Path) -> Path:
    """Where the embedder of ``recipe`` is kept, once it is trained on the data folder ``data``."""
    _, questions, retriever = _embedded(data)
    return embedder_kept_at(embedder_determinants(recipe, questions, retriever))


def _embedded(data: Path) -> tuple[dict[str, Section], list[Question], Retriever]:
    """What an embedder is trained on, and what ranks its negatives."""
    sections = {section.id: section for section in load_corpus(data)}
    questions = load_questions(data, sections)
    # BM25 has no use for the embedder trained.
    return sections, questions, Retriever.of(data, mode="sparse")


def _ranking(retriever: Retriever, watch: Watch) -> Ranking:
    """What ``retriever`` ranks best; its index is made, and shown to be, when it is asked."""

    def ranking(texts: Sequence[str], k: int) -> list[list[str]]:
        with watch.stage("index", 0.2) as advance:
            retriever.index.build(advance)
        return [[hit.id for hit in hits] for hits in retriever.search(texts, k)]

    return ranking
