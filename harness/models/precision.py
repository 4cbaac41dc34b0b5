"""
The precisions a base is loaded in, for scoring and for training, and what a device can of them.

``int8`` and ``nf4`` are bitsandbytes' (LLM.int8(), arXiv:2208.07339; NF4, arXiv:2305.14314): both
run on CUDA and on x86 and ARM processors, slowly there.
"""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from harness.models.failures import load_explained

Precision = Literal["int8", "nf4", "bf16", "fp32"]
PRECISIONS: tuple[Precision, ...] = ("int8", "nf4", "bf16", "fp32")
_KEPT_LOADING, _KEPT = 1 << 20, 32 << 20
"""Bytes of a piece of memory that is kept when it is freed; the second is glibc's own limit."""
_MAPPED_FROM, _TRIMMED_FROM = -3, -1
"""What ``mallopt`` calls its settings (``man 3 mallopt``)."""


def device() -> str:
    """What models run on here: a GPU's name, or ``cpu``."""
    import torch

    return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else "cpu"


def bfloat16_is_native() -> bool:
    """Whether this machine's device multiplies matrices of bfloat16 by instructions of its own."""
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def quantisation(precision: Precision) -> Any:
    """bitsandbytes' settings: for int8 those of the published work.

    NF4 computes in bfloat16 where a GPU does; its weights are stored as bfloat16 there, which is
    what FSDP can shard.
    """
    import torch
    from transformers import BitsAndBytesConfig

    if precision == "int8":
        return BitsAndBytesConfig(
            load_in_8bit=True, llm_int8_threshold=6.0, llm_int8_has_fp16_weight=False
        )
    on_gpu = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16 if on_gpu else torch.float32,
        bnb_4bit_quant_storage=torch.bfloat16 if on_gpu else torch.uint8,
    )


def load_base(folder: str, precision: Precision) -> Any:
    """The model in ``folder``, or of that Hugging Face id, in that precision.

    Raises:
        ModelError: its weights are not there, or cannot be read.
    """
    import torch
    from transformers import AutoModelForCausalLM

    options: dict[str, Any] = {}
    if precision in ("bf16", "fp32"):
        options["dtype"] = torch.bfloat16 if precision == "bf16" else torch.float32
    else:
        options["quantization_config"] = quantisation(precision)
        if torch.cuda.is_available():
            # bitsandbytes puts weights where they stay: each process of several on its own GPU.
            options["device_map"] = {"": torch.cuda.current_device()}
    with load_explained("weights", folder), reading(converted=precision != "fp32"):
        return unpacked(AutoModelForCausalLM.from_pretrained(folder, **options))


@contextmanager
def reading(converted: bool) -> Iterator[None]:
    """How files of weights are read meanwhile: mapped, or tensor by tensor if they are converted.

    transformers maps a file to the end of loading, so that all of it was resident beside what is
    made of it. Weights that stay as they are take no more than the map, which processes share.
    """
    from transformers import modeling_utils

    opening = modeling_utils.safe_open
    if not converted:
        yield
        return
    modeling_utils.safe_open = lambda *args, **options: opening(
        *args, **options | {"backend": "pread"}
    )
    _keep_free(_KEPT_LOADING)
    try:
        yield
    finally:
        modeling_utils.safe_open = opening
        _keep_free(_KEPT)


def _keep_free(most: int) -> None:
    """Have the C library keep pieces of up to so many bytes that were freed, and no larger ones.

    What it keeps between the tensors of a model is never whole again: as much as int8 takes. That
    is glibc's; other libraries, and what the user has set, are left as they are.
    """
    if sys.platform != "linux" or "MALLOC_MMAP_THRESHOLD_" in os.environ:
        return
    if hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(_MAPPED_FROM, most)
        library.mallopt(_TRIMMED_FROM, 2 * most)


def unpacked(model: Any) -> Any:
    """``model``, its 4-bit weights kept as they are on a processor.

    bitsandbytes 0.50 packs them for speed when they are first used there, and unpacks them to put
    an adapter on, which changes the scales: the base would answer otherwise afterwards.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
    return model


def nearest(precision: Precision) -> tuple[Precision, str | None]:
    """The nearest precision that this machine's device can, and why it is another, if it is."""
    import torch

    if precision == "bf16" and torch.cuda.is_available() and not torch.cuda.is_bf16_supported():
        return "fp32", f"{torch.cuda.get_device_name()} does not compute in bfloat16"
    return precision, None
