"""Identities: all that can change an answer is in them, and names of rows are not."""

import importlib.metadata
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

import harness.variants
from harness.errors import ModelError
from harness.files import fingerprint
from harness.models.adapter import ADAPTER_WEIGHTS, CONFIG
from harness.models.kinds import ANSWERS, CALL, FLOOR
from harness.variants import (
    ANSWERING_LIBRARIES,
    SOURCES,
    Context,
    Decoding,
    Model,
    Price,
    Prompt,
    Variant,
)

MODEL = Model("small", "owner/small")
PROMPT = Prompt("ask", "{context}\n{question}", "retrieved")
CONTEXT = Context("wide", "retrieved", k=4, budget=800, embedder="owner/embedder")
DECODING = Decoding()
VARIANT = Variant("small/ask", MODEL, PROMPT, CONTEXT, DECODING)
PARTS = {"model": MODEL, "prompt": PROMPT, "context": CONTEXT, "decoding": DECODING}
EACH = pytest.mark.parametrize("part", PARTS)

DETERMINING: dict[str, dict[str, Any]] = {  # By field, another value than the part above has.
    "model": {
        "base": "owner/large",
        "engine": "hf",
        "precision": "int8",
        "options": {"parallelize": True},
    },
    "prompt": {"template": "{question}", "chat": True, "system": "Be brief.", "shots": 3},
    "context": {
        "source": "oracle",
        "k": 5,
        "budget": 801,
        "show": "sections",
        "embedder": "owner/other",
        "reranker": "owner/reranker",
        "mode": "dense",
    },
    "decoding": {"max_tokens": 97, "stop": ("\n",), "temperature": 0.7, "beams": 4},
}
NAMING: dict[str, dict[str, Any]] = {  # What a thing is called, and changes no answer.
    # A seed is told by the weights that it trained.
    "model": {"name": "large", "seeds": (8,), "price": Price(1.0, 2.0)},
    "prompt": {"name": "answer", "context": "oracle"},
    "context": {"name": "narrow"},
    "decoding": {"repeats": 3},
}
TESTED_APART = {"model": {"adapter", "recipe"}, "decoding": {"draw"}}
LOOKED_AT = {  # By source, the fields of a context that are.
    "none": set(),
    **{source: {"budget", "embedder", "show"} for source in ("oracle", "misled")},
    **{source: {*DETERMINING["context"]} - {"source"} for source in ("retrieved", "withheld")},
}


def adapter(folder: Path, weights: bytes, alpha: int = 16) -> Path:
    """A folder of LoRA weights, trained on a base that lay somewhere."""
    folder.mkdir()
    (folder / ADAPTER_WEIGHTS).write_bytes(weights)
    config = {"base_model_name_or_path": f"/{folder.name}", "r": 8, "lora_alpha": alpha}
    (folder / CONFIG).write_text(json.dumps(config))
    return folder


@EACH
def test_what_can_change_an_answer_changes_the_identity_and_what_a_row_is_called_does_not(
    part: str,
) -> None:
    named = {*DETERMINING[part], *NAMING[part], *TESTED_APART.get(part, ())}
    one: Any = PARTS[part]
    assert named == {field.name for field in fields(one)}
    for field, value in DETERMINING[part].items():
        other = replace(one, **{field: value})
        assert other.identity != one.identity, field
        changed = replace(VARIANT, **{part: other})
        assert changed.identity == VARIANT.identity | {part: other.identity}
        assert changed.fingerprint != VARIANT.fingerprint
    for field, value in NAMING[part].items():
        other = replace(one, **{field: value})
        assert other.identity == one.identity, field
        assert replace(VARIANT, **{part: other}).fingerprint == VARIANT.fingerprint
    assert replace(VARIANT, name="other/name").fingerprint == VARIANT.fingerprint


def test_answers_are_kept_under_what_they_always_were() -> None:
    # What earlier versions kept is found by it.
    floor = Model("floor", "first", engine=FLOOR)
    assert floor.is_floor and not MODEL.is_floor
    for part, identity in {
        floor: {"engine": FLOOR, "kind": "first"},
        PROMPT: {"template": "{context}\n{question}"},
        DECODING: {"until": ["\nQuestion:"], "max_gen_toks": 96, "do_sample": False},
    }.items():
        assert part.identity == identity
    known = {"engine": "policyqa-hf", "base": "owner/small", "adapter": None, "precision": None}
    assert {name: MODEL.identity[name] for name in known} == known
    assert list(MODEL.identity) == [*known, "device", "versions"]
    assert VARIANT.fingerprint == fingerprint(VARIANT.identity)[:12]


def test_a_library_and_a_device_change_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    before, version = MODEL.identity, importlib.metadata.version
    for library in ANSWERING_LIBRARIES:
        versions = before["versions"] | {library: "99"}
        monkeypatch.setattr(harness.variants, "version", versions.__getitem__)
        assert MODEL.identity["versions"] == versions
    monkeypatch.setattr(harness.variants, "version", version)
    monkeypatch.setattr(harness.variants, "device", lambda: "NVIDIA Abacus")
    assert MODEL.identity == before | {"device": "NVIDIA Abacus"}


