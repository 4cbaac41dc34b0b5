"""Two processes train what one does with twice the batch, also when they were killed."""

from pathlib import Path

import pytest

from finetune.checkpoint import load_checkpoint
from finetune.recipe import Recipe
from tests.finetune.training import in_processes, logged, recipe, run, weights, work_on


def undropped(model: Path, batch_size: int) -> Recipe:
    """Without dropout, which each process draws for its own half of a batch."""
    return recipe(model, lora_dropout=0.0, batch_size=batch_size, log_every=1, prompt="rag")


@pytest.mark.slow
def test_two_processes_killed_within_an_epoch_train_as_one_with_twice_the_batch(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    one = run(undropped(tiny_llama, 4), data, tmp_path / "one")
    wanted = undropped(tiny_llama, 2)
    assert in_processes(wanted, data, tmp_path / "two", processes=2, stop_at=6) != 0
    states = [path.name for path in work_on(tmp_path / "two").glob("checkpoint-*")]
    assert states == ["checkpoint-4"]
    assert in_processes(wanted, data, tmp_path / "two", processes=2) == 0
    two = load_checkpoint(tmp_path / "two")
    assert one.record["metrics"]["updates"] == two.record["metrics"]["updates"] == 9
    curves = [logged(made.folder) for made in (one, two)]
    # Of three validation examples, two processes fill up the last round with one seen before.
    for curve, count in (("train/loss", 9), ("train/grad_norm", 9), ("eval/loss", 3)):
        assert len(curves[0][curve]) == len(curves[1][curve]) == count
        assert curves[1][curve] == pytest.approx(curves[0][curve], rel=1e-4)
    alone, shared = weights(one.folder), weights(two.folder)
    for name in alone:
        # Adam takes a gradient of nearly zero for a whole step: single weights say nothing.
        apart = float((alone[name] - shared[name]).norm() / alone[name].norm())
        assert apart < 1e-3, name
