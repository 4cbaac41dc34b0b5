"""Answers survive a kill at any byte."""

from pathlib import Path

import pytest

from harness.models.journal import Batch, Journal

BATCHES = [Batch(f"key{i}", [f"a{i}\n\u2028", ""], [3, 4], [1, 0], 0.5) for i in range(3)]


def test_batches_are_read_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "arm" / "batches.jsonl")
    for batch in BATCHES:
        journal.add(batch)
    again = Journal(tmp_path / "arm" / "batches.jsonl")
    assert again.batches() == BATCHES
    assert again.get("key1") == BATCHES[1]
    assert again.get("other") is None


@pytest.mark.parametrize("lost", [1, 10, 40])
def test_a_line_cut_short_is_dropped_and_the_rest_goes_on(tmp_path: Path, lost: int) -> None:
    path = tmp_path / "batches.jsonl"
    journal = Journal(path)
    for batch in BATCHES[:2]:
        journal.add(batch)
    path.write_bytes(path.read_bytes()[:-lost])
    resumed = Journal(path)
    assert resumed.batches() == BATCHES[:1]
    resumed.add(BATCHES[2])
    assert Journal(path).batches() == [BATCHES[0], BATCHES[2]]
