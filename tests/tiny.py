"""Models of random weights, with the real tokenizers: all the parts, none of the time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any


def write_random(tokenizer_of: Path, folder: Path, make: Callable[[Any], Any]) -> Path:
    """What ``make`` makes for the tokenizer of the model in that folder, with that tokenizer."""
    import torch
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tokenizer_of)
    torch.manual_seed(0)
    make(tokenizer).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def write_llama(tokenizer_of: Path, folder: Path) -> Path:
    """A two-layer Llama."""
    from transformers import LlamaConfig, LlamaForCausalLM

    def make(tokenizer: Any) -> Any:
        config = LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=2048,
            tie_word_embeddings=True,
            initializer_range=0.2,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
        return LlamaForCausalLM(config)

    return write_random(tokenizer_of, folder, make)


def write_adapter(base: Path, folder: Path, **options: Any) -> Path:
    """A LoRA adapter of random weights, large enough to change answers."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    targets = ["q_proj", "v_proj"]
    wanted = LoraConfig(task_type="CAUSAL_LM", r=8, target_modules=targets, **options)
    adapted = get_peft_model(AutoModelForCausalLM.from_pretrained(base), wanted)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name or "modules_to_save" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    adapted.save_pretrained(folder)
    return folder


def write_encoder(tokenizer_of: Path, folder: Path) -> Path:
    """A one-layer BERT."""
    from transformers import BertConfig, BertModel

    sizes = {"hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64}

    def make(tokenizer: Any) -> Any:
        return BertModel(BertConfig(vocab_size=len(tokenizer), num_hidden_layers=1, **sizes))

    return write_random(tokenizer_of, folder, make)


def write_cross_encoder(tokenizer_of: Path, folder: Path) -> Path:
    """A one-layer BERT that gives a pair of texts one number."""
    from transformers import BertConfig, BertForSequenceClassification

    sizes = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 16}

    def make(tokenizer: Any) -> Any:
        config = BertConfig(vocab_size=len(tokenizer), num_hidden_layers=1, num_labels=1, **sizes)
        return BertForSequenceClassification(config)

    return write_random(tokenizer_of, folder, make)
