"""Two processes train what one does with twice the batch."""

from pathlib import Path

import pytest

from finetune.checkpoint import load_checkpoint
from finetune.recipe import Recipe
from tests.finetune.test_trainer import logged, weights
from tests.finetune.training import in_processes, recipe, run


def undropped(model: Path, batch_size: int) -> Recipe:
    """Without dropout, which each process draws for its own half of a batch."""
    return recipe(model, lora_dropout=0.0, batch_size=batch_size, log_every=1, prompt="rag")


def furthest_apart(one: Path, other: Path) -> float:
    """The largest difference of a weight."""
    pairs = zip(weights(one).values(), weights(other).values(), strict=True)
    return max(float((a - b).abs().max()) for a, b in pairs)


@pytest.mark.slow
def test_two_processes_have_the_loss_curve_of_one_with_twice_the_batch(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    one = run(undropped(tiny_llama, 4), data, tmp_path / "one")
    assert in_processes(undropped(tiny_llama, 2), data, tmp_path / "two", processes=2) == 0
    two = load_checkpoint(tmp_path / "two")
    assert one.record["metrics"]["updates"] == two.record["metrics"]["updates"] == 9
    curves = [logged(made.folder) for made in (one, two)]
    for curve, count in (("train/loss", 9), ("train/grad_norm", 9), ("eval/loss", 3)):
        assert len(curves[0][curve]) == len(curves[1][curve]) == count
    for curve in ("train/loss", "train/grad_norm"):
        assert curves[1][curve] == pytest.approx(curves[0][curve], rel=1e-4)
    # Of three validation examples, two processes fill up the last round with one seen before.
    assert curves[1]["eval/loss"] == pytest.approx(curves[0]["eval/loss"], rel=1e-4)
    assert furthest_apart(one.folder, two.folder) < 1e-4


@pytest.mark.slow
def test_two_processes_killed_within_an_epoch_go_on_where_they_were(
    data: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    one = run(undropped(tiny_llama, 4), data, tmp_path / "one")
    two = undropped(tiny_llama, 2)
    assert in_processes(two, data, tmp_path / "two", processes=2, kill_at=6) != 0
    assert [path.name for path in (tmp_path / "two.partial").glob("checkpoint-*")] == [
        "checkpoint-4"
    ]
    assert in_processes(two, data, tmp_path / "two", processes=2) == 0
    assert furthest_apart(one.folder, tmp_path / "two") < 1e-4
