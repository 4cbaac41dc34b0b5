"""
Meta's original LLaMA checkpoint → a Hugging Face folder, in the number format it has.

A folder with ``params.json`` and ``consolidated.00.pth`` … is checked for all but flipped bytes
before any long work: ``read_checkpoint``. ``convert`` compares the checksums, then joins weight by
weight and writes file by file, so that memory holds one file of at most ``FILE_BYTES``.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.meta_layout import CONTEXT, Params, Weight, configuration, weights
from finetune.meta_shards import (
    Shard,
    contents,
    read_shards,
    refuse_flipped_bytes,
    refuse_misfits,
    sizes_of,
)
from finetune.meta_tokenizer import END_OF_TURN, SPECIAL_TOKENS, find_tokenizer, read_tokenizer
from harness.errors import ConfigError, ModelError
from harness.files import hash_file, json_object, locked, put_folder, write_json
from harness.progress import Advance, silent
from harness.validation import validated

FILE_BYTES = 2_000_000_000
"""A file of weights holds at most this much, or one weight that is larger."""
RECORD = "conversion.json"
"""In the converted folder: what it was made of."""
METHOD = 2
"""Raised when what ``convert`` writes changes."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint of Meta's that fits its ``params.json``, ready to be converted."""

    params: Params
    shards: list[Shard]
    config: Any
    """The ``LlamaConfig`` of the result."""
    weights: dict[str, Weight]
    """By name in transformers."""
    tokenizer: Path | None
    record: dict[str, Any]
    """All that determines the result, as JSON."""

    def bytes_of(self, name: str) -> int:
        """Size of a weight of the result."""
        weight = self.weights[name]
        size: int = self.shards[0].tensors[weight.source].element_size()
        for length in weight.shape:
            size *= length
        return size

    @property
    def files(self) -> dict[str, list[str]]:
        """Names of the weights that each file of the result will hold."""
        from huggingface_hub import split_state_dict_into_shards_factory

        split = split_state_dict_into_shards_factory(
            {name: self.bytes_of(name) for name in self.weights},
            get_storage_size=lambda size: size,
            filename_pattern="model{suffix}.safetensors",
            max_shard_size=FILE_BYTES,
        )
        return split.filename_to_tensors

    @property
    def disk(self) -> int:
        """Bytes of weights that will be written."""
        return sum(map(self.bytes_of, self.weights))

    @property
    def memory(self) -> int:
        """Bytes of weights in memory at once, at most: a file, and a weight while it is joined."""
        largest = max(sum(map(self.bytes_of, names)) for names in self.files.values())
        return largest + max(map(self.bytes_of, self.weights))


def read_checkpoint(folder: Path, context: int | None = None) -> Checkpoint:
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
    sizes["max_position_embeddings"] = context or CONTEXT[params.generation]
    config = configuration(params, sizes)
    expected = weights(config, len(shards), embeddings)
    refuse_misfits(expected, shards)
    tokenizer = find_tokenizer(folder)
    record = {
        "method": METHOD,
        "params": params.model_dump(mode="json"),
        "context": config.max_position_embeddings,
        "shards": {shard.path.name: contents(shard.path) for shard in shards},
        "tokenizer": hash_file(tokenizer) if tokenizer else None,
    }
    return Checkpoint(params, shards, config, expected, tokenizer, record)


def convert(checkpoint: Checkpoint, target: Path, advance: Advance = silent) -> bool:
    """Write the Hugging Face folder ``target``, whole or not at all; False where it is there.

    Args:
        checkpoint: from ``read_checkpoint``.
        target: is made; killed before it is finished, nothing of it is there.
        advance: hears of bytes of weights written.

    Raises:
        ConfigError: ``target`` holds something else.
        ModelError: the disk has no room, a shard is damaged, the tokenizer is not the model's, or
            writing failed.
    """
    from safetensors import SafetensorError

    target = target.expanduser().resolve()
    with locked(target):
        if _is_finished(target, checkpoint):
            return False
        partial = target.with_name(target.name + ".converting")
        shutil.rmtree(partial, ignore_errors=True)
        free = shutil.disk_usage(target.parent).free
        if free < checkpoint.disk:
            raise ModelError(
                f"{target} needs {gigabytes(checkpoint.disk)} of disk, and {gigabytes(free)} are "
                "free there; make room, or name a folder on another disk"
            )
        try:
            partial.mkdir()
            _write_settings(checkpoint, partial)
            for shard in checkpoint.shards:
                refuse_flipped_bytes(shard)
            _write_weights(checkpoint, partial, advance)
            write_json(partial / RECORD, checkpoint.record)
            put_folder(partial, target)
        except (OSError, SafetensorError) as error:
            raise ModelError(f"could not write {target}: {error}") from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return True


def gigabytes(size: int) -> str:
    """Bytes as text."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"


def _read_params(folder: Path) -> Params:
    path = folder / "params.json"
    if not path.is_file():
        found = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
        raise ModelError(
            f"{folder} holds no params.json, so it is no checkpoint of Meta's; found "
            f"{', '.join(found[:8]) or 'nothing'}. It comes with the weights: download it again"
        )
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from error
    return validated(Params, json_object(text, str(path)), path, ModelError)


def _is_finished(target: Path, checkpoint: Checkpoint) -> bool:
    """Whether ``target`` is the result; refuses to replace what is something else."""
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return False
    record = target / RECORD
    if not record.is_file() or json_object(record.read_text("utf-8"), str(record)) != (
        checkpoint.record
    ):
        raise ConfigError(f"{target} is there and holds something else; name another folder")
    return True


def _write_settings(checkpoint: Checkpoint, folder: Path) -> None:
    """Configuration and tokenizer; the latter says where texts begin and end."""
    from transformers import GenerationConfig

    config, generation = checkpoint.config, checkpoint.params.generation
    # From Llama 3 on, special tokens follow the words; before, they come first.
    begin = config.vocab_size - SPECIAL_TOKENS if generation.startswith("Llama 3") else 1
    known = begin > 0  # A vocabulary too small for them has none.
    ends = {"bos_token_id": begin if known else None, "eos_token_id": begin + 1 if known else None}
    if checkpoint.tokenizer:
        tokenizer = read_tokenizer(checkpoint.tokenizer, generation, config.vocab_size)
        tokenizer.model_max_length = config.max_position_embeddings
        tokenizer.save_pretrained(folder)
        ends = {f"{end}_token_id": getattr(tokenizer, f"{end}_token_id") for end in ("bos", "eos")}
    for name, number in ends.items():
        setattr(config, name, number)
    config.save_pretrained(folder)
    if generation.startswith("Llama 3") and known:
        # A chat model ends its turn in another way than a text ends.
        ends["eos_token_id"] = [begin + 1, begin + END_OF_TURN]
    GenerationConfig(**ends).save_pretrained(folder)


def _write_weights(checkpoint: Checkpoint, folder: Path, advance: Advance) -> None:
    from safetensors.torch import save_file

    done, places = 0, {}
    for file, names in checkpoint.files.items():
        tensors = {}
        for name in names:
            weight = checkpoint.weights[name]
            tensors[name] = weight.whole(
                [shard.tensors[weight.source] for shard in checkpoint.shards]
            )
            places[name] = file
            done += checkpoint.bytes_of(name)
            advance(done, checkpoint.disk)
        save_file(tensors, folder / file, metadata={"format": "pt"})
    if len(checkpoint.files) > 1:
        index = {"metadata": {"total_size": checkpoint.disk}, "weight_map": places}
        write_json(folder / "model.safetensors.index.json", index)
