"""Real training on a two-layer model: what it measures, logs, keeps and refuses."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from finetune.checkpoint import Checkpoint
from finetune.trainer import AnswerTrainer
from finetune.work import COMPLETE, drop_states, last_state
from harness.errors import ConfigError, TrainingError
from tasks.policyqa.trained import read_trained
from tests.finetune.training import assert_alike, logged, recipe, run, validated

WILD = {"learning_rate": 1.0, "epochs": 6, "max_gradient_norm": 100.0}
"""At this rate the model overshoots by far, whichever processor rounds, so that the last state is
not the best: at a tenth of it, one processor's last state was."""


def test_the_log_has_loss_rate_gradient_norm_tokens_a_second_and_validation_scores(
    trained: Checkpoint,
) -> None:
    log = logged(trained.folder)
    assert len(log["train/loss"]) == 5  # The first update, and every fourth of 18.
    assert log["train/loss"][-1] < log["train/loss"][0]
    assert log["train/learning_rate"][-1] == pytest.approx(1e-2)
    assert all(norm > 0 for norm in log["train/grad_norm"])
    assert all(rate > 0 for rate in log["train/tokens_per_second"])
    assert len(log["eval/loss"]) == 5  # Every fourth update, and the last.
    assert all(0 <= share <= 1 for share in log["eval/token_accuracy"])


def test_the_checkpoint_is_the_state_that_measured_best(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    wild = recipe(tiny_llama, **WILD)
    made = run(wild, data, tmp_path / "checkpoint")
    measured = logged(made.folder)["eval/loss"]
    metrics = made.record["metrics"]
    assert metrics["validation_loss"] == pytest.approx(min(measured), rel=1e-5)
    assert metrics["best_update"] == 4 * (measured.index(min(measured)) + 1) < metrics["updates"]
    assert validated(wild, data, made.folder)[0] == pytest.approx(min(measured), rel=1e-4)
    stopped = run(recipe(tiny_llama, **WILD, patience=1), data, tmp_path / "stopped")
    worse = next(i for i, (one, two) in enumerate(pairwise(measured)) if two >= one)
    assert stopped.record["metrics"]["updates"] == 4 * (worse + 2)
    assert stopped.record["metrics"]["best_update"] == 4 * (worse + 1)


def test_stopped_patience_goes_on_where_it_was(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    wild = recipe(tiny_llama, **WILD, patience=2)
    undisturbed = run(wild, data, tmp_path / "undisturbed")
    last = undisturbed.record["metrics"]["updates"]
    assert last < 36
    with pytest.raises(ZeroDivisionError):
        run(wild, data, tmp_path / "stopped", stop_at=last - 2, stop=lambda: 1 / 0)
    assert_alike(run(wild, data, tmp_path / "stopped"), undisturbed)


@pytest.mark.parametrize("end", [{"patience": 1, "epochs": 6}, {"epochs": 1.5}])
def test_killed_after_the_last_update_it_trains_no_further(
    data: Path, tiny_llama: Path, tmp_path: Path, end: dict[str, Any]
) -> None:
    wild = recipe(tiny_llama, learning_rate=0.1, max_gradient_norm=100.0, **end)
    undisturbed = run(wild, data, tmp_path / "undisturbed")
    with pytest.MonkeyPatch.context() as killed, pytest.raises(ZeroDivisionError):
        killed.setattr("finetune.train.adapter_hash", lambda _: 1 / 0)
        run(wild, data, tmp_path / "killed")
    assert_alike(run(wild, data, tmp_path / "killed"), undisturbed)


def test_what_cannot_be_trained_is_said_with_what_to_change(
    data: Path, tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = AnswerTrainer.compute_loss

    def spoilt(self: AnswerTrainer, *args: Any, **options: Any) -> Any:
        loss = whole(self, *args, **options)
        return loss * float("nan") if self.state.global_step == 2 else loss

    def greedy(*_: Any, **__: Any) -> Any:
        return torch.empty(2**55)

    def no_number(*args: Any, **_: Any) -> Any:
        return args[1] * float("nan")

    for place, instead, said in (
        ("AnswerTrainer.compute_loss", spoilt, "loss is nan at update 3; lower learning_rate"),
        ("AnswerTrainer.compute_loss", greedy, "out of memory with batch_size 2.*Halve batch_size"),
        ("cross_entropy", no_number, "validation loss is nan after update 4; lower"),
    ):
        with monkeypatch.context() as spoiling, pytest.raises(TrainingError, match=said):
            spoiling.setattr(f"finetune.trainer.{place}", instead)
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


def test_what_is_left_out_is_said_and_not_kept_as_trained_on(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    brief = recipe(tiny_llama, epochs=1, max_tokens=41)
    made = run(brief, data, tmp_path / "checkpoint", say=said.append)
    long = made.record["data"]["train"]["too_long"]
    assert said[0].startswith(f"{len(long)} of 12 train examples have more than 41 tokens")
    assert said[0].endswith(f"are left out: {', '.join(long[:3])}{' …' if len(long) > 3 else ''}")
    kept = {one.id for one in read_trained(made.folder, made.record, data).of("train")}
    assert len(kept) == 12 - len(long)
    assert not kept & set(long)
