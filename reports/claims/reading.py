"""
Claims as a YAML file has them.

    claims:
      - claim: int8 keeps at least 96% of ROUGE-L
        source: our handbook
        baseline: the same weights in their own precision
        variant: sft-rag/rag@int8
        against: sft-rag/rag
        conditions:
          - {metric: rouge_l, ratio: {at_least: 0.96}}

Of several conditions all must hold.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, model_validator

from harness.errors import ConfigError
from harness.reading import read_yaml
from harness.validation import validated

SHIPPED = Path(__file__).parent
"""Where the claims are that this project ships, a file each."""
SPEED = "speed"
"""Answers a second, as a condition names it: seconds turned over."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Threshold(_Row):
    """Of a ratio or a difference: one of the two."""

    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Threshold":
        _exactly_one(self, "at_least", "at_most")
        return self

    @property
    def limit(self) -> float:
        """Whichever it is."""
        return next(one for one in (self.at_least, self.at_most) if one is not None)


class Condition(_Row):
    """What must hold of one metric, or of one cost: one of the three."""

    metric: str
    """A metric of the run; or ``tokens``, ``prompt_tokens``, ``answer_tokens``, ``seconds``,
    ``price``, ``cut`` or ``speed``."""
    ratio: Threshold | None = None
    """Of the variant's figure to that of what it is set against."""
    difference: Threshold | None = None
    """The variant's figure minus that of what it is set against."""
    not_worse_by: NonNegativeFloat | None = None
    """Not worse than what it is set against by more than this, whichever way is better."""

    @model_validator(mode="after")
    def _is_one(self) -> "Condition":
        _exactly_one(self, "ratio", "difference", "not_worse_by")
        if self.metric == SPEED and self.ratio is None:
            raise ValueError("speed is claimed as a ratio, as ratio: {at_least: 3.5}")
        return self


class OtherRun(_Row):
    """Another run, which has what the variant is set against."""

    run: Path | None = None
    """Its folder; None leaves it to who checks the claim."""
    suite: dict[str, Any] = {}
    """Fields of its suite, which has these values there, and others in the run that is checked."""

    @model_validator(mode="after")
    def _tells_which(self) -> "OtherRun":
        if self.run is None and not self.suite:
            raise ValueError("name its run, or a field of its suite, as suite: {batch_size: 1}")
        return self


class Claim(_Row):
    """That one variant stands to another in a certain way."""

    claim: str = Field(min_length=1)
    """In words."""
    source: str = Field(min_length=1)
    """Who says so."""
    baseline: str = Field(min_length=1)
    """In words, what it is said in comparison with."""
    variant: str
    """As suites name it."""
    against: str
    """Likewise; of the same run, unless ``beside`` names another."""
    beside: OtherRun | None = None
    conditions: Annotated[list[Condition], Field(min_length=1)]
    """All must hold."""


class _File(_Row):
    claims: Annotated[list[Claim], Field(min_length=1)]


def read_claims(name: str) -> list[Claim]:
    """Shipped claims by name, or those of a YAML file.

    Raises:
        ConfigError: there is no such file, or a field is unknown or wrong; all are named.
    """
    shipped = SHIPPED / f"{name}.yaml"
    path = shipped if shipped.is_file() else Path(name)
    if not path.is_file():
        names = ", ".join(sorted(one.stem for one in SHIPPED.glob("*.yaml")))
        raise ConfigError(f"no claims {name!r}: not a file, and the shipped ones are {names}")
    return validated(_File, read_yaml(path), path, ConfigError).claims


def _exactly_one(row: BaseModel, *fields: str) -> None:
    given = [name for name in fields if getattr(row, name) is not None]
    if len(given) != 1:
        raise ValueError(f"it has {' and '.join(given) or 'none'} of {', '.join(fields)}: give one")
