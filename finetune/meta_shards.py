"""
The ``consolidated.*.pth`` of Meta's checkpoints: mapped, and checked against what they should hold.

They are read as tensors alone; code in one is never run.
"""

import pickle
import re
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.meta_layout import Params, SplitWeight
from harness.errors import ModelError

COMPUTED = re.compile(r"(.+\.)?rope\.freqs")
"""What some checkpoints carry and no model needs: the rotary frequencies."""
EMBEDDINGS, OUTPUT = "tok_embeddings.weight", "output.weight"
FIRST_FEED_FORWARD = "layers.0.feed_forward.w1.weight"


@dataclass(frozen=True)
class Shard:
    """One ``consolidated.*.pth``; its tensors stay on disk until they are used."""

    path: Path
    tensors: dict[str, Any]

    def tensor(self, name: str) -> Any:
        """The tensor of that name.

        Raises:
            ModelError: there is none.
        """
        if name not in self.tensors:
            raise ModelError(
                f"{self.path} lacks the weight {name}; found {len(self.tensors)} others. "
                "Download it again, or correct n_layers of params.json"
            )
        return self.tensors[name]

    def misfit(self, name: str, wanted: str) -> ModelError:
        """That the tensor of that name has another shape than is ``wanted``."""
        return ModelError(
            f"{self.path}: {name} has the shape {list(self.tensors[name].shape)}, which does not "
            f"fit {wanted}; params.json and weights belong to different models"
        )


def read_shards(folder: Path) -> list[Shard]:
    """The shards of a checkpoint, by number.

    Raises:
        ModelError: one is missing, cut short, damaged, or holds more than tensors.
    """
    found = sorted(path.name for path in folder.glob("consolidated.*.pth"))
    # Of as many as there are, one is missing if their numbers have a gap.
    names = [f"consolidated.{number:02d}.pth" for number in range(max(1, len(found)))]
    missing = sorted({*names} - {*found})
    if missing:
        raise ModelError(
            f"{folder} lacks {', '.join(missing)}; found {', '.join(found) or 'no shard'}"
        )
    return [_read_shard(folder / name) for name in names]


