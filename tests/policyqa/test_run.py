"""
A suite carried out: what is made, that nothing is done twice, and that a kill changes nothing.

On the small data and the tiny model, with real training, retrieval and lm-eval.
"""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.errors import RunError
from harness.kept import Kept
from harness.models.policyqa_hf import PolicyQALM
from harness.progress import Advance
from harness.runs import read_result
from policyqa.progress import Watch
from policyqa.suite import load_suite
from tasks.policyqa.prompts import shipped_prompt
from tests.conftest import new_home, printed, write_data
from tests.policyqa.conftest import run, samples

ROOT = Path(__file__).parents[2]
VARIANTS = ["base/plain", "sft/plain", "sft-rag/rag", "sft-rag/rag@int8"]
LINE = f"variants: [{', '.join(VARIANTS)}]"
FLOORS = ["floor/echo", "floor/other", "floor/first", "floor/sentence"]
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
PROCESS = """
import sys
from pathlib import Path
from policyqa.run import run_suite
from policyqa.suite import load_suite
from tests.policyqa.test_run import KillingWatch

suite, out, stage, at = sys.argv[1:]
run_suite(load_suite(suite), Path(out), KillingWatch(stage, int(at)))
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


def started(
    suite: Path, out: Path, log: Path, stage: str, at: int = 0
) -> "subprocess.Popen[bytes]":
    """A run in another process, which is killed in ``stage``."""
    command = [sys.executable, "-c", PROCESS, str(suite), str(out), stage, str(at)]
    with log.open("w") as said:  # A pipe that nobody reads would stop a process when full.
        return subprocess.Popen(command, cwd=ROOT, stderr=said)


def run_killed(suite: Path, out: Path, stage: str, at: int) -> int:
    """Run in another process that is killed in ``stage``; returns its status."""
    return started(suite, out, suite.with_name("killed.log"), stage, at).wait()


def write_suite(folder: Path, data: Path, model: Path) -> Path:
    """A suite file over the small data and model, with recipes of its own."""
    for weights, prompt in (("sft", "plain"), ("sft-rag", "rag")):
        (folder / f"{weights}.yaml").write_text(RECIPE.format(weights=weights, prompt=prompt))
    path = folder / "tiny.yaml"
    path.write_text(
        f"model: {model}\n{LINE}\ndata: {data}\nbatch_size: 1\n"
        f"recipes: {{sft: {folder}/sft.yaml, sft-rag: {folder}/sft-rag.yaml}}\n"
    )
    return path


@pytest.fixture
def suite(data: Path, tiny_llama: Path, tmp_path: Path, own_home: Path) -> Path:  # noqa: ARG001
    """A suite file, with a cache of its own."""
    return write_suite(tmp_path, data, tiny_llama)


@dataclass(frozen=True)
class Finished:
    """A suite that was carried out."""

    suite: Path
    out: Path
    comparison: dict[str, Any]
    said: list[str]


@pytest.fixture(scope="module")
def once(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder, said = tmp_path_factory.mktemp("finished"), io.StringIO()
    suite = write_suite(folder, write_data(folder / "data"), tiny_llama)
    with pytest.MonkeyPatch.context() as patch:
        new_home(folder / "home", patch)
        comparison = run(suite, folder / "run", Watch(Console(file=said, width=200)))
    return Finished(suite, folder / "run", comparison, said.getvalue().splitlines())


@pytest.fixture
def finished(once: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Finished:
    """A suite that was carried out, in whose cache the test goes on; its file is the test's own."""
    monkeypatch.setenv("POLICYQA_HOME", str(once.suite.with_name("home")))
    own = shutil.copy(once.suite, tmp_path)
    return Finished(Path(own), once.out, once.comparison, once.said)


def answers(run_folder: Path) -> dict[str, Any]:
    """Texts and scores of every question of every variant."""
    return {
        name: {i: (a.text, a.values) for i, a in read_result(run_folder, name).outcomes.items()}
        for name in (*FLOORS, *VARIANTS)
    }


def untried(comparison: dict[str, Any]) -> dict[str, Any]:
    """A comparison without how many variants were tried by then, which other tests add to."""
    verdict = comparison["verdict"]
    reasons = [one for one in verdict["reasons"] if "were scored on these questions" not in one]
    signature = re.sub(r" \| tried:\d+", "", comparison["signature"])
    return comparison | {"signature": signature, "verdict": verdict | {"reasons": reasons}}


