"""Real training on a two-layer model: what it measures, logs, keeps and refuses."""

import json
import signal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from finetune.trainer import AnswerTrainer
from finetune.work import COMPLETE, drop_states, last_state
from harness.errors import ConfigError, TrainingError
from tests.finetune.training import in_processes, recipe, run, validation_loss


def logged(folder: Path) -> dict[str, list[float]]:
    """What TensorBoard shows of a checkpoint."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    values: dict[str, list[float]] = {}
    for file in sorted(folder.rglob("events.out.tfevents.*")):
        events = EventAccumulator(str(file)).Reload()
        for tag in events.Tags()["scalars"]:
            values.setdefault(tag, []).extend(event.value for event in events.Scalars(tag))
    return values


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return dict(load_file(folder / "adapter_model.safetensors"))


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def test_the_log_has_loss_rate_gradient_norm_tokens_a_second_and_validation_scores(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    made = run(recipe(tiny_llama), data, tmp_path / "checkpoint")
    log = logged(made.folder)
    assert len(log["train/loss"]) == 5  # The first update, and every fourth of 18.
    assert log["train/loss"][-1] < log["train/loss"][0]
    assert log["train/learning_rate"][-1] == pytest.approx(1e-2)
    assert all(norm > 0 for norm in log["train/grad_norm"])
    assert all(rate > 0 for rate in log["train/tokens_per_second"])
    assert len(log["eval/loss"]) == 5  # Every fourth update, and the last.
    assert all(0 <= share <= 1 for share in log["eval/token_accuracy"])


def test_token_accuracy_is_the_share_of_answer_tokens_that_are_likeliest(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from finetune.contexts import shown_as_asked
    from finetune.examples import build_examples
    from rag.corpus import load_corpus
    from rag.retriever import Retriever
    from tasks.policyqa.questions import in_split, load_questions

    wanted = recipe(tiny_llama)
    made = run(wanted, data, tmp_path / "checkpoint")
    sections = load_corpus(data)
    questions = in_split(load_questions(data, [s.id for s in sections]), "validation")
    shown = shown_as_asked(questions, Retriever(sections), wanted)
    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    model = AutoModelForCausalLM.from_pretrained(made.folder)
    right = asked = 0
    for row in build_examples(questions, shown, wanted, tokenizer).rows:
        with torch.no_grad():
            likeliest = model(torch.tensor([row.input_ids])).logits[0].argmax(-1).tolist()
        for predicted, label in zip(likeliest, row.labels[1:], strict=False):
            asked += label != -100
            right += label != -100 and predicted == label
    assert made.record["metrics"]["validation_token_accuracy"] == pytest.approx(right / asked)
    assert right > 0


def test_the_checkpoint_is_the_state_that_measured_best(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    """At this rate the model overshoots by far, whichever processor rounds, so that the last state
    is not the best: at a tenth of it, one processor's last state was."""
    wild = recipe(tiny_llama, learning_rate=1.0, epochs=6, max_gradient_norm=100.0)
    made = run(wild, data, tmp_path / "checkpoint")
    measured = logged(made.folder)["eval/loss"]
    metrics = made.record["metrics"]
    assert metrics["validation_loss"] == pytest.approx(min(measured), rel=1e-5)
    assert metrics["best_update"] == 4 * (measured.index(min(measured)) + 1) < metrics["updates"]
    assert validation_loss(wild, data, made.folder) == pytest.approx(min(measured), rel=1e-4)
    until = recipe(tiny_llama, learning_rate=1.0, epochs=6, max_gradient_norm=100.0, patience=1)
    stopped = run(until, data, tmp_path / "stopped")
    worse = next(i for i, (one, two) in enumerate(pairwise(measured)) if two >= one)
    assert stopped.record["metrics"]["updates"] == 4 * (worse + 2)
    assert stopped.record["metrics"]["best_update"] == 4 * (worse + 1)


