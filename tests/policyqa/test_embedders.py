"""The embedders of a suite's recipes: trained before all else, and found again."""

from pathlib import Path

import pytest

from finetune.embedder import EmbedderRecipe, load_embedder_recipe
from harness.errors import BenchError
from policyqa import embedders
from policyqa.embedders import with_known_embedders, with_trained_embedders
from policyqa.preview import preview
from policyqa.run import run_suite
from policyqa.suite import Suite
from policyqa.train import embedder_folder
from tests.policyqa.conftest import quiet

RECIPE = "minilm-l6-sentences"


def suite(data: Path, **changes: object) -> Suite:
    return Suite.model_validate(
        {
            "name": "mine",
            "data": data,
            "variants": ["floor/first", "floor/sentence+own"],
            "contexts": {"own": {"k": 1}},
            **changes,
        }
    )


def test_a_recipe_is_trained_once_and_its_folder_stands_in_its_place(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[str] = []

    def train(recipe: EmbedderRecipe, folder: Path, *_: object) -> Path:
        trained.append(recipe.name)
        assert folder == data
        return Path("/made/of") / recipe.name

    monkeypatch.setattr(embedders, "train_embedder_recipe", train)
    own = {"own": {"k": 1, "embedder": RECIPE}, "other": {"embedder": "minilm-l6"}}
    found = with_trained_embedders(suite(data, embedder=RECIPE, contexts=own), quiet())
    assert trained == [RECIPE]
    assert found.embedder == f"/made/of/{RECIPE}"
    assert {one.context.embedder for one in found.resolved if one.context.source != "none"} == {
        f"/made/of/{RECIPE}"
    }
    assert found.contexts["other"].embedder == "minilm-l6"


def test_one_that_no_variant_searches_by_is_not_trained(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedders, "train_embedder_recipe", None)
    wanted = suite(data, embedder=RECIPE, floors=[], model="m", variants=["base/plain"])
    assert with_trained_embedders(wanted, quiet()).embedder == "minilm-l6"
    assert with_known_embedders(wanted)[1] == []
    training = suite(data, embedder=RECIPE, floors=[], model="m", variants=["sft-rag/plain"])
    assert with_known_embedders(training)[1] == [RECIPE]


def test_a_suite_is_refused_before_its_embedder_is_trained(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedders, "train_embedder_recipe", None)
    wanted = suite(data, embedder=RECIPE, claims=str(tmp_path / "none.yaml"))
    with pytest.raises(BenchError, match=r"none\.yaml"):
        run_suite(wanted, tmp_path / "run", quiet())


def test_a_suite_without_one_is_left_as_it_is(data: Path) -> None:
    plain = suite(data)
    assert with_trained_embedders(plain, quiet()) is plain
    assert with_known_embedders(plain) == (plain, [])


def test_one_that_is_not_trained_yet_is_named_and_its_base_stands_in_its_place(
    data: Path, own_home: Path
) -> None:
    wanted = suite(data, embedder=RECIPE)
    found, missing = with_known_embedders(wanted)
    assert (found.embedder, missing) == ("minilm-l6", [RECIPE])
    (to_train,) = preview(wanted, quiet()).train
    assert (to_train.recipe, to_train.questions) == (RECIPE, 12)
    folder = embedder_folder(load_embedder_recipe(RECIPE), data)
    assert folder.is_relative_to(own_home)
    folder.mkdir(parents=True)
    found, missing = with_known_embedders(wanted)
    assert (found.embedder, missing) == (str(folder), [])
