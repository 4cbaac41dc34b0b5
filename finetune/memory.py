"""
What memory a training takes at its peak, told before anything is loaded.

On a processor that is the resident set of the process, on a GPU what it allocates there. The peak
is the larger of two sums:

    loading   process + weights' file + what is converted of it
    training  process + weights + file + adapter + activations + logits + allocator

``process`` is read from this very process, which has done what a training does before it loads a
model; ``weights`` to ``logits`` come from a rehearsal without contents (``finetune.rehearsal``),
``allocator`` from taking and freeing the same blocks, in the same order, of this machine's C
library. No factor is fitted to measurements; benchmarks/test_training_memory.py compares the two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import torch

from finetune.examples import IGNORED, Example
from finetune.ledger import Heap
from finetune.recipe import Recipe
from finetune.rehearsal import Batch, Rehearsal

CGROUPS = Path("/sys/fs/cgroup")
"""Where Linux tells the limits of a container."""
OWN_CGROUPS = Path("/proc/self/cgroup")
"""Where it tells the groups of this process."""
LIMITS = {"memory.max": "memory.current", "memory.limit_in_bytes": "memory.usage_in_bytes"}
"""Files of a limit and of what is used of it, in version 2 and 1 of control groups."""


@dataclass(frozen=True)
class Memory:
    """The parts of the peak, in bytes."""

    process: int
    """Python, the libraries and the examples; 0 on a GPU, where it counts as taken."""
    weights: int
    """The base at its precision: quantised layers with their scales, the rest in its own type."""
    file: int
    """Weights in their file that were converted, and stay mapped because others are used from
    there. The system takes them back when memory is short."""
    adapter: int
    """The adapter in float32, its gradients and the optimiser's states."""
    activations: int
    """What the heaviest batch keeps for the backward pass."""
    logits: int
    """Logits of the answers, their gradients, and buffers in passing."""
    allocator: int
    """Freed, and kept by the C library."""
    loading: int
    """All that is resident while the base is loaded."""

    @property
    def training(self) -> int:
        """All that is resident while the heaviest batch is trained on."""
        return sum(size for part, size in asdict(self).items() if part != "loading")

    @property
    def peak(self) -> int:
        """The most at any moment."""
        return max(self.loading, self.training)

    @property
    def needed(self) -> int:
        """What must be free beside this process for training to go on."""
        return self.training - self.process - self.file


def estimate(rehearsal: Rehearsal, recipe: Recipe, rows: Sequence[Example]) -> Memory:
    """The memory that ``recipe`` takes.

    Args:
        rehearsal: of its model.
        recipe: what to do, as this machine can.
        rows: examples trained on.
    """
    on_gpu = torch.cuda.is_available()
    process = 0 if on_gpu else psutil.Process().memory_info().rss
    heap = None if on_gpu else Heap()
    held, peak, kept = rehearsal.trace(heaviest(rows, recipe.batch_size), heap)
    mapped = 0 if on_gpu else rehearsal.stored
    used_there = min(mapped, rehearsal.as_stored)
    return Memory(
        process=process,
        weights=rehearsal.weights,
        file=mapped - used_there if used_there else 0,
        adapter=rehearsal.trainable * (4 + 4 + state_bytes(recipe.optimizer)),
        activations=held,
        logits=peak - held,
        allocator=kept,
        loading=process + rehearsal.weights + mapped - used_there,
    )


def heaviest(rows: Sequence[Example], size: int) -> Batch:
    """A batch of ``size`` that no batch of ``rows`` is heavier than."""
    answers = (sum(label != IGNORED for label in row.labels) for row in rows)
    return Batch(
        rows=min(size, len(rows)),
        tokens=max(len(row.input_ids) for row in rows),
        answer=1 + max(answers),
    )


def state_bytes(optimizer: str) -> int:
    """Bytes of the optimiser's two states of a parameter."""
    return 2 if "8bit" in optimizer else 8


def free_memory() -> int:
    """Bytes that this process can still take, on the GPU where there is one.

    On a processor, what the system has available, or what is left of a container's limit.
    """
    if torch.cuda.is_available():
        return int(torch.cuda.mem_get_info()[0])
    return min([int(psutil.virtual_memory().available), *_left_of_limits()])


def _left_of_limits() -> Iterator[int]:
    """What is left of each limit on this process; cached files do not count as used."""
    for folder in _control_groups():
        for limit, used in LIMITS.items():
            text = _text(folder / limit)
            if text.isdecimal():
                cached = dict(line.split() for line in _text(folder / "memory.stat").splitlines())
                taken = int(_text(folder / used) or 0) - int(cached.get("inactive_file", 0))
                yield max(0, int(text) - taken)


def _control_groups() -> Iterator[Path]:
    """The control groups of this process that may limit its memory, and those they are in."""
    for line in _text(OWN_CGROUPS).splitlines():
        number, kind, path = line.split(":", 2)
        root = CGROUPS if number == "0" else CGROUPS / "memory"
        if number == "0" or "memory" in kind.split(","):
            own = root / path.strip("/")
            yield from (own, *(one for one in own.parents if one.is_relative_to(root)))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
