"""Vectors of a plain embedder beside sentence-transformers', and what is none is left to it."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sentence_transformers import SentenceTransformer

from rag.bert_files import WEIGHTS, read_bert
from rag.embedder import Embedder, SentenceEmbedder
from tests.conftest import completed

TEXTS = [
    "Who must appoint a data protection officer?",
    "",
    " \n",
    "Über naïve Café-Regeln: §5 Abs. 2",
    "データ保護責任者 عن حماية البيانات 🐝",
    "a\u0000b\u200bc\ufffd [SEP] ##x",
    "word " * 700,
    *(f"Hives stand {n} metres from any road. " * (n % 9 + 1) for n in range(30)),
]


def theirs(folder: Path) -> npt.NDArray[np.float32]:
    model = SentenceTransformer(str(folder), device="cpu")
    vectors: npt.NDArray[np.float32] = model.encode(
        TEXTS, normalize_embeddings=True, show_progress_bar=False
    )
    return vectors


@pytest.fixture
def copied(minilm: Path, tmp_path: Path) -> Path:
    """The real embedder in a folder that may be changed, but for the weights behind a link."""
    folder = tmp_path / "embedder"
    shutil.copytree(minilm, folder, ignore=shutil.ignore_patterns(WEIGHTS))
    (folder / WEIGHTS).symlink_to(minilm / WEIGHTS)
    return folder


def changed(path: Path, **fields: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_vectors_are_those_of_sentence_transformers(copied: Path, pooling: str) -> None:
    modes = {"pooling_mode_mean_tokens": False, f"pooling_mode_{pooling}_token": True}
    if pooling == "cls":
        changed(copied / "1_Pooling" / "config.json", **modes)
    found = read_bert(str(copied))
    assert found is not None
    vectors = found.embed(TEXTS, batch_size=8)
    assert found.size == vectors.shape[1] == 384
    assert np.abs(vectors - theirs(copied)).max() < 1e-6
    assert found.embed([], batch_size=8).shape == (0, 384)


def test_so_are_those_of_a_folder_that_sentence_transformers_wrote(
    minilm: Path, tmp_path: Path
) -> None:
    # Its layout of today, which embedders that are trained here have, names other fields.
    model = SentenceTransformer(str(minilm), device="cpu")
    model.max_seq_length = 16
    model.save_pretrained(str(tmp_path), create_model_card=False)
    found = read_bert(str(tmp_path))
    assert found is not None
    assert np.abs(found.embed(TEXTS, batch_size=8) - theirs(tmp_path)).max() < 1e-6


def test_tokens_are_counted_whole_and_alike(minilm: Path) -> None:
    found = read_bert(str(minilm))
    assert found is not None
    reference = SentenceEmbedder(str(minilm))
    assert [found.tokens(text) for text in TEXTS] == [reference.tokens(text) for text in TEXTS]


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def saying(name: str, **fields: Any) -> Callable[[Path], None]:
    return lambda folder: changed(folder / name, **fields)


def with_a_layer_more(folder: Path) -> None:
    modules = json.loads((folder / "modules.json").read_text())
    modules.insert(2, {"idx": 2, "name": "2", "path": "2_Dense", "type": "x.Dense"})
    (folder / "modules.json").write_text(json.dumps(modules))


def in_half_precision(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    halves = {name: value.half() for name, value in load_file(folder / WEIGHTS).items()}
    (folder / WEIGHTS).unlink()
    save_file(halves, folder / WEIGHTS)


OTHERS: dict[str, Callable[[Path], None]] = {
    "another architecture": saying("config.json", model_type="mpnet"),
    "another activation": saying("config.json", hidden_act="gelu_new"),
    "relative positions": saying("config.json", position_embedding_type="relative_key"),
    "no modules": without("modules.json"),
    "a module more": with_a_layer_more,
    "pooled otherwise": saying("1_Pooling/config.json", pooling_mode_max_tokens=True),
    "pooled by the last": saying("1_Pooling/config.json", pooling_mode="lasttoken"),
    "lower case": saying("sentence_bert_config.json", do_lower_case=True),
    "a field of tomorrow": saying("sentence_bert_config.json", unpad_inputs=True),
    "a prompt": saying(
        "config_sentence_transformers.json", prompts={"q": "query: "}, default_prompt_name="q"
    ),
    "half precision": in_half_precision,
    "no tokenizer of its own": without("tokenizer.json"),
    "other weights": without(WEIGHTS),
}


@pytest.mark.parametrize("other", OTHERS)
def test_what_the_files_do_not_call_plain_is_left_to_sentence_transformers(
    copied: Path, other: str
) -> None:
    OTHERS[other](copied)
    assert read_bert(str(copied)) is None


def test_another_kind_is_embedded_by_sentence_transformers(copied: Path) -> None:
    changed(copied / "1_Pooling" / "config.json", pooling_mode_max_tokens=True)
    embedder = Embedder(str(copied))
    assert embedder.size == 768
    assert np.abs(embedder.embed(TEXTS) - theirs(copied)).max() < 1e-6
    assert embedder.tokens("A hive") == [(0, 1), (2, 6)]


def test_a_model_of_the_hub_is_read_from_its_cache(
    minilm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    commit, cached = "0123456789" * 4, tmp_path / "models--owner--small"
    cached.joinpath("snapshots").mkdir(parents=True)
    (cached / "snapshots" / commit).symlink_to(minilm)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(commit)
    found, same = read_bert("owner/small"), read_bert(str(minilm))
    assert found is not None
    assert same is not None
    assert (found.embed(TEXTS[:3], 3) == same.embed(TEXTS[:3], 3)).all()


def test_a_question_is_searched_without_heavy_libraries(data: Path) -> None:
    code = (
        "import sys; from policyqa import cli; sys.argv = ['policyqa', 'index', 'search', 'Hives?',"
        f" '--data', {str(data)!r}]\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        "heavy = {'qdrant_client', 'sentence_transformers', 'sympy', 'transformers'}\n"
        "print(sorted(heavy & set(sys.modules)), 'torch' in sys.modules)"
    )
    assert completed([sys.executable, "-c", code]).splitlines()[-1] == "[] True"
