"""A recipe → a checkpoint or an embedder, in the cache or in a folder of the user's choice."""

from collections.abc import Sequence
from pathlib import Path

from finetune.checkpoint import Checkpoint, determinants, kept_at
from finetune.embedder import EmbedderRecipe, embedder_determinants, embedder_kept_at
from finetune.pairs import train_questions
from finetune.recipe import Recipe
from harness.models import catalogue
from policyqa.progress import Watch
from rag.corpus import load_corpus
from rag.retriever import Retriever
from tasks.policyqa.questions import load_questions


def train_recipe(recipe: Recipe, data: Path, out: Path | None, watch: Watch) -> Checkpoint:
    """The finished checkpoint of ``recipe`` on the data folder ``data``.

    Raises:
        BenchError: the data or the model is not usable; nothing long was begun.
    """
    sections = load_corpus(data)
    questions = load_questions(data, [section.id for section in sections])
    retriever = Retriever(sections)
    what = determinants(recipe, data, retriever)
    from finetune.train import train

    with watch.stage(f"training {recipe.weights} (recipe {recipe.name})") as advance:
        return train(recipe, questions, retriever, out or kept_at(what), what, advance)


def train_embedder_recipe(
    recipe: EmbedderRecipe, data: Path, out: Path | None, watch: Watch
) -> Path:
    """The folder of the embedder of ``recipe``, trained on the data folder ``data``.

    Raises:
        BenchError: the data or the model is not usable; nothing long was begun.
    """
    sections = {section.id: section for section in load_corpus(data)}
    questions = load_questions(data, sections)
    asked = len(train_questions(questions))
    catalogue.loadable(recipe.model)
    retriever = Retriever.of(data, mode="sparse")  # BM25 has no use for the embedder trained.
    what = embedder_determinants(recipe, data, retriever)
    from finetune.embedder_trainer import train_embedder

    def ranking(texts: Sequence[str], k: int) -> list[list[str]]:
        return [[hit.id for hit in hits] for hits in retriever.search(texts, k)]

    with watch.plan([0.2, 1.0]):
        with watch.stage("index", 0.2) as advance:
            retriever.index.build(advance)
        with watch.stage(f"training {recipe.model} on {asked:,} questions", 1.0) as advance:
            return train_embedder(
                recipe, questions, sections, ranking, out or embedder_kept_at(what), what, advance
            )
