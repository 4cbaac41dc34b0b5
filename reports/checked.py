"""How far each metric was checked against people, in a line for a report."""

import re
from pathlib import Path

from pydantic import BaseModel

from harness.errors import DataError
from harness.reading import read_yaml
from harness.statistics import Figure
from harness.validation import validated
from reports.validity import beside_a_coin
from reports.validity_tables import share_words

CHECKED = Path(__file__).with_name("validity.yaml")
"""What ``policyqa validity`` found on public ratings."""
_CHANGES_LITTLE = re.compile(r".+-\d+(?:\.\d+)+\S*|cpu")
"""Versions of libraries, and where it was computed."""


class _Metric(BaseModel):
    title: str
    signature: str
    preference: Figure


class _Checks(BaseModel):
    source: str
    raters: Figure
    metrics: dict[str, _Metric]


def checked(metric: str) -> str:
    """How far a metric was checked against people, on public ratings.

    Args:
        metric: its signature, or its name alone; by the signature it is said where what was checked
            is scored otherwise, with another encoder, say. Versions of libraries are overlooked.
    """
    known = validated(_Checks, read_yaml(CHECKED), CHECKED, DataError)
    name, _, settings = metric.partition(":")
    if name not in known.metrics:
        return (
            f"{name} was not checked against people; policyqa validity preferences.csv checks it "
            "on judgements of yours"
        )
    found = known.metrics[name]
    share = found.preference
    line = (
        f"{found.title} preferred the answer that people preferred in {share_words(share)} of "
        f"{share.n} pairs of {known.source}, where two raters agreed in {known.raters.mean:.0%}: "
        f"{beside_a_coin(share)}"
    )
    other = _settings(found.signature.partition(":")[2]) - _settings(settings)
    if settings and other:
        return f"{line}; that was with {', '.join(sorted(other))}, as it is not scored here"
    return line


def _settings(signature: str) -> set[str]:
    """The parts of a signature that could change scores much."""
    return {part for part in signature.split(",") if not _CHANGES_LITTLE.fullmatch(part)}
