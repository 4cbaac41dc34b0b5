"""The stock lm_eval command, and ours, on the real small model with a checkpoint we made."""

import json
import sys
from pathlib import Path

import pytest

from finetune.checkpoint import Checkpoint
from finetune.recipe import load_recipe
from harness.outcomes import read_samples
from harness.samples import read_log
from tasks.registration import TASKS, stock_folder
from tests.conftest import completed, write_data
from tests.finetune.training import run

pytestmark = pytest.mark.slow
BIN = Path(sys.executable).parent
SCORES = ("bertscore_f1", "bleu", "corpus_bleu", "rouge_l")


@pytest.fixture(scope="module")
def checkpoint(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:  # noqa: ARG001
    """The real model after three updates of the shipped recipe."""
    folder = tmp_path_factory.mktemp("stock")
    recipe = load_recipe("smollm2-135m-sft-quick", batch_size=4)
    return run(recipe, write_data(folder / "data"), folder / "checkpoint")


def lm_eval(output: Path, cwd: Path, *arguments: str) -> Path:
    """Run a command that scores two questions; returns its sample log."""
    command = [str(BIN / arguments[0]), *arguments[1:], "--limit", "2", "--batch_size", "2"]
    command += ["--output_path", str(output), "--log_samples", "--device", "cpu"]
    command += ["--gen_kwargs", "max_gen_toks=8"]  # What is looked at is no text's length.
    completed(command, cwd, HF_HUB_OFFLINE="1")
    results = json.loads(next(output.rglob("results_*.json")).read_text())
    (scores,) = results["results"].values()
    assert all(0.0 <= scores[f"{metric},none"] <= 1.0 for metric in SCORES)
    return next(output.rglob("samples_*.jsonl"))


def test_stock_lm_eval_with_include_path(checkpoint: Checkpoint, tmp_path: Path) -> None:
    # Of a folder of one's own, whose contexts are made in no time.
    data = json.dumps({"data": str(write_data(tmp_path / "data"))})
    base = checkpoint.record["recipe"]["model"]
    assert base == "smollm2-135m"
    adapter = json.loads((checkpoint.folder / "adapter_config.json").read_text())
    arguments = f"pretrained={adapter['base_model_name_or_path']},peft={checkpoint.folder}"
    log = lm_eval(
        tmp_path / "out",
        TASKS.parents[1],
        *("lm_eval", "--include_path", "tasks", "--tasks", "policyqa_rag"),
        *("--model", "hf", "--model_args", arguments, "--num_fewshot", "1", "--metadata", data),
    )
    answers = read_samples(log)
    assert len(answers) == 2
    first = json.loads(log.read_text(encoding="utf-8").split("\n")[0])
    assert first["doc"]["context_ids"]
    prompt = first["arguments"]["gen_args_0"]["arg_0"]
    assert prompt.startswith("Answer the following question using")
    # --num_fewshot was ignored: the base YAML pinned 0.
    assert prompt.count("\n---\nAnswer:") == 2


def test_registered_tasks_work_from_any_directory_until_undone(
    checkpoint: Checkpoint, smollm2: Path, tmp_path: Path
) -> None:
    package = stock_folder().parent
    before = sorted(package.iterdir())
    try:
        completed([BIN / "policyqa", "register-tasks"], tmp_path)
        arguments = f"pretrained={smollm2},peft={checkpoint.folder}"
        log = lm_eval(
            tmp_path / "out",
            tmp_path,
            *("lm_eval", "--tasks", "policyqa_plain", "--model", "hf", "--model_args", arguments),
        )
        assert len(read_samples(log)) == 2
    finally:
        completed([BIN / "policyqa", "register-tasks", "--undo"], tmp_path)
    assert sorted(package.iterdir()) == before


def test_our_command_takes_an_adapter_alone_in_int8(checkpoint: Checkpoint, tmp_path: Path) -> None:
    log = lm_eval(
        tmp_path / "out",
        tmp_path,
        *("policyqa", "eval", "--tasks", "policyqa_plain", "--model", "policyqa-hf"),
        *("--model_args", f"peft={checkpoint.folder},load_in_8bit=True"),
    )
    assert len(read_samples(log)) == 2


def test_our_command_takes_a_floor_without_a_model(tmp_path: Path, minilm: Path) -> None:  # noqa: ARG001
    log = lm_eval(
        tmp_path / "out",
        tmp_path,
        *("policyqa", "eval", "--tasks", "policyqa_plain", "--model", "policyqa-floor"),
        *("--model_args", "kind=echo"),
    )
    answers = read_samples(log)
    assert [one.text for one in answers.values()] == [
        one.document["question"] for one in answers.values()
    ]
    compared = read_log(log)
    assert compared.ours
    assert compared.measures["corpus_bleu"].kind == "corpus"
    assert compared.left_out == ()