def test_a_run_has_its_shape(finished: Finished) -> None:
    out, comparison = finished.out, finished.comparison
    assert json.loads((out / "comparison.json").read_text()) == comparison
    assert (out / "report.md").read_text().startswith("# Suite tiny")
    assert (out / "report.csv").read_text(encoding="utf-8-sig").startswith("id,group,")
    manifest = json.loads((out / "manifest.json").read_text())
    assert list(manifest["variants"]) == [*FLOORS, *VARIANTS]
    assert comparison["verdict"]["decision"] == "undecided"  # Of three questions.
    assert manifest["tried"] == len(VARIANTS)
    assert list(comparison["audit"]["variants"]) == VARIANTS[1:]
    assert json.loads((out / "audit.json").read_text()) == comparison["audit"]
    for name in (*FLOORS, *VARIANTS):
        names = {path.name.split("_")[0] for path in (out / "variants" / name).iterdir()}
        assert names == {"variant.json", "results", "samples"}
        assert comparison["variants"][name]["n"] == 3
        record = json.loads((out / "variants" / name / "variant.json").read_text())
        assert record["replicates"] == manifest["variants"][name]["replicates"]
    for model in ("sft", "sft-rag"):
        assert (out / "checkpoints" / model / "adapter_model.safetensors").is_file()
    read = answers(out)
    assert read["floor/echo"]["bees-0002"][0] == "What does part 2 of the Bee Keeping Act say?"
    assert read["floor/sentence"]["bees-0002"][0].startswith("Hives stand 40 metres")


