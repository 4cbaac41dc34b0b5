"""
Meta's original LLaMA checkpoint → a Hugging Face folder, in the number format it has.

A folder with ``params.json`` and ``consolidated.00.pth`` … is checked for all but flipped bytes
before any long work: ``read_meta_checkpoint``. ``convert_meta_checkpoint`` compares the checksums,
then joins weight by weight and writes file by file, so that memory holds one file of at most
``FILE_BYTES``.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from finetune.folders import new_folder
from finetune.meta_layout import CONTEXT, Params, SplitWeight, split_weights
from finetune.meta_shards import (
    Shard,
    read_shards,
    refuse_flipped_bytes,
    refuse_misfits,
    sizes_of,
)
from finetune.meta_tokenizer import END_OF_TURN, SPECIAL_TOKENS, find_tokenizer, read_tokenizer
from harness.errors import ModelError
from harness.files import write_json
from harness.progress import Advance, silent
from harness.reading import read_json
from harness.validation import validated

FILE_BYTES = 2_000_000_000
"""A file of weights holds at most this much, or one weight that is larger."""


@dataclass(frozen=True)
class MetaCheckpoint:
    """A checkpoint of Meta's that fits its ``params.json``, ready to be converted."""

    params: Params
    shards: list[Shard]
    config: Any
    """The ``LlamaConfig`` of the result."""
    weights: dict[str, SplitWeight]
    """By name in transformers."""
    tokenizer: Path | None

    @cached_property
    def files(self) -> Any:
        """Which weights each file of the result holds (huggingface_hub's ``StateDictSplit``)."""
        from huggingface_hub import split_torch_state_dict_into_shards

        whole = {name: weight.whole for name, weight in self.weights.items()}
        return split_torch_state_dict_into_shards(whole, max_shard_size=FILE_BYTES)

    @property
    def disk(self) -> int:
        """Bytes of weights that will be written."""
        return int(self.files.metadata["total_size"])

    @property
    def memory(self) -> int:
        """Bytes of weights in memory at once, at most: a file, and a weight while it is joined."""
        sizes = {name: int(weight.whole.nbytes) for name, weight in self.weights.items()}
        files = self.files.filename_to_tensors.values()
        return max(sum(sizes[name] for name in names) for names in files) + max(sizes.values())


def read_meta_checkpoint(folder: Path, context: int | None = None) -> MetaCheckpoint:
    """Check a folder of Meta's; no weight is read yet, but those that tell a tied output.

    Args:
        folder: holds ``params.json`` and ``consolidated.00.pth`` …; the tokenizer may lie above it.
        context: tokens that the model takes at most; by its generation if None.

    Raises:
        ModelError: a file is missing, damaged or unsafe, or the weights do not fit ``params.json``.
    """
    params = _read_params(folder)
    shards = read_shards(folder)
    embeddings, sizes = sizes_of(params, shards, folder)
    context = context or CONTEXT[params.generation]
    config = params.config(max_position_embeddings=context, **sizes)
    weights = split_weights(config, len(shards), embeddings)
    refuse_misfits(weights.values(), shards)
    return MetaCheckpoint(params, shards, config, weights, find_tokenizer(folder))


def convert_meta_checkpoint(
    checkpoint: MetaCheckpoint, target: Path, advance: Advance = silent
) -> None:
    """Write the Hugging Face folder ``target``, whole or not at all.

    ``advance`` hears bytes of weights written and in all.

    Raises:
        ConfigError: ``target`` is there already.
        ModelError: the disk has no room, a shard is damaged, the tokenizer is not the model's, or
            writing failed.
    """
    with new_folder(target, checkpoint.disk) as folder:
        _write_settings(checkpoint, folder)
        for shard in checkpoint.shards:
            refuse_flipped_bytes(shard)
        _write_weights(checkpoint, folder, advance)


def _read_params(folder: Path) -> Params:
    path = folder / "params.json"
    if not path.is_file():
        found = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
        raise ModelError(
            f"{folder} holds no params.json, so it is no checkpoint of Meta's; found "
            f"{', '.join(found[:8]) or 'nothing'}. It comes with the weights: download it again"
        )
    return validated(Params, read_json(path), path, ModelError)


def _write_settings(checkpoint: MetaCheckpoint, folder: Path) -> None:
    """Configuration and tokenizer; the latter says where texts begin and end."""
    from transformers import GenerationConfig

    config, generation = checkpoint.config, checkpoint.params.generation
    is_llama3 = generation.startswith("Llama 3")
    # From Llama 3 on, special tokens follow the words; before, they come first.
    begin = config.vocab_size - SPECIAL_TOKENS if is_llama3 else 1
    if checkpoint.tokenizer:
        tokenizer = read_tokenizer(checkpoint.tokenizer, generation, config.vocab_size)
        tokenizer.model_max_length = config.max_position_embeddings
        tokenizer.save_pretrained(folder)
        config.bos_token_id, config.eos_token_id = tokenizer.bos_token_id, tokenizer.eos_token_id
    elif begin > 0:
        config.bos_token_id, config.eos_token_id = begin, begin + 1
    else:  # A vocabulary too small for them has none.
        config.bos_token_id, config.eos_token_id = None, None
    config.save_pretrained(folder)
    # A chat model ends its turn in another way than a text ends.
    turned = [begin + 1, begin + END_OF_TURN]
    ends = turned if is_llama3 and begin > 0 else config.eos_token_id
    GenerationConfig(bos_token_id=config.bos_token_id, eos_token_id=ends).save_pretrained(folder)


def _write_weights(checkpoint: MetaCheckpoint, folder: Path, advance: Advance) -> None:
    from safetensors.torch import save_file

    files, done = checkpoint.files, 0
    for file, names in files.filename_to_tensors.items():
        tensors = {}
        for name in names:
            weight = checkpoint.weights[name]
            held = [shard.tensor(weight.source) for shard in checkpoint.shards]
            tensors[name] = weight.joined(held)
            done += weight.whole.nbytes
            advance(done, checkpoint.disk)
        save_file(tensors, folder / file, metadata={"format": "pt"})
    if files.is_sharded:
        index = {"metadata": files.metadata, "weight_map": files.tensor_to_filename}
        write_json(folder / "model.safetensors.index.json", index)
