"""Whole runs on a two-layer model: found by content, killed and gone on with."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.files import write_whole
from harness.metrics import METRICS
from harness.progress import Advance
from harness.runs import read_arm
from policyqa.progress import Watch
from policyqa.run import run_suite
from policyqa.suite import load_suite

ARMS = ["base/plain", "sft/plain", "sft-rag/rag", "sft-rag/rag@int8"]
RECIPE = """
weights: {weights}
prompt: {prompt}
precision: fp32
optimizer: adamw_torch
learning_rate: 1.0e-2
epochs: 2
batch_size: 2
gradient_accumulation: 1
gradient_checkpointing: false
save_every: 2
"""


class KillingWatch(Watch):
    """Kills its own process when a stage is so far."""

    def __init__(self, stage: str, at: int) -> None:
        super().__init__(Console(stderr=True))
        self._stage = stage
        self._at = at

    @contextmanager
    def stage(self, title: str, effort: float = 0.0) -> Iterator[Advance]:
        with super().stage(title, effort) as advance:

            def deadly(done: int, total: int) -> None:
                advance(done, total)
                if title.startswith(self._stage) and done >= self._at:
                    os.kill(os.getpid(), signal.SIGKILL)

            yield deadly


def quiet() -> Watch:
    return Watch(Console(stderr=True, quiet=True))


def run_killed(suite: Path, out: Path, stage: str, at: int) -> int:
    """Run in another process that is killed in ``stage``; returns its status."""
    code = (
        "import sys; from pathlib import Path; from policyqa.run import run_suite;"
        "from policyqa.suite import load_suite; from tests.policyqa.test_run import KillingWatch;"
        "run_suite(load_suite(sys.argv[1]), Path(sys.argv[2]),"
        " KillingWatch(sys.argv[3], int(sys.argv[4])))"
    )
    command = [sys.executable, "-c", code, str(suite), str(out), stage, str(at)]
    root = str(Path(__file__).parents[2])
    return subprocess.run(command, cwd=root, check=False, capture_output=True).returncode


@pytest.fixture
def suite(
    data: Path, tiny_llama: Path, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A suite file over the small data and model, with a cache of its own."""
    own = tmp_path / "home"
    own.mkdir()
    (own / "models").symlink_to((home / "models").resolve())
    monkeypatch.setenv("POLICYQA_HOME", str(own))
    for weights, prompt in (("sft", "plain"), ("sft-rag", "rag")):
        write_whole(tmp_path / f"{weights}.yaml", RECIPE.format(weights=weights, prompt=prompt))
    path = tmp_path / "tiny.yaml"
    path.write_text(
        f"model: {tiny_llama}\narms: [{', '.join(ARMS)}]\ndata: {data}\nbatch_size: 1\n"
        f"recipes: {{sft: {tmp_path}/sft.yaml, sft-rag: {tmp_path}/sft-rag.yaml}}\n"
    )
    return path


def answers(run: Path) -> dict[str, Any]:
    """Texts and scores of every question of every arm."""
    return {
        arm: {i: (a.text, a.scores) for i, a in read_arm(run, arm).answers.items()} for arm in ARMS
    }


