"""Questions in tables: what their column of facts becomes, and what of it is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.metrics.fact import Fact
from tasks.importing.drafts import Draft, Refused
from tasks.importing.importer import import_data
from tasks.importing.tables import read_table
from tests.tasks.folders import load, rows_of

HOURS = Fact("duration", "72 hours")
NO = Fact("yes-no", "no")
TERM = Fact("term", "CET1", ("Common Equity Tier 1",))


def read(folder: Path, facts: Any, **fields: Any) -> Draft | Refused:
    """What one row of JSON lines becomes."""
    path = folder / "questions.jsonl"
    path.write_text(json.dumps({"question": "When?", "answer": "a", "facts": facts} | fields))
    (found,) = read_table(path, [])
    return found


@pytest.mark.parametrize(
    ("given", "facts"),
    [
        ("72 hours; no;", [HOURS, NO]),
        (["72 hours"], [HOURS]),
        ([{"kind": "duration", "value": "72 hours"}], [HOURS]),
        ([{"kind": "term", "value": "CET1", "also": ["Common Equity Tier 1"]}, "no"], [TERM, NO]),
        ("Article 33; a Board", [Fact("provision", "Article 33"), Fact("term", "a Board")]),
        ("", []),
        (None, []),
        ([], []),
    ],
)
def test_facts_are_told_by_their_text_or_taken_whole(
    tmp_path: Path, given: Any, facts: list[Fact]
) -> None:
    draft = read(tmp_path, given)
    assert isinstance(draft, Draft)
    assert draft.facts == facts


@pytest.mark.parametrize(
    ("given", "fields", "said"),
    [
        ([{"kind": "length", "value": "5"}], {}, "Input should be 'yes-no'"),
        ([{"value": "5"}], {}, "Field required"),
        ([{"kind": "term", "value": "a", "weight": 2}], {}, "Unexpected keyword argument"),
        ([72], {}, "facts [72]: "),
        ("72 hours", {"answerable": False}, "is not answerable, yet has facts"),
    ],
)
def test_facts_that_are_none_cost_their_row_alone(
    tmp_path: Path, given: Any, fields: dict[str, Any], said: str
) -> None:
    refused = read(tmp_path, given, **fields)
    assert isinstance(refused, Refused)
    assert said in refused.reason


def test_facts_of_a_table_come_back_from_the_imported_data(tmp_path: Path) -> None:
    folder, out = tmp_path / "documents", tmp_path / "data"
    folder.mkdir()
    (folder / "wells.md").write_text(
        "# Wells\n## Article 1 Depth\n15 metres.\n## Article 2 Fees\nNo.\n"
    )
    rows = [
        "question,answer,facts,answerable",
        "How deep?,15 m.,15 metres;no,",
        "Who?,We.,,",
        "A?,,no,no",
    ]
    (folder / "questions.csv").write_text("\n".join(rows))
    summary = import_data(folder, out)
    assert [one["place"] for one in summary["not taken"]] == ["questions.csv:4"]
    deep, who = load(out)
    assert deep.facts == [Fact("amount", "15 metres"), NO]
    assert who.facts == []
    # So that a source without facts gives the bytes it always did.
    assert ["facts" in row for row in rows_of(out)] == [True, False]
