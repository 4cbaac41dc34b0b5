"""Damaged files of models, of which each library complains in its own way, are one line."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import refused, shown

Damage = Callable[[Path], object]


def setting(name: str, key: str, value: object) -> Damage:
    def damage(folder: Path) -> None:
        found = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(found | {key: value}))

    return damage


def cutting(name: str) -> Damage:
    def damage(folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_bytes()[:1000])

    return damage


DAMAGED = {
    "a width that is text": ("configuration", setting("config.json", "hidden_size", "<b>")),
    "a width of another size": ("weights", setting("config.json", "hidden_size", 32)),
    "layers without end": ("configuration", setting("config.json", "num_hidden_layers", 2**63)),
    "a number format": ("configuration", setting("config.json", "dtype", "<script>")),
    "half a tokenizer": ("tokenizer", cutting("tokenizer.json")),
    "a tokenizer of lists": ("tokenizer", setting("tokenizer.json", "model", [])),
    "a window that is text": (
        "tokenizer", setting("tokenizer_config.json", "model_max_length", "x")
    ),
    "half the weights": ("weights", cutting("model.safetensors")),
}  # fmt: skip


@pytest.mark.parametrize(("part", "damage"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_model_is_one_line_that_names_it(
    tiny_llama: Path, tmp_path: Path, part: str, damage: Damage
) -> None:
    # All were tracebacks that fuzzing found.
    folder = shutil.copytree(tiny_llama, tmp_path / "llama")
    damage(folder)
    lines = [
        refused("export", folder, tmp_path / "made", "--as", "int8"),
        refused("ask", folder, "Who?"),
    ]
    assert all(f" of {folder}: " in one and "copy or download" in one for one in lines)
    assert any(f"cannot load the {part} of {folder}: " in one for one in lines)


@pytest.mark.parametrize(
    "damage",
    [
        cutting("model.safetensors"),
        cutting("tokenizer.json"),
        setting("config.json", "num_attention_heads", 10**20),
        setting("config.json", "vocab_size", []),
        setting("config.json", "num_hidden_layers", 2**63),
    ],
)
def test_a_damaged_embedder_is_too(
    minilm: Path, tmp_path: Path, data: Path, damage: Damage
) -> None:
    folder = shutil.copytree(minilm, tmp_path / "encoder")
    damage(folder)
    line = refused("index", "build", "--data", data, "--embedder", folder)
    assert re.search(rf"cannot load the (embedder|configuration) of {folder}: ", line)


def test_a_damaged_adapter_is_too(
    tiny_llama: Path, make_adapter: Callable[[Path], Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(make_adapter(tiny_llama), tmp_path / "adapter")
    assert shown("ask", folder, "Who?") is not None
    cutting("adapter_model.safetensors")(folder)
    assert f"cannot load the adapter of {folder}: " in refused("ask", folder, "Who?")
    shutil.copytree(make_adapter(tiny_llama), folder, dirs_exist_ok=True)
    setting("adapter_config.json", "r", "many")(folder)
    assert f"cannot load the adapter of {folder}: " in refused("ask", folder, "Who?")
    for key, value in (("alora_invocation_tokens", ["x"]), ("base_model_name_or_path", [])):
        shutil.copytree(make_adapter(tiny_llama), folder, dirs_exist_ok=True)
        setting("adapter_config.json", key, value)(folder)
        assert f"adapter_config.json: {key}" in refused("ask", folder, "Who?")


def test_special_tokens_that_are_none_are_too(tiny_llama: Path, tmp_path: Path) -> None:
    # It was a traceback when the model was asked.
    folder = shutil.copytree(tiny_llama, tmp_path / "llama")
    setting("generation_config.json", "bos_token_id", {"a": 1})(folder)
    line = refused("ask", folder, "Who?")
    assert f"cannot load the generation_config.json of {folder}: " in line


def test_a_model_without_an_end_of_text_is_refused_before_it_is_asked(
    tiny_llama: Path, tmp_path: Path, data: Path
) -> None:
    # Its prompts could not be counted: a traceback.
    folder = shutil.copytree(tiny_llama, tmp_path / "llama")
    (folder / "tokenizer_config.json").unlink()
    suite = {"name": "mine", "model": str(folder), "data": str(data), "floors": []}
    (tmp_path / "s.yaml").write_text(json.dumps(suite | {"variants": ["base/plain"]}))
    line = refused("run", tmp_path / "s.yaml", "--out", tmp_path / "run")
    assert f"{folder} writes no answers: its tokenizer has no end-of-text token" in line
