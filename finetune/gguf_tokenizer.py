"""
A tokenizer of transformers → the ``tokenizer.ggml`` fields of a GGUF file.

Llama models come with one of two: byte-level BPE (SmolLM2, Llama 3), which GGUF calls ``gpt2``,
and SentencePiece's BPE that falls back to bytes (LLaMA 2), which it calls ``llama``.
"""

import json
import re
from typing import Any

from gguf import GGUFWriter, TokenType

from harness.errors import ModelError


def add_tokenizer(writer: GGUFWriter, tokenizer: Any, size: int) -> None:
    """Add the fields of ``tokenizer`` to ``writer``.

    Args:
        writer: of a file whose header is not written yet.
        tokenizer: of transformers, backed by the tokenizers library.
        size: tokens that the model has embeddings of; those without a text are marked unused.

    Raises:
        ModelError: the tokenizer is of another kind, or has more tokens than ``size``.
    """
    backend = json.loads(tokenizer.backend_tokenizer.to_str())
    model = backend["model"]
    if model["type"] != "BPE":
        raise ModelError(f"GGUF is written for tokenizers of kind BPE; this one is {model['type']}")
    texts = {number: text for text, number in tokenizer.get_vocab().items()}
    if max(texts) >= size:
        raise ModelError(
            f"the tokenizer numbers its tokens up to {max(texts)}, and the model has embeddings "
            f"of {size}: these two do not belong together"
        )
    if model["byte_fallback"]:
        writer.add_tokenizer_model("llama")
        writer.add_tokenizer_pre("default")
        writer.add_token_scores(_scores(model["merges"], texts, size))
        first = tokenizer.backend_tokenizer.encode("a", add_special_tokens=False).tokens[0]
        writer.add_add_space_prefix(first.startswith("▁"))  # How SentencePiece writes a space.
    else:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(_pre_tokenizer(backend))
        writer.add_token_merges([" ".join(pair) for pair in model["merges"]])
    writer.add_token_list([texts.get(number, f"[PAD{number}]") for number in range(size)])
    writer.add_token_types([_kind(tokenizer, texts.get(n), n) for n in range(size)])
    _add_special_tokens(writer, tokenizer)


def _scores(merges: list[list[str]], texts: dict[int, str], size: int) -> list[float]:
    """Scores in the order of SentencePiece's own, which tokenizer.json keeps as merges alone.

    A reader joins the pair whose whole scores highest, so only the order counts.
    """
    rank = {"".join(pair): place for place, pair in reversed([*enumerate(merges)])}
    return [-float(rank.get(texts.get(number, ""), len(merges))) for number in range(size)]


def _pre_tokenizer(backend: dict[str, Any]) -> str:
    """llama.cpp's name for how text is cut before merging: it knows the rules by name alone."""
    from transformers.integrations.gguf.gguf_tokenizer_mapping import GGUF_PRE_TOKENIZER_SPLITS

    outer = backend["pre_tokenizer"] or {"type": "none"}
    steps = outer.get("pretokenizers", [outer])
    name = None
    match [step["type"] for step in steps]:
        case ["ByteLevel"] if steps[0]["use_regex"]:
            name = "gpt-2"
        case ["Digits", "ByteLevel"] if steps[0]["individual_digits"] and steps[1]["use_regex"]:
            name = "smollm"
        case ["Split", "ByteLevel"] if not steps[1]["use_regex"]:
            if steps[0]["pattern"].get("Regex") == GGUF_PRE_TOKENIZER_SPLITS["llama-bpe"]:
                name = "llama-bpe"
    whole_words = bool(backend["model"].get("ignore_merges"))
    as_named = whole_words == (name == "llama-bpe") and not steps[-1].get("add_prefix_space")
    if name is None or backend["normalizer"] or not as_named:
        raise ModelError(
            "GGUF names how a tokenizer cuts text, and there is a name for the way of GPT-2, "
            f"SmolLM and Llama 3; this tokenizer has another: {json.dumps(outer)[:200]}"
        )
    return name


def _kind(tokenizer: Any, text: str | None, number: int) -> TokenType:
    added = tokenizer.added_tokens_decoder.get(number)
    if text is None:
        return TokenType.UNUSED
    if number == tokenizer.unk_token_id and text == "<unk>":
        return TokenType.UNKNOWN
    if added is not None:
        return TokenType.CONTROL if added.special else TokenType.USER_DEFINED
    return TokenType.BYTE if re.fullmatch(r"<0x[0-9A-F]{2}>", text) else TokenType.NORMAL


def _add_special_tokens(writer: GGUFWriter, tokenizer: Any) -> None:
    """Their numbers, whether a text is wrapped in them (as it is seen to be), the chat template."""
    for name in ("bos_token_id", "eos_token_id", "unk_token_id", "pad_token_id"):
        if (number := getattr(tokenizer, name)) is not None:
            getattr(writer, f"add_{name}")(number)
    wrapped = tokenizer("a").input_ids
    writer.add_add_bos_token(wrapped[0] == tokenizer.bos_token_id)
    writer.add_add_eos_token(wrapped[-1] == tokenizer.eos_token_id)
    if isinstance(tokenizer.chat_template, str):
        writer.add_chat_template(tokenizer.chat_template)
