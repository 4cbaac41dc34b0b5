"""The estimate of a training's memory, against PyTorch's own tensors on a two-layer model."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from transformers import AutoConfig

from finetune import memory
from finetune.examples import IGNORED, Example, Examples, tokenizer_of
from finetune.ledger import Heap, Ledger
from finetune.memory import estimate, free_memory, heaviest
from finetune.recipe import Recipe
from finetune.rehearsal import Batch, Rehearsal
from finetune.trainer import AnswerTrainer, make_trainer
from harness.models.precision import PRECISIONS, load_base
from harness.progress import silent
from tests.finetune.training import recipe

ROWS = [Example([5] * 60, [IGNORED] * 50 + [5] * 10), Example([5] * 40, [IGNORED] * 10 + [5] * 30)]
BATCH = Batch(rows=2, tokens=60, answer=31)


def rehearsal(wanted: Recipe) -> Rehearsal:
    return Rehearsal(AutoConfig.from_pretrained(wanted.model), wanted)


STEP = AnswerTrainer.training_step
OBSERVED: list[int] = []


def observed_step(trainer: Any, model: Any, inputs: Any, *rest: Any, **options: Any) -> Any:
    """A step of a training, and the bytes of the tensors it makes at most."""
    ledger = Ledger([*model.parameters(), *model.buffers(), *inputs.values()])
    with ledger:
        loss = STEP(trainer, model, inputs, *rest, **options)
    OBSERVED.append(ledger.peak)
    return loss


def test_the_heaviest_batch_has_the_longest_row_and_the_longest_answer() -> None:
    assert heaviest(ROWS, 8) == BATCH
    assert heaviest(ROWS, 1) == replace(BATCH, rows=1)


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_tensors_without_contents_live_as_those_of_a_training_do(
    tiny_llama: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    precision: str,
    checkpointing: bool,
) -> None:
    wanted = recipe(tiny_llama, precision=precision, gradient_checkpointing=checkpointing)
    wanted = wanted.model_copy(update={"epochs": 1.0})
    _, rehearsed, _ = rehearsal(wanted).trace(BATCH, None)
    monkeypatch.setattr(AnswerTrainer, "training_step", observed_step)
    splits = dict.fromkeys(("train", "validation"), Examples(ROWS, [], {}))
    tokenizer = tokenizer_of(str(tiny_llama))
    make_trainer(tmp_path, wanted, str(tiny_llama), tokenizer, splits, silent).train()
    assert rehearsed == pytest.approx(OBSERVED.pop(), rel=0.02)


def test_checkpointing_keeps_fewer_activations(tiny_llama: Path) -> None:
    kept, _, _ = rehearsal(recipe(tiny_llama)).trace(BATCH, None)
    again, _, _ = rehearsal(recipe(tiny_llama, gradient_checkpointing=True)).trace(BATCH, None)
    assert again < kept / 2


@pytest.mark.parametrize("precision", PRECISIONS)
def test_weights_take_what_they_take_when_they_are_loaded(tiny_llama: Path, precision: Any) -> None:
    loaded = load_base(str(tiny_llama), precision).get_memory_footprint()
    scales = 1.01 if precision in ("int8", "nf4") else 1.0  # Not counted by transformers.
    told = rehearsal(recipe(tiny_llama, precision=precision)).weights
    assert 0.999 * loaded <= told <= 1.001 * scales * loaded


def test_a_rehearsal_leaves_the_libraries_as_they_were(tiny_llama: Path) -> None:
    """bitsandbytes kept a table of the first quantisation, which was one without contents."""
    rehearsal(recipe(tiny_llama, precision="nf4")).trace(BATCH, None)
    logits = load_base(str(tiny_llama), "nf4")(torch.tensor([[5, 6, 7]])).logits
    assert torch.isfinite(logits).all()


def test_a_file_stays_mapped_where_some_of_it_is_used_as_it_is(tiny_llama: Path) -> None:
    parts = {
        precision: estimate(
            rehearsal(recipe(tiny_llama, precision=precision)),
            recipe(tiny_llama, precision=precision),
            ROWS,
        )
        for precision in PRECISIONS
    }
    stored = parts["fp32"].weights
    assert parts["fp32"].file == 0
    assert parts["bf16"].file == 0  # Nothing in it is bfloat16: all is converted.
    assert parts["bf16"].loading - parts["bf16"].process == pytest.approx(1.5 * stored, rel=0.01)
    assert 0 < parts["int8"].file < stored
    assert parts["nf4"].file == parts["int8"].file
    needed = parts["int8"].needed
    assert needed == parts["int8"].training - parts["int8"].process - parts["int8"].file


def test_adapter_and_optimiser_are_those_of_the_recipe(tiny_llama: Path) -> None:
    usual, large = recipe(tiny_llama), recipe(tiny_llama, lora_rank=32)
    eight_bit = recipe(tiny_llama, optimizer="adamw_bnb_8bit")
    sizes = [estimate(rehearsal(one), one, ROWS).adapter for one in (usual, large, eight_bit)]
    assert sizes[1] == 2 * sizes[0]
    assert sizes[2] == sizes[0] * 10 / 16


def test_the_heap_shows_where_blocks_lie_that_are_never_written() -> None:
    heap = Heap()
    extent, resident = heap.extent(), psutil.Process().memory_info().rss
    address = heap.take(1 << 30)
    assert heap.extent() - extent >= 1 << 30
    assert psutil.Process().memory_info().rss - resident < 1 << 25
    heap.free(address)
    assert heap.extent() - extent < 1 << 25


class Hoard(Heap):
    """A heap that never uses a block again."""

    def __init__(self) -> None:
        self.had = 0

    def take(self, size: int) -> Any:
        self.had += size

    def free(self, address: Any) -> None:
        pass

    def extent(self) -> int:
        return self.had


def test_what_the_library_keeps_is_told_beside_what_is_in_use(tiny_llama: Path) -> None:
    ledger = Ledger(heap=Hoard())
    with ledger:
        for _ in range(3):
            torch.empty(1000, dtype=torch.uint8)
    assert (ledger.live, ledger.peak, ledger.extent) == (0, 1000, 3000)
    hoarded, usual = (rehearsal(recipe(tiny_llama)).trace(BATCH, heap) for heap in (Hoard(), None))
    assert hoarded[:2] == usual[:2]
    assert hoarded[2] > usual[1]
    assert usual[2] == 0


GROUPS = {
    "2": ("0::/box/me", "box", {"memory.max": "5000", "memory.current": "3000"}),
    "1": (
        "4:memory:/box/me",
        "memory/box",
        {"memory.limit_in_bytes": "5000", "memory.usage_in_bytes": "3000"},
    ),
}


@pytest.mark.parametrize("version", GROUPS)
def test_a_containers_limit_counts_and_its_cached_files_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    line, folder, files = GROUPS[version]
    own = tmp_path / folder / "me"
    own.mkdir(parents=True)
    (own / "memory.max").write_text("max\n")
    for name, text in {**files, "memory.stat": "anon 9\ninactive_file 700"}.items():
        (own.parent / name).write_text(text + "\n")
    (tmp_path / "own").write_text(f"7:cpu:/elsewhere\n{line}\n")
    monkeypatch.setattr(memory, "CGROUPS", tmp_path)
    monkeypatch.setattr(memory, "OWN_CGROUPS", tmp_path / "own")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert free_memory() == 5000 - (3000 - 700)
