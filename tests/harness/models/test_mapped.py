"""Where files of weights lie in memory, and that giving their pages back loses nothing."""

import mmap
import os
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from harness.models.mapped import MappedFiles
from harness.models.onednn import by_onednn

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells where they lie")


def resident() -> int:
    """Bytes of files that this process has in memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    sizes = {one[0]: int(one[1]) * 1024 for one in map(str.split, lines) if one[-1] == "kB"}
    return sizes["RssFile:"] + sizes["RssShmem:"]


def test_pages_that_are_given_back_are_not_resident(tmp_path: Path) -> None:
    save_file({"weight": torch.randn(4096, 1024)}, tmp_path / "weights.safetensors")
    with safe_open(tmp_path / "weights.safetensors", framework="pt") as file:
        weight = file.get_tensor("weight")
    found = weight.sum()
    before = resident()
    MappedFiles.now().give_back(weight)
    assert before - resident() > 0.9 * weight.nbytes
    assert weight.sum() == found


def test_the_file_of_weights_that_are_reordered_is_not_resident(tmp_path: Path) -> None:
    save_file({"weight": torch.randn(2048, 2048)}, tmp_path / "weights.safetensors")
    layer = torch.nn.Linear(2048, 2048, bias=False)
    layer.load_state_dict(load_file(tmp_path / "weights.safetensors"), assign=True)
    size, found = layer.weight.nbytes, by_onednn(layer)(torch.ones(1, 2048)).detach()
    before = resident()
    by_onednn(layer, answers_only=True)
    assert before - resident() > 0.9 * size
    with torch.inference_mode():
        torch.testing.assert_close(layer(torch.ones(1, 2048)), found, rtol=0, atol=1e-3)


def test_where_nothing_tells_nothing_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.models.mapped._MAPS", tmp_path / "none")
    assert MappedFiles.now() == MappedFiles(())


def test_names_of_files_may_be_of_any_bytes(tmp_path: Path) -> None:
    with (tmp_path / os.fsdecode(b"\xff")).open("w+b") as file:
        file.write(b"0" * mmap.PAGESIZE)
        file.flush()
        with mmap.mmap(file.fileno(), mmap.PAGESIZE, access=mmap.ACCESS_READ):
            assert MappedFiles.now().places


def test_a_tensor_of_a_mapped_file_is_told_from_others_and_survives(tmp_path: Path) -> None:
    weights = {"small": torch.randn(3), "large": torch.randn(300, 500)}
    save_file(weights, tmp_path / "weights.safetensors")
    with safe_open(tmp_path / "weights.safetensors", framework="pt") as file:
        read = {name: file.get_tensor(name) for name in weights}
    mapped = MappedFiles.now()
    for name, expected in weights.items():
        assert mapped.hold(read[name]) and not mapped.hold(expected)
        for one in (read[name], expected):
            before = one.clone()
            mapped.give_back(one)
            assert torch.equal(one, before)
