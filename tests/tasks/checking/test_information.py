"""What a data folder holds is counted: what is in force, and what does not apply yet."""

from datetime import date
from pathlib import Path

import pytest

from rag.corpus import load_frameworks
from tasks.checking.information import data_information
from tasks.policyqa.questions import DATA
from tests.conftest import printed

DAY = date(2026, 12, 1)


def told(data: Path, framework: str, **fields: str) -> None:
    """Write fields into the front matter of a framework."""
    path = data / "corpus" / f"{framework}.md"
    lines = "\n".join(f"{name}: {value}" for name, value in fields.items())
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("year: 2001", f"year: 2001\n{lines}"), encoding="utf-8")


def test_frameworks_are_counted_by_status(data: Path) -> None:
    assert data_information(data)["status"] == {"in force": 3}
    told(data, "bees", status="replaced")
    assert data_information(data)["status"] == {"in force": 2, "replaced": 1}


@pytest.mark.parametrize(
    ("fields", "coming"),
    [
        ({"applies_from": "2026-12-02"}, ["bees"]),
        ({"applies_from": "2026-12-01"}, []),
        ({"status": "adopted"}, ["bees"]),
        ({"status": "adopted", "applies_from": "2026-12-01"}, []),
        ({"status": "directive", "applies_from": "2026-12-02"}, ["bees"]),
        ({"status": "directive"}, []),
        ({"status": "replaced"}, []),
    ],
)
def test_what_does_not_apply_yet_is_listed(
    data: Path, fields: dict[str, str], coming: list[str]
) -> None:
    told(data, "bees", **fields)
    found = data_information(data, on=DAY)["not applicable yet"]
    assert found["on"] == "2026-12-01"
    assert found["frameworks"] == coming
    assert found["questions"] == {
        "train": 4 * len(coming),
        "validation": len(coming),
        "test": len(coming),
    }


def test_without_a_day_it_is_today(data: Path) -> None:
    told(data, "bees", applies_from="2001-01-01")
    told(data, "kites", applies_from="2999-01-01")
    found = printed("data", "info", data)["not applicable yet"]
    assert found["frameworks"] == ["kites"]
    assert date.fromisoformat(found["on"]) <= date.today()


def test_the_shipped_set_says_what_is_not_applicable_yet() -> None:
    found = data_information(DATA, on=date(2026, 11, 29))
    assert sum(found["status"].values()) == found["frameworks"]
    assert set(found["status"]) == {"in force", "adopted", "directive", "replaced"}
    listed = set(found["not applicable yet"]["frameworks"])
    assert {"eu-cra", "eu-ehds", "in-dpdp", "eu-platform-work"} <= listed
    assert not {"eu-gdpr", "eu-nis2", "eu-dora", "us-colorado-ai-act"} & listed
    adopted = {one.id for one in load_frameworks(DATA) if one.status == "adopted"}
    assert adopted <= listed
