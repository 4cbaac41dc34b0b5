"""Where files of weights lie in memory, and that giving their pages back loses nothing."""

import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from harness.models.mapped import MappedFiles

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
