"""
A suite carried out: what is made, that nothing is done twice, and that a kill changes nothing.

On the small data and the tiny model, with real training, retrieval and lm-eval.
"""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rich.console import Console

from harness.errors import RunError
from harness.files import write_whole
from harness.kept import Kept
from harness.models.policyqa_hf import PolicyQALM
from harness.progress import Advance
from harness.runs import read_result
from policyqa.progress import Watch
from policyqa.run import run_suite
from policyqa.suite import load_suite
from tasks.policyqa.prompts import shipped_prompt

VARIANTS = ["base/plain", "sft/plain", "sft-rag/rag", "sft-rag/rag@int8"]
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
        f"model: {tiny_llama}\nvariants: [{', '.join(VARIANTS)}]\ndata: {data}\nbatch_size: 1\n"
        f"recipes: {{sft: {tmp_path}/sft.yaml, sft-rag: {tmp_path}/sft-rag.yaml}}\n"
    )
    return path


def answers(run: Path) -> dict[str, Any]:
    """Texts and scores of every question of every variant."""
    return {
        name: {i: (a.text, a.values) for i, a in read_result(run, name).outcomes.items()}
        for name in (*FLOORS, *VARIANTS)
    }


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """No language model's weights may be read from here on."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a language model was loaded")

    monkeypatch.setattr(PolicyQALM, "_create_model", refuse)


def test_a_run_has_its_shape_and_is_not_done_twice(
    suite: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    run = tmp_path / "run"
    comparison = run_suite(load_suite(str(suite)), run, quiet()).as_json()
    assert json.loads((run / "comparison.json").read_text()) == comparison
    assert (run / "report.md").read_text().startswith("# Suite tiny")
    manifest = json.loads((run / "manifest.json").read_text())
    assert list(manifest["variants"]) == [*FLOORS, *VARIANTS]
    for name in (*FLOORS, *VARIANTS):
        names = {path.name.split("_")[0] for path in (run / "variants" / name).iterdir()}
        assert names == {"variant.json", "results", "samples"}
        assert comparison["variants"][name]["n"] == 3
    for model in ("sft", "sft-rag"):
        assert (run / "checkpoints" / model / "adapter_model.safetensors").is_file()
    read = answers(run)
    texts = {name: [text for text, _ in read[name].values()] for name in VARIANTS}
    assert texts["base/plain"] != texts["sft/plain"], "the adapter was not applied"
    assert read["floor/echo"]["bees-0002"][0] == "What does part 2 of the Bee Keeping Act say?"
    assert read["floor/sentence"]["bees-0002"][0].startswith("Hives stand 40 metres")

    # A run folder can be made again from what is kept, without a model.
    request.getfixturevalue("no_model")
    again = run_suite(load_suite(str(suite)), tmp_path / "again", quiet()).as_json()
    assert again == comparison
    assert answers(tmp_path / "again") == read


def test_each_variant_answers_as_its_checkpoint_does_in_plain_transformers(
    suite: Path, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    run = tmp_path / "run"
    run_suite(load_suite(str(suite)), run, quiet())
    texts = {}
    for name in ("sft/plain", "sft-rag/rag"):
        folder = run / "checkpoints" / name.split("/")[0]
        model = AutoModelForCausalLM.from_pretrained(folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        log = next((run / "variants" / name).glob("samples_*.jsonl"))
        sample = json.loads(log.read_text(encoding="utf-8").split("\n")[0])
        asked = tokenizer(sample["arguments"]["gen_args_0"]["arg_0"], return_tensors="pt")
        answered = model.generate(**asked, max_new_tokens=96, do_sample=False)
        text = tokenizer.decode(answered[0, asked["input_ids"].shape[1] :])
        for stop in ("\nQuestion:", tokenizer.eos_token):
            text = text.split(stop)[0]
        assert sample["filtered_resps"][0] == text
        texts[name] = text
    assert texts["sft/plain"] != texts["sft-rag/rag"]


def test_what_is_cheap_comes_first_with_a_row_as_it_ends(suite: Path, tmp_path: Path) -> None:
    said = io.StringIO()
    run_suite(load_suite(str(suite)), tmp_path / "run", Watch(Console(file=said, width=200)))
    lines = said.getvalue().splitlines()
    stages = [line.split(" ", 1)[1].removesuffix(" …") for line in lines if line.endswith(" …")]
    trained = next(place for place, one in enumerate(stages) if one.startswith("training sft ("))
    assert stages[1].startswith("scoring floor/")
    assert stages.index("scoring base/plain") < trained < stages.index("scoring sft/plain")
    row = lines[next(i for i, line in enumerate(lines) if "scoring base/plain" in line) + 1 :]
    assert any("BERTScore 0." in line and "(n = 3)" in line for line in row[:4])


def test_killed_in_training_and_in_scoring_it_ends_with_the_same_scores(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = tmp_path / "killed"
    assert run_killed(suite, killed, "training sft (", 7) == -signal.SIGKILL
    assert run_killed(suite, killed, "scoring sft/plain", 2) == -signal.SIGKILL
    (found,) = [row for row in Kept().info() if row["model"] != "floor"]
    assert found["answers"] == 3 + 2  # All of the base's, two of sft's.
    run_suite(load_suite(str(suite)), killed, quiet())
    assert not list(killed.rglob("*.partial"))

    other_home = tmp_path / "other-home"
    other_home.mkdir()
    (other_home / "models").symlink_to((tmp_path / "home" / "models").resolve())
    monkeypatch.setenv("POLICYQA_HOME", str(other_home))
    undisturbed = tmp_path / "undisturbed"
    run_suite(load_suite(str(suite)), undisturbed, quiet())
    assert answers(killed) == answers(undisturbed)


def test_two_processes_share_one_suite(suite: Path, tmp_path: Path) -> None:
    """Each asks what the other has not; both end with the whole."""
    code = (
        "import sys; from pathlib import Path; from rich.console import Console;"
        "from policyqa.progress import Watch; from policyqa.run import run_suite;"
        "from policyqa.suite import load_suite;"
        "run_suite(load_suite(sys.argv[1]), Path(sys.argv[2]), Watch(Console(stderr=True)))"
    )
    command = [sys.executable, "-c", code, str(suite), str(tmp_path / "run")]
    root = str(Path(__file__).parents[2])
    logs = [tmp_path / f"{place}.log" for place in range(2)]
    both = []
    for log in logs:
        with log.open("w") as said:  # A pipe that nobody reads would stop a process when full.
            both.append(subprocess.Popen(command, cwd=root, stderr=said))
    for process, log in zip(both, logs, strict=True):
        assert process.wait() == 0, log.read_text()[-2000:]
    kept = Kept()
    batches = kept._db.rows("SELECT batch, count(*) FROM answers GROUP BY batch", [])
    assert len(batches) == len(VARIANTS) * 3  # Batches of one: no answer was made twice.
    alone = tmp_path / "alone"
    run_suite(load_suite(str(suite)), alone, quiet())
    assert answers(alone) == answers(tmp_path / "run")


def test_what_changed_is_asked_again_and_nothing_else(suite: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run_suite(load_suite(str(suite)), run, quiet())
    before = answers(run)
    recipe = tmp_path / "sft-rag.yaml"
    recipe.write_text(recipe.read_text().replace("epochs: 2", "epochs: 1"))
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        use = PolicyQALM.use_adapter
        patch.setattr(
            PolicyQALM,
            "use_adapter",
            lambda self, adapter: asked.append(Path(adapter or "base").name) or use(self, adapter),
        )
        run_suite(load_suite(str(suite)), run, quiet())
    assert {name.split("-")[0] + name[3:7] for name in asked} == {"sft-rag"}
    after = answers(run)
    assert {name for name in after if after[name] != before[name]} <= set(VARIANTS[2:])


@pytest.mark.usefixtures("minilm")
def test_a_metric_added_and_an_encoder_changed_ask_nothing_again(
    suite: Path, tmp_path: Path, cross_encoder: Path, request: pytest.FixtureRequest
) -> None:
    # Answers and scores shared one key: mending a metric asked every model again.
    run, text = tmp_path / "run", suite.read_text()
    suite.write_text(f"{text}metrics: [bleu]\n")
    few = run_suite(load_suite(str(suite)), run, quiet()).as_json()
    assert list(few["metrics"]) == ["bleu"]
    request.getfixturevalue("no_model")
    suite.write_text(f"{text}metrics: [bleu, bertscore_f1]\n")
    more = run_suite(load_suite(str(suite)), run, quiet()).as_json()
    assert list(more["metrics"]) == ["bertscore_f1", "bleu"]
    suite.write_text(f"{text}encoder: {cross_encoder}\nencoder_layer: 1\n")
    other = run_suite(load_suite(str(suite)), run, quiet()).as_json()
    name = VARIANTS[1]
    assert (
        other["variants"][name]["metrics"]["bertscore_f1"]["mean"]
        != more["variants"][name]["metrics"]["bertscore_f1"]["mean"]
    )
    for comparison in (more, other):
        bleu = comparison["variants"][name]["metrics"]["bleu"]
        assert bleu == few["variants"][name]["metrics"]["bleu"]


def test_a_users_metric_of_another_signature_scores_anew_and_loads_no_model(
    suite: Path, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Letters:
        name, title, kind, higher_is_better, signature = (
            "letters",
            "letters",
            "mean",
            None,
            "letters:1",
        )

        def score(self, rows: list[Any]) -> list[int]:
            return [len(row.answer) for row in rows]

    module = ModuleType("metrics_of_a_user")
    module.Letters = Letters  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    line = f"variants: [{', '.join(VARIANTS)}]"
    metrics = 'metrics: ["metrics_of_a_user:Letters"]'
    only = f"variants: [base/plain]\nfloors: []\n{metrics}"
    suite.write_text(suite.read_text().replace(line, only))
    first = run_suite(load_suite(str(suite)), tmp_path / "run", quiet()).as_json()
    request.getfixturevalue("no_model")
    Letters.signature = "letters:2"
    monkeypatch.setattr(Letters, "score", lambda _, rows: [7] * len(rows))
    second = run_suite(load_suite(str(suite)), tmp_path / "run", quiet()).as_json()
    means = [one["variants"]["base/plain"]["metrics"]["letters"]["mean"] for one in (first, second)]
    assert means[0] != means[1] == 7.0


def test_fewer_questions_and_back_asks_nothing_again(
    suite: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    # `policyqa run quick --limit 5` deleted sixty finished answers.
    run = tmp_path / "run"
    whole = run_suite(load_suite(str(suite)), run, quiet()).as_json()
    request.getfixturevalue("no_model")
    limited = run_suite(load_suite(str(suite), limit=2), run, quiet()).as_json()
    asked = [set(read_result(run, name).outcomes) for name in (*FLOORS, *VARIANTS)]
    assert all(ids == asked[0] for ids in asked)
    assert limited["variants"]["sft/plain"]["vs_baseline"]["bleu"]["n"] == 2
    assert run_suite(load_suite(str(suite)), run, quiet()).as_json() == whole


def test_killed_with_other_questions_a_folder_is_no_run_of_both(
    suite: Path, tmp_path: Path
) -> None:
    # It showed two questions of one variant beside three of the others, under one signature.
    run = tmp_path / "run"
    run_suite(load_suite(str(suite)), run, quiet())
    whole = read_result(run, "base/plain")
    suite.write_text(f"{suite.read_text()}limit: 2\n")
    assert run_killed(suite, run, "scoring base/plain", 1) == -signal.SIGKILL
    with pytest.raises(RunError, match="is no run folder"):
        read_result(run, "base/plain")
    suite.write_text(suite.read_text().replace("limit: 2\n", ""))
    run_suite(load_suite(str(suite)), run, quiet())
    assert read_result(run, "base/plain").outcomes == whole.outcomes


def test_two_suites_that_share_a_variant_ask_it_once(
    suite: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    run_suite(load_suite(str(suite)), tmp_path / "run", quiet())
    request.getfixturevalue("no_model")
    other = tmp_path / "other.yaml"
    template = json.dumps(shipped_prompt("plain").template)
    own = f"prompts: {{mine: {{template: {template}}}}}"
    line = f"variants: [{', '.join(VARIANTS)}]"
    text = suite.read_text().replace(line, "variants: [sft/mine]\nfloors: []")
    other.write_text(f"{text}{own}\n")
    comparison = run_suite(load_suite(str(other)), tmp_path / "other", quiet()).as_json()
    assert list(comparison["variants"]) == ["sft/mine"]
    assert (comparison["baseline"], comparison["floor"]) == ("sft/mine", None)


def test_variants_of_several_contexts_are_asked_with_theirs_and_drawn(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    names = ["base/rag+budget=0", "base/rag+budget=20", "base/rag", "base/oracle+budget=0"]
    path, run = tmp_path / "contexts.yaml", tmp_path / "run"
    path.write_text(f"model: {tiny_llama}\narms: [{', '.join(names)}]\ndata: {data}\n")
    comparison = run_suite(load_suite(str(path)), run, quiet()).as_json()
    (curve,) = comparison["sweep"]
    assert [point["budget"] for point in curve["points"]] == [0, 20, 400]
    costs = [comparison["variants"][point["variant"]]["cost"] for point in curve["points"]]
    tokens = [cost["prompt_tokens"] for cost in costs]
    assert tokens == sorted(set(tokens))
    assert curve["points"][0]["evidence"]["mean"] == 0.0
    nothing = [read_result(run, names[i]).outcomes for i in (0, 3)]
    assert [o.text for o in nothing[0].values()] == [o.text for o in nothing[1].values()]
    assert (run / "sweep.svg").read_text().startswith("<?xml")
    assert "](<sweep.svg>)" in (run / "report.md").read_text()

    path.write_text(path.read_text().replace(", base/rag,", ","))
    run_suite(load_suite(str(path)), run, quiet())
    assert not (run / "sweep.svg").exists()
    assert "sweep.svg" not in (run / "report.md").read_text()
    assert not (run / "variants/base/rag").exists()


def test_the_signature_says_all_that_could_change_a_figure(suite: Path, tmp_path: Path) -> None:
    comparison = run_suite(load_suite(str(suite)), tmp_path / "run", quiet()).as_json()
    signature = comparison["signature"]
    manifest = json.loads((tmp_path / "run/manifest.json").read_text())
    for part in (
        "max96",
        "stop@",
        "device:cpu",
        "transformers:",
        "peft:",
        "bitsandbytes:",
        "qdrant-client:",
        "sentence-transformers:",
        "edge,exact",
        "prompt rag:",
        "answers:",
        "int8",
    ):
        assert part in signature, part
    for name, what in manifest["variants"].items():
        record = json.loads((tmp_path / "run/variants" / name / "variant.json").read_text())
        assert record["replicates"] == what["replicates"]
