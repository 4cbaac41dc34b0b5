"""
A checkpoint → what others load: one merged model, an int8 base beside its adapter, or a GGUF file.

Adapters are merged in float32, and what is saved has the number format of the base.
"""

import shutil
from pathlib import Path
from typing import Any, Literal

from finetune.card import card
from finetune.checkpoint import Weights
from finetune.examples import tokenizer_of
from finetune.folders import new_folder
from harness.errors import ConfigError, ModelError
from harness.files import write_whole
from harness.models import catalogue
from harness.models.adapter import ADAPTER_WEIGHTS, CONFIG, RECORD, put_on
from harness.models.failures import load_explained
from harness.models.precision import load_base
from harness.models.weights import number_bytes, skeleton
from harness.progress import Advance, silent

Form = Literal["merged", "int8", "gguf-f16", "gguf-q8_0"]
GGUF_FILE = "model.gguf"


def export_weights(weights: Weights, form: Form, target: Path, advance: Advance = silent) -> None:
    """Write the folder ``target``, whole or not at all; what can be checked is, before all else.

    Args:
        weights: a base and an adapter, if it has one.
        form: what is written.
        target: is made; holds the model's files, ``base`` and ``adapter`` for int8, or one GGUF
            file, and the model card.
        advance: hears parts done and in all.

    Raises:
        ConfigError: there is no adapter to merge, or ``target`` is there already.
        ModelError: the base cannot be reached or has no tokenizer, the disk has no room, or the
            model cannot be written in that form.
    """
    from transformers import AutoConfig

    from finetune.gguf_file import refuse_other_than_llama, write_gguf

    if form == "merged" and weights.adapter is None:
        raise ConfigError(
            f"{weights.base} has no adapter, so there is nothing to merge; name a checkpoint, or "
            "export it as int8, gguf-f16 or gguf-q8_0"
        )
    base = catalogue.loadable(weights.base)
    with load_explained("configuration", base):
        config = AutoConfig.from_pretrained(base)
    tokenizer = tokenizer_of(base)
    if form.startswith("gguf"):
        refuse_other_than_llama(config)
    with new_folder(target, _size(base, form)) as folder:
        if form == "int8":
            _write_int8(base, weights.adapter, tokenizer, folder)
        else:
            model = merged(base, weights.adapter)
            advance(1, 2)
            if form == "merged":
                model.to(config.dtype or model.dtype).save_pretrained(folder)
                tokenizer.save_pretrained(folder)
            else:
                name = weights.record.get("recipe", {}).get("name", Path(base).name)
                stored = form.removeprefix("gguf-")
                write_gguf(model, tokenizer, folder / GGUF_FILE, stored, name, advance)
        if weights.record:
            write_whole(folder / "README.md", card(weights.record, form))
        advance(2, 2)


def merged(base: str, adapter: Path | None) -> Any:
    """The base in float32 with the adapter, if there is one, added to its weights.

    Raises:
        ModelError: the adapter is of another base, or of a kind that cannot be merged.
    """
    model = load_base(base, "fp32")
    if adapter is None:
        return model.eval()
    adapted = put_on(model, adapter)
    try:
        return adapted.merge_and_unload().eval()
    except NotImplementedError as error:
        raise ModelError(
            f"{adapter} cannot be merged: {error} Export it as int8, beside its base"
        ) from error


def _write_int8(base: str, adapter: Path | None, tokenizer: Any, folder: Path) -> None:
    load_base(base, "int8").save_pretrained(folder / "base")
    tokenizer.save_pretrained(folder / "base")
    if adapter is not None:
        (folder / "adapter").mkdir()
        for name in (CONFIG, ADAPTER_WEIGHTS, RECORD):
            if (adapter / name).is_file():
                shutil.copy2(adapter / name, folder / "adapter")


def _size(base: str, form: Form) -> int:
    """Bytes of the weights in that form, at most: int8 leaves embeddings as they are."""
    model = skeleton(base)
    count = sum(parameter.numel() for parameter in model.parameters())
    own = number_bytes(model, None)
    return int(count * {"gguf-f16": 2, "gguf-q8_0": 1.0625}.get(form, own))
