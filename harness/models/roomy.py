"""A cache of keys and values with room for more: what comes is written there, nothing is copied."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

ROOM = 64
"""Tokens that there is room for; when they are read, all is copied once to make room again."""


class RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values of one layer, (B, heads, T, size) each."""

    def __init__(self, keys: Tensor, values: Tensor) -> None:
        super().__init__()
        self.lazy_initialization(keys, values)
        self._make_room(keys, values, ROOM)

    def _make_room(self, keys: Tensor, values: Tensor, tokens: int) -> None:
        self._whole = [_with_room(keys, tokens), _with_room(values, tokens)]
        self._show(*keys.shape[::2])

    def _show(self, rows: int, length: int) -> None:
        self.keys, self.values = (one[:rows, :, :length] for one in self._whole)

    def update(
        self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any
    ) -> tuple[Tensor, Tensor]:
        """Add tokens, (B, heads, t, size) each; all there are, (B, heads, T + t, size) each."""
        rows, before = self.keys.shape[::2]
        length = before + key_states.shape[2]
        if length > self._whole[0].shape[2]:
            self._make_room(self.keys, self.values, key_states.shape[2] + ROOM)
        for whole, new in zip(self._whole, (key_states, value_states), strict=True):
            whole[:rows, :, before:length] = new
        self._show(rows, length)
        return self.keys, self.values

    def keep(self, order: Sequence[int]) -> None:
        """Keep these rows, in this order: each in its place, or brought from behind them all."""
        moved = [(to, place) for to, place in enumerate(order) if to != place]
        if moved:
            to, places = map(list, zip(*moved, strict=True))
            for whole in self._whole:
                whole[to] = whole[places]
        self._show(len(order), self.keys.shape[2])


def roomy(layers: Sequence[RoomyLayer]) -> DynamicCache:
    """A cache of these layers, as models take it."""
    cache = DynamicCache()
    cache.layers = list(layers)
    return cache


def _with_room(kept: Tensor, tokens: int) -> Tensor:
    rows, heads, length, size = kept.shape
    whole = kept.new_empty(rows, heads, length + tokens, size)
    whole[:, :, :length] = kept
    return whole
