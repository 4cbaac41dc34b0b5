"""Recipes: the defaults are the published ones, and a bad one is refused whole."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from finetune.embedder import EmbedderRecipe, load_embedder_recipe
from finetune.recipe import Recipe, load_recipe, recipe_for, shipped_names
from harness.errors import ConfigError


def test_the_published_recipe_is_the_default() -> None:
    recipe = load_recipe("sft")
    assert recipe == Recipe(name="sft", weights="sft", prompt="plain")
    assert (recipe.precision, recipe.optimizer) == ("int8", "paged_adamw_8bit")
    assert (recipe.lora_rank, recipe.lora_alpha, recipe.lora_dropout) == (16, 32, 0.05)
    assert recipe.target_modules == ("q_proj", "k_proj", "v_proj", "o_proj")
    assert (recipe.epochs, recipe.batch_size, recipe.gradient_accumulation) == (3, 8, 2)
    assert (recipe.learning_rate, recipe.weight_decay, recipe.warmup) == (2e-4, 0.001, 0.03)
    assert (recipe.max_gradient_norm, recipe.max_tokens) == (0.3, 512)
    assert (recipe.save_every, recipe.log_every) == (25, 25)


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_recipe_loads(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert (recipe.prompt == "rag") == (recipe.weights == "sft-rag")


def test_a_model_takes_its_own_recipe_or_the_published_one() -> None:
    assert recipe_for("smollm2-135m", "sft-rag").name == "smollm2-135m-sft-rag"
    other = recipe_for("owner/model", "sft")
    assert (other.name, other.model, other.learning_rate) == ("sft", "owner/model", 2e-4)


def test_every_wrong_field_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("weights: sft\nprompt: plain\nlora_rank: 0\nrate: 1\nlora_dropout: 1.5\n")
    with pytest.raises(ConfigError) as caught:
        load_recipe(str(path))
    for field in ("mine.yaml", "lora_rank", "rate", "lora_dropout"):
        assert field in str(caught.value)


@pytest.mark.parametrize("load", [load_recipe, load_embedder_recipe])
@pytest.mark.parametrize("name", ["../../../x", "/x", "..", ".x", "a/b", "a\\b", "a b", "", "a\n"])
def test_a_name_that_is_no_folders_is_refused(
    tmp_path: Path, load: Callable[..., Recipe | EmbedderRecipe], name: str
) -> None:
    # A checkpoint was kept in a folder of the name, which could be anywhere beside the cache.
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"name": name}))
    with pytest.raises(ConfigError, match=r"mine\.yaml: .*name: .* is no name for a folder"):
        load(str(path))


def test_a_file_whose_own_name_will_not_do_takes_another(tmp_path: Path) -> None:
    path = tmp_path / "my recipe.yaml"
    path.write_text("weights: sft\nprompt: plain\n")
    with pytest.raises(ConfigError, match=r"'my recipe' is no name .* set name: in it"):
        load_recipe(str(path))
    path.write_text("name: My_recipe-1.2\nweights: sft\nprompt: plain\n")
    assert load_recipe(str(path)).name == "My_recipe-1.2"


def test_an_unknown_recipe_lists_the_shipped_ones() -> None:
    with pytest.raises(ConfigError, match="smollm2-135m-sft"):
        load_recipe("sftt")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"prompt": "plain", "weights": "sft", "withheld": 0.1}, "plain shows none"),
        ({"prompt": "plain", "weights": "sft", "budgets": [100]}, "plain shows none"),
        ({"prompt": "rag", "withheld": 0.6, "buried": 0.6}, "more than 1"),
    ],
)
def test_shares_that_contradict_the_rest_are_refused(
    changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        load_recipe("sft-rag", **changes)
