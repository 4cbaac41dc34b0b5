"""
One update of a recipe, rehearsed with tensors that hold nothing: what memory it takes, unloaded.

PyTorch's fake tensors have shapes and lifetimes and no contents. The model is built from its
configuration, quantised and given its adapter by the same libraries as in training, and goes
through forward and backward pass; who lives when is then known to the byte, for any
architecture, and for a model of any size.
"""

from dataclasses import dataclass
from typing import Any

import torch
from bitsandbytes.functional import int8_vectorwise_quant, quantize_4bit
from bitsandbytes.nn import Int8Params, Params4bit
from peft import get_peft_model
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import AutoModelForCausalLM
from transformers.quantizers import AutoHfQuantizer

from finetune.ledger import Heap, Ledger
from finetune.recipe import Recipe
from finetune.trainer import adapter_config
from harness.models.precision import loading_options, unpacked


@dataclass(frozen=True)
class Batch:
    """The shape of the heaviest batch."""

    rows: int
    tokens: int
    """Of its longest row, to which the others are padded."""
    answer: int
    """Positions at its end whose logits are computed: its longest answer, and one before."""


class Rehearsal:
    """The model of a recipe with its adapter, without contents, on a processor."""

    def __init__(self, config: Any, recipe: Recipe) -> None:
        """
        Args:
            config: transformers' configuration of the base.
            recipe: its precision, adapter and gradient checkpointing.
        """
        dtype = getattr(config, "dtype", None) or torch.float32
        options = loading_options(recipe.precision)
        # bitsandbytes makes its tables once and keeps them: they must not be fake ones.
        quantize_4bit(torch.zeros(64), compress_statistics=True)
        with torch.device("meta"):
            base = AutoModelForCausalLM.from_config(config, dtype=options.get("dtype", dtype))
            self.parameters = sum(one.numel() for one in base.parameters())
            """Of the base."""
            self.stored = self.parameters * dtype.itemsize
            """Bytes of the file with the base's weights."""
            _quantise(base, options.get("quantization_config"))
            self._model = get_peft_model(base, adapter_config(recipe))
        adapter = [one for one in self._model.parameters() if one.requires_grad]
        self.trainable = sum(one.numel() for one in adapter)
        """Parameters of the adapter."""
        for one in adapter:
            one.data = one.data.float()
        self._fake = FakeTensorMode(allow_non_fake_inputs=True)
        ledger = Ledger()
        with self._fake, ledger:
            _fill(self._model, dtype)
        unpacked(self._model)
        self.weights = ledger.live - sum(one.nbytes for one in adapter)
        """Bytes of the base as it is loaded, with the scales of quantised weights."""
        self.as_stored = sum(
            one.nbytes
            for one in self._model.parameters()
            if one.dtype == dtype and not one.requires_grad
        )
        """Of these, bytes that stay in the file they are mapped from."""
        self._model.train()
        if recipe.gradient_checkpointing:
            self._model.activation_checkpointing_enable()
            self._model.enable_input_require_grads()

    def trace(self, batch: Batch, heap: Heap | None) -> tuple[int, int, int]:
        """Bytes that updates of ``batch`` take, beside those of model and gradients.

        Args:
            batch: the shape of the heaviest batch.
            heap: where as much is taken and freed in the same order, if anywhere.

        Returns:
            What is kept for the backward pass when the decoder is through; the most at any
            moment; and what ``heap`` keeps on top of that, once it has learned from the first
            update which sizes come again.
        """
        held: list[int] = []
        ledger = Ledger([*self._model.parameters(), *self._model.buffers()], heap)
        head = self._model.get_output_embeddings()
        hook = head.register_forward_pre_hook(lambda *_: held.append(ledger.live))
        self._pass(batch, ledger)
        peak = ledger.peak
        if heap:
            self._pass(batch, ledger)
        hook.remove()
        self._model.zero_grad()
        return held[0], peak, max(0, ledger.extent - ledger.peak)

    def _pass(self, batch: Batch, ledger: Ledger) -> None:
        """Forward and backward pass; gradients add up."""
        with self._fake, ledger:
            ids = torch.ones(batch.rows, batch.tokens, dtype=torch.long)
            loss = self._model(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                labels=ids[:, -batch.answer :],
                logits_to_keep=batch.answer,
                use_cache=False,
            ).loss
            loss.backward()


def _quantise(base: Any, settings: Any) -> None:
    """Put bitsandbytes' layers where loading would put them, if there are ``settings``."""
    if settings is not None:
        quantiser = AutoHfQuantizer.from_config(settings)
        quantiser.preprocess_model(base, device_map=None)
        quantiser.postprocess_model(base)


def _fill(model: Any, dtype: torch.dtype) -> None:
    """Replace what is on the meta device by fake tensors, quantised as loading does."""
    made: dict[Any, Any] = {}
    for module in model.modules():
        for name, old in module._parameters.items():
            if old is not None:
                if old not in made:
                    made[old] = _filled(module, old, dtype)
                module._parameters[name] = made[old]
        for name, old in module._buffers.items():
            if old is not None:
                module._buffers[name] = torch.empty(old.shape, dtype=old.dtype)


def _filled(module: Any, old: Any, dtype: torch.dtype) -> Any:
    """A parameter of ``module`` like ``old``, which may be bitsandbytes'; those hold ``dtype``."""
    if isinstance(old, Int8Params):
        module.state.CB, module.state.SCB, _ = int8_vectorwise_quant(
            torch.empty(old.shape, dtype=torch.half)
        )
        filled = torch.nn.Parameter(module.state.CB, requires_grad=False)
        filled.CB = None
        return filled
    if isinstance(old, Params4bit):
        settings = ("blocksize", "compress_statistics", "quant_type", "quant_storage")
        new = torch.empty(module.out_features, module.in_features, dtype=dtype)
        packed, state = quantize_4bit(new, **{name: getattr(old, name) for name in settings})
        filled = torch.nn.Parameter(packed, requires_grad=False)
        filled.quant_state = state
        return filled
    new = torch.empty(old.shape, dtype=old.dtype)
    return torch.nn.Parameter(new, requires_grad=old.requires_grad)
