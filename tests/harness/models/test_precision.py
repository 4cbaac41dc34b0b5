"""A base in another precision than its own, as it is loaded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from transformers import LlamaConfig, LlamaForCausalLM

from harness.models.loading import load_model
from harness.models.precision import Precision, load_base


@pytest.fixture(scope="module")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """134 MB of weights in float32, nearly all of them in linear layers."""
    folder = tmp_path_factory.mktemp("models") / "heavy"
    sizes = {"hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 8}
    LlamaForCausalLM(LlamaConfig(vocab_size=64, **sizes)).save_pretrained(folder)
    return folder


def resident(field: str) -> int:
    """Bytes of this process: ``VmRSS`` now, ``VmHWM`` at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) * 1024


@pytest.mark.parametrize("precision", ["int8", "bf16"])
@pytest.mark.parametrize("to", ["answer", "train"])
def test_its_own_weights_are_never_whole_beside_those_made_of_them(
    heavy: Path, smollm2: Path, to: str, precision: Precision
) -> None:
    load: Callable[[], Any] = {
        "answer": lambda: load_model(str(heavy), precision, 1, tokenizer=str(smollm2)),
        "train": lambda: load_base(str(heavy), precision),
    }[to]
    peaks = Path("/proc/self/clear_refs")
    if not peaks.exists():
        pytest.skip("no Linux: the peak of a process cannot be measured anew")
    load()  # What libraries take once.
    before = resident("VmRSS")
    peaks.write_text("5")
    kept = load()
    size = (heavy / "model.safetensors").stat().st_size
    assert kept is not None
    assert resident("VmHWM") - before < size
