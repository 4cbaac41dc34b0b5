"""Several seeds of a recipe, and several draws of an answer, are one variant."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from finetune.checkpoint import adapter_hash
from harness.files import cache_folder
from harness.runs import read_result
from policyqa.run import run_suite
from policyqa.suite import Suite
from tests.policyqa.test_run import no_model, quiet

RECIPE = {
    "weights": "sft",
    "prompt": "plain",
    "precision": "fp32",
    "epochs": 1,
    "limit": 4,
    "batch_size": 2,
    "learning_rate": 0.05,
    "optimizer": "adamw_torch",
}
__all__ = ["no_model"]


def suite(model: Path, data: Path, folder: Path, **more: Any) -> Suite:
    recipe = folder / "mine.yaml"
    recipe.write_text(yaml.safe_dump(RECIPE))
    return Suite.model_validate(
        {
            "name": "several",
            "data": str(data),
            "floors": [],
            "metrics": ["bleu", "rouge_l", "false_answer", "corpus_bleu"],
            "models": {
                "plain": {"base": str(model)},
                "tuned": {"base": str(model), "recipe": str(recipe), "seeds": [7, 8]},
                "eight": {"base": str(model), "recipe": str(recipe), "seeds": [8]},
            },
            "decoding": {"max_tokens": 12},
        }
        | more
    )


def test_seeds_are_trained_apart_and_shown_as_one(
    tiny_llama: Path, data: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    wanted = suite(
        tiny_llama, data, tmp_path, variants=["plain/plain", "tuned/plain", "eight/plain"]
    )
    run = tmp_path / "run"
    comparison = run_suite(wanted, run, quiet()).as_json()
    links = {link.name: link.resolve() for link in (run / "checkpoints").iterdir()}
    assert set(links) == {"tuned+seed=7", "tuned+seed=8", "eight+seed=8"}
    # One training of one seed, however it is named.
    assert links["tuned+seed=8"] == links["eight+seed=8"] != links["tuned+seed=7"]
    tuned, eight = read_result(run, "tuned/plain"), read_result(run, "eight/plain")
    seven, of_eight = tuned.replicates
    assert {key: one.text for key, one in of_eight.items()} == {
        key: one.text for key, one in eight.outcomes.items()
    }
    assert list(seven) == list(of_eight)
    assert adapter_hash(links["tuned+seed=7"]) != adapter_hash(links["tuned+seed=8"])
    entry = comparison["variants"]["tuned/plain"]
    assert (entry["n"], entry["replicates"]) == (3, 2)
    values = [one.values["rouge_l"] for answers in tuned.replicates for one in answers.values()]
    assert entry["metrics"]["rouge_l"]["mean"] == pytest.approx(sum(values) / 6)
    assert "n = 3 × 2<br>in 3 groups" in (run / "report.md").read_text()
    assert "and over seeds and draws" in comparison["signature"]
    request.getfixturevalue("no_model")
    assert run_suite(wanted, tmp_path / "again", quiet()).as_json() == comparison


def test_draws_differ_and_are_the_same_when_they_are_made_again(
    tiny_llama: Path, data: Path, tmp_path: Path
) -> None:
    variant = "plain/plain+temperature=1.5"
    wanted = suite(
        tiny_llama,
        data,
        tmp_path,
        variants=["plain/plain", variant],
        decoding={"max_tokens": 12, "repeats": 2},
    )
    texts = []
    for name in ("one", "two"):
        run_suite(wanted, tmp_path / name, quiet())
        drawn = read_result(tmp_path / name, variant).replicates
        texts.append([[one.text for one in answers.values()] for answers in drawn])
        for kept in cache_folder().glob("kept.sqlite*"):
            kept.unlink()
    first, second = texts[0]
    assert first != second
    assert texts[0] == texts[1]
    assert len(read_result(tmp_path / "one", "plain/plain").replicates) == 1


def test_the_share_of_answers_that_were_cut_is_shown(
    tiny_llama: Path, data: Path, tmp_path: Path
) -> None:
    wanted = suite(tiny_llama, data, tmp_path, variants=["plain/plain"])
    comparison = run_suite(wanted, tmp_path / "run", quiet()).as_json()
    # A random model never ends by itself.
    assert comparison["variants"]["plain/plain"]["cost"]["cut"] == 1.0
    assert "100% cut" in (tmp_path / "run" / "report.md").read_text()
