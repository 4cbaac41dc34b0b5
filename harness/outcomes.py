"""What a question got from a variant, and the sample logs that keep it."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.errors import RunError
from harness.metrics import LoggedMark, Row, Value
from harness.metrics.marks import logged_marks
from harness.reading import read_json_lines
from harness.shared import Shared


class _Document(BaseModel):
    """What a sample's document says, as far as reports read it."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    id: str
    question: str = ""
    split: str = ""
    framework: str = ""
    kind: str = ""
    answer: str | None = None
    answers: list[str] | None = None
    answerable: bool = True
    evidence: list[str] | None = None
    context: str | None = None
    context_ids: list[str] | None = None
    nearness: float | None = None
    prompt: str | None = None


@dataclass(frozen=True)
class Outcome:
    """One question's answer in one variant, and what it scored."""

    question_id: str
    text: str
    values: dict[str, Value]
    """By metric, of those that have something to say of it."""
    document: dict[str, Any] = field(default_factory=dict, repr=False)
    """The question's line of the data, and what it was asked with."""
    cost: dict[str, float | None] = field(default_factory=dict, repr=False)
    """What the answer took, as ``Result.cost`` has the means of it; empty where nobody tells."""
    marks: tuple[LoggedMark, ...] = field(default=(), repr=False)
    """What metrics point at in its text, or in the references and the context of its document."""
    asked: str = field(default="", repr=False)
    """The prompt as it was asked, with the marks of a chat template."""
    likelihood: float | None = field(default=None, repr=False)
    """The mean of its tokens' log-probabilities; None where nobody tells."""

    def values_of(self, field: str) -> list[str]:
        """The values of a field of the document, of which a list has several, as text.

        None where the field is missing, null, blank or an empty list.
        """
        found = self.document.get(field)
        several = found if isinstance(found, list) else [found]
        return [
            one if isinstance(one, str) else json.dumps(one, sort_keys=True)
            for one in several
            if one not in (None, "")
        ]

    @property
    def evidence(self) -> list[str]:
        """Ids of the sections that hold the answer."""
        return self.values_of("evidence")

    @property
    def references(self) -> tuple[str, ...]:
        """The right answers, as metrics and marks count them: the first may be blank."""
        return _references_of(self.document)

    @property
    def document_alone(self) -> list[str]:
        """The document that holds the answer, where nobody knows more than that."""
        known = self.document.get("answerable") and not self.evidence
        return self.values_of("framework") if known else []

    @property
    def evidence_shown(self) -> bool:
        """Whether its context has a section that holds the answer, even cut."""
        return bool(set(self.evidence) & set(self.document.get("context_ids") or []))

    @property
    def sections(self) -> int:
        """Sections its context shows, the last of them perhaps cut."""
        return len(self.document.get("context_ids") or [])


def read_samples(
    path: Path, shared: Shared | None = None, kinds: Mapping[str, str] | None = None
) -> dict[str, Outcome]:
    """What an lm-eval sample log of a policyqa task holds, by question id.

    Args:
        path: the log.
        shared: what it has in common with others that were read with it is in memory once.
        kinds: of metrics, by name: a rate is 0 or 1 of a question, what is of all rows together
            several numbers, and a mean one. Others may be either.

    Raises:
        DataError: the file is not JSON lines.
        RunError: a line is not one of a policyqa task.
    """
    shared, kinds = shared or Shared(), kinds or {}
    outcomes: dict[str, Outcome] = {}
    widths: dict[str, int] = {}
    for line, sample in read_json_lines(path):
        try:
            one = _outcome(sample, shared, kinds)
            if one.question_id in outcomes:
                raise ValueError(f"the question {one.question_id!r:.60} stands here again")
            _check_widths(one.values, widths)
        except ValidationError as error:
            wrong = error.errors()[0]
            field = ".".join(map(str, ("doc", *wrong["loc"])))
            raise RunError(
                f"{path}:{line}: no sample of a policyqa task: {field}: {wrong['msg']}"
            ) from error
        except (LookupError, TypeError, AttributeError, ValueError, OverflowError) as error:
            raise RunError(f"{path}:{line}: no sample of a policyqa task ({error!r})") from error
        outcomes[one.question_id] = one
    return outcomes


def _outcome(sample: dict[str, Any], shared: Shared, kinds: Mapping[str, str]) -> Outcome:
    document = shared.document(sample["doc"], _Document.model_validate)
    text = shared.text(sample["filtered_resps"][0].strip())
    return Outcome(
        question_id=document["id"],
        text=text,
        values={
            sys.intern(name): _value(sample[name], kinds.get(name)) for name in sample["metrics"]
        },
        document=document,
        cost={sys.intern(name): _told(one) for name, one in (sample.get("cost") or {}).items()},
        asked=shared.text(_asked(sample)),
        likelihood=_told(sample.get("likelihood")),
        marks=logged_marks(sample.get("marks") or (), _texts_of(document, text)),
    )


def _texts_of(document: dict[str, Any], answer: str) -> Row:
    """The texts that marks are of."""
    return Row("", answer, _references_of(document), context=document.get("context"))


def _references_of(document: dict[str, Any]) -> tuple[str, ...]:
    return (document.get("answer") or "", *(document.get("answers") or ()))


def _asked(sample: dict[str, Any]) -> str:
    """The prompt of a sample; of one that does not keep it, what it was made of."""
    kept = (sample.get("arguments") or {}).get("gen_args_0") or {}
    return str(kept.get("arg_0") or sample["doc"].get("prompt") or "")


def _told(number: Any) -> float | None:
    if number is not None and not isfinite(number):
        raise ValueError(f"a number is {number!r:.60}")
    return None if number is None else float(number)


def _check_widths(values: Mapping[str, Value], widths: dict[str, int]) -> None:
    """Refuse statistics of another number than those of the lines before, which ``widths`` has."""
    for name, value in values.items():
        if isinstance(value, tuple) and widths.setdefault(name, len(value)) != len(value):
            raise ValueError(f"{name} has {len(value)} numbers here, and {widths[name]} before")


def _value(logged: Any, kind: str | None) -> Value:
    value = tuple(map(float, logged)) if isinstance(logged, list) else float(logged)
    several = isinstance(value, tuple)
    fits = (
        all(map(isfinite, value if isinstance(value, tuple) else (value,)))
        and (kind is None or several is (kind == "corpus"))
        and (kind != "rate" or value in (0, 1))
    )
    if not fits:
        raise ValueError(f"a score{f' of a {kind}' if kind else ''} is {logged!r:.60}")
    return value
