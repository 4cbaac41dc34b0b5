"""
Files of weights that are mapped into memory: their pages are given back where nobody needs them.

The system would take such pages back when memory is short, and counts them to the process until
then, beside what was made of them.
"""

import ctypes
import mmap
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

_MAPS = Path("/proc/self/maps")


@dataclass(frozen=True)
class MappedFiles:
    """Where the files lie that this process has mapped; nowhere on systems that do not tell."""

    places: tuple[range, ...]
    """Addresses of each."""

    @classmethod
    def now(cls) -> "MappedFiles":
        """Those there are."""
        try:
            lines = _MAPS.read_bytes().splitlines()
        except OSError:
            lines = []
        fields = [line.split(maxsplit=5) for line in lines]
        ends = [one[0].split(b"-") for one in fields if one[-1].startswith(b"/")]
        return cls(tuple(range(int(start, 16), int(end, 16)) for start, end in ends))

    def hold(self, tensor: Tensor) -> bool:
        """Whether a tensor, which is on a processor, begins in one of them."""
        return any(tensor.data_ptr() in one for one in self.places)

    def give_back(self, tensor: Tensor) -> None:
        """Give back the whole pages of a tensor that is in one of them.

        The system keeps them for the next process that maps the file, and reads the file again
        where this one reads them all the same: what was written into them here is lost.
        """
        page = mmap.PAGESIZE
        start = -(-tensor.data_ptr() // page) * page
        length = (tensor.data_ptr() + tensor.nbytes) // page * page - start
        if length > 0 and self.hold(tensor):
            advice = ctypes.c_void_p(start), ctypes.c_size_t(length), mmap.MADV_DONTNEED
            ctypes.CDLL(None).madvise(*advice)
