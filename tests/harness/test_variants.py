"""Identities: all that can change an answer is in them, and names of rows are not."""

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
    FLOORS,
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
VARIANT = Variant("small/ask", MODEL, PROMPT, CONTEXT, Decoding())
FLOOR_MODEL = Model("floor", "first", engine=FLOOR)
SHA = "0123456789abcdef0123456789abcdef01234567"

DETERMINING = {  # By field, another value than the part above has.
    MODEL: {
        "base": "owner/large",
        "engine": "hf",
        "precision": "int8",
        "options": {"parallelize": True},
    },
    PROMPT: {"template": "{question}", "chat": True, "system": "Be brief.", "shots": 3},
    CONTEXT: {
        "source": "oracle",
        "k": 5,
        "budget": 801,
        "embedder": "owner/other",
        "reranker": "owner/reranker",
        "mode": "dense",
    },
    Decoding(): {"max_tokens": 97, "stop": ("\n",), "temperature": 0.7},
}
NAMING = {  # What a thing is called, or read from, and changes no answer.
    # A seed is told by the weights that it trained.
    MODEL: {"name": "large", "seeds": (8,), "price": Price(1.0, 2.0)},
    PROMPT: {"name": "answer", "context": "oracle"},
    CONTEXT: {"name": "narrow"},
    Decoding(): {"repeats": 3},
}
TESTED_APART = {MODEL: {"adapter", "recipe"}, Decoding(): {"draw"}}
PLACES = {MODEL: "model", PROMPT: "prompt", CONTEXT: "context", Decoding(): "decoding"}


def cases(table: dict[Any, dict[str, Any]]) -> list[Any]:
    """A case for each field of each part."""
    return [
        pytest.param(part, {name: value}, id=f"{type(part).__name__}.{name}")
        for part, row in table.items()
        for name, value in row.items()
    ]


def adapter(folder: Path, weights: bytes, alpha: int = 16) -> Path:
    """A folder of LoRA weights, trained on a base that lay somewhere."""
    folder.mkdir()
    (folder / ADAPTER_WEIGHTS).write_bytes(weights)
    config = {"base_model_name_or_path": f"/{folder.name}", "r": 8, "lora_alpha": alpha}
    (folder / CONFIG).write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize("part", DETERMINING, ids=lambda part: type(part).__name__)
def test_every_field_is_looked_at_here(part: Any) -> None:
    named = {*DETERMINING[part], *NAMING[part], *TESTED_APART.get(part, ())}
    assert named == {one.name for one in fields(part)}


@pytest.mark.parametrize(("part", "change"), cases(DETERMINING))
def test_what_can_change_an_answer_changes_the_identity(part: Any, change: dict[str, Any]) -> None:
    other = replace(part, **change)
    assert other.identity != part.identity
    changed = replace(VARIANT, **{PLACES[part]: other})
    assert changed.identity == VARIANT.identity | {PLACES[part]: other.identity}
    assert changed.fingerprint != VARIANT.fingerprint


@pytest.mark.parametrize(("part", "change"), cases(NAMING))
def test_what_a_row_is_called_does_not(part: Any, change: dict[str, Any]) -> None:
    other = replace(part, **change)
    assert other.identity == part.identity
    assert replace(VARIANT, **{PLACES[part]: other}).fingerprint == VARIANT.fingerprint


def test_a_fingerprint_is_of_the_identity_alone() -> None:
    assert VARIANT.fingerprint == fingerprint(VARIANT.identity)[:12]
    assert replace(VARIANT, name="other/name").fingerprint == VARIANT.fingerprint


@pytest.mark.parametrize("library", ANSWERING_LIBRARIES)
def test_the_version_of_a_library_changes_the_identity(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, version = MODEL.identity, harness.variants.version
    monkeypatch.setattr(
        harness.variants, "version", lambda name: "99" if name == library else version(name)
    )
    assert MODEL.identity["versions"] == before["versions"] | {library: "99"}


def test_the_device_changes_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    before = MODEL.identity
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


def test_a_folder_of_a_model_counts_by_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    model = replace(MODEL, base=str(folder))
    before = model.identity
    (folder / "model.safetensors").write_bytes(b"weights")
    assert model.identity != before


def test_a_model_to_be_trained_has_no_identity_before(tmp_path: Path) -> None:
    recipe = replace(MODEL, name="tuned", recipe="sft-rag")
    with pytest.raises(ModelError, match=r"tuned is not trained yet \(recipe sft-rag\)"):
        _ = recipe.identity
    with pytest.raises(ModelError, match="not trained yet"):
        _ = replace(VARIANT, model=recipe).fingerprint
    trained = replace(recipe, adapter=adapter(tmp_path / "tuned", b"weights"))
    # Who trained it is all one: what it trained counts.
    assert trained.identity == replace(MODEL, adapter=trained.adapter).identity


def test_an_adapter_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"it has no {CONFIG}"):
        _ = replace(MODEL, adapter=tmp_path).identity
    (tmp_path / CONFIG).write_text("{}")
    with pytest.raises(ModelError, match=f"holds no {ADAPTER_WEIGHTS}"):
        _ = replace(MODEL, adapter=tmp_path).identity


