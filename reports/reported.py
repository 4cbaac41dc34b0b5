"""
What reports show, as values: from where it is computed, by way of its JSON, to its cells.

A field that was not set is not in the JSON: a baseline, say, has nothing that it is compared with.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from harness.statistics import Difference, Figure

Figures = Mapping[str, Figure]
"""By metric."""
Differences = Mapping[str, Difference]
"""By metric; of those that both sides have a value of."""


@dataclass(frozen=True)
class Tested(Difference):
    """A difference, and how likely one as large were there none (``harness.significance``)."""

    p: float
    p_adjusted: float


class Reported(BaseModel):
    """What reports show."""

    model_config = ConfigDict(frozen=True)

    def as_json(self) -> dict[str, Any]:
        """The same, as ``--json`` prints it."""
        return self.model_dump(exclude_unset=True)


class SuiteFacts(Reported, extra="allow"):
    """A suite as its manifest has it, of which reports show this much."""

    name: str
    model: str | None
    split: str
    batch_size: int
    k: int
    budget: int
    published: str | None = None


class Machine(Reported, extra="allow"):
    """What a run was made on."""

    processor: str
    cores: int | None
    device: str

    @property
    def words(self) -> str:
        """In a line for a report."""
        return f"Machine: {self.processor}, {self.cores} cores, {self.device}."


class MetricFacts(Reported):
    """What a reader of a metric's figures must know of it."""

    title: str
    kind: Literal["mean", "rate", "corpus"]
    higher_is_better: bool | None
    signature: str
