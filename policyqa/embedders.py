"""
The embedders that a suite has trained: a name of a recipe → the folder of what it made.

    embedder: minilm-l6-sentences
"""

from collections.abc import Callable

from finetune.embedder import EMBEDDER_RECIPES, EmbedderRecipe, load_embedder_recipe
from policyqa.progress import Watch
from policyqa.suite import Suite
from policyqa.train import embedder_folder, train_embedder_recipe


def with_trained_embedders(suite: Suite, watch: Watch) -> Suite:
    """``suite`` with the embedders of its recipes that are used, trained on its data unless kept.

    Raises:
        BenchError: the data or the model is not usable; nothing long was begun.
    """
    return _replaced(
        suite, lambda recipe: str(train_embedder_recipe(recipe, suite.data, None, watch))
    )


def with_known_embedders(suite: Suite) -> tuple[Suite, list[str]]:
    """``suite`` with the embedders of its recipes that are kept; the names of those that are not,
    in whose place stands what they begin from."""
    missing: list[str] = []

    def known(recipe: EmbedderRecipe) -> str:
        folder = embedder_folder(recipe, suite.data)
        if folder.is_dir():
            return str(folder)
        missing.append(recipe.name)
        return recipe.model

    return _replaced(suite, known), missing


def _replaced(suite: Suite, embedder_of: Callable[[EmbedderRecipe], str]) -> Suite:
    """``suite`` with what stands for its recipes; for one that neither a variant nor a training
    searches by, the model it begins from."""
    searching = {one.context.embedder for one in suite.resolved if one.context.source != "none"}
    if any(one.model.recipe for one in suite.resolved):
        searching.add(suite.embedder)
    found: dict[str, str] = {}

    def embedder(name: str | None) -> str | None:
        if name is None or not (EMBEDDER_RECIPES / f"{name}.yaml").is_file():
            return name
        if name not in found:
            recipe = load_embedder_recipe(name)
            found[name] = embedder_of(recipe) if name in searching else recipe.model
        return found[name]

    contexts = {
        name: row.model_copy(update={"embedder": embedder(row.embedder)})
        for name, row in suite.contexts.items()
    }
    changes = {"embedder": embedder(suite.embedder), "contexts": contexts}
    # Made anew: what a suite has worked out of its fields it keeps.
    fields = {name: getattr(suite, name) for name in Suite.model_fields}
    return Suite.model_validate(fields | changes) if found else suite
