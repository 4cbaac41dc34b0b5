"""
Linear layers by oneDNN, on processors.

PyTorch has float32 matrices multiplied by MKL on x86, which takes slower instructions on
processors that are not Intel's. The oneDNN that PyTorch also has takes the best there are on any:
on an AMD EPYC with AVX-512 it is 2.3 times as fast (`python -m benchmarks.speed`). PyTorch itself
calls it for compiled models alone; the operator is the same.

oneDNN keeps code for each shape it has met, 1,024 of them and 200 kB each: few are met twice but by
the batch that they are of.
"""

import os
from collections import Counter
from collections.abc import Collection
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from harness.models.mapped import MappedFiles

SHAPES_KEPT = 256


def by_onednn(model: Any, answers_only: bool = False, besides: Collection[nn.Module] = ()) -> Any:
    """``model``, its float32 linear layers computed by oneDNN wherever they are on a processor.

    Answers and gradients differ by rounding. Layers that are quantised are left alone, and
    everything is where PyTorch would not ask MKL.

    Args:
        answers_only: its weights are for products alone from now on. They are brought into the
            order that oneDNN multiplies them in, once instead of at every product, with the same
            values. Those in memory that the model has twice, as a head that is its embedding, stay
            as they are, as all do without this. PyTorch cannot copy, convert or save the others
            then, before ``as_written``.
        besides: layers whose weights stay as they are all the same.
    """
    # Read by oneDNN at its first product; whoever has set it knows better.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(SHAPES_KEPT))
    if torch.backends.mkldnn.is_available() and torch.backends.mkl.is_available():
        for module in model.modules():
            if type(module) is nn.Linear:
                module.__class__ = OneDnnLinear
        if answers_only:
            _reorder(model, besides)
    return model


def as_written(model: Any) -> Any:
    """``model``, its weights in the usual order, where ``by_onednn`` brought them into its own."""
    for module in model.modules():
        if is_reordered(module):
            module.register_parameter("weight", nn.Parameter(module.weight, requires_grad=False))
    return model


def is_reordered(module: nn.Module) -> bool:
    """Whether a module is a linear layer whose weights are in oneDNN's order."""
    return type(module) is OneDnnLinear and bool(module.held.is_mkldnn)


class OneDnnLinear(nn.Linear):  # type: ignore[misc]
    """A linear layer; what oneDNN does not do is left to PyTorch."""

    @property
    def held(self) -> Tensor:
        """Its weights, in whatever order they are."""
        found: Tensor = self._parameters["weight"]
        return found

    @property
    def weight(self) -> Tensor:
        """Its weights in the usual order: some models multiply by them on their own."""
        return self.held.to_dense() if self.held.is_mkldnn else self.held

    def forward(self, features: Tensor) -> Tensor:
        """(…, n) → (…, m)."""
        lower = torch.is_autocast_enabled(features.device.type)
        if lower or not _is_ours(features) or not _is_ours(self.held):
            return nn.functional.linear(features, self.weight, self.bias)
        if not torch.is_grad_enabled():
            return _product(features, self.held, self.bias)
        found: Tensor = _Linear.apply(features, self.weight, self.bias)
        return found


def _reorder(model: Any, besides: Collection[nn.Module]) -> None:
    tensors = [
        one
        for module in model.modules()
        for one in chain(module.parameters(recurse=False), module.buffers(recurse=False))
        if _is_ours(one) and not one.is_mkldnn
    ]
    had = Counter(one.untyped_storage().data_ptr() for one in tensors)
    waiting = [
        module
        for module in model.modules()
        if type(module) is OneDnnLinear
        and module not in besides
        and not is_reordered(module)
        and _is_ours(module.held)
        and had[module.held.untyped_storage().data_ptr()] == 1
    ]
    mapped = MappedFiles.now() if waiting else MappedFiles(())
    for module in waiting:
        weight = module.held.detach()
        reordered = torch.ops.mkldnn._reorder_linear_weight(weight)
        module.register_parameter("weight", nn.Parameter(reordered, requires_grad=False))
        mapped.give_back(weight)


def _is_ours(matrix: Tensor) -> bool:
    usual: bool = matrix.dtype == torch.float32 and matrix.device.type == "cpu"
    return usual and matrix.numel() > 0


def _product(left: Tensor, right: Tensor, bias: Tensor | None = None) -> Tensor:
    """(…, n) and (m, n) → (…, m)."""
    found: Tensor = torch.ops.mkldnn._linear_pointwise(left, right, bias, "none", [], "")
    return found


class _Linear(torch.autograd.Function):  # type: ignore[misc]
    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(features if weight.requires_grad else None, weight)
        return _product(features, weight, bias)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:
        features, weight = ctx.saved_tensors
        of_features, of_weight, of_bias = ctx.needs_input_grad
        rows = gradient.reshape(-1, gradient.shape[-1])
        return (
            _product(gradient, weight.t()) if of_features else None,
            _product(rows.t(), features.reshape(-1, features.shape[-1]).t()) if of_weight else None,
            rows.sum(0) if of_bias else None,
        )