def sizes_of(params: Params, shards: Sequence[Shard], folder: Path) -> tuple[int, dict[str, Any]]:
    """The dimension that the embeddings are split along, and fields of a ``LlamaConfig``.

    They are what only the weights tell: vocabulary, feed-forward size, number format, and whether
    the output is the embeddings again, as in the small models of Llama 3.2.

    Raises:
        ModelError: a weight that tells them is missing, or does not fit ``params.json``.
    """
    for name in (EMBEDDINGS, FIRST_FEED_FORWARD):
        if shards[0].tensor(name).ndim != 2:
            raise shards[0].misfit(name, "a matrix")
    embedded = shards[0].tensor(EMBEDDINGS)
    words, width = embedded.shape
    if width not in (params.dim, params.dim // len(shards)):
        raise shards[0].misfit(EMBEDDINGS, f"dim {params.dim} of params.json")
    # LLaMA 1 and 2 split the embeddings by feature, Llama 3 by word.
    split = 1 if width * len(shards) == params.dim else 0
    vocabulary = words if split else words * len(shards)
    if params.vocab_size not in (-1, vocabulary):
        raise ModelError(
            f"{folder}: the weights have {vocabulary:,} words, params.json says "
            f"{params.vocab_size:,}; they belong to different models"
        )
    return split, {
        "vocab_size": vocabulary,
        "intermediate_size": shards[0].tensor(FIRST_FEED_FORWARD).shape[0] * len(shards),
        "tie_word_embeddings": _is_tied(shards, split),
        "dtype": embedded.dtype,
    }


def refuse_misfits(expected: Collection[SplitWeight], shards: Sequence[Shard]) -> None:
    """Pass shards that hold the expected weights, in their shapes, and nothing else.

    Raises:
        ModelError: one does not.
    """
    known = {OUTPUT, *(weight.source for weight in expected)}
    for shard in shards:
        unknown = [n for n in shard.tensors if n not in known and not COMPUTED.fullmatch(n)]
        if unknown:
            raise ModelError(
                f"{shard.path} holds {len(unknown)} weights that a LLaMA of this params.json does "
                f"not have, {unknown[0]} first; is it another architecture, or fewer n_layers?"
            )
    for weight in expected:
        for shard in shards:
            found = shard.tensor(weight.source)
            if not weight.fits(found.shape):
                whole = f"{list(weight.whole.shape)} in {weight.parts} parts, as params.json asks"
                raise shard.misfit(weight.source, whole)
            if found.dtype != (first := shards[0].tensor(weight.source)).dtype:
                raise ModelError(
                    f"{shard.path}: {weight.source} is {found.dtype}, and {first.dtype} in "
                    f"{shards[0].path.name}; the shards are not of one checkpoint"
                )
        # The first layer speaks for all: that neighbours hold copies is a matter of the layout.
        if weight.parts < len(shards) and weight.source.startswith("layers.0."):
            _refuse_what_is_no_copy(weight, shards)


def _refuse_what_is_no_copy(weight: SplitWeight, shards: Sequence[Shard]) -> None:
    """Of shards that share a head of keys and values, one is used: the others must equal it."""
    import torch

    copies, rest = divmod(len(shards), weight.parts)
    held = [shard.tensor(weight.source) for shard in shards]
    for number, (shard, part) in enumerate(zip(shards, held, strict=True)):
        if rest or not torch.equal(part, held[number - number % copies]):
            raise ModelError(
                f"{shard.path}: {weight.source} should repeat that of a neighbouring shard, since "
                f"{weight.parts} heads of keys and values are in {len(shards)} shards, and does not"
            )


def refuse_flipped_bytes(shard: Shard) -> None:
    """Read a whole shard and compare its checksums.

    Raises:
        ModelError: one is another than was written.
    """
    try:
        with zipfile.ZipFile(shard.path) as archive:
            other = archive.testzip()
        reason = other and f"the CRC-32 of {other} is not that of its contents"
    except zipfile.BadZipFile as error:
        reason = str(error)
    if reason:
        raise ModelError(f"{shard.path} is damaged: {reason}; download it again")


def _read_shard(path: Path) -> Shard:
    """Map a shard's tensors without reading them, and without running what else it may hold."""
    import torch

    if not zipfile.is_zipfile(path):
        raise ModelError(
            f"{path} is cut short, or not in the zip format of torch.save, and is not read "
            f"({path.stat().st_size:,} bytes); download it again"
        )
    try:
        tensors = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError as error:
        code = re.search(r"GLOBAL (\S+)", str(error))
        raise ModelError(
            f"{path} is not safe: it holds more than tensors"
            f"{f' (it would call {code[1]})' if code else ''}; nothing in it was run. "
            "Get the weights from where Meta publishes them"
        ) from error
    except (RuntimeError, OSError, EOFError, ValueError, LookupError, TypeError) as error:
        reason = str(error).split("\n")[0]
        raise ModelError(f"{path} is damaged ({reason}); download it again") from error
    if not isinstance(tensors, dict) or not all(map(torch.is_tensor, tensors.values())):
        raise ModelError(f"{path} holds no weights by name, as a checkpoint of Meta's does")
    for name, tensor in tensors.items():
        plain = tensor.dtype in (torch.float32, torch.float16, torch.bfloat16)
        if not (plain and tensor.layout == torch.strided) and not COMPUTED.fullmatch(name):
            raise ModelError(
                f"{path}: {name} is {tensor.dtype}, {tensor.layout}; dense weights in float32, "
                "float16 or bfloat16 are converted, quantised and sparse ones are not"
            )
    return Shard(path, {name: tensor.detach() for name, tensor in tensors.items()})


def _is_tied(shards: Sequence[Shard], split: int) -> bool:
    """Whether there is no output of its own, or it is the embeddings again."""
    import torch

    if all(OUTPUT not in shard.tensors for shard in shards):
        return True
    output = torch.cat([shard.tensor(OUTPUT) for shard in shards], 0)
    embedded = torch.cat([shard.tensor(EMBEDDINGS) for shard in shards], split)
    return bool(torch.equal(output, embedded))