def test_an_adapter_counts_by_its_weights_and_scale_and_not_by_its_folder(tmp_path: Path) -> None:
    one, same = adapter(tmp_path / "one", b"weights"), adapter(tmp_path / "same", b"weights")
    others = adapter(tmp_path / "a", b"weighty"), adapter(tmp_path / "b", b"weights", alpha=160)
    identities = [replace(MODEL, adapter=folder).identity for folder in (one, same, *others)]
    assert identities[0] == identities[1]
    # What the weights are multiplied by stands in the configuration, and was left out.
    assert len({str(identity) for identity in identities[1:]}) == 3
    assert MODEL.identity not in identities


def test_a_model_without_its_weights_has_no_identity(tmp_path: Path) -> None:
    recipe = replace(MODEL, name="tuned", recipe="sft-rag")
    with pytest.raises(ModelError, match=r"tuned is not trained yet \(recipe sft-rag\)"):
        _ = replace(VARIANT, model=recipe).fingerprint
    trained = replace(recipe, adapter=adapter(tmp_path / "tuned", b"weights"))
    # Who trained it is all one: what it trained counts.
    assert trained.identity == replace(MODEL, adapter=trained.adapter).identity
    with pytest.raises(ModelError, match=f"it has no {CONFIG}"):
        _ = replace(MODEL, adapter=tmp_path).identity
    (tmp_path / CONFIG).write_text("{}")
    with pytest.raises(ModelError, match=f"holds no {ADAPTER_WEIGHTS}"):
        _ = replace(MODEL, adapter=tmp_path).identity


@pytest.mark.parametrize("source", SOURCES)
def test_what_a_context_looks_at_is_in_its_identity_and_nothing_else(source: Any) -> None:
    context = replace(CONTEXT, source=source)
    changing = {
        name
        for name, value in DETERMINING["context"].items()
        if replace(context, **{name: value}).identity != context.identity
    }
    assert changing - {"source"} == LOOKED_AT[source]
    others = [replace(CONTEXT, source=one).identity for one in SOURCES if one != source]
    assert context.identity not in others


def test_a_hub_models_identity_has_its_commit_once_it_is_here_and_a_folders_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The id alone stood in the key and in the signature: another commit's answers were taken.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert MODEL.identity["base"] == "owner/small"
    cached = tmp_path / "models--owner--small"
    for sha in ("0123456789" * 4, "9876543210" * 4):
        snapshot = cached / "snapshots" / sha
        snapshot.mkdir(parents=True)
        (snapshot / "config.json").write_text("{}")
        (cached / "refs").mkdir(exist_ok=True)
        (cached / "refs" / "main").write_text(sha)
        assert MODEL.identity["base"] == f"owner/small@{sha[:12]}"
    searching = replace(CONTEXT, embedder="owner/small", reranker="owner/small").identity
    assert searching["embedder"] == searching["reranker"] == MODEL.identity["base"]
    assert replace(MODEL, base="owner/other").identity["base"] == "owner/other"
    # A folder counts by its files.
    model = replace(MODEL, base=str(snapshot))
    before = model.identity
    (snapshot / "model.safetensors").write_bytes(b"weights")
    assert model.identity != before


def test_a_variant_is_one_replicate_for_each_seed_and_draw() -> None:
    trained = replace(MODEL, recipe="sft", seeds=(7, 8))
    drawn = Decoding(temperature=0.7, repeats=2)
    several = replace(VARIANT, model=trained, decoding=drawn).replicates
    draws = ["seed=7+draw=1", "seed=7+draw=2", "seed=8+draw=1", "seed=8+draw=2"]
    assert [one.replicate for one in several] == draws
    assert [one.model.label for one in several][::2] == ["small+seed=7", "small+seed=8"]
    assert [one.replicate for one in VARIANT.replicates] == [""]
    # Another draw is another answer, decoded alike.
    first, second = (one.identity for one in replace(VARIANT, decoding=drawn).replicates)
    assert second == first | {"draw": 2}


def test_how_a_server_is_reached_says_nothing_of_its_answers() -> None:
    served = Model("served", "m", engine="local-completions", options={"base_url": "http://a/v1"})
    patient = replace(served, options={**served.options, "num_concurrent": 8, "timeout": 9})
    elsewhere = replace(served, options={"base_url": "http://b/v1"})
    assert patient.identity == served.identity != elsewhere.identity
    assert (served.kind, served.tokenizer, MODEL.tokenizer) == ("served", None, "owner/small")
    assert replace(served, options={"tokenizer": "owner/t"}).tokenizer == "owner/t"


def test_answers_and_a_function_count_by_what_is_in_their_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    texts = {"one": "def answer(q): ...\n", "same": "def answer(q): ...\n", "other": "answer = max"}
    files, sources = [], []
    for name, text in texts.items():
        path = tmp_path / f"assistant_{name}.py"
        path.write_text(text)
        files.append(Model("t", str(path), engine=ANSWERS).identity)
        sources.append(Model("t", f"{path.stem}:answer", engine=CALL).identity["source"])
    assert files[0] == files[1] != files[2]
    assert sources[0] == sources[1] != sources[2]
