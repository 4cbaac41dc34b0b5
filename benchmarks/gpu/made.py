"""A model of random weights, with a tokenizer of as many words and an adapter, made on the spot."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORDS_OF_OTHERS = 3
"""Of the vocabulary: what is unknown, begins and ends."""


@dataclass(frozen=True)
class Shape:
    """A Llama, and how much is asked of it."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    batches: tuple[int, ...]
    """Answers at a time."""
    prompt: int
    """Tokens of each."""
    answer: int
    """Tokens of each."""
    rows: int
    """Examples of a step of training."""
    example: int
    """Tokens of each."""
    steps: int
    """Of training; what the first takes is not counted."""

    def batches_of(self, stage: str) -> tuple[int, ...]:
        """At which batches a stage measures."""
        if stage == "made":
            return (1,)
        return (self.rows,) if stage.startswith("training") else self.batches


SEVEN = Shape(4096, 32, 32, 11008, 32_000, (1, 8, 32, 128), 256, 64, 8, 512, 4)
"""LLaMA-2-7B's (arXiv:2307.09288)."""
TINY = Shape(64, 2, 4, 128, 256, (1, 2), 12, 4, 2, 16, 2)


def make_model(shape: Shape, folder: Path) -> None:
    """Random weights in bfloat16 with their tokenizer into ``folder``, and ``adapter`` beside it.

    They are drawn on the GPU, if there is one.
    """
    import torch
    from peft import get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    from finetune.recipe import load_recipe
    from finetune.trainer import adapter_config

    config = LlamaConfig(
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.intermediate,
        vocab_size=shape.vocabulary,
        max_position_embeddings=4096,
        dtype=torch.bfloat16,
        **dict(zip(("unk_token_id", "bos_token_id", "eos_token_id"), range(3), strict=True)),
        pad_token_id=2,
    )
    torch.manual_seed(0)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        model = LlamaForCausalLM._from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(folder)
    tokenizer(shape).save_pretrained(folder)
    adapted = get_peft_model(model, adapter_config(load_recipe("sft"), model))
    for name, weights in adapted.named_parameters():
        if "lora_B" in name:  # Nothing would be added by zeros.
            torch.nn.init.normal_(weights, std=0.02)
    adapted.save_pretrained(folder.with_name("adapter"))


def tokenizer(shape: Shape) -> Any:
    """A token is a word, as ``w17``, of as many as the model has."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import PreTrainedTokenizerFast

    words = [f"w{place}" for place in range(WORDS_OF_OTHERS, shape.vocabulary)]
    vocabulary = {word: place for place, word in enumerate(["<unk>", "<s>", "</s>", *words])}
    made = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))  # noqa: S106
    made.pre_tokenizer = WhitespaceSplit()
    special = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "</s>"}
    return PreTrainedTokenizerFast(tokenizer_object=made, padding_side="left", **special)


def prompts(shape: Shape, count: int) -> list[str]:
    """So many different ones, of ``shape.prompt`` tokens each."""
    drawn = random.Random(0)  # noqa: S311
    words = [f"w{place}" for place in range(WORDS_OF_OTHERS, shape.vocabulary)]
    return [" ".join(drawn.choices(words, k=shape.prompt)) for _ in range(count)]
