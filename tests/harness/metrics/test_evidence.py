"""Whether what answers a question was shown, where anybody knows what does."""

import pytest

from harness.metrics import Row
from harness.metrics.evidence import EvidenceShown

CASES = [  # evidence, sections shown, expected
    (("f/a", "f/b"), ("f/x", "f/b"), 1.0),
    (("f/a",), ("f/x",), 0.0),
    (("f/a",), (), 0.0),
    (("f/s-1",), ("f/s-10", "f/s"), 0.0),  # Names that begin alike.
    ((), ("f/x",), None),  # Unanswerable, or nobody knows where: left out, not missed.
    ((), (), None),
]


@pytest.mark.parametrize(("evidence", "shown", "expected"), CASES)
def test_evidence_is_shown_when_any_of_it_is(
    evidence: tuple[str, ...], shown: tuple[str, ...], expected: float | None
) -> None:
    row = Row("?", "x", ("y",), evidence=evidence, context_ids=shown)
    assert EvidenceShown().score([row]) == [expected]
    assert row.evidence_shown is (None if expected is None else expected == 1.0)