def test_a_run_has_its_shape_and_is_not_done_twice(suite: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    comparison = run_suite(load_suite(str(suite)), run, quiet())
    assert json.loads((run / "comparison.json").read_text()) == comparison
    assert (run / "report.md").read_text().startswith("# Suite tiny")
    manifest = json.loads((run / "manifest.json").read_text())
    assert set(manifest["hashes"]) == {"data", "index", "prompts", "model", "adapters"}
    for arm in ARMS:
        names = {path.name.split("_")[0] for path in (run / "arms" / arm).iterdir()}
        assert {"arm.json", "batches.jsonl", "results", "samples"} <= names
        assert comparison["arms"][arm]["n"] == 3
    for weights in ("sft", "sft-rag"):
        assert (run / "checkpoints" / weights / "adapter_model.safetensors").is_file()
    read = answers(run)
    texts = {arm: [text for text, _ in read[arm].values()] for arm in ARMS}
    assert texts["base/plain"] != texts["sft/plain"], "the adapter was not applied"

    before = {path: path.stat().st_mtime_ns for path in run.glob("arms/**/*")}
    assert run_suite(load_suite(str(suite)), run, quiet()) == comparison
    assert {path: path.stat().st_mtime_ns for path in run.glob("arms/**/*")} == before


def test_each_arm_answers_as_its_checkpoint_does_in_plain_transformers(
    suite: Path, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    run = tmp_path / "run"
    run_suite(load_suite(str(suite)), run, quiet())
    texts = {}
    for arm in ("sft/plain", "sft-rag/rag"):
        folder = run / "checkpoints" / arm.split("/")[0]
        model = AutoModelForCausalLM.from_pretrained(folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        log = next((run / "arms" / arm).glob("samples_*.jsonl"))
        sample = json.loads(log.read_text(encoding="utf-8").split("\n")[0])
        asked = tokenizer(sample["arguments"]["gen_args_0"]["arg_0"], return_tensors="pt")
        answered = model.generate(**asked, max_new_tokens=96, do_sample=False)
        text = tokenizer.decode(answered[0, asked["input_ids"].shape[1] :])
        for stop in ("\nQuestion:", tokenizer.eos_token):
            text = text.split(stop)[0]
        assert sample["filtered_resps"][0] == text
        texts[arm] = text
    assert texts["sft/plain"] != texts["sft-rag/rag"]


def test_killed_in_training_and_in_scoring_it_ends_with_the_same_scores(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = tmp_path / "killed"
    assert run_killed(suite, killed, "training sft-rag", 7) == -signal.SIGKILL
    assert run_killed(suite, killed, "scoring sft/plain", 2) == -signal.SIGKILL
    partial = list(killed.glob("arms/sft/plain.partial-*/batches.jsonl"))
    assert len(partial) == 1
    kept = partial[0].read_text()
    assert len(kept.splitlines()) == 2
    run_suite(load_suite(str(suite)), killed, quiet())
    assert (killed / "arms/sft/plain/batches.jsonl").read_text().startswith(kept)
    assert not list(killed.glob("arms/**/*.partial-*"))

    other_home = tmp_path / "other-home"
    other_home.mkdir()
    (other_home / "models").symlink_to((tmp_path / "home" / "models").resolve())
    monkeypatch.setenv("POLICYQA_HOME", str(other_home))
    undisturbed = tmp_path / "undisturbed"
    run_suite(load_suite(str(suite)), undisturbed, quiet())
    assert answers(killed) == answers(undisturbed)


def test_what_changed_is_run_again_and_nothing_else(suite: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run_suite(load_suite(str(suite)), run, quiet())

    def marks() -> dict[str, int]:
        return {arm: (run / "arms" / arm / "arm.json").stat().st_mtime_ns for arm in ARMS}

    before = marks()
    recipe = tmp_path / "sft-rag.yaml"
    recipe.write_text(recipe.read_text().replace("epochs: 2", "epochs: 1"))
    run_suite(load_suite(str(suite)), run, quiet())
    changed = {arm for arm in ARMS if marks()[arm] != before[arm]}
    assert changed == {"sft-rag/rag", "sft-rag/rag@int8"}


def test_arms_of_several_contexts_are_asked_with_theirs_and_drawn(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    arms = ["base/rag+budget=0", "base/rag+budget=20", "base/rag", "base/oracle+budget=0"]
    path, run = tmp_path / "contexts.yaml", tmp_path / "run"
    path.write_text(f"model: {tiny_llama}\narms: [{', '.join(arms)}]\ndata: {data}\n")
    comparison = run_suite(load_suite(str(path)), run, quiet())
    (curve,) = comparison["sweep"]
    assert [point["budget"] for point in curve["points"]] == [0, 20, 400]
    entries = [comparison["arms"][point["arm"]] for point in curve["points"]]
    tokens = [entry["prompt_tokens_per_question"] for entry in entries]
    assert tokens == sorted(set(tokens))
    assert curve["points"][0]["evidence"]["mean"] == 0.0
    nothing = [read_arm(run, arms[i]) for i in (0, 3)]
    assert nothing[0].answers == nothing[1].answers
    assert (run / "sweep.svg").read_text().startswith("<?xml")
    assert "](<sweep.svg>)" in (run / "report.md").read_text()
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["retrieval"].endswith("k2,budget400")

    path.write_text(path.read_text().replace(", base/rag,", ","))
    run_suite(load_suite(str(path)), run, quiet())
    assert not (run / "sweep.svg").exists()
    assert "sweep.svg" not in (run / "report.md").read_text()


def test_a_limit_scores_the_same_drawn_questions_in_every_arm(suite: Path, tmp_path: Path) -> None:
    limited = load_suite(str(suite), limit=2)
    comparison = run_suite(limited, tmp_path / "run", quiet())
    asked = [set(read_arm(tmp_path / "run", arm).answers) for arm in ARMS]
    assert all(ids == asked[0] for ids in asked)
    assert len(asked[0]) == 2
    for metric in METRICS:
        assert comparison["arms"]["sft/plain"]["vs_base"][metric]["n"] == 2
