"""Who is alive when: the memory of PyTorch's tensors, real or fake, counted as they come and go."""

import ctypes
import weakref
from collections.abc import Iterable
from typing import Any

import psutil
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Heap:
    """The C library's memory, taken as PyTorch takes it and never written to.

    Untouched memory costs nothing, but lies where the library puts it: how much address space it
    takes shows what is lost between blocks that are freed and not given back to the system.
    """

    ALIGNMENT = 64
    """Of PyTorch's tensors on a processor, in bytes."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._library = ctypes.CDLL(None)
        self._library.posix_memalign.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t]
        self._library.free.argtypes = [ctypes.c_void_p]

    def take(self, size: int) -> ctypes.c_void_p:
        """The address of ``size`` bytes; null where there is no room for them."""
        address = ctypes.c_void_p()
        self._library.posix_memalign(ctypes.byref(address), self.ALIGNMENT, size)
        return address

    def free(self, address: ctypes.c_void_p | None) -> None:
        """Give back what ``take`` returned."""
        self._library.free(address)

    def extent(self) -> int:
        """Bytes of address space that this process has, used or not."""
        return int(self._process.memory_info().vms)


class Ledger(TorchDispatchMode):  # type: ignore[misc]
    """Counts the bytes of tensors that are made and not yet gone while it is entered."""

    def __init__(self, known: Iterable[torch.Tensor] = (), heap: Heap | None = None) -> None:
        """A ledger that leaves out ``known`` tensors, and takes as much from ``heap``, if any."""
        super().__init__()
        self._seen = weakref.WeakSet(tensor.untyped_storage() for tensor in known)
        self._heap = heap
        self._before = heap.extent() if heap else 0
        self.live = 0
        self.peak = 0
        self.extent = 0
        """Bytes by which the heap has grown at most; 0 without one."""

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        del types
        made = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                self._enter(tensor.untyped_storage())
        return made

    def _enter(self, storage: Any) -> None:
        """Count a storage, unless it is counted, until it is gone."""
        if storage in self._seen:
            return
        self._seen.add(storage)
        size = storage.nbytes()
        self.live += size
        self.peak = max(self.peak, self.live)
        address = self._heap.take(size) if self._heap else None
        weakref.finalize(storage, self._leave, size, address)
        if self._heap:
            self.extent = max(self.extent, self._heap.extent() - self._before)

    def _leave(self, size: int, address: ctypes.c_void_p | None) -> None:
        self.live -= size
        if self._heap:
            self._heap.free(address)
