"""What a GPU would be asked, tried on a processor with a tiny model."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.gpu.__main__ import FILE, LIMITS, carry_out, measure, missing, table
from benchmarks.gpu.made import TINY, prompts, tokenizer
from benchmarks.gpu.stages import MEASURED
from harness.files import write_json
from harness.reading import read_json


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model, and what was measured of it."""
    folder = tmp_path_factory.mktemp("gpu")
    for stage in ("made", "hf int8", "training nf4"):
        measure(stage, TINY, folder)
    return folder


def of_stage(out: Path, stage: str) -> list[dict[str, Any]]:
    return [one for one in read_json(out / FILE)["measured"] if one["stage"] == stage]


def test_answers_are_counted_in_tokens_batch_by_batch(out: Path) -> None:
    counted = [(one["batch"], one["tokens"]) for one in of_stage(out, "hf int8")]
    assert counted == [(batch, batch * TINY.answer) for batch in TINY.batches]


def test_a_training_has_a_rate_and_a_peak_beside_the_formula_s(out: Path) -> None:
    (found,) = of_stage(out, "training nf4")
    assert found["batch"] == TINY.rows
    assert min(found[name] for name in ("tokens a second", "peak", "formula")) > 0


def test_what_is_kept_is_not_measured_again_and_is_in_the_table(out: Path) -> None:
    kept = of_stage(out, "hf int8")
    assert missing("hf int8", TINY, out) == []
    assert (out / "gpu.md").read_text() == table(read_json(out / FILE)["measured"])
    half = read_json(out / FILE) | {"measured": kept[:1]}
    (out / "half").mkdir()
    for name in ("model", "adapter"):
        (out / "half" / name).symlink_to(out / name)
    write_json(out / "half" / FILE, half)
    measure("hf int8", TINY, out / "half")
    assert of_stage(out / "half", "hf int8")[0] == kept[0]
    assert [one["batch"] for one in of_stage(out / "half", "hf int8")] == list(TINY.batches)


def test_a_stage_that_takes_too_long_is_stopped_and_the_next_one_has_its_turn(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    carry_out(TINY, tmp_path, {"hf bf16": 0.01, "hf nf4": 0.01})
    lines = capfd.readouterr().out.splitlines()
    assert lines == [
        f"{stage}: stopped after 0.01 s, of batches [1, 2]" for stage in ("hf bf16", "hf nf4")
    ]


def test_every_stage_has_a_limit_and_all_are_over_in_ten_minutes() -> None:
    assert LIMITS.keys() == MEASURED.keys()
    assert sum(LIMITS.values()) < 600


def test_prompts_are_as_long_as_they_say() -> None:
    read = tokenizer(TINY)(prompts(TINY, 3))["input_ids"]
    assert [len(ids) for ids in read] == [TINY.prompt] * 3
    assert len({tuple(ids) for ids in read}) == 3
