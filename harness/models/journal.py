"""
Answers kept as they are made, so that a killed run goes on with the batch it was at.

A batch is the unit: the same prompts are answered in the same batches after a restart, so the
answers are those of an undisturbed run to the last bit, int8 included.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Batch:
    """One batch of greedy decoding."""

    key: str
    """Fingerprint of the prompts and generation settings."""
    answers: list[str]
    prompt_tokens: list[int]
    answer_tokens: list[int]
    """Tokens of the answers as kept, after the stop strings."""
    seconds: float
    """Wall time of the whole batch."""


class Journal:
    """An append-only file of finished batches, one JSON object a line."""

    def __init__(self, path: Path) -> None:
        """Read what is there; a line cut short by a kill is dropped."""
        self._path = path
        self._batches: dict[str, Batch] = {}
        if path.exists():
            text = path.read_text(encoding="utf-8")
            whole = text[: text.rfind("\n") + 1]
            if whole != text:
                path.write_text(whole, encoding="utf-8")
            for line in whole.split("\n")[:-1]:
                batch = Batch(**json.loads(line))
                self._batches[batch.key] = batch

    def get(self, key: str) -> Batch | None:
        """The finished batch of that key, if there is one."""
        return self._batches.get(key)

    def add(self, batch: Batch) -> None:
        """Keep ``batch``, on disk before this returns."""
        self._batches[batch.key] = batch
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(batch), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def batches(self) -> list[Batch]:
        """All finished batches, oldest first."""
        return list(self._batches.values())
