"""The two records of a run folder, its manifest's and a variant's: sealed, and of their form."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.errors import DataError
from harness.seal import read_sealed
from harness.validation import validated


class _Context(BaseModel):
    """What is shown."""

    model_config = ConfigDict(strict=True)

    source: str
    k: int
    budget: int


class _Described(BaseModel):
    """What a manifest says of a variant."""

    model_config = ConfigDict(strict=True)

    replicates: dict[str, dict[str, Any]] = Field(min_length=1)
    fingerprint: str
    model: str
    precision: str | None
    prompt: str
    floor: bool
    kind: str
    trained: bool
    trained_in: str | None
    own_limits: bool
    context: _Context
    retrieval: str | None


class _Decide(BaseModel):
    """How a suite decides."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    by: str | None
    margin: float
    cost: str | None
    at_most: dict[str, float]


class _Suite(BaseModel):
    """What a manifest says of its suite, as far as it is read."""

    model_config = ConfigDict(strict=True)

    data: str
    split: str
    k: int
    metrics: list[str] | None
    encoder: str
    encoder_layer: int | None
    decide: _Decide | None
    published: str | None


class _Metric(BaseModel):
    """What a manifest says of a metric."""

    model_config = ConfigDict(strict=True)

    title: str
    kind: Literal["mean", "rate", "corpus"]
    higher_is_better: bool | None
    signature: str


class _ScoredOn(BaseModel):
    """Which questions a run asked."""

    model_config = ConfigDict(strict=True)

    data: str
    split: str
    version: float = Field(alias="task version")


class _Framework(BaseModel):
    """What a manifest says of a framework its questions are about."""

    model_config = ConfigDict(strict=True)

    jurisdiction: str
    year: int | None
    held_out: bool


class _Versions(BaseModel):
    """Of the libraries a run was made with; ours is among them."""

    model_config = ConfigDict(strict=True, extra="allow")
    __pydantic_extra__: dict[str, str]

    ours: str = Field(alias="policyqa-bench")


class _Manifest(BaseModel):
    """What a manifest says."""

    model_config = ConfigDict(strict=True)

    suite: _Suite
    variants: dict[str, _Described] = Field(min_length=1)
    baseline: str
    metrics: dict[str, _Metric]
    scored_on: _ScoredOn
    tried: int | None
    evidence: dict[str, int]
    frameworks: dict[str, _Framework]
    claims: list[dict[str, Any]]
    versions: _Versions
    machine: dict[str, str | int | None]
    signature: str

    @model_validator(mode="after")
    def _baseline_is_a_variant(self) -> "_Manifest":
        if self.baseline not in self.variants:
            raise ValueError(f"its baseline {self.baseline!r} is none of its variants")
        return self


class _Record(BaseModel):
    """What the record of a variant says, as far as it is read."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    replicates: dict[str, dict[str, Any]] = Field(min_length=1)
    files: dict[str, str]
    cost: dict[str, float | None]
    unanswered: list[str]
    answered_by: list[str]
    served_by: list[str]


def read_manifest_file(path: Path) -> dict[str, Any]:
    """A manifest, checked.

    Raises:
        RunError: it is of an earlier version or was changed.
        DataError: it is damaged.
    """
    manifest = read_sealed(path)
    validated(_Manifest, manifest, path, DataError)
    return manifest


def read_variant_record(path: Path) -> dict[str, Any]:
    """A variant's record, checked, and with it the hashes of the files it names.

    Raises:
        RunError: it or one of the files is of an earlier version or was changed.
        DataError: it is damaged.
    """
    record = read_sealed(path)
    validated(_Record, record, path, DataError)
    return record
