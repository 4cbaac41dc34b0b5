"""In which order an epoch shows its examples."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch.utils.data import Sampler
from transformers.trainer_pt_utils import get_length_grouped_indices


@dataclass(eq=False)
class LengthGrouped(Sampler):  # type: ignore[misc]
    """Indices in batches of similar length, in an order drawn from seed and epoch."""

    lengths: list[int]
    """Tokens of each example."""
    update: int
    """Examples of one update, over all processes."""
    seed: int
    epoch: Callable[[], int]
    """Tells the epoch that begins. It is asked, since ``set_epoch`` does not reach a sampler of one
    of several processes that resume within an epoch (accelerate 1.15)."""

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.seed * 1000 + self.epoch())
        return iter(get_length_grouped_indices(self.lengths, self.update, generator=generator))
