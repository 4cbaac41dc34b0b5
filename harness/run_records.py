"""The two records of a run folder, its manifest's and a variant's: sealed, and of their form."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

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
    fingerprint: str = ""
    model: str = ""
    precision: str | None = None
    prompt: str = ""
    floor: bool = False
    kind: str = ""
    trained: bool = False
    trained_in: str | None = None
    own_limits: bool = False
    context: _Context | None = None
    retrieval: str | None = None


class _Suite(BaseModel):
    """What a manifest says of its suite, as far as a report reads it before it checks the rest."""

    model_config = ConfigDict(strict=True)

    decide: dict[str, Any] | None = None
    k: int | None = None
    split: str = ""


class _Manifest(BaseModel):
    """What a manifest says of its variants; reports check the rest."""

    model_config = ConfigDict(strict=True)

    suite: _Suite
    variants: dict[str, _Described] = Field(min_length=1)
    baseline: str | None = None
    metrics: dict[str, dict[str, Any]] = {}
    scored_on: dict[str, Any] = {}
    evidence: dict[str, int] = {}
    frameworks: dict[str, dict[str, Any]] = {}
    claims: list[dict[str, Any]] = []
    versions: dict[str, str] = {}
    machine: dict[str, Any] = {}
    signature: str = ""


class _Record(BaseModel):
    """What the record of a variant says, as far as it is read."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    replicates: dict[str, dict[str, Any]] = Field(min_length=1)
    files: dict[str, str]
    cost: dict[str, float | None] = {}
    unanswered: list[str] = []
    answered_by: list[str] = []
    served_by: list[str] = []


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
