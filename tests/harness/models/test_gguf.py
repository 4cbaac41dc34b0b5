"""Gemma, out of its GGUF file: converted whole, asked and trained on with the same ids."""

import json
import os
from pathlib import Path

import pytest

from harness.models.catalogue import entry_of, fetch
from tests.asking import asked

PROMPT = "Water boils at a temperature of"


@pytest.fixture(scope="module")
def gemma(home: Path) -> Path:  # noqa: ARG001
    """The model's folder, where somebody has accepted its terms: tests accept none for them."""
    entry = entry_of("gemma3-270m")
    if entry.folder.is_dir():
        return entry.folder
    if os.environ.get("POLICYQA_ACCEPT_TERMS") != entry.name:
        pytest.skip(
            f"the terms of {entry.name} are not accepted here: {entry.terms}; accept them by "
            f"POLICYQA_ACCEPT_TERMS={entry.name}, or policyqa model fetch"
        )
    return fetch(entry.name, accept_terms=True)


@pytest.mark.slow
def test_gemma_is_converted_asked_and_trained_on_with_the_same_ids(gemma: Path) -> None:
    from finetune.examples import IGNORED, tokenise, tokenizer_of
    from harness.models.policyqa_hf import PolicyQALM

    config = json.loads((gemma / "config.json").read_text())
    assert (config["sliding_window"], config["layer_types"].count("full_attention")) == (512, 3)
    thetas = {kind: one["rope_theta"] for kind, one in config["rope_parameters"].items()}
    assert thetas == {"full_attention": 1e6, "sliding_attention": 1e4}

    model = PolicyQALM("gemma3-270m", device="cpu")
    weights = model.model
    assert weights.lm_head.weight is weights.model.embed_tokens.weight
    assert sum(one.numel() for one in weights.parameters()) == 268_098_176
    assert weights.generation_config.eos_token_id == model.tokenizer.eos_token_id == 1
    assert model.tokenizer.chat_template is None  # A base model.

    trained = tokenise(tokenizer_of(str(gemma)), PROMPT, " 100 degrees Celsius.")
    read = model.tok_batch_encode([PROMPT])[0][0].tolist()
    assert read[0] == model.tokenizer.bos_token_id == 2
    assert trained.input_ids[: trained.labels.count(IGNORED)] == read == model.tok_encode(PROMPT)
    requests = asked([PROMPT], until=["\n"], max_gen_toks=8)
    assert model.generate_until(requests, disable_tqdm=True) == [" 100 degrees Celsius."]
