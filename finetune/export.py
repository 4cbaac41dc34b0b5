"""
A checkpoint → what others load: one merged model, an int8 base beside its adapter, or a GGUF file.

Adapters are merged in float32, and what is saved has the number format of the base.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from finetune.card import card
from finetune.checkpoint import Weights
from finetune.examples import tokenizer_of
from harness.errors import ConfigError, ModelError
from harness.files import locked, put_folder, write_whole
from harness.models import catalogue
from harness.models.adapter import ADAPTER_WEIGHTS, CONFIG, RECORD, put_on
from harness.models.precision import load_base
from harness.progress import Advance, silent

Form = Literal["merged", "int8", "gguf-f16", "gguf-q8_0"]
GGUF_FILE = "model.gguf"


@dataclass(frozen=True)
class Export:
    """What is exported, and as what; checked, but not loaded yet."""

    weights: Weights
    form: Form
    base: str
    """What a loader takes for the base."""
    config: Any
    """Of the base."""
    disk: int
    """Bytes that will be written, at most."""


def plan_export(weights: Weights, form: Form) -> Export:
    """Check what is asked for, before anything long.

    Raises:
        ConfigError: there is no adapter to merge.
        ModelError: the base cannot be reached, has no tokenizer, or GGUF has no place for it.
    """
    from transformers import AutoConfig

    if form == "merged" and weights.adapter is None:
        raise ConfigError(
            f"{weights.base} has no adapter, so there is nothing to merge; name a checkpoint, or "
            "export it as int8, gguf-f16 or gguf-q8_0"
        )
    base = catalogue.loadable(weights.base)
    config = AutoConfig.from_pretrained(base)
    try:
        tokenizer_of(base)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{weights.base} has no tokenizer that can be read ({str(error).splitlines()[0]}); put "
            "tokenizer.json and tokenizer_config.json beside its weights"
        ) from error
    if form.startswith("gguf"):
        from finetune.gguf_file import refuse_other_than_llama

        refuse_other_than_llama(config)
    return Export(weights, form, base, config, _size(config, form))


def export(plan: Export, target: Path, advance: Advance = silent) -> None:
    """Write the folder ``target``, whole or not at all.

    Args:
        plan: from ``plan_export``.
        target: is made; holds the model's files, ``base`` and ``adapter`` for int8, or one GGUF
            file, and the model card.
        advance: hears parts done and in all.

    Raises:
        ConfigError: ``target`` is there already.
        ModelError: the disk has no room, or the model cannot be written in that form.
    """
    from safetensors import SafetensorError

    target = target.expanduser().resolve()
    try:
        with locked(target):
            _export(plan, target, advance)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"could not write {target}: {error}") from error


def _export(plan: Export, target: Path, advance: Advance) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigError(f"{target} is there already; name another folder")
    # Not ``.partial``, where a training into the same folder keeps its states.
    partial = target.with_name(target.name + ".exporting")
    shutil.rmtree(partial, ignore_errors=True)
    _refuse_without_room(plan, target)
    try:
        partial.mkdir(parents=True)
        _WRITERS[plan.form](plan, partial, advance)
        if plan.weights.record:
            write_whole(partial / "README.md", card(plan.weights.record, plan.form))
        put_folder(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _refuse_without_room(plan: Export, target: Path) -> None:
    free = shutil.disk_usage(target.parent).free
    if free < plan.disk:
        raise ModelError(
            f"{target} needs about {plan.disk / 1e9:.1f} GB of disk, and {free / 1e9:.1f} GB are "
            "free there; make room, or name a folder on another disk"
        )


def merged(base: str, adapter: Path | None) -> Any:
    """The base in float32 with the adapter, if there is one, added to its weights.

    Raises:
        ModelError: the adapter is of another base.
    """
    model = load_base(base, "fp32")
    if adapter is not None:
        model = put_on(model, adapter).merge_and_unload()
    return model.eval()


def _write_merged(plan: Export, folder: Path, advance: Advance) -> None:
    model = merged(plan.base, plan.weights.adapter)
    advance(1, 2)
    model.to(plan.config.dtype or model.dtype).save_pretrained(folder)
    tokenizer_of(plan.base).save_pretrained(folder)
    advance(2, 2)


def _write_int8(plan: Export, folder: Path, advance: Advance) -> None:
    model = load_base(plan.base, "int8")
    advance(1, 2)
    model.save_pretrained(folder / "base")
    tokenizer_of(plan.base).save_pretrained(folder / "base")
    if plan.weights.adapter is not None:
        (folder / "adapter").mkdir()
        for name in (CONFIG, ADAPTER_WEIGHTS, RECORD):
            if (plan.weights.adapter / name).is_file():
                shutil.copy2(plan.weights.adapter / name, folder / "adapter")
    advance(2, 2)


def _write_gguf(plan: Export, folder: Path, advance: Advance) -> None:
    from finetune.gguf_file import write_gguf

    model = merged(plan.base, plan.weights.adapter)
    name = plan.weights.record.get("recipe", {}).get("name", Path(plan.base).name)
    stored: Literal["f16", "q8_0"] = "f16" if plan.form == "gguf-f16" else "q8_0"
    write_gguf(model, tokenizer_of(plan.base), folder / GGUF_FILE, stored, name, advance)


_WRITERS: dict[Form, Callable[[Export, Path, Advance], None]] = {
    "merged": _write_merged,
    "int8": _write_int8,
    "gguf-f16": _write_gguf,
    "gguf-q8_0": _write_gguf,
}


def _size(config: Any, form: Form) -> int:
    """Bytes of the weights in that form, at most: int8 leaves embeddings as they are."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    count = sum(parameter.numel() for parameter in model.parameters())
    own = (config.dtype or torch.float32).itemsize
    return int(count * {"gguf-f16": 2, "gguf-q8_0": 1.0625}.get(form, own))
