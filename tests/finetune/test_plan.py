"""A plan says what the training then does."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from safetensors.torch import load_file

from finetune import plan as planning
from finetune.examples import Example, Examples, build_splits, tokenizer_of
from finetune.plan import Plan, has_weights, make_plan, timed
from finetune.recipe import Recipe, load_recipe
from rag.corpus import load_corpus
from rag.retriever import Retriever
from tasks.policyqa.questions import load_questions
from tests.finetune.training import recipe, run


def splits_of(wanted: Recipe, data: Path) -> dict[str, Examples]:
    sections = load_corpus(data)
    questions = load_questions(data, [section.id for section in sections])
    return build_splits(wanted, questions, Retriever(sections), tokenizer_of(wanted.model))


def planned(wanted: Recipe, data: Path) -> Plan:
    return make_plan(wanted, wanted.model, splits_of(wanted, data))


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 1.0},
        {"epochs": 1.5, "batch_size": 5, "gradient_accumulation": 2, "save_every": 2},
        {"epochs": 1.0, "limit": 4},
        {"epochs": 1.0, "max_tokens": 41},
    ],
)
def test_a_training_does_what_its_plan_says(
    data: Path, tiny_llama: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    wanted = recipe(tiny_llama, **changes)
    plan = planned(wanted, data)
    made = run(wanted, data, tmp_path / "checkpoint")
    done = made.record["data"]
    assert plan.updates == made.record["metrics"]["updates"]
    assert plan.train.tokens == done["train"]["tokens"]
    assert plan.train.rows == done["train"]["trained_on"]
    assert plan.train.left_out == len(done["train"]["too_long"])
    assert plan.train.contexts == done["train"]["contexts"]
    assert plan.validation.rows == done["validation"]["measured"]
    adapter = load_file(made.folder / "adapter_model.safetensors")
    assert plan.trainable == sum(tensor.numel() for tensor in adapter.values())


def test_each_stretch_of_updates_is_measured_and_so_is_a_last_shorter_one(
    data: Path, tiny_llama: Path
) -> None:
    plan = planned(recipe(tiny_llama), data)
    assert (plan.updates, plan.measurements) == (18, 5)  # At 4, 8, 12, 16 and 18.


@pytest.mark.slow
def test_under_one_and_a_half_percent_of_the_parameters_are_trained(
    smollm2: Path, data: Path
) -> None:
    plan = planned(load_recipe("smollm2-135m-sft", model=str(smollm2), limit=2), data)
    assert 0.01 < plan.share < 0.015
    assert plan.parameters - plan.trainable == 134_515_008


def test_a_plan_that_needs_more_than_is_free_does_not_fit(
    data: Path, tiny_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(recipe(tiny_llama), data)
    assert plan.fits
    monkeypatch.setattr(planning, "free_memory", lambda: plan.memory.needed // 2)
    again = planned(recipe(tiny_llama), data)
    assert not again.fits
    assert json.loads(json.dumps(again.as_json()))["fits"] is False


def test_time_is_that_of_typical_updates_by_tokens_and_of_measurements(
    tiny_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock stands still between moments that the stand-in sets."""
    now = [0.0]
    monkeypatch.setattr(planning.time, "perf_counter", lambda: now[0])

    class StandIn:
        """Loads in 5 s, warms up for 90 s, takes 6 and 8 s an update, 3 s to measure."""

        def __init__(self, *arguments: Any) -> None:
            self.splits, self.advance = arguments[4:]
            self.state = SimpleNamespace(log_history=[{"loss": 1.0}, {"eval_runtime": 3.0}])
            now[0] += 5

        def train(self) -> None:
            for done, seconds in enumerate((90, 6, 8), start=1):
                now[0] += seconds
                self.advance(done, 3)

    monkeypatch.setattr(planning, "make_trainer", StandIn)
    rows = {"train": [10, 20, 20, 90], "validation": [10, 30, 50]}
    splits = {
        split: Examples([Example([5] * n, [5] * n) for n in lengths], [], {})
        for split, lengths in rows.items()
    }
    plan = make_plan(recipe(tiny_llama, epochs=3.0, save_every=3), str(tiny_llama), splits)
    heard: list[tuple[int, int]] = []
    assert plan.measurements == 2
    found = timed(plan, str(tiny_llama), None, splits, lambda *done: heard.append(done))
    an_update, a_measurement = 7, 3  # Of 20 + 20 tokens, and of 10 + 30.
    assert found.seconds == 5 + an_update * 140 / 40 * 3 + 2 * a_measurement * 90 / 40
    assert heard == [(1, 3), (2, 3), (3, 3)]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder


def test_timing_leaves_nothing_behind(
    data: Path, tiny_llama: Path, tmp_path: Path, temporary: Path
) -> None:
    wanted = recipe(tiny_llama, patience=1)
    before = sorted(tmp_path.rglob("*"))
    splits = splits_of(wanted, data)
    plan = make_plan(wanted, str(tiny_llama), splits)
    found = timed(plan, str(tiny_llama), tokenizer_of(str(tiny_llama)), splits)
    assert found.seconds is not None
    assert found.seconds > 0
    assert sorted(tmp_path.rglob("*")) == before
    assert not any(temporary.iterdir())


def test_weights_are_here_where_a_loader_would_find_them(tiny_llama: Path, tmp_path: Path) -> None:
    assert has_weights(str(tiny_llama))
    assert not has_weights(str(tmp_path))
    (tmp_path / "model.safetensors.index.json").touch()
    assert has_weights(str(tmp_path))
    assert not has_weights("nobody/nothing")
