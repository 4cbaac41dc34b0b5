"""An embedder that sees nothing, where letters alone are to decide."""

from collections.abc import Sequence
from typing import Any

import numpy as np


class Blind:
    """An embedder to which no two texts are alike."""

    def embed(self, texts: Sequence[str]) -> Any:
        return np.zeros((len(texts), 2), dtype=np.float32)
