"""A recipe → a checkpoint in the cache, or in a folder of the user's choice."""

from pathlib import Path

from finetune.checkpoint import Checkpoint, determinants, kept_at
from finetune.recipe import Recipe
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
