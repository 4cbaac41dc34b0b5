"""A checkpoint that was trained on test questions, asked them in a run, and found out."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from finetune.checkpoint import Checkpoint
from policyqa.suite import Suite
from tasks.policyqa.trained import TRAINED_ON, read_trained
from tests.conftest import call, write_data, write_questions
from tests.finetune.training import recipe
from tests.finetune.training import run as train
from tests.policyqa.conftest import run
from tests.tasks.folders import rows_of

LEAKED = ["bees-0002", "wells-0002"]
"""Of the three test questions."""
RECIPE = {"weights": "sft", "prompt": "plain", "precision": "fp32", "epochs": 1, "limit": 4}


@pytest.fixture(scope="module")
def leaky(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """Trained on a folder in whose train split somebody has copied test questions."""
    folder = tmp_path_factory.mktemp("leaky")
    data = write_data(folder / "data")
    rows = rows_of(data)
    copied = {"split": "train", "evidence": [], "citations": []}
    rows += [
        row | copied | {"id": f"copy-{row['id']}", "question": row["question"].lower()}
        for row in rows
        if row["id"] in LEAKED
    ]
    write_questions(data, rows)
    return train(recipe(tiny_llama, epochs=1), data, folder / "checkpoint")


@pytest.fixture
def suite(leaky: Checkpoint, tiny_llama: Path, data: Path, workplace: Path) -> Suite:
    """The base, what was trained on the leaky folder, and what a recipe trains on the clean one."""
    own = workplace / "own.yaml"
    own.write_text(yaml.safe_dump(RECIPE | {"optimizer": "adamw_torch", "batch_size": 2}))
    base = {"base": str(tiny_llama)}
    values: dict[str, Any] = {
        "name": "audited",
        "data": str(data),
        "floors": [],
        "metrics": ["rouge_l"],
        "models": {
            "small": base,
            "leaky": base | {"adapter": str(leaky.folder)},
            "own": base | {"recipe": str(own)},
        },
        "variants": ["small/plain", "leaky/plain", "own/plain"],
        "decoding": {"max_tokens": 12},
    }
    return Suite.model_validate(values)


def test_a_checkpoint_keeps_what_it_was_trained_on(leaky: Checkpoint, data: Path) -> None:
    kept = read_trained(leaky.folder, leaky.record, data)
    rows = rows_of(data)
    trained = [row["id"] for row in rows if row["split"] == "train"]
    assert sorted(one.id for one in kept.of("train")) == sorted(
        [*trained, *(f"copy-{id_}" for id_ in LEAKED)]
    )
    assert len(kept.of("validation")) == 3
    assert kept.sections["bees/s-3"] == "Hives stand 40 metres from any road under Article 3."


@pytest.mark.usefixtures("minilm")
def test_what_was_trained_on_test_questions_is_found_out(
    suite: Suite, leaky: Checkpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    run(suite)
    assert call("audit", "run") == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "leaky/plain is exposed: its weights had met 2 of the 3 questions in training" in said
    assert "Had met none of the questions: own/plain." in said
    assert "clean: n = 1" in said
    assert call("audit", "run", "--json") == 1
    found = json.loads(capsys.readouterr().out)["variants"]
    leaked, own = found["leaky/plain"], found["own/plain"]
    assert {id_: one["how"] for id_, one in leaked["exposed"].items()} == dict.fromkeys(
        LEAKED, "exact"
    )
    counts = {part: one["rouge_l"]["n"] for part, one in leaked["metrics"].items()}
    assert counts == {"all": 3, "clean": 1, "exposed": 2}
    assert (own["trained_on"], own["exposed"]) == (4, {})
    # Checkpoints of earlier versions keep a hash of their questions, by which data has them or not.
    (Path("run/checkpoints/own") / TRAINED_ON).unlink()
    kept = leaky.folder / TRAINED_ON
    text = kept.read_text()
    kept.unlink()
    try:
        assert call("audit", "run") == 0
    finally:
        kept.write_text(text)
    said = " ".join(capsys.readouterr().out.split())
    assert "leaky/plain was not audited: " in said
    assert "are others by now (train)" in said
    assert "Had met none of the questions: own/plain." in said


def test_without_trained_weights_there_is_nothing_to_audit(
    suite: Suite, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = {name: getattr(suite, name) for name in ("name", "data", "floors", "metrics")}
    run(Suite.model_validate(plain | {"models": suite.models, "variants": ["small/plain"]}))
    assert call("audit", "run") == 0
    assert "no variant of run has trained weights" in capsys.readouterr().out