@pytest.mark.parametrize("kind", FLOORS)
def test_a_floor_is_its_kind(kind: str) -> None:
    floor = replace(FLOOR_MODEL, base=kind)
    assert floor.is_floor and not MODEL.is_floor
    assert floor.identity == {"engine": FLOOR, "kind": kind}


NO_EFFECT = [
    *(("none", change) for change in DETERMINING[CONTEXT] if change != "source"),
    *((source, change) for source in ("oracle", "misled") for change in ("k", "mode", "reranker")),
]


@pytest.mark.parametrize(("source", "name"), NO_EFFECT)
def test_what_a_context_does_not_look_at_is_not_in_its_identity(source: Any, name: str) -> None:
    context = replace(CONTEXT, source=source)
    other = replace(context, **{name: DETERMINING[CONTEXT][name]})
    assert other.identity == context.identity


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (source, name)
        for source in SOURCES
        for name in DETERMINING[CONTEXT]
        if name != "source" and (source, name) not in NO_EFFECT
    ],
)
def test_what_a_context_looks_at_is_in_its_identity(source: Any, name: str) -> None:
    context = replace(CONTEXT, source=source)
    other = replace(context, **{name: DETERMINING[CONTEXT][name]})
    assert other.identity != context.identity


def test_contexts_of_other_sources_are_others() -> None:
    identities = [fingerprint(replace(CONTEXT, source=one).identity) for one in SOURCES]
    assert len(set(identities)) == len(SOURCES)


def test_a_hub_models_identity_has_its_commit_once_it_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The id alone stood in the key and in the signature: another commit's answers were taken.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert MODEL.identity["base"] == "owner/small"
    cached = tmp_path / "models--owner--small"
    for sha in (SHA, SHA[::-1]):
        snapshot = cached / "snapshots" / sha
        snapshot.mkdir(parents=True)
        (snapshot / "config.json").write_text("{}")
        (cached / "refs").mkdir(exist_ok=True)
        (cached / "refs" / "main").write_text(sha)
        assert MODEL.identity["base"] == f"owner/small@{sha[:12]}"
    searching = replace(CONTEXT, embedder="owner/small", reranker="owner/small").identity
    assert searching["embedder"] == searching["reranker"] == MODEL.identity["base"]
    assert replace(MODEL, base="owner/other").identity["base"] == "owner/other"


def test_a_variant_is_one_replicate_for_each_seed_and_draw() -> None:
    trained = replace(VARIANT.model, recipe="sft", seeds=(7, 8))
    drawn = Decoding(temperature=0.7, repeats=2)
    several = replace(VARIANT, model=trained, decoding=drawn)
    assert [one.replicate for one in several.replicates] == [
        "seed=7+draw=1",
        "seed=7+draw=2",
        "seed=8+draw=1",
        "seed=8+draw=2",
    ]
    assert [one.model.label for one in several.replicates][::2] == ["small+seed=7", "small+seed=8"]
    assert [one.replicate for one in VARIANT.replicates] == [""]


def test_another_draw_is_another_answer() -> None:
    first, second = replace(VARIANT, decoding=Decoding(temperature=0.7, repeats=2)).replicates
    assert first.identity != second.identity
    assert first.identity["decoding"] == second.identity["decoding"]


def test_how_a_server_is_reached_says_nothing_of_its_answers() -> None:
    served = Model("served", "m", engine="local-completions", options={"base_url": "http://a/v1"})
    patient = replace(served, options={**served.options, "num_concurrent": 8, "timeout": 9})
    elsewhere = replace(served, options={"base_url": "http://b/v1"})
    assert patient.identity == served.identity != elsewhere.identity
    assert (served.kind, served.tokenizer) == ("served", None)


def test_a_file_of_answers_counts_by_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{}")
    (tmp_path / "b.jsonl").write_text("{}")
    (tmp_path / "c.jsonl").write_text("{ }")
    a, b, c = (Model("t", str(tmp_path / f"{x}.jsonl"), engine=ANSWERS).identity for x in "abc")
    assert a == b != c


def test_a_function_counts_by_the_file_it_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "assistant_one.py").write_text("def answer(question): return question\n")
    (tmp_path / "assistant_two.py").write_text("def answer(question): return 'no'\n")
    one, two = (Model("t", f"assistant_{x}:answer", engine=CALL).identity for x in ("one", "two"))
    assert one["source"] != two["source"]
