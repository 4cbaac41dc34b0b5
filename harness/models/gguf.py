"""
A GGUF file → a Hugging Face folder: float32, safetensors, tokenizer with its chat template, if any.

The weights are de-quantised, not restored: a figure on quality kept under int8 compares with
weights that were 4-bit once.
"""

from pathlib import Path


def convert(source: Path, folder: Path) -> Path:
    """Convert ``source`` into ``folder`` and return it.

    transformers refuses to save a model it loaded from GGUF, since its configuration still calls
    it quantised; so the tensors move into a fresh model of the same, plain, configuration.
    """
    import torch
    from transformers import AutoModelForCausalLM, GenerationConfig, PreTrainedTokenizerFast

    loaded = AutoModelForCausalLM.from_pretrained(
        source.parent, gguf_file=source.name, dtype=torch.float32
    )
    config = type(loaded.config).from_dict(
        {k: v for k, v in loaded.config.to_dict().items() if k != "quantization_config"}
    )
    with torch.device("meta"):  # No weights are drawn only to be replaced.
        plain = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    plain.load_state_dict(loaded.state_dict(), strict=True, assign=True)
    plain.tie_weights()
    plain.generation_config = GenerationConfig(
        bos_token_id=config.bos_token_id,
        eos_token_id=config.eos_token_id,
        pad_token_id=config.pad_token_id,
    )
    # AutoTokenizer would read the whole file again, for its configuration.
    tokenizer = PreTrainedTokenizerFast.from_pretrained(source.parent, gguf_file=source.name)
    tokenizer.model_max_length = config.max_position_embeddings
    plain.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