def test_each_variant_answers_as_its_checkpoint_does_in_plain_transformers(
    finished: Finished,
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    texts = {}
    for name in ("sft/plain", "sft-rag/rag"):
        folder = finished.out / "checkpoints" / name.split("/")[0]
        model = AutoModelForCausalLM.from_pretrained(folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        sample = next(iter(samples(finished.out, name).values()))
        asked = tokenizer(sample["arguments"]["gen_args_0"]["arg_0"], return_tensors="pt")
        answered = model.generate(**asked, max_new_tokens=96, do_sample=False)
        text = tokenizer.decode(answered[0, asked["input_ids"].shape[1] :])
        for stop in ("\nQuestion:", tokenizer.eos_token):
            text = text.split(stop)[0]
        assert sample["resps"] == [[text]]
        texts[name] = text
    assert texts["sft/plain"] != texts["sft-rag/rag"]


def test_what_is_cheap_comes_first_with_a_row_as_it_ends(finished: Finished) -> None:
    lines = finished.said
    stages = [line.split(" ", 1)[1].removesuffix(" …") for line in lines if line.endswith(" …")]
    trained = next(place for place, one in enumerate(stages) if one.startswith("training sft ("))
    assert stages[1].startswith("scoring floor/")
    assert stages.index("scoring base/plain") < trained < stages.index("scoring sft/plain")
    row = lines[next(i for i, line in enumerate(lines) if "scoring base/plain" in line) + 1 :]
    assert any("BERTScore 0." in line and "(n = 3)" in line for line in row[:4])


def test_killed_in_training_and_in_scoring_it_ends_with_the_same_scores(
    suite: Path, tmp_path: Path, once: Finished
) -> None:
    killed = tmp_path / "killed"
    assert run_killed(suite, killed, "training sft (", 7) == -signal.SIGKILL
    assert run_killed(suite, killed, "scoring sft/plain", 2) == -signal.SIGKILL
    (found,) = [row for row in Kept().info() if row["model"] != "floor"]
    assert found["answers"] == 3 + 2  # All of the base's, two of sft's.
    run(suite, killed)
    assert not list(killed.rglob("*.partial"))
    assert answers(killed) == answers(once.out)


def test_two_processes_share_one_suite(suite: Path, tmp_path: Path, once: Finished) -> None:
    """Each asks what the other has not; both end with the whole."""
    logs = [tmp_path / f"{place}.log" for place in range(2)]
    both = [started(suite, tmp_path / "run", log, "no such stage") for log in logs]
    for process, log in zip(both, logs, strict=True):
        assert process.wait() == 0, log.read_text()[-2000:]
    batches = Kept()._db.rows("SELECT batch, count(*) FROM answers GROUP BY batch", [])
    assert len(batches) == len(VARIANTS) * 3  # Batches of one: no answer was made twice.
    assert answers(tmp_path / "run") == answers(once.out)


def test_what_changed_is_asked_again_and_nothing_else(finished: Finished, tmp_path: Path) -> None:
    recipe = tmp_path / "sft-rag.yaml"
    recipe.write_text(
        RECIPE.format(weights="sft-rag", prompt="rag").replace(": 2\nbatch", ": 1\nbatch")
    )
    old = str(finished.out.with_name("sft-rag.yaml"))
    finished.suite.write_text(finished.suite.read_text().replace(old, str(recipe)))
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        use = PolicyQALM.use_adapter
        patch.setattr(
            PolicyQALM,
            "use_adapter",
            lambda self, adapter: asked.append(Path(adapter or "base").name) or use(self, adapter),
        )
        run(finished.suite, tmp_path / "run")
    assert {name.rpartition("-")[0] for name in asked} == {"sft-rag"}
    before, after = answers(finished.out), answers(tmp_path / "run")
    assert {name for name in after if after[name] != before[name]} <= set(VARIANTS[2:])


@pytest.mark.usefixtures("no_model")
def test_a_metric_added_and_an_encoder_changed_ask_nothing_again(
    finished: Finished, tmp_path: Path, cross_encoder: Path
) -> None:
    # Answers and scores shared one key: mending a metric asked every model again.
    text = finished.suite.read_text()
    figures = []
    for own in (
        "metrics: [bleu]\n",
        "metrics: [bleu, bertscore_f1]\n",
        f"metrics: [bleu, bertscore_f1]\nencoder: {cross_encoder}\nencoder_layer: 1\n",
    ):
        finished.suite.write_text(text + own)
        figures.append(run(finished.suite, tmp_path / "run")["variants"]["sft/plain"]["metrics"])
    few, more, other = figures
    assert (list(few), list(more)) == (["bleu"], ["bertscore_f1", "bleu"])
    assert other["bertscore_f1"]["mean"] != more["bertscore_f1"]["mean"]
    assert few["bleu"] == more["bleu"] == other["bleu"]


@pytest.mark.usefixtures("no_model")
def test_a_run_folder_is_made_again_without_a_model_with_fewer_questions_and_back(
    finished: Finished, tmp_path: Path
) -> None:
    # `policyqa run quick --limit 5` deleted sixty finished answers.
    limited = run(load_suite(str(finished.suite), limit=2), tmp_path / "run")
    asked = [set(read_result(tmp_path / "run", name).outcomes) for name in (*FLOORS, *VARIANTS)]
    assert all(ids == asked[0] for ids in asked)
    assert limited["variants"]["sft/plain"]["vs_baseline"]["bleu"]["n"] == 2
    assert untried(run(finished.suite, tmp_path / "run")) == untried(finished.comparison)
    assert answers(tmp_path / "run") == answers(finished.out)


def test_killed_with_other_questions_a_folder_is_no_run_of_both(
    finished: Finished, tmp_path: Path
) -> None:
    # It showed two questions of one variant beside three of the others, under one signature.
    out = tmp_path / "run"
    shutil.copytree(finished.out, out, symlinks=True)
    limited = tmp_path / "limited.yaml"
    limited.write_text(f"name: tiny\n{finished.suite.read_text()}limit: 2\n")
    assert run_killed(limited, out, "scoring base/plain", 1) == -signal.SIGKILL
    with pytest.raises(RunError, match="is no run folder"):
        read_result(out, "base/plain")
    # Nor does the audit of the one stand beside the other's manifest, whenever that is written.
    assert not (out / "audit.json").exists()
    assert untried(run(finished.suite, out)) == untried(finished.comparison)


@pytest.mark.usefixtures("no_model", "no_socket")
def test_a_page_is_drawn_again_byte_for_byte_without_models_or_network(
    finished: Finished, tmp_path: Path
) -> None:
    shutil.copytree(finished.out, tmp_path / "run", symlinks=True)
    printed("report", tmp_path / "run", "--html", tmp_path / "again.html")
    written = (finished.out / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == written


@pytest.mark.usefixtures("no_model")
def test_two_suites_that_share_a_variant_ask_it_once(finished: Finished, tmp_path: Path) -> None:
    template = json.dumps(shipped_prompt("plain").template)
    own = f"variants: [sft/mine]\nfloors: []\nprompts: {{mine: {{template: {template}}}}}"
    other = tmp_path / "other.yaml"
    other.write_text(finished.suite.read_text().replace(LINE, own))
    comparison = run(other, tmp_path / "other")
    assert list(comparison["variants"]) == ["sft/mine"]
    assert (comparison["baseline"], comparison["floor"]) == ("sft/mine", None)


def test_variants_of_several_contexts_are_asked_with_theirs_and_drawn(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    names = ["base/rag+budget=0", "base/rag+budget=20", "base/rag", "base/oracle+budget=0"]
    path, out = tmp_path / "contexts.yaml", tmp_path / "run"
    path.write_text(f"model: {tiny_llama}\narms: [{', '.join(names)}]\ndata: {data}\n")
    comparison = run(path, out)
    (curve,) = comparison["sweep"]
    assert [point["budget"] for point in curve["points"]] == [0, 20, 400]
    costs = [comparison["variants"][point["variant"]]["cost"] for point in curve["points"]]
    tokens = [cost["prompt_tokens"] for cost in costs]
    assert tokens == sorted(set(tokens))
    assert curve["points"][0]["evidence"]["mean"] == 0.0
    nothing = [read_result(out, names[i]).outcomes for i in (0, 3)]
    assert [o.text for o in nothing[0].values()] == [o.text for o in nothing[1].values()]
    assert (out / "sweep.svg").read_text().startswith("<?xml")
    assert "](<sweep.svg>)" in (out / "report.md").read_text()

    path.write_text(path.read_text().replace(", base/rag,", ","))
    run(path, out)
    assert not (out / "sweep.svg").exists()
    assert "sweep.svg" not in (out / "report.md").read_text()
    assert not (out / "variants/base/rag").exists()


def test_the_signature_says_all_that_could_change_a_figure(finished: Finished) -> None:
    signature = finished.comparison["signature"]
    libraries = ("transformers:", "peft:", "bitsandbytes:", "qdrant-client:")
    more = ("sentence-transformers:", "edge,exact", "prompt rag:", "answers:", "int8")
    for part in ("max96", "stop@", "device:cpu", *libraries, *more):
        assert part in signature, part
