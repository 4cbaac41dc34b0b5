"""An estimate says what the training then does."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from finetune import estimate as estimating
from finetune.estimate import TrainingEstimate, estimate
from finetune.examples import IGNORED, Examples, build_splits, tokenizer_of
from finetune.measuring import has_weights, measured
from finetune.recipe import Recipe, load_recipe
from finetune.trainer import AnswerTrainer
from rag.corpus import load_corpus
from rag.retriever import Retriever
from tasks.policyqa.questions import load_questions
from tests.finetune.training import recipe, run


def splits_of(wanted: Recipe, data: Path) -> dict[str, Examples]:
    sections = load_corpus(data)
    questions = load_questions(data, [section.id for section in sections])
    return build_splits(wanted, questions, Retriever(sections), tokenizer_of(wanted.model))


def estimated(wanted: Recipe, data: Path) -> TrainingEstimate:
    return estimate(wanted, wanted.model, splits_of(wanted, data))


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 1.0},
        {"epochs": 1.5, "batch_size": 5, "gradient_accumulation": 2, "save_every": 2},
        {"epochs": 1.0, "limit": 4},
        {"epochs": 1.0, "max_tokens": 41},
    ],
)
def test_a_training_does_what_its_estimate_says(
    data: Path, tiny_llama: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    wanted = recipe(tiny_llama, **changes)
    told = estimated(wanted, data)
    made = run(wanted, data, tmp_path / "checkpoint")
    done = made.record["data"]
    assert told.updates == made.record["metrics"]["updates"]
    assert told.train["tokens"] == done["train"]["tokens"]
    assert told.train["rows"] == done["train"]["trained_on"]
    assert told.train["left_out"] == len(done["train"]["too_long"])
    assert told.train["contexts"] == done["train"]["contexts"]
    assert told.validation["rows"] == done["validation"]["measured"]
    adapter = load_file(made.folder / "adapter_model.safetensors")
    assert told.trainable == sum(tensor.numel() for tensor in adapter.values())


def test_each_stretch_of_updates_is_measured_and_so_is_a_last_shorter_one(
    data: Path, tiny_llama: Path
) -> None:
    told = estimated(recipe(tiny_llama), data)
    assert (told.updates, told.measurements) == (18, 5)  # At 4, 8, 12, 16 and 18.


@pytest.mark.slow
def test_under_one_and_a_half_percent_of_the_parameters_are_trained(
    smollm2: Path, data: Path
) -> None:
    told = estimated(load_recipe("smollm2-135m-sft", model=str(smollm2), limit=2), data)
    assert 0.01 < told.as_json()["share"] < 0.015
    assert told.parameters - told.trainable == 134_515_008


def test_what_needs_more_than_is_free_does_not_fit(
    data: Path, tiny_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = estimated(recipe(tiny_llama), data)
    assert told.fits
    monkeypatch.setattr(estimating, "free_memory", lambda: told.needed // 2)
    again = estimated(recipe(tiny_llama), data)
    assert not again.fits
    assert json.loads(json.dumps(again.as_json()))["fits"] is False


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder


def test_the_heaviest_batch_is_tried_and_nothing_is_left_of_it(
    data: Path,
    tiny_llama: Path,
    tmp_path: Path,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a processor, which stands in for a GPU but for what that would count."""
    wanted, tried = recipe(tiny_llama, patience=1, gradient_accumulation=3), []
    step = AnswerTrainer.training_step

    def observed(trainer: Any, model: Any, inputs: Any, *rest: Any, **options: Any) -> Any:
        tried.append((inputs["input_ids"].shape, (inputs["labels"] != IGNORED).sum(1).tolist()))
        return step(trainer, model, inputs, *rest, **options)

    monkeypatch.setattr(AnswerTrainer, "training_step", observed)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: None)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 7)
    before = sorted(tmp_path.rglob("*"))
    rows = splits_of(wanted, data)["train"].rows
    assert measured(wanted, str(tiny_llama), tokenizer_of(str(tiny_llama)), rows) == 7
    longest = max(len(row.input_ids) for row in rows)
    answer = max(sum(label != IGNORED for label in row.labels) for row in rows)
    assert tried == [((2, longest), [answer, answer])]
    assert sorted(tmp_path.rglob("*")) == before
    assert not any(temporary.iterdir())


def test_weights_are_here_where_a_loader_would_find_them(tiny_llama: Path, tmp_path: Path) -> None:
    assert has_weights(str(tiny_llama))
    assert not has_weights(str(tmp_path))
    (tmp_path / "model.safetensors.index.json").touch()
    assert has_weights(str(tmp_path))
    assert not has_weights("nobody/nothing")