def test_killed_patience_goes_on_where_it_was(data: Path, tiny_llama: Path, tmp_path: Path) -> None:
    wild = recipe(tiny_llama, learning_rate=1.0, epochs=6, max_gradient_norm=100.0, patience=2)
    undisturbed = run(wild, data, tmp_path / "undisturbed")
    last = undisturbed.record["metrics"]["updates"]
    assert last < 36
    status = in_processes(wild, data, tmp_path / "killed", kill_at=last - 2)
    assert status == -signal.SIGKILL
    resumed = run(wild, data, tmp_path / "killed")
    assert resumed.record["metrics"] == undisturbed.record["metrics"]
    assert same(weights(resumed.folder), weights(undisturbed.folder))


@pytest.mark.parametrize("end", [{"patience": 1, "epochs": 6}, {"epochs": 1.5}])
def test_killed_after_the_last_update_it_trains_no_further(
    data: Path,
    tiny_llama: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    end: dict[str, Any],
) -> None:
    wild = recipe(tiny_llama, learning_rate=0.1, max_gradient_norm=100.0, **end)
    undisturbed = run(wild, data, tmp_path / "undisturbed")
    with monkeypatch.context() as killed:
        killed.setattr("finetune.train.adapter_hash", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(wild, data, tmp_path / "killed")
    resumed = run(wild, data, tmp_path / "killed")
    assert resumed.record["metrics"] == undisturbed.record["metrics"]
    assert same(weights(resumed.folder), weights(undisturbed.folder))


def test_a_loss_that_is_no_number_stops_training(
    data: Path, tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = AnswerTrainer.compute_loss

    def spoilt(self: AnswerTrainer, *args: Any, **options: Any) -> Any:
        loss = whole(self, *args, **options)
        return loss * float("nan") if self.state.global_step == 2 else loss

    monkeypatch.setattr(AnswerTrainer, "compute_loss", spoilt)
    with pytest.raises(TrainingError, match="loss is nan at update 3; lower learning_rate"):
        run(recipe(tiny_llama), data, tmp_path / "checkpoint")


def test_a_validation_loss_that_is_no_number_stops_training(
    data: Path, tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finetune.trainer.cross_entropy", lambda *a, **_: a[1] * float("nan"))
    with pytest.raises(TrainingError, match="validation loss is nan after update 4; lower"):
        run(recipe(tiny_llama), data, tmp_path / "checkpoint")


def test_one_process_that_sees_several_gpus_is_told_of_accelerate(
    data: Path, tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    with pytest.raises(ConfigError, match=r"4 GPUs are visible to one process.*accelerate launch"):
        run(recipe(tiny_llama), data, tmp_path / "checkpoint")


def test_a_state_half_deleted_is_not_gone_on_from(tmp_path: Path) -> None:
    """As a kill within the deletion leaves it: some of its files, and no mark."""
    work = tmp_path / "work"
    for update in (4, 8):
        state = work / f"checkpoint-{update}"
        state.mkdir(parents=True)
        (state / COMPLETE).touch()
        (state / "weights").touch()

    def cut_short(_: Path) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as killed, pytest.raises(KeyboardInterrupt):
        killed.setattr("finetune.work.shutil.rmtree", cut_short)
        drop_states(work, keep={"checkpoint-4"})
    assert (work / "checkpoint-8" / "weights").is_file()
    assert last_state(work) == str(work / "checkpoint-4")


def test_memory_that_runs_out_is_explained(
    data: Path, tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(*_: Any, **__: Any) -> Any:
        return torch.empty(2**55)

    monkeypatch.setattr(AnswerTrainer, "compute_loss", greedy)
    with pytest.raises(TrainingError, match=r"out of memory with batch_size 2.*halve batch_size"):
        run(recipe(tiny_llama), data, tmp_path / "checkpoint")


def test_what_is_left_out_is_said(data: Path, tiny_llama: Path, tmp_path: Path) -> None:
    path = data / "questions.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[2]["answer"] = "word " * 600
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    said: list[str] = []
    made = run(recipe(tiny_llama, epochs=1), data, tmp_path / "checkpoint", said=said)
    assert said[0].startswith("1 of 12 train examples have more than 512 tokens")
    assert made.record["data"]["train"]["too_long"] == [rows[2]["id"]]
