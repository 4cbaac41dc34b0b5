"""What a checkpoint says it was trained on, and how that is found of one that says it by hash."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import DataError
from harness.files import fingerprint
from tasks.policyqa.trained import (
    TRAINED_ON,
    TrainedOn,
    drawn_for_training,
    questions_identity,
    read_trained,
    section_bodies,
    write_trained,
)
from tests.tasks.folders import change, load


def record(data: Path, **recipe: Any) -> dict[str, Any]:
    """What versions before 0.7 wrote of a training, as far as it says on what."""
    recipe = {"limit": None, "seed": 7} | recipe
    questions = {
        split: questions_identity(
            drawn_for_training(load(data), split, recipe["limit"], recipe["seed"])
        )
        for split in ("train", "validation")
    }
    parts = {"train": {"too_long": ["bees-0003"]}, "validation": {"too_long": []}}
    return {"recipe": recipe, "determinants": {"questions": questions}, "data": parts}


def test_what_is_written_is_read_back_and_no_section_is_written_twice(
    data: Path, tmp_path: Path
) -> None:
    rows = load(data)[2:5]
    rows[1] = rows[1].model_copy(
        update={"evidence": rows[0].evidence, "answers": ["Far off."], "split": "validation"}
    )
    bodies = section_bodies(data)
    known = {id_: bodies[id_] for one in rows for id_ in one.evidence}
    write_trained(tmp_path, TrainedOn(rows, known))
    found = read_trained(tmp_path, {}, data)
    assert found == TrainedOn(rows, known)
    assert found.of("train") == [rows[0], rows[2]]
    text = (tmp_path / TRAINED_ON).read_text()
    # The answer to one of them, and the section of both.
    assert text.count("Hives stand 40 metres from any road under Article 3.") == 2


def test_questions_known_by_their_hash_are_found_where_they_still_are(
    data: Path, tmp_path: Path
) -> None:
    found = [one.id for one in read_trained(tmp_path, record(data), data).of("train")]
    rows = [one.id for one in load(data) if one.split == "train"]
    assert found == [id_ for id_ in rows if id_ != "bees-0003"]  # It was too long.
    limited = record(data, limit=4, seed=3)
    assert len(read_trained(tmp_path, limited, data).of("train")) == 4
    assert len(read_trained(tmp_path, limited, data).of("validation")) == 1
    assert read_trained(tmp_path, limited, data).sections
    # What hashes are of is as it was: checkpoints in caches are found by it.
    drawn = [one for one in load(data) if one.split == "validation"]
    rows_then = [[one.question, one.answer, one.evidence] for one in drawn]
    assert record(data)["determinants"]["questions"]["validation"] == fingerprint(rows_then)


def test_where_nobody_can_tell_the_reason_is_given(data: Path, tmp_path: Path) -> None:
    known = record(data)
    change(data, {2: {"answer": "Another answer."}})
    with pytest.raises(DataError, match="are others by now \\(train\\): train it again"):
        read_trained(tmp_path, known, data)
    with pytest.raises(DataError, match="cannot be read"):
        read_trained(tmp_path, known, tmp_path / "gone")
    for foreign in ({}, {"recipe": "mine"}, {"recipe": {"seed": 1}, "determinants": []}):
        with pytest.raises(DataError, match="does not say what it was trained on"):
            read_trained(tmp_path, foreign, data)
    for line in ({"id": "x"}, load(data)[0].model_dump() | {"sections": ["bees/s-1"]}):
        (tmp_path / TRAINED_ON).write_text(json.dumps(line) + "\n")
        with pytest.raises(DataError, match=f"{TRAINED_ON}:1: "):
            read_trained(tmp_path, known, data)
