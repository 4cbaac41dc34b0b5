"""In which order an epoch shows its examples."""

from collections.abc import Callable, Iterator

import torch
from torch.utils.data import Sampler
from transformers.trainer_pt_utils import get_length_grouped_indices


class LengthGrouped(Sampler):  # type: ignore[misc]
    """Indices in batches of similar length, in an order drawn from seed and epoch."""

    def __init__(
        self, lengths: list[int], update: int, seed: int, epoch: Callable[[], int]
    ) -> None:
        """An order of ``len(lengths)`` examples.

        Args:
            lengths: tokens of each example.
            update: examples of one update, over all processes.
            seed: of the order.
            epoch: tells the epoch that begins. It is asked, since ``set_epoch`` does not reach a
                sampler of one of several processes that resume within an epoch (accelerate 1.15).
        """
        self._lengths = lengths
        self._update = update
        self._seed = seed
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._seed * 1000 + self._epoch())
        return iter(get_length_grouped_indices(self._lengths, self._update, generator=generator))
